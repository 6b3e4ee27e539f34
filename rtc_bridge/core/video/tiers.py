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
Quality tiers: which of a camera's streams each viewer gets, and the bitrate of each stream.

All viewers of a tier get the same packets, so the tier's bitrate is what the slowest of them
carries. A viewer on a poor path is moved to a lower tier instead of holding back the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import logging
import re

from .quality_choice import AUTOMATIC, QualityChoice
from ..congestion.bandwidth_estimate import BandwidthEstimate
from ..errors import ParameterError
from ..protocol.strict_json import shorten

logger = logging.getLogger(__name__)
# Power of the number of pixels that the bits for the same look grow with: half the pixels take
# about 60 % of the bits (measured with the demo's video, November 2026).
_BITS_PER_PIXELS = 0.75
# Bit/s: a tier that could have no more is not worth an encoder.
_MIN_MAX_BITRATE = 40_000
# What a tier may send at once, in seconds of its largest bitrate: more looks better, less arrives
# sooner. Lower tiers are for paths on which that matters.
_BURST_S, _LOW_TIER_BURST_S = 1 / 8, 1 / 16
# The tier below uses bitrates up to this share of a tier's floor, even if it needs less for the
# same look: otherwise 30 % of a path just below the floor would be unused. The rest keeps the
# queue of such a path short.
_USED_SHARE = 0.86
# Seconds: a path that takes longer for such a burst is better off in the next tier.
_MAX_BURST_DELAY_S = 0.25
# A viewer may take a tenth of the tier's bitrate from its fastest viewer or its driver, and only
# half of that to come in: shares of that viewer's bitrate.
_STAY_SHARE, _JOIN_SHARE = 0.9, 0.95
# A path that carries less than this share of what its viewer wants at most is the limit itself.
_PATH_SHARE = 0.95
# While both are in slow start their bitrates differ by chance.
_SLOW_START_JOIN_SHARE = 0.5
# To move up, an estimate has to exceed the tier's floor by this factor, for so many seconds. Soon
# after an overuse no estimate does that which has not been tried.
_UP_MARGIN = 1.25
_UP_S, _SLOW_START_UP_S = 0.8, 1.0
_SCALE = re.compile(r'1/([1-9])(?:@(\d+(?:\.\d+)?))?')


@dataclass(frozen=True)
class Scale:
    """
    A tier as configured.

    :ivar divisor: of the image's width and height
    :ivar max_fps: in frames per second
    """

    divisor: int
    max_fps: float = float('inf')


@dataclass(frozen=True)
class Tier:
    """
    A tier of one camera.

    :ivar max_bitrate: in bit/s
    :ivar max_fps: in frames per second
    :ivar divisor: of the image's width and height
    :ivar burst: what may be sent at once, in seconds of ``max_bitrate``
    :ivar floor: bit/s below which a viewer is better off in the next tier, 0 in the last
    :ivar threads: that encode one picture
    """

    max_bitrate: int
    max_fps: float
    divisor: int = 1
    burst: float = _BURST_S
    floor: float = 0.0
    threads: int = 1


@dataclass(eq=False)
class TierMember:
    """
    A viewer, as the choice of tiers sees it.

    :ivar estimate: of the viewer's path
    :ivar drives: the viewer drives the robot, and no other viewer lowers its quality
    :ivar quality: that the viewer asks for; it concerns no other viewer's picture
    :ivar tier: index of the tier that the viewer is in, ``None`` if in none
    :ivar better_since: since when another tier fits better, in seconds
    :ivar wanted: bit/s from which a better tier is possible, 0 in the best
    """

    estimate: BandwidthEstimate
    drives: bool = False
    tier: int | None = None
    better_since: float | None = None
    wanted: float = 0.0
    quality: QualityChoice = AUTOMATIC

    @property
    def bitrate(self) -> float:
        """Return what the viewer may get: what its path carries and it wants, in bit/s."""
        return min(self.estimate.bitrate, self.quality.max_bitrate)

    @property
    def saves(self) -> bool:
        """Tell whether the viewer's own wish limits what it gets, not its path."""
        return self.estimate.bitrate >= _PATH_SHARE * self.quality.max_bitrate


def parse_scales(texts: Sequence[str]) -> tuple[Scale, ...]:
    """
    Return what ``1/2`` or ``1/4@15`` say, from large to small.

    :raises ParameterError: another form, or not from large to small beginning with 1/1
    """
    scales: list[Scale] = []
    for text in texts:
        match = _SCALE.fullmatch(text)
        fps = float(match[2]) if match and match[2] else float('inf')
        if not match or not fps or int(match[1]) <= (scales[-1].divisor if scales else 0):
            break
        scales.append(Scale(int(match[1]), fps))
    if len(scales) != len(texts) or not scales or scales[0].divisor != 1:
        raise ParameterError(
            f'parameter video.tiers is {shorten(list(texts))}, allowed is a list that begins '
            'with 1/1 and goes on with smaller ones, such as 1/2 or, with frames per second, '
            '1/4@15')
    return tuple(scales)


def make_tiers(scales: Sequence[Scale], max_bitrate: int, max_fps: float,
               threads: int = 1) -> tuple[Tier, ...]:
    """
    Return a camera's tiers, one for each scale.

    Viewers are not moved to tiers of too low a bitrate: the tier above them has no floor.

    :param max_bitrate: of the camera, in bit/s
    :param max_fps: of the camera, in frames per second
    :param threads: that encode one picture of full size; smaller ones are not worth more than one
    """
    ceilings = [round(max_bitrate / s.divisor ** (2 * _BITS_PER_PIXELS)) for s in scales]
    tiers: list[Tier] = []
    used = 0.0
    for scale, ceiling, below in zip(scales, ceilings, [*ceilings[1:], None]):
        ceiling = max(ceiling, round(used))
        burst = _BURST_S if scale.divisor == 1 else _LOW_TIER_BURST_S
        floor = ceiling * burst / _MAX_BURST_DELAY_S
        used = _USED_SHARE * floor
        if below is None or max(below, used) < _MIN_MAX_BITRATE:
            floor = used = 0.0
        tiers.append(Tier(ceiling, min(scale.max_fps, max_fps), scale.divisor, burst, floor,
                          threads if scale.divisor == 1 else 1))
    return tuple(tiers)


def assign_tiers(members: Sequence[TierMember], tiers: Sequence[Tier], now: float) -> list[int]:
    """
    Move viewers to the tiers that fit; return the tiers' bitrates in bit/s, 0 for empty ones.

    :param now: in seconds of a clock that does not jump
    """
    for member in members:
        if member.tier is None:
            member.tier = _fitting_tier(member, members, tiers)
    for member in members:
        _move(member, members, tiers, now)
    for member in members:
        member.wanted = _wanted_bitrate(member, members, tiers)
    return [_tier_bitrate([m for m in members if m.tier == index], tier)
            for index, tier in enumerate(tiers)]


def _move(member: TierMember, members: Sequence[TierMember], tiers: Sequence[Tier],
          now: float) -> None:
    """Move a viewer down at once, and up after a while."""
    current = member.tier
    assert current is not None
    fitting = current if member.estimate.stale else _fitting_tier(member, members, tiers)
    if fitting == current:
        member.better_since = None
        return
    if member.better_since is None:
        member.better_since = now
    # What exceeds a path queues up there, so the way down cannot wait.
    delay = _SLOW_START_UP_S if member.estimate.slow_start else _UP_S
    if fitting > current or now - member.better_since >= delay:
        logger.debug('a viewer of %.0f kbit/s moves from tier %d to %d',
                     member.bitrate / 1000, current, fitting)
        member.tier, member.better_since = fitting, None


def _fitting_tier(member: TierMember, members: Sequence[TierMember],
                  tiers: Sequence[Tier]) -> int:
    estimate = member.estimate
    index = 0
    for index, tier in enumerate(tiers):
        if tier.floor == 0:
            break
        margin = _UP_MARGIN if member.tier is not None and member.tier > index else 1.0
        # In slow start nothing is known: the best tier, unless others have it already.
        carried = float('inf') if estimate.slow_start else estimate.bitrate
        enough = min(carried, member.quality.max_bitrate) >= tier.floor * margin
        # A driver for whom a tier is too much has no right to lower it for others.
        if (enough or member.quality.full_size) and not (
                _holds_back(member, index, members, tier, enough)
                or _gets_too_much(member, index, members, tier)):
            break
    return index


def _holds_back(member: TierMember, index: int, members: Sequence[TierMember],
                tier: Tier, enough: bool) -> bool:
    """
    Tell whether a viewer would take too much bitrate from the other viewers of a tier.

    :param enough: the viewer's path carries the tier, and its wish allows that
    """
    others = [m for m in members
              if m is not member and m.tier == index and not m.estimate.stale]
    # A viewer that stays for the full size alone is to spoil no other picture: all count.
    if enough and not member.saves:
        # Those who save take less, and it is not their wish that counts.
        others = [m for m in others if m.drives or not m.saves]
    elif enough and not all(m.saves for m in others):
        # It does not count among viewers that do not save, see _tier_bitrate().
        return False
    if not others or member.drives and enough:
        return False
    leader = max(others, key=lambda m: (m.drives, m.bitrate))
    share = _STAY_SHARE if member.tier == index else _JOIN_SHARE
    if member.estimate.slow_start and leader.estimate.slow_start:
        share = _SLOW_START_JOIN_SHARE
    return min(member.bitrate, tier.max_bitrate) < share * min(leader.bitrate, tier.max_bitrate)


def _gets_too_much(member: TierMember, index: int, members: Sequence[TierMember],
                   tier: Tier) -> bool:
    """Tell whether the others of a tier would bring a viewer more than it wants."""
    others = [m for m in members if m is not member and m.tier == index
              and (m.drives or not m.saves) and not m.estimate.stale]
    # No other viewer lowers the quality of the driver.
    if not others or member.drives:
        return False
    share = _STAY_SHARE if member.tier == index else 1.0
    return share * _tier_bitrate(others, tier) > member.quality.max_bitrate


def _wanted_bitrate(member: TierMember, members: Sequence[TierMember],
                    tiers: Sequence[Tier]) -> float:
    """Return from which bit/s on a better tier is possible, 0 in the best."""
    if not member.tier:
        return 0.0
    above = tiers[member.tier - 1]
    leader = max((m.bitrate for m in members
                  if m.tier == member.tier - 1 and not m.estimate.stale
                  and (m.drives or not m.saves)), default=0.0)
    wanted = max(_UP_MARGIN * above.floor, min(leader, above.max_bitrate))
    # To look for more than the viewer wants would cost what it saves.
    return wanted if wanted <= member.quality.max_bitrate else 0.0


def _tier_bitrate(members: list[TierMember], tier: Tier) -> int:
    """
    Return what the slowest viewer of a tier carries, in bit/s.

    Stale estimates do not count, nor viewers that save data among others that do not. A driver
    counts in any case: as far as is known, what they ask for is all that their path carries.
    """
    if not members:
        return 0
    fresh = [m for m in members if not m.estimate.stale] or members
    counted = [m for m in fresh if m.drives or not m.saves] or fresh
    return round(min(*(m.bitrate for m in counted), tier.max_bitrate))
