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

"""The demo: a simulated robot, its bridge and a relay on this host, and a link to drive it."""

import argparse
import asyncio
import errno
import os
from pathlib import Path
import random
import re
import signal
import socket
import sys

import aiohttp

from ..core.protocol.signaling_messages import parse, Ready, SUBPROTOCOL, Watch
from ..core.supervision import spawn
from ..signaling.network_changes import reachable
from ..system.child_processes import ChildProcess, end_processes

_ROBOT = 'demo'
_ALL = {'0.0.0.0': '127.0.0.1', '::': '::1'}
# What is shown without --verbose.
_SERIOUS = re.compile(r'\[(WARN|WARNING|ERROR|FATAL|CRITICAL)\]')
# The bridge's own line.
_LINK = re.compile(r'link to drive.*: (http\S+#\S+)')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge demo', description='A simulated robot to see and drive in the browser.')
    parser.add_argument('--host', default='127.0.0.1', help='address to listen on [%(default)s]')
    parser.add_argument('--port', type=int, default=8080,
                        help='TCP port, 0: any free one [%(default)s]')
    parser.add_argument('--video', metavar='FILE', type=Path,
                        help='a video file or image folder as a second camera')
    parser.add_argument('--verbose', action='store_true', help='show what the programs say')
    return parser


def _url(host: str, port: int) -> str:
    return f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'


def _bind(host: str, port: int) -> int:
    """
    Return the port that could be listened on, a free one for 0.

    :raises OSError: it could not
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        # Two sockets may share a bound port as long as neither listens.
        probe.listen(1)
        return probe.getsockname()[1]


def choose_port(host: str, port: int) -> int:
    """
    Return the port to listen on.

    :raises SystemExit: it cannot be had; the text names another one
    """
    try:
        return _bind(host, port)
    except OverflowError:
        fault = f'port {port} is none: 0 to 65535'
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = _bind(host, 0)
            fault = (f'port {port} is taken; choose another: rtc-bridge demo --port {other} '
                     f'(make demo PORT={other})')
        elif error.errno == errno.EACCES:
            fault = f'port {port} is not allowed to this user; choose one above 1023: --port 8080'
        else:
            fault = f'cannot listen on {host}: {error.strerror or error}'
    raise SystemExit(f'rtc-bridge demo: {fault}')


def free_domain() -> int:
    """Return a ROS domain in which nobody on this host takes part."""
    for domain in random.sample(range(1, 102), 101):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                # Where a domain's first participant listens: DDSI-RTPS 2.3, section 9.6.1.1.
                probe.bind(('', 7410 + 250 * domain))
                return domain
            except OSError:
                continue
    return 0


def shared_file(name: str) -> Path:
    """
    Return a file of ``config/``, in the source tree or wherever it was installed.

    :raises FileNotFoundError: there is none
    """
    for folder in Path(__file__).resolve().parents:
        for path in (folder / 'config' / name, folder / 'share' / 'rtc_bridge' / 'config' / name):
            if path.is_file():
                return path
    raise FileNotFoundError(f'config/{name} was not installed')


def _environment(host: str) -> dict[str, str]:
    """
    Return the programs' environment: a ROS graph on this host alone, room for images.

    :param host: of the relay, which no proxy leads to
    """
    environment = {**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
                   'PYTHONUNBUFFERED': '1'}
    environment.setdefault('ROS_DOMAIN_ID', str(free_domain()))
    environment.setdefault('FASTRTPS_DEFAULT_PROFILES_FILE',
                           str(shared_file('fastdds_shm.xml')))
    direct = environment.get('no_proxy') or environment.get('NO_PROXY', '')
    # A star means all, but only if it stands alone.
    if direct.strip() != '*':
        direct = ','.join([*filter(None, [direct]), '127.0.0.1', 'localhost', '::1', host])
    return {**environment, 'no_proxy': direct, 'NO_PROXY': direct}


def _programs(options: argparse.Namespace, port: int) -> dict[str, list[str]]:
    """Return the modules to start, with their arguments."""
    relay_url = f'{_url(_ALL.get(options.host, options.host), port)}/{_ROBOT}'
    page_url = f'{_url(reachable(options.host), port)}/{_ROBOT}'
    programs = {
        'relay': ['--host', options.host, '--port', str(port), '--open'],
        'sim_robot': [],
        'cmd_vel_guard': [],
        'bridge': ['--ros-args', '--params-file', str(shared_file('demo.yaml')),
                   '-p', f'relay_url:={relay_url}', '-p', f'page_url:={page_url}'],
    }
    if options.video:
        programs['play_video'] = ['--ros-args', '-p', 'camera:=video',
                                  '-p', f'path:={options.video.resolve()}']
    return programs


async def _reachable(url: str) -> None:
    """Return when the robot takes offers, as a page sees it."""
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.ws_connect(url, protocols=(SUBPROTOCOL,)) as ws:
                    await ws.send_str(Watch().dump())
                    async for frame in ws:
                        if isinstance(parse(frame.data), Ready):
                            return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.1)  # The relay does not listen yet.


async def _run(options: argparse.Namespace, port: int) -> int:
    """Start everything, wait for the end, return the exit status."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)

    link = loop.create_future()

    def show(name: str, line: str) -> None:
        found = _LINK.search(line)
        if found and not link.done():
            link.set_result(found[1])
        elif not stop.is_set() and (options.verbose or _SERIOUS.search(line)):
            print(f'[{name}] {line}', flush=True)

    environment = _environment(options.host)
    stopped = spawn('signals', stop.wait())
    children: list[ChildProcess] = []
    try:
        for module, arguments in _programs(options, port).items():
            children.append(await ChildProcess.start(module, arguments, environment, show))
        ends = {child.ended for child in children} | {stopped}
        reachable = spawn('look for the robot', _reachable(
            f'{_url(_ALL.get(options.host, options.host), port)}/{_ROBOT}'))
        await asyncio.wait(ends | {reachable}, return_when=asyncio.FIRST_COMPLETED)
        if reachable.done():
            await reachable
            # Said before the bridge went to the relay.
            print(f'\n  The robot is here:  {await link}\n\n'
                  'Drive with W A S D or the arrow keys. Its ROS graph: export '
                  f'ROS_DOMAIN_ID={environment["ROS_DOMAIN_ID"]} '
                  'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST\n'
                  'Ctrl-C stops everything.', flush=True)
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        reachable.cancel()
        dead = [child for child in children if child.ended.done()]
        if stop.is_set() or not dead:
            return 0
        stop.set()  # What the others say while they are stopped is of no interest.
        for child in dead:
            print(f'rtc-bridge demo: {child.name} ended with status {child.ended.result()}; '
                  'its last lines:', *child.last_lines, sep='\n  ', file=sys.stderr)
        return 1
    finally:
        stop.set()
        await end_processes(children)


def main(args: list[str] | None = None) -> int:
    """Run the demo until Ctrl-C; return the exit status."""
    options = _parser().parse_args(args)
    if options.video and not options.video.exists():
        print(f'rtc-bridge demo: there is no {options.video}', file=sys.stderr)
        return 1
    port = choose_port(options.host, options.port)
    if options.host not in ('127.0.0.1', '::1', 'localhost'):
        print('Whoever has the link below can see and drive the simulated robot.')
    print('Starting the simulated robot, its bridge and a relay ...', flush=True)
    return asyncio.run(_run(options, port))


if __name__ == '__main__':
    sys.exit(main())
