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

"""Plays one attack at a robot, with a driver and a viewer beside, and tells what these felt."""

import asyncio
import contextlib
from dataclasses import dataclass, field
import itertools
import json
from pathlib import Path
import re
import sys
import time

from attacked_robot import forget_peak, memory_mb, ROBOT, Stack, START_TIMEOUT_S
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from testbed import Process, RosProbe

from support.browsers import Loop  # noqa: I100  (testbed makes it importable)
from support.page_client import PageClient, Refused

CORPUS_PROGRAM = Path(__file__).resolve().parents[1] / 'test' / 'support' / 'attack_corpus.py'
# The stop is pressed so long after the attack has begun: while it is at work.
STOP_AFTER_S = 0.3
# Driving is watched so long before and after.
BEFORE_S, AFTER_S = 1.0, 1.5
ATTACK_TIMEOUT_S = 120.0
# The beginning of a log line that a stranger wrote: rclpy's have a time of now.
FORGED = re.compile(r'\[ERROR(?!\] \[\d{10})')
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
        if attack.entry == 'relay':
            return 'hostile'
        return 'relays' if self.through == 'relays' else 'relay'

    def prepare(self, attack) -> None:
        """Have the stack that an attack needs, a driver who drives, and a viewer."""
        if self.stack and (self.stack.kind != self._kind(attack) or not self.stack.well):
            self.leave()
        if self.stack is None:
            self.stack = Stack(self._kind(attack), self.code)
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
        direct = self.through == 'own' or attack.entry in DIRECT or stack.kind == 'hostile'
        target = {'url': stack.url if direct else stack.relay_url, 'robot': ROBOT,
                  'fragment': stack.fragment, 'listen': stack.listen}
        felt = Felt()
        process = Process([sys.executable, str(CORPUS_PROGRAM),
                           attack.name, json.dumps(target)], stdin=True)
        with process:
            process.wait_line('^ready', START_TIMEOUT_S)
            time.sleep(BEFORE_S)
            before = {p.pid: forget_peak(p.pid) for p in stack.measured}
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
        felt.memory_mb = max(memory_mb(p.pid, 'VmHWM') - before[p.pid] for p in stack.measured)
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
