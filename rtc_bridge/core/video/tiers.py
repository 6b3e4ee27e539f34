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
Quality tiers: which viewer gets which of a camera's encodings, and how fast each of them is.

All viewers of a tier get the same packets, so its rate is what the slowest of them takes. One on
a poor path is moved down instead of holding back the others.
"""

from dataclasses import dataclass
import re
from typing import Sequence

from ..errors import ParameterError
from ..protocol.strict_json import shorten

# Half the pixels need about 60 % of the bits for the same look.
_BITS_PER_PIXELS = 0.75
# A tier whose ceiling is less than this is not worth an encoder, bit/s.
_SMALLEST = 40_000
# So much of its ceiling, in seconds, a tier may send at once: more looks better, less comes
# sooner. The smaller ones are for paths on which that matters.
_BURST_S, _SMALL_BURST_S = 1 / 8, 1 / 16
# On a path that needs longer for such a burst the next tier is better.
_LONGEST_BURST_S = 0.25
# Nobody takes more than a tenth of its rate from the strongest viewer of a tier, or its driver.
_KEEP, _JOIN = 0.9, 0.95
# While all are still finding out what their paths take, they do it together.
_JOIN_RAMPING = 0.5
_UP_MARGIN = 1.25
_UP_S, _UP_RAMPING_S = 3.0, 1.0
_FORM = re.compile(r'1/([1-9])(?:@(\d+(?:\.\d+)?))?')


@dataclass(frozen=True)
class Scale:
    """A tier as configured: the picture's width and height divided, frames per second at most."""

    divisor: int
    max_fps: float = float('inf')


@dataclass(frozen=True)
class Tier:
    """
    A tier of one camera.

    ``max_bitrate`` and ``floor``, below which a viewer is better off in the next tier, in bit/s;
    ``burst``: what may be sent at once, in seconds of ``max_bitrate``.
    """

    divisor: int
    max_fps: float
    max_bitrate: int
    floor: float
    burst: float


@dataclass(eq=False)
class Path:
    """
    What a viewer's path takes, and the tier that the viewer is in.

    ``bitrate`` in bit/s; ``quiet``: nothing was heard of the viewer lately; ``ramping``: what the
    path takes is still being found out; ``drives``: the robot is driven by what is seen there.
    """

    bitrate: float
    quiet: bool = False
    ramping: bool = True
    drives: bool = False
    tier: int | None = None
    # Since when another tier would fit better.
    better_since: float | None = None
    # What would lead to a better tier, bit/s; 0 in the best.
    wanted: float = 0.0


def read_scales(texts: Sequence[str]) -> tuple[Scale, ...]:
    """
    Return what ``1/2`` or ``1/4@15`` say, from large to small.

    :raises ParameterError: another form, or not from large to small beginning with 1/1
    """
    scales = []
    for text in texts:
        match = _FORM.fullmatch(text)
        fps = float(match[2]) if match and match[2] else float('inf')
        if not match or not fps or int(match[1]) <= (scales[-1].divisor if scales else 0):
            break
        scales.append(Scale(int(match[1]), fps))
    if len(scales) != len(texts) or not scales or scales[0].divisor != 1:
        raise ParameterError(
            f'parameter video.tiers is {shorten(list(texts))}, allowed is a list that begins with '
            '1/1 and goes on with smaller ones, such as 1/2 or, with frames per second, 1/4@15')
    return tuple(scales)


def make_tiers(scales: Sequence[Scale], max_bitrate: int, max_fps: float) -> tuple[Tier, ...]:
    """Return a camera's tiers, as many as the scales: those of too little rate are not for use."""
    ceilings = [round(max_bitrate / s.divisor ** (2 * _BITS_PER_PIXELS)) for s in scales]
    tiers = []
    for scale, ceiling, below in zip(scales, ceilings, ceilings[1:] + [0]):
        burst = _BURST_S if scale.divisor == 1 else _SMALL_BURST_S
        floor = ceiling * burst / _LONGEST_BURST_S if below >= _SMALLEST else 0.0
        tiers.append(Tier(scale.divisor, min(scale.max_fps, max_fps), ceiling, floor, burst))
    return tuple(tiers)


def balance(paths: Sequence[Path], tiers: Sequence[Tier], now: float) -> list[int]:
    """
    Move viewers to where they belong; return the tiers' bitrates in bit/s, 0 where nobody is.

    :param now: seconds, of a clock that does not jump
    """
    for path in paths:
        if path.tier is None:
            path.tier = _fitting(path, paths, tiers)
    for path in paths:
        fitting = path.tier if path.quiet else _fitting(path, paths, tiers)
        if fitting == path.tier:
            path.better_since = None
            continue
        if path.better_since is None:
            path.better_since = now
        # A path that has become narrow is urgent: what is too much for it comes late, or never.
        if fitting > path.tier or now - path.better_since >= (
                _UP_RAMPING_S if path.ramping else _UP_S):
            path.tier, path.better_since = fitting, None
    for path in paths:
        path.wanted = _wanted(path, paths, tiers) if path.tier else 0.0
    return [_rate([p for p in paths if p.tier == index], tier)
            for index, tier in enumerate(tiers)]


def _fitting(path: Path, paths: Sequence[Path], tiers: Sequence[Tier]) -> int:
    for index, tier in enumerate(tiers):
        if tier.floor == 0:
            break
        margin = _UP_MARGIN if path.tier is not None and path.tier > index else 1.0
        # At the start nothing is known: the full picture, unless others have it already.
        if (path.ramping or path.bitrate >= tier.floor * margin) and (
                not _holds_back(path, index, paths, tier)):
            break
    return index


def _holds_back(path: Path, index: int, paths: Sequence[Path], tier: Tier) -> bool:
    """Tell whether a viewer in a tier would take too much from those who are there."""
    others = [p for p in paths if p is not path and p.tier == index and not p.quiet]
    if not others or path.drives:
        return False
    first = max(others, key=lambda p: (p.drives, p.bitrate))
    share = _KEEP if path.tier == index else _JOIN
    if path.ramping and first.ramping:
        share = _JOIN_RAMPING
    return min(path.bitrate, tier.max_bitrate) < share * min(first.bitrate, tier.max_bitrate)


def _wanted(path: Path, paths: Sequence[Path], tiers: Sequence[Tier]) -> float:
    above = tiers[path.tier - 1]
    others = [p for p in paths if p.tier == path.tier - 1 and not p.quiet]
    leader = max((p.bitrate for p in others), default=0.0)
    return max(_UP_MARGIN * above.floor, min(leader, above.max_bitrate))


def _rate(members: list[Path], tier: Tier) -> int:
    if not members:
        return 0
    heard = [p.bitrate for p in members if not p.quiet] or [p.bitrate for p in members]
    return round(min(*heard, tier.max_bitrate))
