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

"""When a camera's own H.264 is for its viewers."""

import pytest
from rtc_bridge.core.video.passthrough import Meter, path_takes, why_encode
from rtc_bridge.core.video.tiers import Path

LIMITS = {'max_bitrate': 2_500_000, 'max_fps': 30.0, 'max_width': 0, 'rotate': 0}


def measured(fps, bitrate, seconds=5.0):
    meter = Meter()
    for number in range(round(seconds * fps)):
        meter.add(number / fps, round(bitrate / fps / 8))
    return meter


@pytest.mark.parametrize('fps, bitrate', [(30, 2_000_000), (5, 400_000)])
def test_rates_are_measured(fps, bitrate):
    meter = measured(fps, bitrate)
    assert meter.fps == pytest.approx(fps) and meter.bitrate == pytest.approx(bitrate, rel=0.01)


def test_nothing_is_said_of_a_rate_too_early_or_over_a_pause():
    meter = measured(30, 1_000_000, 0.9)
    assert meter.bitrate == meter.fps == 0
    meter = measured(30, 1_000_000)
    meter.add(100.0, 4000)
    meter.add(101.0, 4000)
    assert meter.fps == 1


@pytest.mark.parametrize('changes, why', [
    ({}, ''), ({'max_width': 640}, ''), ({'max_width': 639}, 'max_width is 639'),
    ({'rotate': 90}, 'rotate is 90'), ({'max_fps': 15.0}, 'max_fps is 15'),
    ({'max_bitrate': 1_000_000}, 'max_bitrate is 1000000')])
@pytest.mark.parametrize('passing', [True, False])
def test_limits_of_the_camera(changes, why, passing):
    reason = why_encode(measured(30, 2_000_000), (640, 360), passing=passing,
                        **{**LIMITS, **changes})
    assert why in reason and bool(reason) == bool(why)


def test_what_passes_may_waver():
    meter = measured(33, 2_000_000)
    assert why_encode(meter, None, passing=True, **LIMITS) == ''
    assert why_encode(meter, None, passing=False, **LIMITS)


@pytest.mark.parametrize('path, passing, takes', [
    (Path(2_000_000, ramping=False), True, True), (Path(1_900_000, ramping=False), True, True),
    (Path(1_900_000, ramping=False), False, False), (Path(1_700_000, ramping=False), True, False),
    (Path(2_300_000, ramping=False), False, True),
    # Still being found out; nothing heard.
    (Path(600_000), False, True), (Path(100_000, quiet=True, ramping=False), True, True),
    (Path(100_000, quiet=True, ramping=False), False, False)])
def test_paths(path, passing, takes):
    assert path_takes(path, 2_000_000, 2_500_000, passing=passing) == takes


def test_a_path_is_not_measured_beyond_the_limit():
    assert path_takes(Path(2_500_000, ramping=False), 2_600_000, 2_500_000, passing=False)
