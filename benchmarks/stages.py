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

"""Show where a picture's time goes between the camera's stamp and the screen, for rtc_bridge."""

import argparse
import json
from pathlib import Path
import sys
import tempfile

from glass_to_glass import Bench, Case
from playwright.sync_api import sync_playwright
from processes import host
from recording import percentile
from systems import bridge_arguments, CLIPS, HERE

# Each stage ends at one of the marks below, and begins at the mark before.
STAGES = (
    ('came', 'drawn, published, DDS, rclpy callback'),
    ('taken', 'waits for the encoder thread'),
    ('converted', 'BGR to I420'),
    ('encoded', 'x264'),
    ('delivered', 'waits for the event loop'),
    ('fetched', "waits for the viewer's sender"),
    ('sent', 'RTP packets, SRTP, sendto'),
    ('received', 'kernel and Chromium, until it has all packets'),
    ('decoded', 'decoder, as Chromium tells'),
    ('shown', 'rest of Chromium, until requestVideoFrameCallback'),
)


def stages(shown: list[dict[str, float]],
           traced: list[dict[str, float]]) -> list[dict[str, float]]:
    """
    Return how long each stage took, in ms, for each picture with all marks.

    :param shown: times since the stamp, from the page
    :param traced: wall clock times, from the bridge
    """
    by_stamp = {round(entry['stamp'], 3): entry for entry in traced}
    found = []
    for frame in shown:
        entry = by_stamp.get(round(frame['stamp'], 3))
        if entry is None or 'received' not in frame:
            continue
        # Stamps wrap at 2**48 us.
        marks = {name: (time - frame['stamp']) % (2**48 / 1000) for name, time in entry.items()}
        marks |= {'received': frame['received'], 'shown': frame['shown'],
                  'decoded': frame['received'] + frame['decoding']}
        if all(name in marks for name, _ in STAGES):
            ends = [0.0] + [marks[name] for name, _ in STAGES]
            found.append({name: end - start
                          for (name, _), start, end in zip(STAGES, ends, ends[1:])})
    return found


def main() -> None:
    """Measure one viewer, and print a markdown table for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=8.0)
    parser.add_argument('--warmup', type=float, default=5.0)
    parser.add_argument('--viewers', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2, help='as video.threads')
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix='rtc_bridge_stages_'))
    print(host())
    with sync_playwright() as playwright:
        bench = Bench(playwright, folder)
        for size in CLIPS:
            trace = folder / 'trace.json'
            result = bench.run(
                Case('rtc_bridge', size, args.viewers), warmup=args.warmup, seconds=args.seconds,
                command=[sys.executable, str(HERE / 'senders' / 'traced_bridge.py'), str(trace),
                         *bridge_arguments(), '-p', f'video.threads:={args.threads}'])
            found = stages(result.frames, json.loads(trace.read_text()))
            print(f'\n{size[0]}x{size[1]}, {args.viewers} viewers, {len(found)} of '
                  f'{len(result.frames)} pictures, sender {result.cpu_sender:.0f} % of a core, '
                  f'idle {result.idle:.0f} %\n')
            print('| until | p50 ms | p95 ms | what |\n| --- | --: | --: | --- |')
            for name, what in STAGES:
                times = [entry[name] for entry in found]
                print(f'| {name} | {percentile(times, 50):.2f} | {percentile(times, 95):.2f} | '
                      f'{what} |')
            print(f'| all | {percentile(result.glass, 50):.2f} | '
                  f'{percentile(result.glass, 95):.2f} | |')
        bench.close()


if __name__ == '__main__':
    main()
