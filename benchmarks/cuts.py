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
Cut what a robot is driven by, at random moments, and see how long it takes until it is stopped.

Relay, bridge, guard, simulated robot and Chromium are processes, the browser at the other end of
a network that can be cut; a ROS process of its own hears what the bridge accepted and what the
motors would. Measured is the time from the last motion that the bridge accepted to the first zero
on ``cmd_vel``, as it was heard, and besides as it was published: on a host with too little time
for all, who listens is late, too. Ends with status 1 if one was heard later than the timeout and
50 ms, or if anything moved after its zero.

Results are kept in a file, line by line: the same command goes on where the last one ended.
"""

import argparse
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
from datetime import date
import json
import os
from pathlib import Path
import platform
import random
import shutil
import signal
import sys
import threading
import time

from geometry_msgs.msg import TwistStamped
from rtc_bridge.core.clock import boot_time
from rtc_bridge.ros.velocity.velocity_publisher import GUARD_QOS, GUARD_TOPIC, stamp_seconds
from testbed import Chromium, Namespace, Robot, until

TIMEOUT_S = 0.3
TARGET_MS = 1000 * TIMEOUT_S + 50
CAMERA = 'sim/image_raw'
# How often each kind comes: those that need a process to be started again take their time.
KINDS = {'network': 30, 'tab closed': 15, 'bridge SIGSTOP': 20, 'bridge SIGKILL': 4,
         'browser SIGSTOP': 15, 'browser SIGKILL': 4, 'relay SIGSTOP': 8, 'relay SIGKILL': 4}
# The relay is not in the commands' way: nothing stops, until the key is let go.
HARMLESS = {'relay SIGSTOP', 'relay SIGKILL'}


@dataclass(frozen=True)
class Heard:
    """A velocity on ``cmd_vel``; times in seconds of the boot-time clock."""

    heard: float
    published: float
    moving: bool

    @classmethod
    def of(cls, message: TwistStamped) -> 'Heard':
        """Take a message that comes now; its stamp is the system's time."""
        now = boot_time()
        return cls(now, now - (time.time() - stamp_seconds(message.header)), _moves(message))


def _moves(message: TwistStamped) -> bool:
    twist = message.twist
    return bool(twist.linear.x or twist.linear.y or twist.angular.z)


def _listen_first() -> None:
    """Run the threads of this process in real time if that is allowed, not what it starts."""
    with contextlib.suppress(OSError):
        for task in os.listdir('/proc/self/task'):
            os.sched_setscheduler(int(task), os.SCHED_RR | os.SCHED_RESET_ON_FORK,
                                  os.sched_param(1))


class Gauge(threading.Thread):
    """How late this process itself was to run: what it heard may have come so much earlier."""

    def __init__(self) -> None:
        """Begin."""
        super().__init__(daemon=True)
        self.worst_s = 0.0
        self.start()

    def run(self) -> None:
        """Sleep, and see for how long that was."""
        while True:
            before = boot_time()
            time.sleep(0.005)
            self.worst_s = max(self.worst_s, boot_time() - before - 0.005)


class Scene:
    """A robot, a browser that drives it, and what is heard of both."""

    def __init__(self) -> None:
        """Start all."""
        self.gauge = Gauge()
        self.network = Namespace()
        # With stamps, they tell when the guard published.
        self.robot = Robot(host=self.network.address,
                           guard={'teleop.message_type': 'twist_stamped'}.items())
        self.robot.start('sim_robot', camera='sim', width=160, height=120, rate=10.0)
        probe = self.robot.probe
        # The stamps of motions that were accepted.
        self.accepted = probe.subscribe(
            TwistStamped, GUARD_TOPIC,
            lambda m: stamp_seconds(m.header) if _moves(m) else None, GUARD_QOS)
        self.heard = probe.subscribe(TwistStamped, 'cmd_vel', Heard.of, 100)
        _listen_first()
        self.chromium = self.page = None
        self.start_browser()

    def start_browser(self) -> None:
        """Start a browser with the page."""
        self.chromium = Chromium(shutil.which('chromium'), self.network.prefix)
        self.open_page()

    def open_page(self) -> None:
        """Open the page; wait for its picture."""
        self.page = self.chromium.show(f'{self.robot.url}?camera={CAMERA}')
        self.page.wait_state('live')

    def drive(self) -> None:
        """Press a key until the robot moves."""
        def moves() -> bool:
            since = len(self.heard)
            self.page.up('w')
            self.page.arm()
            self.page.down('w')
            end = time.monotonic() + 1.0
            while time.monotonic() < end:
                if any(one.moving for one in self.heard[since:]):
                    return True
                time.sleep(0.01)
            return False
        until(moves, 'motion', period=0.2)

    def moving(self) -> bool:
        """
        Tell whether the robot moves now.

        On a host with too little time for all, a driver's commands come too late at times, and
        stop it before any cut.
        """
        return self.heard[-1].moving and boot_time() - self.heard[-1].heard < TIMEOUT_S

    def wait_zero(self, since: int) -> int:
        """
        Wait for the first zero; return which of the velocities heard it is.

        :param since: number of the first velocity heard that counts
        """
        def found() -> int | None:
            return next((n + 1 for n, one in enumerate(self.heard[since:], since)
                         if not one.moving), None)
        return until(found, 'zero', period=0.01) - 1

    def stop_times(self, zero: int) -> tuple[float, float]:
        """Return ms from the last motion accepted to this zero, heard and published."""
        one = self.heard[zero]
        last = max(stamp for stamp in self.accepted if stamp < one.heard)
        return 1000 * (one.heard - last), 1000 * (one.published - last)

    def close(self) -> None:
        """End all."""
        try:
            self.chromium.thaw()
            self.chromium.close()
        except Exception as error:
            # It may be one that was killed.
            print(f'the browser: {error!r}', file=sys.stderr)
        finally:
            self.robot.close()
            self.network.close()


def cut(scene: Scene, kind: str) -> Callable[[], None]:
    """Cut; return what mends it."""
    robot, chromium = scene.robot, scene.chromium
    what, _, how = kind.partition(' ')
    if what == 'network':
        scene.network.cut()
        return scene.network.mend
    if what == 'tab':
        scene.page.close()
        return scene.open_page
    if what == 'browser':
        if how == 'SIGSTOP':
            chromium.freeze()
            return chromium.thaw
        chromium.kill()

        def start_browser() -> None:
            try:
                chromium.close()
            except Exception:
                pass  # Playwright has lost it.
            scene.start_browser()
        return start_browser
    process = getattr(robot, what)
    process.send(getattr(signal, how))
    if how == 'SIGSTOP':
        return lambda: process.send(signal.SIGCONT)
    process.wait()
    return robot.start_bridge if what == 'bridge' else robot.start_relay


def one(scene: Scene, kind: str, chance: random.Random) -> dict[str, object]:
    """Drive, cut, measure, mend; return the result."""
    scene.page.wait_state('live')
    moving = False
    while not moving:
        scene.drive()
        time.sleep(chance.uniform(0.05, 1.0))
        moving = scene.moving()
    since = len(scene.heard)
    scene.gauge.worst_s = 0.0
    mend = cut(scene, kind)
    try:
        drove_on = True
        if kind in HARMLESS:
            time.sleep(0.5)
            heard = scene.heard[since:]
            drove_on = bool(heard) and all(one.moving for one in heard)
            if drove_on:
                since += len(heard)
            scene.page.up('w')
        zero = scene.wait_zero(since)
        host_late = 1000 * scene.gauge.worst_s
        # What is waiting somewhere must not come later.
        time.sleep(chance.uniform(0.0, 0.5))
        ms, published = scene.stop_times(zero)
    finally:
        mend()
    if kind not in ('tab closed', 'browser SIGKILL'):
        # The key is down all the time.
        scene.page.wait_state('live')
        time.sleep(0.2)
        scene.page.up('w')
    moved = sum(one.moving for one in scene.heard[zero:])
    return {'kind': kind, 'ms': round(ms, 1), 'published_ms': round(published, 1),
            'moved_after': moved, 'drove_on': drove_on, 'host_late_ms': round(host_late, 1),
            'load': round(os.getloadavg()[0], 1)}


def report(results: list[dict[str, object]]) -> int:
    """Print the tables; return the exit status."""
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}; from the last accepted motion to zero heard, ms; teleop.timeout '
          f'{TIMEOUT_S} s, target {TARGET_MS:.0f} ms\n')
    loads = sorted(r['load'] for r in results)
    print(f'Load of the host: {loads[len(loads) // 2]} in the middle, {loads[-1]} at most.\n')
    print('| cut | times | median | 95 % | worst | worst published | later than target | '
          'moved after zero |')
    print('| --- | --: | --: | --: | --: | --: | --: | --: |')
    for kind in (*KINDS, 'all'):
        rows = [r for r in results if kind in ('all', r['kind'])]
        times = sorted(r['ms'] for r in rows)
        if times:
            print(f'| {kind} | {len(times)} | {times[len(times) // 2]:.0f} | '
                  f'{times[-(-95 * (len(times) - 1) // 100)]:.0f} | {times[-1]:.0f} | '
                  f'{max(r["published_ms"] for r in rows):.0f} | '
                  f'{sum(t > TARGET_MS for t in times)} | '
                  f'{sum(r["moved_after"] > 0 for r in rows)} |')
    print('\n```')
    times = [r['ms'] for r in results]
    for low in range(0, int(max(times)) + 1, 25):
        count = sum(low <= t < low + 25 for t in times)
        print(f'{low:4d} to {low + 25:4d} ms {count:5d} {"#" * -(-60 * count // len(times))}')
    print('```')
    for late in sorted((r for r in results if r['ms'] > TARGET_MS), key=lambda r: -r['ms'])[:10]:
        print(f'\n- {late["ms"]:.0f} ms, {late["kind"]}: published at '
              f'{late["published_ms"]:.0f} ms, and the process that listens was up to '
              f'{late["host_late_ms"]:.0f} ms late to run')
    stopped = [r['kind'] for r in results if not r['drove_on']]
    if stopped:
        print(f'\nStopped although they need not: {", ".join(sorted(set(stopped)))} '
              f'({len(stopped)} times).')
    return int(any(r['ms'] > TARGET_MS or r['moved_after'] for r in results))


def main() -> int:
    """Cut until there are as many results as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cuts', type=int, default=1000,
                        help='in all, those in the file included')
    parser.add_argument('--kinds', nargs='+', choices=KINDS, default=list(KINDS))
    parser.add_argument('--file', type=Path, default=Path('cuts.jsonl'), help='for the results')
    args = parser.parse_args()
    results = [json.loads(line) for line in args.file.read_text().splitlines()] if (
        args.file.exists()) else []
    chance = random.Random()
    scene = None
    try:
        while len(results) < args.cuts:
            kind = chance.choices(args.kinds, [KINDS[kind] for kind in args.kinds])[0]
            scene = scene or Scene()
            results.append(one(scene, kind, chance))
            with args.file.open('a') as file:
                file.write(json.dumps(results[-1]) + '\n')
            print(f'{len(results)}: {results[-1]}', file=sys.stderr)
    finally:
        if scene is not None:
            scene.close()
    return report(results)


if __name__ == '__main__':
    sys.exit(main())
