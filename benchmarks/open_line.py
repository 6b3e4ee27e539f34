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
Show whether the memory of the bridge grows while somebody talks and listens all the time.

A page of Chromium hears a topic, and speaks; see ``soak.py`` for what counts. Ends with status 1
if the memory grew by more than the limit.
"""

import argparse
import shutil
import sys
import time

from processes import host
from soak import growth, memory
from sound import Mouth, page_flags, serve_page
from sound_pages import RATE, SPEAK
from testbed import Chromium, Robot

# Seconds between two samples.
_PERIOD_S = 2.0


def main() -> int:
    """Talk and listen, and print how memory went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=10.0)
    parser.add_argument('--limit', type=float, default=5.0, help='growth allowed, in percent')
    args = parser.parse_args()
    robot = Robot(relay=False, guard=None, **{
        'teleop.enabled': False, 'audio.source': 'sound', 'audio.format': f'S16LE {RATE} 1',
        'audio.talk': 'role', 'audio.talk_device': 'alsa:null', 'access.origins': ['*']})
    mouth = Mouth(robot.probe)
    browser = Chromium(shutil.which('chromium'), flags=page_flags())
    samples = []
    try:
        page = browser.page()
        page.load(serve_page())
        page.evaluate(f'({SPEAK})({robot.own_url + "/connect"!r})')
        print(f'{host()}\n', flush=True)
        end = time.monotonic() + 60 * args.minutes
        while time.monotonic() < end:
            time.sleep(_PERIOD_S)
            samples.append(memory(robot.bridge.pid))
        robot.diagnostics('sound', lambda values, _: values['listeners'] == '1')
        robot.diagnostics('voices', lambda values, _: int(values['blocks']) > 49 * len(samples))
        print(f'an open line of {args.minutes:g} min (MB):')
        grown = growth(samples, min(90, len(samples) // 3))
    finally:
        browser.close()
        mouth.close()
        robot.close()
    print(f'resident memory without that of DDS grew by {grown:.1f} %; allowed are '
          f'{args.limit:g} %')
    return 1 if grown > args.limit else 0


if __name__ == '__main__':
    sys.exit(main())
