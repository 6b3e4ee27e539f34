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

"""What a stream has, and what a viewer was sent."""

import pytest
from rtc_bridge.core.congestion.bitrate_meters import BitrateMeter, SendRateMeter


def measured(fps, bitrate, seconds=5.0):
    meter = BitrateMeter()
    for number in range(round(seconds * fps)):
        meter.add(number / fps, round(bitrate / fps / 8))
    return meter


@pytest.mark.parametrize('fps, bitrate', [(30, 2_000_000), (5, 400_000)])
def test_bitrate_and_frame_rate_are_measured(fps, bitrate):
    meter = measured(fps, bitrate)
    assert meter.fps == pytest.approx(fps) and meter.bitrate == pytest.approx(bitrate, rel=0.01)


def test_neither_a_short_time_nor_a_pause_is_measured():
    meter = measured(30, 1_000_000, 0.9)
    assert meter.bitrate == meter.fps == 0
    meter = measured(30, 1_000_000)
    meter.add(100.0, 4000)
    meter.add(101.0, 4000)
    assert meter.fps == 1


def test_the_send_rate_is_that_of_the_last_second():
    meter = SendRateMeter(100.0)
    assert meter.rate() == 0
    for step in range(1, 21):
        meter.add(100 + step / 10, 1000 * step)
    assert meter.rate() == pytest.approx(10_000)
    meter.add(102.1, 120_000)
    assert meter.rate() == pytest.approx(109_000) and meter.rate(0.5) == pytest.approx(208_000)
