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

rtc_bridge has page, bridge, gate and guard in the way, on a robot that shows a camera meanwhile;
RTCBot 0.2.5 its own keyboard, data channel and one publisher, and no picture. Both run at the same
time on the same host, and take turns. The time of the event is the browser's own.
"""

import argparse
import contextlib
from datetime import date
import os
from pathlib import Path
import platform
import random
import shutil
import sys
import time

from geometry_msgs.msg import Twist
from testbed import Chromium, finish, free_port, Process, Robot, until

RTCBOT_TOPIC = 'rtcbot/cmd_vel'
# The wall clock of each key event; timeOrigin is of the page's start, so it is compared anew.
LISTEN = """() => {
  window.events = [];
  for (const type of ['keydown', 'keyup']) {
    window.addEventListener(type, (event) => {
      if (event.repeat) return;
      const offset = Date.now() - performance.now();
      window.events.push(event.timeStamp + offset);
    }, true);
  }
}"""


class Side:
    """One system: its page, and what its robot heard."""

    def __init__(self, page: object, heard: list[tuple[float, bool]]) -> None:
        """Begin to note key events."""
        self.page = page
        self.heard = heard
        self.delays: list[float] = []
        self.missed = 0
        page.evaluate(LISTEN)

    def press(self, chance: random.Random) -> None:
        """Press the key and let it go, and note both delays in ms."""
        for act, moving in ((self.page.down, True), (self.page.up, False)):
            since = len(self.heard)
            self.page.evaluate('events.length = 0')
            act('w')
            end = time.monotonic() + 2
            while not (arrived := [t for t, m in self.heard[since:] if m is moving]):
                if time.monotonic() > end:
                    # Refused, for one: on a busy host the robot may have stopped by itself.
                    self.missed += 1
                    break
                time.sleep(0.005)
            else:
                pressed = self.page.evaluate('events[0]') / 1000
                self.delays.append(1000 * (arrived[0] - pressed))
            time.sleep(chance.uniform(0.1, 0.2))


def main() -> int:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--presses', type=int, default=200, help='of the key, for each system')
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        # Whatever fails, none of these remains.
        robot = Robot(relay=False)
        stack.callback(robot.close)

        def hear(topic: str) -> list[tuple[float, bool]]:
            return robot.probe.subscribe(
                Twist, topic, lambda m: (time.time(), m.linear.x != 0), 100)
        robot.start('sim_robot', camera='sim', width=640, height=480)
        port = free_port()
        rtcbot = Process([sys.executable, str(Path(__file__).with_name('senders') /
                                              'rtcbot_driver.py'),
                          '--port', str(port), '--topic', RTCBOT_TOPIC])
        stack.callback(finish, rtcbot)
        rtcbot.wait_line('serving', 60)
        chromium = Chromium(shutil.which('chromium'))
        stack.callback(chromium.close)
        ours = Side(chromium.show(robot.url), hear('cmd_vel'))
        theirs = Side(chromium.show(f'http://127.0.0.1:{port}/'), hear(RTCBOT_TOPIC))
        ours.page.wait_state('live')

        def ready(side: Side) -> bool:
            since = len(side.heard)
            side.page.up('w')
            side.page.down('w')
            time.sleep(0.5)
            side.page.up('w')
            return any(moving for _, moving in side.heard[since:])
        for side in (ours, theirs):
            until(lambda side=side: ready(side), 'motion')
        time.sleep(1)
        chance = random.Random()
        for _ in range(-(-args.presses // 10)):
            for side in (ours, theirs):
                for _ in range(10):
                    side.press(chance)
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}\n')
    print('| system | key events | p50 ms | p95 ms | worst ms | no Twist |')
    print('| --- | --: | --: | --: | --: | --: |')
    for name, side in (('rtc_bridge', ours), ('rtcbot', theirs)):
        delays = sorted(side.delays)
        p50, p95 = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.95))
        print(f'| {name} | {len(delays)} | {p50:.1f} | {p95:.1f} | {delays[-1]:.1f} | '
              f'{side.missed} |')
    return 0


if __name__ == '__main__':
    sys.exit(main())
