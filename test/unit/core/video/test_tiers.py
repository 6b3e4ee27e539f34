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
"""Who gets which quality: nobody is held back by more than a tenth."""

from dataclasses import replace

import pytest
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.video.quality_choice import QualityChoice
from rtc_bridge.core.video.tiers import assign_tiers, make_tiers, parse_scales, Scale, TierMember

FULL, HALF, QUARTER = range(3)
TIERS = make_tiers(parse_scales(['1/1', '1/2', '1/4@15']), 2_500_000, 30.0)


class Viewers:
    """Viewers of one camera, and time."""

    def __init__(self, *members):
        """Let them all come at once."""
        self.members = list(members)
        self.now = 100.0
        self.bitrates = assign_tiers(self.members, TIERS, self.now)

    def later(self, seconds):
        """Let time go by, in steps of a tenth of a second."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.bitrates = assign_tiers(self.members, TIERS, self.now)
        return [member.tier for member in self.members]


def settled(bitrate, drives=False):
    """Return a viewer whose path has been found out."""
    return TierMember(BandwidthEstimate(bitrate), drives)


def starting(bitrate):
    """Return a viewer in slow start."""
    return TierMember(BandwidthEstimate(bitrate, slow_start=True))


def change(member, bitrate, **state):
    """Let a viewer's path carry another bitrate."""
    member.estimate = replace(member.estimate, bitrate=bitrate, **state)


def test_tiers_of_a_camera():
    assert [t.divisor for t in TIERS] == [1, 2, 4]
    assert [t.max_fps for t in TIERS] == [30.0, 30.0, 15.0]
    assert [t.max_bitrate for t in TIERS] == [2_500_000, 1_075_000, 312_500]
    # Each is left for the next one where its bursts would take longer than a quarter second.
    assert [t.floor for t in TIERS] == pytest.approx([1_250_000, 268_750, 0], abs=1)
    assert all(t.burst * t.max_bitrate <= 0.25 * t.floor + 1 for t in TIERS[:2])


def test_little_of_a_path_is_unused_below_the_floor_of_a_tier():
    tiers = make_tiers(parse_scales(['1/1', '1/3', '1/9']), 2_500_000, 30.0)
    for better, tier in zip(tiers, tiers[1:]):
        assert tier.max_bitrate >= 0.85 * better.floor
        assert tier.max_bitrate < better.floor


def test_tiers_below_the_smallest_useful_bitrate_get_no_viewers():
    tiers = make_tiers(parse_scales(['1/1', '1/2', '1/4']), 150_000, 30.0)
    assert [t.floor > 0 for t in tiers] == [True, False, False]
    member = settled(10_000)
    assign_tiers([member], tiers, 1.0)
    assert member.tier == HALF


@pytest.mark.parametrize('texts', [[], ['1/2'], ['1/1', '1/1'], ['1/1', '1/4', '1/2'], ['1/0'],
                                   ['1/1', '1/2@0'], ['1/1', '1/2@x'], ['full'], ['1/10']])
def test_invalid_scales_are_refused_by_name(texts):
    with pytest.raises(ParameterError, match='video.tiers') as refused:
        parse_scales(texts)
    assert str(texts) in str(refused.value)


def test_scales_are_parsed():
    assert parse_scales(['1/1@25', '1/3']) == (Scale(1, 25.0), Scale(3))


def test_a_single_viewer_starts_in_the_full_tier_at_any_bitrate():
    viewers = Viewers(starting(600_000))
    assert viewers.later(2) == [FULL]
    assert viewers.bitrates == [600_000, 0, 0]


@pytest.mark.parametrize('bitrate, tier', [(2_500_000, FULL), (1_300_000, FULL), (1_200_000, HALF),
                                           (280_000, HALF), (200_000, QUARTER), (10, QUARTER)])
def test_after_slow_start_the_bitrate_decides_on_the_tier(bitrate, tier):
    viewers = Viewers(settled(bitrate))
    assert viewers.later(1) == [tier]
    assert viewers.bitrates[tier] == min(bitrate, TIERS[tier].max_bitrate)


def test_a_dip_lowers_the_bitrate_and_a_deep_dip_the_tier_at_once():
    viewers = Viewers(settled(2_000_000))
    change(viewers.members[0], 1_300_000)
    assert viewers.later(5) == [FULL]
    assert viewers.bitrates[FULL] == 1_300_000
    change(viewers.members[0], 500_000)
    assert viewers.later(0.1) == [HALF]


def test_moving_up_takes_a_margin_for_a_while():
    viewers = Viewers(settled(500_000))
    member = viewers.members[0]
    change(member, 1_500_000)
    assert viewers.later(20) == [HALF]
    change(member, 1_700_000)
    assert viewers.later(0.7) == [HALF]
    change(member, 1_300_000)
    viewers.later(0.1)
    change(member, 1_700_000)
    assert viewers.later(0.7) == [HALF]
    assert viewers.later(0.3) == [FULL]


def test_a_viewer_on_a_poor_path_does_not_slow_down_the_others():
    viewers = Viewers(settled(2_500_000), settled(600_000))
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.bitrates == [2_500_000, 600_000, 0]
    # A path that becomes poor neither, not for a moment.
    viewers = Viewers(settled(2_500_000), settled(2_400_000))
    assert viewers.bitrates == [2_400_000, 0, 0]
    change(viewers.members[1], 800_000)
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.bitrates == [2_500_000, 800_000, 0]


def test_viewers_on_poor_paths_are_spread_over_the_lower_tiers():
    viewers = Viewers(settled(2_500_000), settled(800_000), settled(200_000))
    assert viewers.later(1) == [FULL, HALF, QUARTER]
    assert viewers.bitrates == [2_500_000, 800_000, 200_000]


def test_the_lowest_tier_takes_all_that_fit_nowhere_else():
    viewers = Viewers(settled(200_000), settled(100_000))
    assert viewers.later(1) == [QUARTER, QUARTER]
    assert viewers.bitrates == [0, 0, 100_000]


def test_viewers_of_a_tier_differ_by_a_tenth_at_most_but_in_the_lowest():
    viewers = Viewers(*(settled(rate) for rate in range(400_000, 2_600_000, 100_000)))
    viewers.later(10)
    for tier in (FULL, HALF):
        rates = [min(m.estimate.bitrate, TIERS[tier].max_bitrate)
                 for m in viewers.members if m.tier == tier]
        assert min(rates) >= 0.9 * max(rates)


def test_the_driver_keeps_the_full_tier():
    viewers = Viewers(settled(2_500_000), settled(1_400_000, drives=True))
    # The driver keeps the full picture, and spectators share it.
    assert viewers.later(5) == [FULL, FULL]
    assert viewers.bitrates == [1_400_000, 0, 0]
    change(viewers.members[0], 1_200_000)
    assert viewers.later(0.1) == [HALF, FULL]
    # A viewer that becomes the driver gets the full tier back.
    first, second = viewers.members
    first.drives, second.drives = True, False
    change(first, 1_700_000)
    assert viewers.later(5)[0] == FULL


def test_a_viewer_that_joins_a_fast_one_starts_low_and_moves_up_when_its_path_is_known():
    viewers = Viewers(settled(2_500_000))
    viewers.later(1)
    newcomer = starting(600_000)
    viewers.members.append(newcomer)
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.bitrates == [2_500_000, 600_000, 0]
    change(newcomer, 2_400_000)
    assert viewers.later(1.2) == [FULL, FULL]


def test_viewers_in_slow_start_share_one_tier():
    viewers = Viewers(*(starting(600_000) for _ in range(30)))
    for number, member in enumerate(viewers.members):
        change(member, 900_000 + 10_000 * number)
    assert viewers.later(1) == [FULL] * 30
    assert viewers.bitrates == [900_000, 0, 0]


def test_a_stale_viewer_stays_and_does_not_slow_down_the_others():
    viewers = Viewers(settled(2_500_000), settled(2_500_000))
    silent = viewers.members[1]
    change(silent, 100_000, stale=True)
    assert viewers.later(10) == [FULL, FULL]
    assert viewers.bitrates[FULL] == 2_500_000
    # Alone, its old estimate is all that is known.
    viewers.members.pop(0)
    viewers.later(0.1)
    assert viewers.bitrates[FULL] == 100_000


def test_the_others_move_up_when_the_fastest_leaves():
    viewers = Viewers(settled(2_500_000), settled(1_700_000))
    assert viewers.later(1) == [FULL, HALF]
    viewers.members.pop(0)
    assert viewers.later(3.2) == [FULL]
    assert viewers.bitrates == [1_700_000, 0, 0]


def saving(cap, path=2_500_000, drives=False):
    """Return a viewer that wants no more than a cap, in bit/s; its path carries more."""
    return TierMember(BandwidthEstimate(path), drives, quality=QualityChoice(cap))


@pytest.mark.parametrize('cap, tier', [(2_000_000, FULL), (1_000_000, HALF), (150_000, QUARTER)])
def test_a_viewer_that_saves_data_gets_no_more_than_it_wants(cap, tier):
    viewers = Viewers(saving(cap))
    assert viewers.later(10) == [tier]
    assert viewers.bitrates[tier] == min(cap, TIERS[tier].max_bitrate)
    # Nothing is spent to find out whether more would be possible.
    assert viewers.members[0].wanted == 0
    # Nor in slow start.
    change(viewers.members[0], 600_000, slow_start=True)
    assert viewers.later(5) == [tier]


@pytest.mark.parametrize('cap', [150_000, 400_000, 900_000, 1_500_000, 2_300_000])
@pytest.mark.parametrize('path', [200_000, 312_000, 600_000, 800_000, 1_400_000, 2_500_000])
@pytest.mark.parametrize('first', [True, False])
def test_a_viewer_that_saves_data_changes_no_other_picture(cap, path, first):
    alone = Viewers(settled(path))
    expected = alone.later(10), alone.bitrates
    viewers = Viewers(saving(cap))
    if first:
        viewers.later(10)
        viewers.members.append(settled(path))
        other, = viewers.members[1:]
    else:
        other = settled(path)
        viewers.members.insert(0, other)
    viewers.later(10)
    saver = viewers.members[0 if first else 1]
    assert ([other.tier], viewers.bitrates[other.tier]) == (
        expected[0], expected[1][expected[0][0]])
    # It gets what it wants, unless no smaller picture is left.
    assert saver.tier == QUARTER or 0.9 * viewers.bitrates[saver.tier] <= cap


def test_those_who_save_data_do_not_slow_each_other_down():
    viewers = Viewers(saving(800_000), saving(300_000))
    assert viewers.later(10) == [HALF, QUARTER]
    assert viewers.bitrates[HALF] == 800_000


def test_a_poor_path_counts_also_for_a_viewer_that_saves_data():
    viewers = Viewers(settled(2_500_000), saving(1_500_000, path=280_000))
    assert viewers.later(10) == [FULL, HALF]
    assert viewers.bitrates[HALF] == 280_000


def test_nobody_lowers_the_quality_of_a_driver_who_saves_data():
    viewers = Viewers(saving(800_000, drives=True))
    assert viewers.later(1) == [HALF]
    viewers.members += [settled(600_000), settled(850_000), settled(2_500_000)]
    assert viewers.later(10) == [HALF, QUARTER, HALF, FULL]
    assert viewers.bitrates[HALF] >= 800_000


def test_a_driver_who_saves_data_gets_no_more_than_their_path_may_carry():
    # The estimate is limited to the cap, so it tells nothing of what the path carries above it.
    viewers = Viewers(saving(2_000_000, path=2_000_000, drives=True), settled(5_000_000))
    assert viewers.later(10) == [FULL, FULL]
    assert viewers.bitrates[FULL] == 2_000_000


def test_a_viewer_that_saves_data_does_not_lower_a_driver_in_the_last_tier():
    driver = saving(200_000, path=200_000, drives=True)
    viewers = Viewers(driver, saving(150_000, path=150_000))
    assert viewers.later(10) == [QUARTER, QUARTER]
    assert viewers.bitrates[QUARTER] == 200_000


def test_full_size_is_kept_on_a_slow_path_unless_others_would_suffer():
    slow = TierMember(BandwidthEstimate(300_000), quality=QualityChoice(full_size=True))
    viewers = Viewers(slow)
    assert viewers.later(10) == [FULL] and viewers.bitrates[FULL] == 300_000
    for drives in (False, True):
        slow.drives = drives
        viewers.members = [slow, settled(2_500_000)]
        assert viewers.later(10) == [HALF, FULL]
        assert viewers.bitrates[FULL] == 2_500_000


def test_full_size_on_a_slow_path_does_not_spoil_the_picture_of_a_viewer_that_saves_data():
    slow = TierMember(BandwidthEstimate(300_000), quality=QualityChoice(full_size=True))
    viewers = Viewers(saving(2_000_000), slow)
    assert viewers.later(10) == [FULL, HALF]
    assert viewers.bitrates == [2_000_000, 300_000, 0]
    # Nor does a driver who wants both: their wish would count in the full tier.
    slow.drives, slow.quality = True, QualityChoice(300_000, full_size=True)
    viewers = Viewers(slow, settled(2_500_000))
    assert viewers.later(10) == [HALF, FULL]
    assert viewers.bitrates[FULL] == 2_500_000
