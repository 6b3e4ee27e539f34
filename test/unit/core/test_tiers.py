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

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.video.tiers import balance, make_tiers, Path, read_scales, Scale

FULL, HALF, QUARTER = range(3)
TIERS = make_tiers(read_scales(['1/1', '1/2', '1/4@15']), 2_500_000, 30.0)


class Viewers:
    """Viewers of one camera, and time."""

    def __init__(self, *paths):
        """Let them all come at once."""
        self.paths = list(paths)
        self.now = 100.0
        self.rates = balance(self.paths, TIERS, self.now)

    def later(self, seconds):
        """Let time go by, in steps of a tenth of a second."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.rates = balance(self.paths, TIERS, self.now)
        return [path.tier for path in self.paths]


def settled(bitrate, **more):
    return Path(bitrate, ramping=False, **more)


def test_tiers_of_a_camera():
    assert [t.divisor for t in TIERS] == [1, 2, 4]
    assert [t.max_fps for t in TIERS] == [30.0, 30.0, 15.0]
    assert [t.max_bitrate for t in TIERS] == [2_500_000, 883_883, 312_500]
    # Each is left for the next one where its bursts would take longer than a quarter second.
    assert [t.floor for t in TIERS] == pytest.approx([1_250_000, 220_971, 0], abs=1)
    assert all(t.burst * t.max_bitrate <= 0.25 * t.floor + 1 for t in TIERS[:2])


def test_a_camera_of_little_rate_has_no_use_for_all_of_them():
    tiers = make_tiers(read_scales(['1/1', '1/2', '1/4']), 150_000, 30.0)
    assert [t.floor > 0 for t in tiers] == [True, False, False]
    path = Path(10_000, ramping=False)
    balance([path], tiers, 1.0)
    assert path.tier == HALF


@pytest.mark.parametrize('texts', [[], ['1/2'], ['1/1', '1/1'], ['1/1', '1/4', '1/2'], ['1/0'],
                                   ['1/1', '1/2@0'], ['1/1', '1/2@x'], ['full'], ['1/10']])
def test_wrong_scales_are_refused_by_name(texts):
    with pytest.raises(ParameterError, match='video.tiers') as refused:
        read_scales(texts)
    assert str(texts) in str(refused.value)


def test_scales_are_read():
    assert read_scales(['1/1@25', '1/3']) == (Scale(1, 25.0), Scale(3))


def test_one_viewer_begins_with_the_full_picture_whatever_its_rate():
    viewers = Viewers(Path(600_000))
    assert viewers.later(2) == [FULL]
    assert viewers.rates == [600_000, 0, 0]


@pytest.mark.parametrize('bitrate, tier', [(2_500_000, FULL), (1_300_000, FULL), (1_200_000, HALF),
                                           (260_000, HALF), (200_000, QUARTER), (10, QUARTER)])
def test_a_settled_viewer_gets_what_its_path_is_good_for(bitrate, tier):
    viewers = Viewers(settled(bitrate))
    assert viewers.later(1) == [tier]
    assert viewers.rates[tier] == min(bitrate, TIERS[tier].max_bitrate)


def test_a_dip_changes_the_rate_and_a_deep_one_the_picture_at_once():
    viewers = Viewers(settled(2_000_000))
    viewers.paths[0].bitrate = 1_300_000
    assert viewers.later(5) == [FULL]
    assert viewers.rates[FULL] == 1_300_000
    viewers.paths[0].bitrate = 500_000
    assert viewers.later(0.1) == [HALF]


def test_back_up_takes_some_time_and_a_margin():
    viewers = Viewers(settled(500_000))
    path = viewers.paths[0]
    path.bitrate = 1_500_000
    assert viewers.later(20) == [HALF]
    path.bitrate = 1_700_000
    assert viewers.later(2.9) == [HALF]
    path.bitrate = 1_300_000
    viewers.later(0.1)
    path.bitrate = 1_700_000
    assert viewers.later(2.9) == [HALF]
    assert viewers.later(0.3) == [FULL]


def test_a_poor_path_beside_a_good_one_harms_nobody():
    viewers = Viewers(settled(2_500_000), settled(600_000))
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.rates == [2_500_000, 600_000, 0]
    # A sudden one too: not for a moment.
    viewers = Viewers(settled(2_500_000), settled(2_400_000))
    assert viewers.rates == [2_400_000, 0, 0]
    viewers.paths[1].bitrate = 800_000
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.rates == [2_500_000, 800_000, 0]


def test_of_two_poor_paths_the_poorer_one_goes_further_down():
    viewers = Viewers(settled(2_500_000), settled(800_000), settled(200_000))
    assert viewers.later(1) == [FULL, HALF, QUARTER]
    assert viewers.rates == [2_500_000, 800_000, 200_000]


def test_the_last_tier_is_for_all_who_fit_nowhere_else():
    viewers = Viewers(settled(200_000), settled(100_000))
    assert viewers.later(1) == [QUARTER, QUARTER]
    assert viewers.rates == [0, 0, 100_000]


def test_nobody_is_below_nine_tenths_of_the_best_in_a_tier_that_has_a_lower_one():
    viewers = Viewers(*(settled(rate) for rate in range(400_000, 2_600_000, 100_000)))
    viewers.later(10)
    for tier in (FULL, HALF):
        rates = [min(p.bitrate, TIERS[tier].max_bitrate) for p in viewers.paths if p.tier == tier]
        assert min(rates) >= 0.9 * max(rates)


def test_the_driver_comes_first():
    viewers = Viewers(settled(2_500_000), settled(1_400_000, drives=True))
    # The driver keeps the full picture, and spectators share it.
    assert viewers.later(5) == [FULL, FULL]
    assert viewers.rates == [1_400_000, 0, 0]
    viewers.paths[0].bitrate = 1_200_000
    assert viewers.later(0.1) == [HALF, FULL]
    # Whoever takes the wheel gets the picture back.
    first, second = viewers.paths
    first.drives, second.drives = True, False
    first.bitrate = 1_700_000
    assert viewers.later(5)[0] == FULL


def test_a_newcomer_starts_low_and_comes_up_when_its_path_is_known():
    viewers = Viewers(settled(2_500_000))
    viewers.later(1)
    newcomer = Path(600_000)
    viewers.paths.append(newcomer)
    assert viewers.later(0.1) == [FULL, HALF]
    assert viewers.rates == [2_500_000, 600_000, 0]
    newcomer.bitrate = 2_400_000
    assert viewers.later(1.2) == [FULL, FULL]


def test_newcomers_at_the_same_time_share_one_tier():
    viewers = Viewers(*(Path(600_000) for _ in range(30)))
    for number, path in enumerate(viewers.paths):
        path.bitrate = 900_000 + 10_000 * number
    assert viewers.later(1) == [FULL] * 30
    assert viewers.rates == [900_000, 0, 0]


def test_one_who_is_not_heard_of_holds_nobody_back_and_stays():
    viewers = Viewers(settled(2_500_000), settled(2_500_000))
    silent = viewers.paths[1]
    silent.quiet, silent.bitrate = True, 100_000
    assert viewers.later(10) == [FULL, FULL]
    assert viewers.rates[FULL] == 2_500_000
    # Alone it is all there is to go by.
    viewers.paths.pop(0)
    viewers.later(0.1)
    assert viewers.rates[FULL] == 100_000


def test_the_others_come_back_up_when_the_strongest_leaves():
    viewers = Viewers(settled(2_500_000), settled(1_700_000))
    assert viewers.later(1) == [FULL, HALF]
    viewers.paths.pop(0)
    assert viewers.later(3.2) == [FULL]
    assert viewers.rates == [1_700_000, 0, 0]
