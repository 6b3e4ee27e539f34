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
Commands of a page that drives over a narrow link, with the robot's picture on the same link.

A key is held down: the page sends 25 commands a second, and the picture takes what the link
carries. The browser is in a network namespace whose link has a token bucket in both directions.
Needs root. A link adds no delay of its own here, so delays are those of queues and programs.
"""

import argparse
import contextlib
from datetime import date
import json
import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys
import tempfile
import time

from command_delay import LISTEN, TracedRobot
from testbed import Chromium, Namespace

SIZE = (1280, 720)
TIERS = ['1/1', '1/2', '1/4@15']
# Seconds until the congestion control has found the link.
SETTLE_S = 8.0
QUEUE_MS = 400


def shape(namespace: Namespace, kbit: int) -> None:
    """Give the link a bitrate in kbit/s, both ways."""
    for prefix, device in namespace.ends:
        subprocess.run([*prefix, 'tc', 'qdisc', 'replace', 'dev', device, 'root', 'tbf', 'rate',
                        f'{kbit}kbit', 'burst', '4000', 'latency', f'{QUEUE_MS}ms'], check=True)


def measure(kbit: int, seconds: float) -> tuple[float, int, list[float], tuple[int, int]]:
    """
    Hold a key down over a link; 0 kbit/s: without limit.

    :return: commands sent a second, how many did not come, delays in ms, and the picture's size
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        namespace = Namespace()
        stack.callback(namespace.close)
        close = stack.enter_context(contextlib.ExitStack())
        robot = TracedRobot(folder, host=namespace.address, **{'video.tiers': TIERS})
        close.callback(robot.close)
        robot.start('sim_robot', camera='sim', width=SIZE[0], height=SIZE[1])
        chromium = Chromium(shutil.which('chromium'), prefix=namespace.prefix)
        close.callback(chromium.close)
        page = chromium.show(robot.url)
        page.wait_state('live')
        if kbit:
            shape(namespace, kbit)
        page.arm()
        page.evaluate(LISTEN)
        page.down('w')
        time.sleep(SETTLE_S)
        page.evaluate('void (sent.length = 0)')
        time.sleep(seconds)
        sent = page.evaluate('[...sent]')
        # What is still on its way comes.
        time.sleep(1.0)
        page.up('w')
        size = page.evaluate('(([v]) => [v.videoWidth, v.videoHeight])('
                             "document.getElementsByTagName('video'))")
        # They write at their end.
        close.close()
        came = {entry['seq']: entry['came'] for entry in json.loads(
            (folder / 'bridge').read_text()) if entry.get('seq') is not None}
        commands = {json.loads(text)['seq']: at for at, text in sent}
        delays = [came[seq] - at for seq, at in commands.items() if seq in came]
        return len(commands) / seconds, len(commands) - len(delays), sorted(delays), tuple(size)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=15.0, help='that the key is held down')
    parser.add_argument('--kbit', type=int, nargs='+', default=[0, 1000, 300])
    args = parser.parse_args()
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}\n')
    print('| link, kbit/s | picture | commands a second | lost | p50 ms | p95 ms | worst ms |')
    print('| --: | --- | --: | --: | --: | --: | --: |')
    for kbit in args.kbit:
        rate, lost, delays, size = measure(kbit, args.seconds)
        p50, p95 = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.95))
        print(f'| {kbit or "no limit"} | {size[0]}x{size[1]} | {rate:.1f} | {lost} | {p50:.1f} | '
              f'{p95:.1f} | {delays[-1]:.1f} |', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
