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
From a person's mouth to the robot: how long a voice takes to its topic, and what is left of it.

A script of the page speaks bursts of a tone in the place of a microphone. The delays of a real
microphone and of a loudspeaker come on top. ``--loss`` puts a link between (``link.py``). Needs
``audio_common_msgs`` of ros-drivers.
"""

import argparse
import shutil
import sys
import time

from audio_common_msgs.msg import AudioData
import numpy as np
from processes import host
from sound import by_link, page_flags, serve_page, tone_share
from sound_pages import RATE, SPEAK, SPOKEN_S
from testbed import Chromium, Robot, RosProbe

# Samples of a burst are louder than that.
_LOUD = 2000


class Ear:
    """Notes the times in ms at which bursts come, and how much of each is the tone."""

    def __init__(self, probe: RosProbe) -> None:
        """Begin to listen."""
        self.heard: list[float] = []
        self.shares: list[float] = []
        self._loud_at = 0.0
        self._burst = np.zeros(0)
        probe.node.create_subscription(AudioData, '/rtc_bridge/talk', self._hear, 50)

    def _hear(self, message: AudioData) -> None:
        now = 1000 * time.time()
        samples = np.frombuffer(message.data, '<i2')
        loud = np.flatnonzero(abs(samples) > _LOUD)
        if len(loud) and now - self._loud_at > 300:
            # Its first loud sample is played then by a node that plays the message at once.
            self.heard.append(now + 1000 * loud[0] / RATE)
            self._burst = samples[loud[0]:]
        elif len(self._burst):
            self._burst = np.concatenate([self._burst, samples])
        if len(loud):
            self._loud_at = now
        if len(self._burst) >= SPOKEN_S * RATE:
            self.shares.append(tone_share(self._burst[:int(SPOKEN_S * RATE)], RATE))
            self._burst = np.zeros(0)


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=30.0, help='of each case')
    parser.add_argument('--loss', type=float, nargs='+', default=[0.0, 3.0, 10.0],
                        help='percent, both ways; 0: no link in between')
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    browser = Chromium(shutil.which('chromium'), flags=page_flags())
    robot = Robot(relay=False, guard=None, **{
        'teleop.enabled': False, 'audio.talk': 'role', 'access.origins': ['*']})
    try:
        ear = Ear(robot.probe)
        url, page_url = f'{robot.own_url}/connect', serve_page()
        print(f'{host()}; median of {args.rounds} rounds of {args.seconds:g} s\n')
        print('| loss % | p50 ms | p95 ms | missed % | tone %, worst of 20 |\n'
              '| --: | --: | --: | --: | --: |', flush=True)
        for loss in args.loss:
            rows = [speak(browser, ear, page_url, by_link(url, loss) if loss else url,
                          args.seconds) for _ in range(args.rounds)]
            medians = ' | '.join(f'{x:.1f}' for x in np.median(rows, axis=0))
            print(f'| {loss:g} | {medians} |', flush=True)
    finally:
        browser.close()
        robot.close()
    return 0


def speak(browser: Chromium, ear: Ear, page_url: str, url: str,
          seconds: float) -> tuple[float, float, float, float]:
    """Speak for some seconds; return delays in ms, missed bursts and the tone's share in %."""
    page = browser.page()
    ear.heard, ear.shares = [], []
    try:
        page.load(page_url)
        page.evaluate(f'({SPEAK})({url!r})')
        time.sleep(3 + seconds)
        spoken = [at for at in page.evaluate('spoken') if at < 1000 * time.time() - 1000]
    finally:
        page.close()
    # The first ones found the jitter buffer empty.
    spoken = spoken[3:]
    found = [next((heard - at for heard in ear.heard if 0 < heard - at < 500), None)
             for at in spoken]
    delays = sorted(delay for delay in found if delay is not None)
    return (float(np.percentile(delays, 50)), float(np.percentile(delays, 95)),
            100 * found.count(None) / len(found), 100 * float(np.percentile(ear.shares[3:], 5)))


if __name__ == '__main__':
    sys.exit(main())
