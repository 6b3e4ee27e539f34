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
From a key event in Chromium to the Twist that another ROS process receives, beside RTCBot.

rtc_bridge has page, bridge, gate and guard in the way, and shows a camera meanwhile or does not;
RTCBot 0.2.5 its own keyboard, data channel and one publisher, and no picture. Both run at the same
time on the same host, and take turns. The time of the event is the browser's own. A second table
tells how long each stage of ours took (``senders/traced_command.py``).
"""

import argparse
import contextlib
from datetime import date
import json
import os
from pathlib import Path
import platform
import random
import shutil
import sys
import tempfile
import time
from typing import Any

from geometry_msgs.msg import Twist
from testbed import Chromium, finish, free_port, node, Process, Robot, start, until

RTCBOT_TOPIC = 'rtcbot/cmd_vel'
SENDERS = Path(__file__).with_name('senders')
# Wall clocks of each key event and command; Date.now() is exact to 0.1 ms where it steps.
LISTEN = """() => {
  let offset = -Infinity;
  const end = performance.now() + 30;
  while (performance.now() < end) offset = Math.max(offset, Date.now() - performance.now());
  window.events = [];
  window.sent = [];
  for (const type of ['keydown', 'keyup']) {
    window.addEventListener(type, (event) => {
      if (!event.repeat) window.events.push(event.timeStamp + offset);
    }, true);
  }
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (data) {
    send.call(this, data);
    if (this.label === 'teleop') window.sent.push([performance.now() + offset, data]);
  };
}"""
STAGES = {
    'page: event to sent': ('event', 'sent'),
    'to the kernel of the robot': ('sent', 'arrived'),
    'until the bridge reads it': ('arrived', 'read'),
    'DTLS and SCTP': ('read', 'came'),
    'gate': ('came', 'gated'),
    'to the guard': ('gated', 'taken'),
    'guard': ('taken', 'passed'),
    'to the other process': ('passed', 'heard'),
}


class TracedRobot(Robot):
    """A robot whose bridge and guard write down what they did when, into a folder."""

    def __init__(self, folder: Path, **parameters: Any) -> None:
        """Start it."""
        self.folder = folder
        super().__init__(relay=False, **parameters)

    def start(self, module: str, *args: Any, **parameters: Any) -> Process:
        """Start a program; it ends with the robot."""
        if module not in ('bridge', 'cmd_vel_guard'):
            return super().start(module, *args, **parameters)
        command = node(module, **parameters)
        command[1:3] = [str(SENDERS / 'traced_command.py'), str(self.folder / module), module]
        self.processes.append(start(command))
        return self.processes[-1]


class Side:
    """One system: its page, and what its robot heard."""

    def __init__(self, page: object, heard: list[tuple[float, bool]]) -> None:
        """Begin to note key events."""
        self.page = page
        self.heard = heard
        # Of each key event, in ms of the wall clock: the event, the Twist; and the command.
        self.events: list[tuple[float, float, dict | None]] = []
        self.missed = 0
        page.evaluate(LISTEN)

    def press(self, chance: random.Random) -> None:
        """Press the key and let it go, and note both."""
        for act, moving in ((self.page.down, True), (self.page.up, False)):
            since = len(self.heard)
            self.page.evaluate('void (events.length = sent.length = 0)')
            act('w')
            end = time.monotonic() + 2
            while not (arrived := [t for t, m in self.heard[since:] if m is moving]):
                if time.monotonic() > end:
                    # Refused, for one: on a busy host the robot may have stopped by itself.
                    self.missed += 1
                    break
                time.sleep(0.005)
            else:
                event, sent = self.page.evaluate('[events[0], sent]')
                commands = [{'sent': at, **json.loads(text)} for at, text in sent if at >= event]
                self.events.append((event, arrived[0], next(
                    (c for c in commands if bool(c.get('linear_x')) is moving), None)))
            time.sleep(chance.uniform(0.1, 0.2))

    @property
    def delays(self) -> list[float]:
        """Return from event to Twist, in ms."""
        return [heard - event for event, heard, _ in self.events]

    def stages(self, folder: Path) -> list[dict[str, float]]:
        """Return the times of each key event, as far as bridge and guard noted its command."""
        bridge, guard = (json.loads((folder / name).read_text())
                         for name in ('bridge', 'cmd_vel_guard'))
        passed = {entry['stamp']: entry for entry in guard if 'passed' in entry}
        found = []
        for event, heard, command in self.events:
            for entry in bridge if command else ():
                # Sequence numbers begin anew with each lease.
                if entry.get('seq') == command['seq'] and entry['stamp'] in passed and (
                        abs(entry['came'] - heard) < 2000):
                    found.append({'arrived': entry['read'], **passed[entry['stamp']], **entry,
                                  'event': event, 'sent': command['sent'], 'heard': heard})
        return found


def measure(presses: int, size: tuple[int, int] | None) -> (
        tuple[dict[str, Side], list[dict[str, float]]]):
    """Press keys on both pages; return both sides, and the times of our stages."""
    with contextlib.ExitStack() as stack:
        # Whatever fails, none of these remains.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Who sees nothing may drive only where that is allowed.
        robot = TracedRobot(folder, **({} if size else {'teleop.max_frame_age': 0.0}))
        close = contextlib.ExitStack()
        stack.enter_context(close)
        close.callback(robot.close)

        def hear(topic: str) -> list[tuple[float, bool]]:
            return robot.probe.subscribe(
                Twist, topic, lambda m: (time.time() * 1000, m.linear.x != 0), 100)
        if size:
            robot.start('sim_robot', camera='sim', width=size[0], height=size[1])
        port = free_port()
        rtcbot = Process([sys.executable, str(SENDERS / 'rtcbot_driver.py'),
                          '--port', str(port), '--topic', RTCBOT_TOPIC])
        close.callback(finish, rtcbot)
        rtcbot.wait_line('serving', 60)
        chromium = Chromium(shutil.which('chromium'))
        close.callback(chromium.close)
        ours = Side(chromium.show(robot.url), hear('cmd_vel'))
        theirs = Side(chromium.show(f'http://127.0.0.1:{port}/'), hear(RTCBOT_TOPIC))
        if size:
            ours.page.wait_state('live')

        def ready(side: Side) -> bool:
            since = len(side.heard)
            side.page.up('w')
            side.page.down('w')
            time.sleep(0.5)
            side.page.up('w')
            return any(moving for _, moving in side.heard[since:])
        ours.page.arm()
        for side in (ours, theirs):
            until(lambda side=side: ready(side), 'motion')
        time.sleep(1)
        chance = random.Random()
        for _ in range(-(-presses // 10)):
            for side in (ours, theirs):
                for _ in range(10):
                    side.press(chance)
        # They write at their end.
        close.close()
        return {'rtc_bridge': ours, 'rtcbot': theirs}, ours.stages(folder)


def _shares(values: list[float]) -> str:
    values = sorted(values)
    p50, p95 = (values[int(share * (len(values) - 1))] for share in (0.5, 0.95))
    return f'{p50:.1f} | {p95:.1f} | {values[-1]:.1f}'


def main() -> int:
    """Run both and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--presses', type=int, default=200, help='of the key, for each system')
    presses = parser.parse_args().presses
    runs = {name: measure(presses, size) for name, size in (
        ('no', None), ('1280x720', (1280, 720)))}
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}\n')
    print('| system | our picture | key events | p50 ms | p95 ms | worst ms | no Twist |')
    print('| --- | --- | --: | --: | --: | --: | --: |')
    for picture, (sides, _) in runs.items():
        for name, side in sides.items():
            print(f'| {name} | {picture} | {len(side.delays)} | {_shares(side.delays)} | '
                  f'{side.missed} |')
    print('\n| stage of rtc_bridge | our picture | p50 ms | p95 ms | worst ms |')
    print('| --- | --- | --: | --: | --: |')
    for stage, (begins, ends) in STAGES.items():
        for picture, (_, times) in runs.items():
            print(f'| {stage} | {picture} | {_shares([t[ends] - t[begins] for t in times])} |')
    return 0


if __name__ == '__main__':
    sys.exit(main())
