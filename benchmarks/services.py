# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
How quick a local service is, and what a driver feels of it.

The robot is a bridge of its own; its programs run here, as does the viewer, which is the Python
client (``rtc_bridge.client``). ``--delay`` puts a link with so many ms each way between both
(``link.py``). The second table has key events in Chromium beside a download
(``command_delay.py``).
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from pathlib import Path
import random
import shutil
import sys
import tempfile
import threading
import time

from command_delay import Side
from geometry_msgs.msg import Twist
from link import Link
from pipe import Path as LinkPath
from processes import host
from redirect import host_candidate, redirect
from rtc_bridge.client import session as client_session
from rtc_bridge.client.session import RobotSession
from rtc_bridge.client.signaling import exchange
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.core.access.invite_url import parse_invite_url
from rtc_bridge.system.files.key_store import KeyStore
from testbed import Chromium, Robot, until

MB = 1_000_000
_PART = b'x' * 65536


class Programs:
    """A source that sends without end, and a sink that tells how much has come."""

    def __init__(self) -> None:
        """Listen, in a thread."""
        self.taken = 0
        self._loop = asyncio.new_event_loop()
        self.ports = [self._loop.run_until_complete(self._listen(serve))
                      for serve in (self._source, self._sink)]
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @staticmethod
    async def _listen(serve: Callable[..., Awaitable[None]]) -> int:
        server = await asyncio.start_server(serve, '127.0.0.1')
        return server.sockets[0].getsockname()[1]

    @staticmethod
    async def _source(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(_PART)
                await writer.drain()

    async def _sink(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.taken += len(data)


def use_link(delay: float) -> None:
    """Put a link between the viewers of this process and their robots."""
    path = LinkPath(delay=delay)

    async def by_link(page, make_offer):
        link: Link

        async def make(ready):
            nonlocal link
            offer = await make_offer(ready)
            viewer = host_candidate(offer)
            link = Link(path, path)
            await link.start(viewer[0])
            link.viewer.peer = viewer
            return redirect(offer, link.sender.address)
        answer = await exchange(page, make)
        link.sender.peer = host_candidate(answer)
        return redirect(answer, link.viewer.address)
    client_session.exchange = by_link


async def download(session: RobotSession, seconds: float) -> float:
    """Return MB/s from robot to viewer."""
    stream = await session.open_service('source')
    count, began = 0, time.monotonic()
    while time.monotonic() < began + seconds:
        count += len(await stream.read())
    took = time.monotonic() - began
    await session.forget(stream)
    return count / took / MB


async def upload(session: RobotSession, programs: Programs, seconds: float) -> float:
    """Return MB/s from viewer to robot."""
    stream = await session.open_service('sink')
    before, began = programs.taken, time.monotonic()
    while time.monotonic() < began + seconds:
        await stream.write(_PART)
    rate = (programs.taken - before) / (time.monotonic() - began) / MB
    await session.forget(stream)
    return rate


def presses(side: Side, count: int, chance: random.Random) -> list[float]:
    """Press a key; return the delays in ms, from event to Twist."""
    since = len(side.events)
    for _ in range(count):
        side.press(chance)
    return sorted(heard - event for event, heard, _ in side.events[since:])


async def _download_for_ever(link: str) -> None:
    session = await RobotSession.open(parse_invite_url(link))
    while True:
        await download(session, 1.0)


def beside(robot: Robot, link: str, count: int) -> None:
    """Print what a driver feels of a download."""
    chromium = Chromium(shutil.which('chromium'))
    try:
        side = Side(chromium.show(robot.url), robot.probe.subscribe(
            Twist, 'cmd_vel', lambda m: (time.time() * 1000, m.linear.x != 0), 100))
        side.page.wait_state('live')
        side.page.arm()

        def ready() -> bool:
            since = len(side.heard)
            side.page.up('w')
            side.page.down('w')
            time.sleep(0.5)
            side.page.up('w')
            return any(moving for _, moving in side.heard[since:])
        until(ready, 'motion')
        chance = random.Random()
        print('\n| beside | p50 ms | p95 ms | pictures a second |\n| --- | --: | --: | --: |')
        frames = 'rtcBridge.stats.fps'
        for what, work in (('nothing', None), ('a download', _download_for_ever(link))):
            stop = contextlib.ExitStack()
            if work is not None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=loop.run_forever, daemon=True)
                thread.start()
                task = asyncio.run_coroutine_threadsafe(work, loop)
                stop.callback(task.cancel)
                time.sleep(3)
            delays = presses(side, count, chance)
            print(f'| {what} | {delays[len(delays) // 2]:.1f} | '
                  f'{delays[int(0.95 * (len(delays) - 1))]:.1f} | '
                  f'{side.page.evaluate(frames) or 0:.1f} |')
            stop.close()
    finally:
        chromium.close()


def main() -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=10.0, help='of each transfer')
    parser.add_argument('--delay', type=float, nargs='+', default=[0.0, 25.0],
                        help='ms each way; 0: no link in between')
    parser.add_argument('--presses', type=int, default=100)
    args = parser.parse_args()
    programs = Programs()
    with tempfile.TemporaryDirectory() as folder:
        robot = Robot(relay=False, **{
            'access.directory': folder, 'access.require_synchronized_clock': False,
            'services.names': ['source', 'sink'],
            'services.source.url': f'tcp://127.0.0.1:{programs.ports[0]}',
            'services.sink.url': f'tcp://127.0.0.1:{programs.ports[1]}'})
        try:
            robot.start('sim_robot', camera='sim', width=1280, height=720)
            secret = KeyStore(Path(folder)).secret
            link = f'{robot.url}#' + invite_text(
                secret, Invite('testbot', 'a', 'supervise', 'Ada', 0, 9_999_999_999))
            print(f'{host()}; {args.seconds:g} s each\n')
            print('| round trip ms | down MB/s | up MB/s |\n| --: | --: | --: |')
            for delay in args.delay:
                if delay:
                    use_link(delay)

                async def measure() -> tuple[float, float]:
                    session = await RobotSession.open(parse_invite_url(link))
                    try:
                        return (await download(session, args.seconds),
                                await upload(session, programs, args.seconds))
                    finally:
                        await session.close()
                down, up = asyncio.run(measure())
                print(f'| {2 * delay:g} | {down:.2f} | {up:.2f} |')
            client_session.exchange = exchange
            beside(robot, link, args.presses)
        finally:
            robot.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
