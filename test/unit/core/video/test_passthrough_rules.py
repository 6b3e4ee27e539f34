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

"""When a camera's own H.264 is passed on."""

import pytest
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.congestion.bitrate_meters import BitrateMeter
from rtc_bridge.core.video.passthrough_rules import fits_path, reason_to_encode

LIMITS = {'max_bitrate': 2_500_000, 'max_fps': 30.0, 'max_width': 0, 'rotate': 0}


def measured(fps, bitrate, seconds=5.0):
    meter = BitrateMeter()
    for number in range(round(seconds * fps)):
        meter.add(number / fps, round(bitrate / fps / 8))
    return meter


@pytest.mark.parametrize('changes, why', [
    ({}, ''), ({'max_width': 640}, ''), ({'max_width': 639}, 'max_width is 639'),
    ({'rotate': 90}, 'rotate is 90'), ({'max_fps': 15.0}, 'max_fps is 15'),
    ({'max_bitrate': 1_000_000}, 'max_bitrate is 1000000')])
@pytest.mark.parametrize('passing', [True, False])
def test_the_reason_names_the_limit(changes, why, passing):
    reason = reason_to_encode(measured(30, 2_000_000), (640, 360), passing=passing,
                              **{**LIMITS, **changes})
    assert why in reason and bool(reason) == bool(why)


def test_a_stream_that_is_passed_on_may_exceed_its_limits_a_little():
    meter = measured(33, 2_000_000)
    assert reason_to_encode(meter, None, passing=True, **LIMITS) == ''
    assert reason_to_encode(meter, None, passing=False, **LIMITS)


@pytest.mark.parametrize('estimate, passing, fits', [
    (BandwidthEstimate(2_000_000), True, True), (BandwidthEstimate(1_900_000), True, True),
    (BandwidthEstimate(1_900_000), False, False), (BandwidthEstimate(1_700_000), True, False),
    (BandwidthEstimate(2_300_000), False, True),
    # In slow start, and without feedback.
    (BandwidthEstimate(600_000, slow_start=True), False, True),
    (BandwidthEstimate(100_000, stale=True), True, True),
    (BandwidthEstimate(100_000, stale=True), False, False)])
def test_a_path_has_to_carry_the_bitrate(estimate, passing, fits):
    assert fits_path(estimate, 2_000_000, 2_500_000, passing=passing) == fits


def test_a_path_at_the_limit_carries_a_stream_slightly_above_it():
    assert fits_path(BandwidthEstimate(2_500_000), 2_600_000, 2_500_000, passing=False)
