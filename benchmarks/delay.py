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

"""Delay and cost of all systems, side by side; markdown tables."""

import argparse
from dataclasses import asdict
import itertools
import json
from pathlib import Path
import sys
import tempfile

from glass_to_glass import Bench, Case, Result
from playwright.sync_api import sync_playwright
from processes import host
from systems import CLIPS, missing, SYSTEMS
import table

# One and many viewers; and small pictures, as most robots have.
DEFAULT = (((1280, 720), 1), ((1280, 720), 6), ((640, 480), 1))
DEFAULT_SYSTEMS = ('rtc_bridge', 'aiortc-vp8', 'aiortc-h264', 'rtcbot', 'gstreamer')


def size(text: str) -> tuple[int, int]:
    """
    Read ``640x480``.

    :raises ValueError: there is no clip of that size
    """
    width, height = map(int, text.split('x'))
    if (width, height) not in CLIPS:
        raise ValueError
    return width, height


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rounds', type=int, default=1, help='of all cases; medians are shown')
    parser.add_argument('--seconds', type=float, default=7.0, help='that each case is measured')
    parser.add_argument('--warmup', type=float, default=5.0,
                        help='seconds between the first picture and the measurement')
    parser.add_argument('--sizes', type=size, nargs='+', metavar='WxH',
                        help='of ' + ', '.join(f'{w}x{h}' for w, h in CLIPS))
    parser.add_argument('--viewers', type=int, nargs='+',
                        help='by default 1 and 6 of 1280x720, and 1 of 640x480')
    parser.add_argument('--systems', nargs='+', choices=SYSTEMS, default=DEFAULT_SYSTEMS)
    parser.add_argument('--mdns', action='store_true',
                        help="leave Chromium's mDNS candidates on, as its users have them")
    parser.add_argument('--json', type=Path, help='file for every round of every case')
    return parser.parse_args()


def main() -> int:
    """Run the rounds, each with all systems in turn."""
    args = arguments()
    lacks = {system: missing(system) for system in args.systems}
    for system, what in lacks.items():
        if what:
            print(f'{system} is left out: {what} (see benchmarks/README.md)', file=sys.stderr)
    args.systems = [system for system, what in lacks.items() if not what]
    scenes = DEFAULT
    if args.sizes or args.viewers:
        scenes = itertools.product(args.sizes or CLIPS, args.viewers or (1, 6))
    cases = [Case(system, size, viewers) for (size, viewers), system
             in itertools.product(scenes, args.systems)]
    results: dict[Case, list[Result]] = {case: [] for case in cases}
    failed = 0
    folder = Path(tempfile.mkdtemp(prefix='rtc_bridge_bench_'))
    print(f'{len(cases)} cases, {args.rounds} rounds; output of the programs: {folder}',
          file=sys.stderr)
    with sync_playwright() as playwright:
        bench = Bench(playwright, folder, mdns=args.mdns)
        try:
            for number, case in itertools.product(range(args.rounds), cases):
                try:
                    result = bench.run(case, warmup=args.warmup, seconds=args.seconds)
                except RuntimeError as error:
                    failed += 1
                    print(f'round {number + 1}: {error}', file=sys.stderr)
                    continue
                results[case].append(result)
                print(f'round {number + 1}: {table.line(case, result)}', file=sys.stderr)
        except KeyboardInterrupt:
            print('stopped: the table has what was measured so far', file=sys.stderr)
        finally:
            bench.close()
    if args.json:
        args.json.write_text(json.dumps([
            {**asdict(case), **asdict(result)} for case, rounds in results.items()
            for result in rounds]))
    print(f'{host()}; {args.rounds} rounds of {args.seconds:g} s\n')
    print(table.markdown(results))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
