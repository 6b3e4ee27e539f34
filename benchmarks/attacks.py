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
Attacks on a whole robot with an honest driver beside: what the driver, a viewer and the link feel.

Bridge, guard, camera and relays are real processes; the attacks are those of
``test/support/attack_corpus.py``, each from a process of its own. ``--code`` names another
checkout, whose programs are attacked in the same way.
"""

import argparse
import asyncio
import contextlib
from dataclasses import asdict, dataclass, field
from datetime import date
import itertools
import json
import os
from pathlib import Path
import platform
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from testbed import free_port, node, Process, RosProbe

from support.attack_corpus import CORPUS  # noqa: I100  (testbed makes it importable)
from support.page_client import PageClient, Refused

HERE = Path(__file__).resolve().parent
CORPUS_PROGRAM = HERE.parent / 'test' / 'support' / 'attack_corpus.py'
ROBOT = 'attacked'
# The stop is pressed so long after the attack has begun: while it is at work.
STOP_AFTER_S = 0.3
# Driving is watched so long before and after.
BEFORE_S, AFTER_S = 1.0, 1.5
START_TIMEOUT_S = 60.0
ATTACK_TIMEOUT_S = 120.0
# The beginning of a log line that a stranger wrote: rclpy's have a time of now.
FORGED = re.compile(r'\[ERROR(?!\] \[\d{10})')
REDIS_PASSWORD = 'attacks'
# The attacks of the table in docs/security.md.
SELECTED = (
    'offer: rtpmap x rtcp-fb:* of 33 kB', 'offer: rtpmap x rtcp-fb:* of 49 kB',
    'offer: rtpmap x rtcp-fb:* of 65 kB', 'offer: 300 sections', 'offer: 500 video sections',
    'offer: 1,800 candidates, 20 times', 'offer: ssrc lines, 115 kB',
    'offer: rtcp-fb of no codec, 67 kB', 'offer: fmtp of the last of 3,300 codecs',
    'offer: 26 sections of 60 x 190 lines', 'offer: 12 strangers, all kinds at once',
    'offer: the answer exceeds the frame',
    'peer: SACK with 285 gap blocks, 1 packet', 'peer: SACK with 285 gap blocks, 20 packets',
    'peer: DATA chunks that are empty', 'peer: DATA chunks of one byte',
    'peer: every second TSN missing, 3,000 chunks', 'peer: 20 MB on another channel',
    'peer: 20,000 channels', 'peer: FORWARD TSN that names 60,000 streams',
    'peer: HEARTBEAT with a parameter of length 0',
    'peer: 4 strangers, packets of all kinds at once',
    'message: 240 kB of two-byte characters',
    'message: 240 kB of two-byte characters by RTCBot POST',
    'message: 240 kB of two-byte characters by WHEP POST', 'message: a candidate of 240 kB',
    'message: 200 renewals, 40 a second',
    'places: 8 offers that never connect', 'addresses: 300 candidates of others',
    'addresses: 500 sources of checks',
    'addresses: 80,000 packets to a session that never connects',
    'http: bodies that unpack to 250 MB', 'proven viewer: 10,000 selects',
    'proven viewer: 10,000 wants',
    'relay: lone surrogates in every member', 'relay: line ends in every member',
    'relay: 300 different sources of 200 kB', 'relay: offers of all kinds',
    'relay: 2,000 good offers, each closed at once')
# Attacks that go to a server on the robot, where the attacker reaches it.
DIRECT = ('peer', 'http')


@dataclass
class Felt:
    """What one play of an attack did."""

    stall_ms: float = 0.0
    missed: int = 0
    stop_ms: float = float('nan')
    memory_mb: float = 0.0
    lines: int = 0
    thrown_out: set[str] = field(default_factory=set)
    outcome: str = ''
    notes: dict[str, int] = field(default_factory=dict)


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        """Start it."""
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, awaitable, timeout: float = 60.0):
        """Run a coroutine there; return its result."""
        return asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(awaitable, timeout), self.loop).result()


class Stack:
    """
    A robot and its relays.

    :param kind: ``relay``, ``relays`` (two that share a Redis) or ``hostile`` (none of ours)
    :param code: the checkout whose programs run
    """

    def __init__(self, kind: str, code: Path, probe: RosProbe) -> None:
        """Start all, and wait until the robot can be reached."""
        self.kind, self.code, self._probe = kind, code, probe
        self.folder = tempfile.mkdtemp(prefix='rtc_bridge_attacks_')
        self.processes: list[Process] = []
        self.link_states: list[tuple[float, str]] = []
        self.relays: list[Process] = []
        self.port, self.listen = free_port(), free_port()
        urls = {'relay': self._relay, 'relays': self._two_relays,
                'hostile': lambda: [f'http://127.0.0.1:{self.listen}']}[kind]()
        self.url = f'http://127.0.0.1:{self.port}'
        self.relay_url = urls[-1]
        self.guard = self._start('cmd_vel_guard')
        self._start('sim_robot', camera='sim', width=320, height=240)
        secret = Path(self.folder, 'turn')
        secret.write_text('attacks-attacks-attacks-attacks')
        self.bridge = self._start(
            'bridge', robot_id=ROBOT, relay_url=urls[0],
            **{'server.host': '127.0.0.1', 'server.port': self.port,
               'ice.servers': ['turn:127.0.0.1:9?transport=udp'],
               'ice.secret_file': str(secret),
               'access.directory': self.folder, 'access.require_synchronized_clock': False})
        self.fragment = self.bridge.wait_line(r'link to drive.*#(\S+)', START_TIMEOUT_S)[1]
        if kind != 'hostile':
            self.bridge.wait_line('connected to relay', START_TIMEOUT_S)

    def _start(self, module: str, *more: str, **parameters) -> Process:
        process = Process([*node(module, **parameters), *more], cwd=str(self.code), env={
            'PYTHONPATH': str(self.code),
            'FASTRTPS_DEFAULT_PROFILES_FILE': str(self.code / 'config' / 'fastdds_shm.xml')})
        self.processes.append(process)
        return process

    def _relay(self, *more: str) -> list[str]:
        relay = self._start('relay', '--host', '127.0.0.1', '--port', '0', '--open', *more)
        self.relays.append(relay)
        return [relay.wait_line(r'listens on (http://\S+)', START_TIMEOUT_S)[1]]

    def _two_relays(self) -> list[str]:
        port = free_port()
        redis = Process([shutil.which('redis-server') or 'redis-server', '--port', str(port),
                         '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no',
                         '--requirepass', REDIS_PASSWORD])
        self.processes.append(redis)
        redis.wait_line('Ready to accept connections')
        url = f'redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0'
        return self._relay('--redis', url) + self._relay('--redis', url)

    @property
    def measured(self) -> list[Process]:
        """Return the processes whose memory counts."""
        return [self.bridge, *self.relays]

    @property
    def well(self) -> bool:
        """Tell whether all programs run."""
        return all(process.running for process in self.processes)

    def close(self) -> None:
        """End all."""
        for process in self.processes:
            process.send(15)
            process.send(18)
        for process in self.processes:
            with contextlib.suppress(AssertionError):
                process.wait(10)
            process.send(9)
        shutil.rmtree(self.folder, ignore_errors=True)


def _status(pid: int, name: str) -> float:
    with contextlib.suppress(OSError, AttributeError):
        text = Path(f'/proc/{pid}/status').read_text()
        return int(re.search(rf'^{name}:\s+(\d+)', text, re.M)[1]) / 1024
    return 0.0


def _forget_peak(pid: int) -> float:
    """Return the memory of a process in MB, and let its peak begin anew (proc(5))."""
    with contextlib.suppress(OSError):
        Path(f'/proc/{pid}/clear_refs').write_text('5')
    return _status(pid, 'VmRSS')


class Harness:
    """Plays attacks at stacks, with a driver and a viewer beside."""

    def __init__(self, code: Path, through: str | None) -> None:
        """Prepare; stacks start when they are needed."""
        self.code, self.through = code, through
        self.loop = Loop()
        self.probe = RosProbe('attacks').__enter__()
        # Times of commands that move, as the motors hear them.
        self.motions: list[float] = []
        self.link: list[tuple[float, str]] = []
        self.probe.subscribe(Twist, 'cmd_vel', self._heard, 100)
        self.probe.subscribe(DiagnosticArray, '/diagnostics', self._diagnosed)
        self.stack: Stack | None = None
        self.driver: PageClient | None = None
        self.viewer: PageClient | None = None

    def _heard(self, message: Twist) -> None:
        if message.linear.x:
            self.motions.append(time.monotonic())

    def _diagnosed(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == 'rtc_bridge: relay':
                self.link.append((time.monotonic(), status.message))

    def _kind(self, attack) -> str:
        if attack.door == 'relay':
            return 'hostile'
        return 'relays' if self.through == 'relays' else 'relay'

    def prepare(self, attack) -> None:
        """Have the stack that an attack needs, a driver who drives, and a viewer."""
        if self.stack and (self.stack.kind != self._kind(attack) or not self.stack.well):
            self.leave()
        if self.stack is None:
            self.stack = Stack(self._kind(attack), self.code, self.probe)
        self.loop.run(self._enter(), 90)

    async def _enter(self) -> None:
        stack = self.stack
        if self.viewer is None or self.viewer.gone:
            place = stack.url if stack.kind == 'hostile' else stack.relay_url
            self.viewer = await PageClient(f'{place}/{ROBOT}', stack.fragment).enter()
        if self.driver is None or self.driver.gone:
            self.driver = PageClient(f'{stack.url}/{ROBOT}', stack.fragment, video=True)
            await self.driver.enter()
            await self.driver.drive()
        await self._until_there_is_room()
        since = len(self.motions)
        async with asyncio.timeout(60):
            while len(self.motions) < since + 20:
                await asyncio.sleep(0.1)

    async def _until_there_is_room(self) -> None:
        # An attack that is refused for want of a place shows nothing.
        async with asyncio.timeout(60):
            while True:
                stranger = PageClient(f'{self.stack.url}/{ROBOT}')
                try:
                    await stranger.connect()
                    return
                except Refused:
                    await asyncio.sleep(1)
                finally:
                    await stranger.close()

    def leave(self) -> None:
        """End the stack."""
        for page in (self.driver, self.viewer):
            if page is not None:
                with contextlib.suppress(Exception):
                    self.loop.run(page.close(), 10)
        self.driver = self.viewer = None
        if self.stack is not None:
            self.stack.close()
            self.stack = None

    def play(self, attack) -> Felt:
        """Play an attack once."""
        self.prepare(attack)
        stack = self.stack
        direct = self.through == 'own' or attack.door in DIRECT or stack.kind == 'hostile'
        target = {'url': stack.url if direct else stack.relay_url, 'robot': ROBOT,
                  'fragment': stack.fragment, 'listen': stack.listen}
        felt = Felt()
        process = Process([sys.executable, str(CORPUS_PROGRAM),
                           attack.name, json.dumps(target)], stdin=True)
        with process:
            process.wait_line('^ready', START_TIMEOUT_S)
            time.sleep(BEFORE_S)
            before = {p.pid: _forget_peak(p.pid) for p in stack.measured}
            lines = len(stack.bridge.lines)
            began = time.monotonic()
            process.say('\n')
            press = asyncio.run_coroutine_threadsafe(self._press(), self.loop.loop)
            with contextlib.suppress(AssertionError):
                process.wait(ATTACK_TIMEOUT_S)
            with contextlib.suppress(Exception):
                felt.stop_ms, stopped, resumed = press.result(40)
            time.sleep(AFTER_S)
            ended = time.monotonic()
            words = process.lines[-1] if process.lines else ''
        with contextlib.suppress(ValueError):
            notes = json.loads(words)
            felt.outcome = notes.pop('outcome')
            felt.notes = notes
        if felt.stop_ms != felt.stop_ms:
            felt.thrown_out.add('stop lost')
            stopped = resumed = ended
        self._judge(felt, began, ended, stopped, resumed, stack.bridge.lines[lines:])
        felt.memory_mb = max(_status(p.pid, 'VmHWM') - before[p.pid] for p in stack.measured)
        felt.lines = len(stack.bridge.lines) - lines
        return felt

    async def _press(self) -> tuple[float, float, float]:
        await asyncio.sleep(STOP_AFTER_S)
        took = await self.driver.stop()
        stopped = time.monotonic()
        await self.driver.release()
        since = len(self.motions)
        async with asyncio.timeout(20):
            while len(self.motions) == since:
                await asyncio.sleep(0.01)
        return took * 1000, stopped, time.monotonic()

    def _judge(self, felt: Felt, began: float, ended: float, stopped: float, resumed: float,
               said: list[str]) -> None:
        # The pause of the stop itself is none of the attack's.
        moves = [t for t in self.motions if began - 0.2 < t < ended
                 and not stopped < t < resumed]
        points = sorted([*moves, stopped, resumed, *([] if moves else [began]), ended])
        gaps = [b - a for a, b in itertools.pairwise(points) if (a, b) != (stopped, resumed)]
        ticks = [began, *(t for t in self.driver.ticks if began < t < ended), ended]
        felt.stall_ms = 1000 * max([*gaps, *(b - a for a, b in itertools.pairwise(ticks))])
        driven = (ended - began) - max(0.0, resumed - stopped)
        felt.missed = max(0, round(25 * driven) - len(moves))
        if self.driver.gone:
            felt.thrown_out.add('driver')
        if self.viewer.gone:
            felt.thrown_out.add('viewer')
        if not self.stack.bridge.running:
            felt.thrown_out.add('bridge')
        if self.stack.kind != 'hostile' and (any('trying again' in line for line in said) or any(
                began < t < ended + 1 and state != 'connected' for t, state in self.link)):
            felt.thrown_out.add("robot's link")
        if any(FORGED.match(line) for line in said):
            felt.thrown_out.add('log forged')
        if felt.outcome.startswith('kept out'):
            felt.thrown_out.add('newcomers')


@dataclass
class Row:
    """What one attack did, in the middle of its plays."""

    stall_ms: float
    missed: float
    # ``None``: a stop was lost.
    stop_ms: float | None
    memory_mb: float
    lines: float
    thrown_out: list[str]
    outcome: str


def _middle(plays: list[Felt]) -> Row:
    stops = [felt.stop_ms for felt in plays if felt.stop_ms == felt.stop_ms]
    notes = {key: value for felt in plays for key, value in felt.notes.items()}
    middle = statistics.median
    return Row(
        middle(f.stall_ms for f in plays), middle(f.missed for f in plays),
        middle(stops) if len(stops) == len(plays) else None,
        middle(f.memory_mb for f in plays), middle(f.lines for f in plays),
        sorted(set.union(*(felt.thrown_out for felt in plays))),
        ', '.join([plays[-1].outcome[:40], *(f'{v} {k}' for k, v in notes.items())]))


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ['?'] * len(TITLES)
    return [f'{row.stall_ms:.0f}', f'{row.missed:.0f}',
            'lost' if row.stop_ms is None else f'{row.stop_ms:.0f}',
            f'{max(0.0, row.memory_mb):.0f}',
            ', '.join(sorted(set(row.thrown_out) - {'stop lost'})) or 'nobody']


# With ``--before`` each cell has two values.
TITLES = ('gap ms', 'missed', 'stop ms', '+MB', 'thrown out')


def _line(name: str, row: Row, before: dict[str, Row] | None) -> str:
    cells = _cells(row)
    if before is None:
        cells += [f'{row.lines:.0f}', row.outcome]
    else:
        cells = [f'{old} → {new}' for old, new in zip(_cells(before.get(name)), cells)]
    return f'| {" | ".join([name, *cells])} |'


def _head(compared: bool) -> str:
    titles = TITLES if compared else (*TITLES, 'log lines', 'outcome')
    rule = ['---' if title in ('thrown out', 'outcome') else '--:' for title in titles]
    return f'| attack | {" | ".join(titles)} |\n| --- | {" | ".join(rule)} |'


def main() -> int:
    """Play and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--code', type=Path, default=HERE.parent, help='checkout to attack')
    parser.add_argument('--runs', type=int, default=1, help='of each attack; medians are shown')
    parser.add_argument('--all', action='store_true', help='the whole corpus')
    parser.add_argument('--only', default='', help='a regular expression of names')
    parser.add_argument('--through', choices=('own', 'relay', 'relays'), default='relay',
                        help="the robot's own server, a relay, two relays that share a Redis")
    parser.add_argument('--save', type=Path, help='write what was felt to this file, as JSON')
    parser.add_argument('--before', type=Path, help='such a file, to show beside')
    options = parser.parse_args()
    before = options.before and {
        name: Row(**row) for name, row in json.loads(options.before.read_text()).items()}
    rows: dict[str, Row] = {}
    names = [name for name in (CORPUS if options.all or options.only else SELECTED)
             if re.search(options.only, name)]
    # One kind of stack after the other.
    names.sort(key=lambda name: CORPUS[name].door == 'relay')
    harness = Harness(options.code.resolve(), options.through)
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, load '
          f'{os.getloadavg()[0]:.1f}, {options.runs} runs, through {options.through}\n')
    print(_head(before is not None), flush=True)
    try:
        for name in names:
            plays = []
            for _ in range(options.runs):
                try:
                    plays.append(harness.play(CORPUS[name]))
                except Exception as error:
                    plays.append(Felt(float('inf'), thrown_out={f'all ({error!r:.60})'}))
                if plays[-1].thrown_out or plays[-1].stall_ms > 2000:
                    # What an attack has left behind is none of the next one's.
                    harness.leave()
            rows[name] = _middle(plays)
            print(_line(name, rows[name], before), flush=True)
            if options.save:
                options.save.write_text(json.dumps(
                    {key: asdict(value) for key, value in rows.items()}, indent=1))
    finally:
        harness.leave()
        harness.probe.__exit__(None, None, None)
    return 0


if __name__ == '__main__':
    sys.exit(main())
