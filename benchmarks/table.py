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

"""Medians over rounds, as a markdown table."""

import math
import statistics
from typing import Callable

from glass_to_glass import Case, Result
from recording import percentile

OURS = 'rtc_bridge'
# Title, what it is, digits, and whether a ratio to the others tells something.
COLUMNS: tuple[tuple[str, Callable[[Result], float], int, bool], ...] = (
    ('glass p50 ms', lambda r: percentile(r.glass, 50), 1, True),
    ('glass p95 ms', lambda r: percentile(r.glass, 95), 1, True),
    ('received p50 ms', lambda r: percentile(r.received, 50), 1, True),
    ('fps shown', lambda r: r.fps, 1, True),
    ('fps decoded', lambda r: r.fps_decoded, 1, True),
    ('first frame ms', lambda r: r.first_frame, 0, True),
    ('sender CPU %', lambda r: r.cpu_sender, 1, True),
    ('with camera %', lambda r: r.cpu_sender + r.cpu_camera, 1, True),
    ('kbit/s', lambda r: r.kbit, 0, True),
    ('idle %', lambda r: r.idle, 0, False),
)


def markdown(results: dict[Case, list[Result]]) -> str:
    """Return one table for all cases, and one of our figures over each of the others'."""
    medians = {case: [statistics.median(read(r) for r in rounds) for _, read, _, _ in COLUMNS]
               for case, rounds in results.items() if rounds}
    lines = _head('system', [title for title, *_ in COLUMNS])
    for case, values in medians.items():
        cells = [f'{value:.{digits}f}' for value, (_, _, digits, _) in zip(values, COLUMNS)]
        codec = results[case][0].codec
        lines.append(_row([_where(case), f'{case.system} ({codec})', *cells]))
    ratios = [(index, title) for index, (title, _, _, ratio) in enumerate(COLUMNS) if ratio]
    lines += ['', *_head(f'{OURS} / ', [title.removesuffix(' ms').removesuffix(' %')
                                        for _, title in ratios])]
    for case, values in medians.items():
        ours = medians.get(Case(OURS, case.size, case.viewers))
        if case.system == OURS or ours is None:
            continue
        cells = [f'{ours[index] / values[index]:.2f}' if values[index] else '-'
                 for index, _ in ratios]
        lines.append(_row([_where(case), case.system, *cells]))
    return '\n'.join(lines + _targets(medians))


def _targets(medians: dict[Case, list[float]]) -> list[str]:
    """Return what was aimed at and reached with one viewer of large pictures."""
    titles = [title for title, *_ in COLUMNS]

    def read(title: str, system: str = OURS, viewers: int = 1) -> float:
        values = medians.get(Case(system, (1280, 720), viewers))
        return values[titles.index(title)] if values else float('nan')

    p50, p95 = 'glass p50 ms', 'glass p95 ms'
    reached = (
        ('p50, of gstreamer', read(p50) / read(p50, 'gstreamer'), 0.5),
        ('p95, of gstreamer', read(p95) / read(p95, 'gstreamer'), 0.6),
        ('p50, of aiortc-vp8', read(p50) / read(p50, 'aiortc-vp8'), 0.33),
        ('p95, of aiortc-vp8', read(p95) / read(p95, 'aiortc-vp8'), 0.5),
        ('p50 with 6 viewers, of that with one', read(p50, viewers=6) / read(p50), 1.25),
        ('p95 with 6 viewers, of that with one', read(p95, viewers=6) / read(p95), 1.25),
        ('received p50 ms', read('received p50 ms'), 12),
        ('sender CPU %', read('sender CPU %'), 25))
    rows = [_row([title, f'{value:.2f}', f'{limit:g}', 'met' if value <= limit else '**not met**'])
            for title, value, limit in reached if not math.isnan(value)]
    return ['', _row(['rtc_bridge at 1280x720', 'reached', 'target', '']),
            _row(['---', '--:', '--:', '---']), *rows] if rows else []


def line(case: Case, result: Result) -> str:
    """Return one round of one case as a line of text."""
    cells = ', '.join(f'{title} {read(result):.{digits}f}' for title, read, digits, _ in COLUMNS)
    return (f'{_where(case)} {case.system} ({result.codec} {result.size[0]}x{result.size[1]}): '
            f'{cells}, unread {result.unread}')


def _where(case: Case) -> str:
    return f'{case.size[0]}x{case.size[1]}, {case.viewers}'


def _head(second: str, titles: list[str]) -> list[str]:
    return [_row(['size, viewers', second, *titles]),
            _row(['---', '---', *('--:' for _ in titles)])]


def _row(cells: list[str]) -> str:
    return '| ' + ' | '.join(cells) + ' |'
