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
Attacks on a whole robot with an honest driver beside: what the driver, a viewer and the link feel.

Bridge, guard, camera and relays are real processes; the attacks are those of
``test/support/attack_corpus.py``, each from a process of its own. ``--code`` names another
checkout, whose programs are attacked in the same way.
"""

import argparse
from dataclasses import asdict, dataclass
from datetime import date
import json
import os
from pathlib import Path
import platform
import re
import statistics
import sys

from attack_play import Felt, Harness

from support.attack_corpus import CORPUS  # noqa: I100  (testbed makes it importable)

HERE = Path(__file__).resolve().parent
# The attacks of the table in docs/security.md.
SELECTED = (
    'offer: rtpmap x rtcp-fb:* of 33 kB', 'offer: rtpmap x rtcp-fb:* of 49 kB',
    'offer: rtpmap x rtcp-fb:* of 65 kB', 'offer: 300 sections', 'offer: 500 video sections',
    'offer: 1,800 candidates, 20 times', 'offer: ssrc lines, 115 kB',
    'offer: rtcp-fb of no codec, 67 kB', 'offer: fmtp of the last of 3,300 codecs',
    'offer: 26 sections of 60 x 190 lines', 'offer: 12 strangers, all kinds at once',
    'offer: the answer exceeds the frame',
    'peer: SACK with 285 gap blocks, 1 packet', 'peer: SACK with 285 gap blocks, 20 packets',
    'peer: DATA chunks that are empty', 'peer: DATA chunks of one byte',
    'peer: every second TSN missing, 3,000 chunks', 'peer: 20 MB on another channel',
    'peer: 20,000 channels', 'peer: FORWARD TSN that names 60,000 streams',
    'peer: HEARTBEAT with a parameter of length 0',
    'peer: 4 strangers, packets of all kinds at once',
    'message: 240 kB of two-byte characters',
    'message: 240 kB of two-byte characters by RTCBot POST',
    'message: 240 kB of two-byte characters by WHEP POST', 'message: a candidate of 240 kB',
    'message: 200 renewals, 40 a second',
    'places: 8 offers that never connect', 'addresses: 300 candidates of others',
    'addresses: 500 sources of checks',
    'addresses: 80,000 packets to a session that never connects',
    'http: bodies that unpack to 250 MB', 'proven viewer: 10,000 selects',
    'proven viewer: 10,000 wants',
    'relay: lone surrogates in every member', 'relay: line ends in every member',
    'relay: 300 different sources of 200 kB', 'relay: offers of all kinds',
    'relay: 2,000 good offers, each closed at once')


@dataclass
class Row:
    """What one attack did, in the middle of its plays."""

    stall_ms: float
    missed: float
    # ``None``: a stop was lost.
    stop_ms: float | None
    memory_mb: float
    lines: float
    thrown_out: list[str]
    outcome: str


def _middle(plays: list[Felt]) -> Row:
    stops = [felt.stop_ms for felt in plays if felt.stop_ms == felt.stop_ms]
    notes = {key: value for felt in plays for key, value in felt.notes.items()}
    middle = statistics.median
    return Row(
        middle(f.stall_ms for f in plays), middle(f.missed for f in plays),
        middle(stops) if len(stops) == len(plays) else None,
        middle(f.memory_mb for f in plays), middle(f.lines for f in plays),
        sorted(set.union(*(felt.thrown_out for felt in plays))),
        ', '.join([plays[-1].outcome[:40], *(f'{v} {k}' for k, v in notes.items())]))


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ['?'] * len(TITLES)
    return [f'{row.stall_ms:.0f}', f'{row.missed:.0f}',
            'lost' if row.stop_ms is None else f'{row.stop_ms:.0f}',
            f'{max(0.0, row.memory_mb):.0f}',
            ', '.join(sorted(set(row.thrown_out) - {'stop lost'})) or 'nobody']


# With ``--before`` each cell has two values.
TITLES = ('gap ms', 'missed', 'stop ms', '+MB', 'thrown out')


def _line(name: str, row: Row, before: dict[str, Row] | None) -> str:
    cells = _cells(row)
    if before is None:
        cells += [f'{row.lines:.0f}', row.outcome]
    else:
        cells = [f'{old} → {new}' for old, new in zip(_cells(before.get(name)), cells)]
    return f'| {" | ".join([name, *cells])} |'


def _head(compared: bool) -> str:
    titles = TITLES if compared else (*TITLES, 'log lines', 'outcome')
    rule = ['---' if title in ('thrown out', 'outcome') else '--:' for title in titles]
    return f'| attack | {" | ".join(titles)} |\n| --- | {" | ".join(rule)} |'


def main() -> int:
    """Play and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--code', type=Path, default=HERE.parent, help='checkout to attack')
    parser.add_argument('--runs', type=int, default=1, help='of each attack; medians are shown')
    parser.add_argument('--all', action='store_true', help='the whole corpus')
    parser.add_argument('--only', default='', help='a regular expression of names')
    parser.add_argument('--through', choices=('own', 'relay', 'relays'), default='relay',
                        help="the robot's own server, a relay, two relays that share a Redis")
    parser.add_argument('--save', type=Path, help='write what was felt to this file, as JSON')
    parser.add_argument('--before', type=Path, help='such a file, to show beside')
    options = parser.parse_args()
    before = options.before and {
        name: Row(**row) for name, row in json.loads(options.before.read_text()).items()}
    rows: dict[str, Row] = {}
    names = [name for name in (CORPUS if options.all or options.only else SELECTED)
             if re.search(options.only, name)]
    # One kind of stack after the other.
    names.sort(key=lambda name: CORPUS[name].entry == 'relay')
    harness = Harness(options.code.resolve(), options.through)
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, load '
          f'{os.getloadavg()[0]:.1f}, {options.runs} runs, through {options.through}\n')
    print(_head(before is not None), flush=True)
    try:
        for name in names:
            plays = []
            for _ in range(options.runs):
                try:
                    plays.append(harness.play(CORPUS[name]))
                except Exception as error:
                    plays.append(Felt(float('inf'), thrown_out={f'all ({error!r:.60})'}))
                if plays[-1].thrown_out or plays[-1].stall_ms > 2000:
                    # What an attack has left behind is none of the next one's.
                    harness.leave()
            rows[name] = _middle(plays)
            print(_line(name, rows[name], before), flush=True)
            if options.save:
                options.save.write_text(json.dumps(
                    {key: asdict(value) for key, value in rows.items()}, indent=1))
    finally:
        harness.leave()
        harness.probe.__exit__(None, None, None)
    return 0


if __name__ == '__main__':
    sys.exit(main())
