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
The delay that the page shows, beside what is drawn into the same pictures; a markdown table.

Each line of the page's figures is of one second: its delay is compared with the median of the
stamps that were read on the screen in that second. They have nothing in common but the browser's
word for when a picture is on the screen.
"""

import argparse
import contextlib
from datetime import date
import os
import platform
import shutil
import statistics
import sys
import time

from testbed import Chromium, Firefox, Robot, WATCH

CAMERA = 'sim/image_raw'
COLUMNS = ('drawn p50 ms', 'shown p50 ms', 'difference p50', 'p5', 'p95',
           'said to be wrong by at most', 'seconds')


def compare(page: object, seconds: int) -> list[tuple[float, float, float]]:
    """Return for each second what was drawn, what the page shows, and its clock's error, ms."""
    page.wait_state('live')
    page.evaluate(f'({WATCH})()')
    page.wait("rtcBridge.statsHistory.filter((row) => row.from === 'camera').length > 5")
    page.evaluate('rtcBridge.statsHistory.length = drawn.length = 0')
    time.sleep(seconds)
    rows, drawn = page.evaluate('[rtcBridge.statsHistory, drawn]')
    found = []
    for before, row in zip(rows, rows[1:]):
        within = [one['delay'] for one in drawn if before['time'] <= one['at'] < row['time']]
        if within and row['delay_ms'] is not None and row['from'] == 'camera':
            found.append((statistics.median(within), row['delay_ms'], row['clock_error_ms']))
    return found


def line(name: str, found: list[tuple[float, float, float]]) -> str:
    """Return a row of the table."""
    if len(found) < 2:
        return f'| {name} | no stamp was read |'
    drawn, shown, errors = map(statistics.median, zip(*found))
    cuts = statistics.quantiles([s - d for d, s, _ in found], n=20, method='inclusive')
    cells = [drawn, shown, cuts[9], cuts[0], cuts[-1], errors]
    return f'| {name} | {" | ".join(f"{cell:.1f}" for cell in cells)} | {len(found)} |'


def main() -> int:
    """Show the simulated robot in one browser after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=int, default=60, help='in each [%(default)s]')
    args = parser.parse_args()
    lines = [f'| browser | {" | ".join(COLUMNS)} |', f'| --- |{" --: |" * len(COLUMNS)}']
    with contextlib.ExitStack() as stack:
        # In a smaller tier what is drawn cannot be read.
        robot = Robot(relay=False, **{'video.tiers': ['1/1']})
        stack.callback(robot.close)
        robot.start('sim_robot', camera='sim', width=640, height=480, rate=29.8, draw_stamp=True)
        url = f'{robot.url}?camera={CAMERA}'
        for name, start, programs in (('Chromium', Chromium, ('chromium', 'google-chrome')),
                                      ('Firefox', Firefox, ('firefox-esr', 'firefox'))):
            path = next(filter(None, map(shutil.which, programs)), None)
            if path is None:
                print(f'{name} is not installed', file=sys.stderr)
                continue
            browser = start(path)
            try:
                if name == 'Chromium':
                    page = browser.show(url)
                else:
                    page = browser
                    page.load(url)
                lines.append(line(name, compare(page, args.seconds)))
            finally:
                browser.close()
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}; simulated robot, 640x480 at 29.8 pictures a second\n')
    print('\n'.join(lines))
    return 0


if __name__ == '__main__':
    sys.exit(main())
