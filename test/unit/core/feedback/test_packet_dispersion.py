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

"""What packets tell that were sent at once."""

import random

import pytest
from rtc_bridge.core.feedback.packet_dispersion import Arrival, Bursts, measure

SIZE = 1200


def test_the_bitrate_is_that_of_the_arrivals():
    arrivals = [Arrival(7.0 + 0.008 * number, SIZE) for number in range(6)]
    random.Random(1).shuffle(arrivals)
    assert measure(arrivals, 1.5e6) == pytest.approx((1.2e6, 1.0, 0.04))
    assert measure(arrivals, 1.1e6) == pytest.approx((1.2e6, 0.0, 0.04))


def test_what_lies_between_packets_when_they_are_sent_is_not_the_path():
    arrivals = [Arrival(7.0 + 0.008 * number, SIZE, 2.0 + 0.004 * number) for number in range(6)]
    assert measure(arrivals, 1.5e6) == pytest.approx((2.4e6, 0.0, 0.02))


@pytest.mark.parametrize('arrivals', [[], [Arrival(1.0, SIZE)]])
def test_less_than_two_packets_tell_nothing(arrivals):
    assert measure(arrivals, 1e6) == (0.0, 0.0, 0.0)


def test_packets_that_come_together_tell_a_finite_bitrate():
    carries, late, delay = measure([Arrival(1.0, SIZE)] * 6, 1e6)
    assert 100e6 < carries < 1e9 and late == delay == 0


def burst(bursts, sent, gaps):
    """Send packets at once, which arrive with gaps."""
    at = 50.0
    bursts.add(sent, at, SIZE)
    for number, gap in enumerate(gaps):
        at += gap
        bursts.add(sent + 0.0005 * (number + 1), at, SIZE)


def test_a_frame_tells_that_the_path_has_collapsed():
    bursts = Bursts()
    burst(bursts, 1.0, [0.016] * 5)
    assert bursts.collapsed(1.2e6) == pytest.approx(0.6e6, rel=0.05)
    assert bursts.collapsed(0.5e6) == 0


@pytest.mark.parametrize('gaps', [
    [0.016] * 4,
    # All wait for one, and come together then.
    [0.08, 0.0, 0.0, 0.0, 0.0], [0.0, 0.04, 0.0, 0.0, 0.04, 0.0, 0.0, 0.04]],
    ids=['few', 'one', 'bunches'])
def test_few_packets_and_jitter_are_no_collapse(gaps):
    bursts = Bursts()
    burst(bursts, 1.0, gaps)
    assert bursts.collapsed(1.2e6) == 0


def test_a_frame_that_comes_as_it_should_is_no_collapse():
    bursts = Bursts()
    burst(bursts, 1.0, [0.016] * 5)
    burst(bursts, 1.033, [0.004] * 5)
    assert bursts.collapsed(1.2e6) == 0


def test_a_frame_that_busy_wifi_holds_back_is_no_collapse():
    bursts = Bursts()
    burst(bursts, 1.0, [0.0035] * 7)
    # 3.2 Mbit/s, for 20 ms.
    assert bursts.collapsed(4e6) == 0


def test_small_frames_of_several_cameras_are_no_burst_that_tells():
    bursts = Bursts()
    for number in range(10_000):
        bursts.add(0.002 * number, 50.0 + 0.002 * number, SIZE)
        assert bursts.collapsed(10e6) == 0
        assert len(bursts._arrivals) < 15


def test_frames_are_told_apart():
    bursts = Bursts()
    # Of frames of one packet each nothing is learnt, however late they come.
    for number in range(20):
        bursts.add(number / 30, number / 5, SIZE)
    assert bursts.collapsed(1.2e6) == 0


def test_a_whole_frame_counts_until_enough_of_the_next_one_is_there():
    bursts = Bursts()
    burst(bursts, 1.0, [0.016] * 5)
    burst(bursts, 1.033, [0.004] * 3)
    assert bursts.collapsed(1.2e6) == pytest.approx(0.6e6, rel=0.05)
    burst(bursts, 1.066, [])
    assert bursts.collapsed(1.2e6) == 0
