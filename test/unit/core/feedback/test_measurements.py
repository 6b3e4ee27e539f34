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

"""What feedback tells: groups of packets, trend, standing queue, receive rate."""

import pytest
from rtc_bridge.core.feedback.delay_trend import DelayTrend, Usage
from rtc_bridge.core.feedback.packet_groups import PacketGroups
from rtc_bridge.core.feedback.receive_rate import ReceiveRateMeter
from rtc_bridge.core.feedback.standing_queue import StandingQueue


def variations(*packets):
    groups = PacketGroups()
    return [found.variation for packet in packets if (found := groups.add(*packet)) is not None]


def test_packets_of_a_burst_are_a_group_and_its_last_one_counts():
    assert variations((0.0, 1.0), (0.004, 1.03), (0.1, 1.10), (0.104, 1.14), (0.2, 1.3)) == (
        pytest.approx([(1.14 - 1.03) - 0.1]))


def test_packets_that_were_held_back_together_are_a_group():
    """Wi-Fi lets them go at once; that is no growing delay."""
    assert variations((0.0, 1.0), (0.02, 1.08), (0.04, 1.081), (0.06, 1.082), (0.1, 1.2)) == (
        pytest.approx([0.082 - 0.06]))


def test_packets_that_come_too_late_or_overtake_are_no_group():
    assert variations((0.1, 1.0), (0.2, 1.1), (0.05, 1.2), (0.3, 1.15)) == pytest.approx([0.0])
    assert variations((0.1, 1.5), (0.2, 1.1), (0.3, 1.6)) == []


def trend(variation, groups=40, every=0.033):
    found = DelayTrend()
    return [found.add(variation(n), n * every) for n in range(groups)]


def test_a_growing_delay_is_overuse_and_a_falling_one_is_not():
    assert Usage.OVERUSE in trend(lambda n: 0.01)
    assert set(trend(lambda n: -0.01)[-5:]) == {Usage.NORMAL}
    assert set(trend(lambda n: 0.0)) == {Usage.NORMAL}
    # The slope of the line is that of the delay, once all of it is growth.
    found = DelayTrend()
    for n in range(200):
        found.add(0.001, n * 0.033)
    assert found.slope == pytest.approx(0.001 / 0.033, rel=0.01)


def test_delays_that_vary_are_no_overuse():
    assert set(trend(lambda n: 0.02 if n % 2 else -0.02, 200)) == {Usage.NORMAL}


def test_all_packets_at_one_time_have_no_slope():
    found = DelayTrend()
    for _ in range(30):
        found.add(0.01, 5.0)
    assert found.slope == 0.0


def standing(ways, every=0.033):
    queue = StandingQueue()
    for n, way in enumerate(ways):
        queue.add(n * every, way)
    return queue


def test_a_queue_is_what_each_packet_waits():
    assert standing([5.0] * 10 + [5.08] * 10).length == pytest.approx(0.08)
    assert standing([5.0] * 10 + [5.08, 5.0, 5.08]).length == 0
    assert standing([5.0, 5.0]).length == 0
    # Of the packets of a burst, the first one waits for no other.
    queue = standing([5.0] * 10)
    for n in range(10):
        queue.add(0.33 + n * 0.0001, 5.0 + n * 0.01)
    assert queue.length == 0


def test_two_bursts_show_a_long_queue():
    # As on a path that carries a quarter of what is sent.
    assert standing([5.0] * 10 + [5.1, 5.2]).length == pytest.approx(0.1)
    # Jitter holds packets back for less.
    assert standing([5.0] * 10 + [5.08, 5.08]).length == 0
    assert standing([5.0] * 10 + [5.2]).length == 0
    # What was held back comes at once.
    assert standing([5.0] * 10 + [5.16, 5.13]).length == 0
    assert standing([5.0] * 10 + [5.16, 5.13, 5.09, 5.06]).length < 0.09
    # Parts of one frame are one sign.
    queue = standing([5.0] * 10)
    for n in range(4):
        queue.add(0.33 + n * 0.006, 5.1 + n * 0.01)
    assert queue.length == 0


def test_a_queue_that_stays_is_no_queue_of_ours():
    assert standing([5.0] * 10 + [5.08] * 400).length == 0


def test_jitter_raises_the_threshold():
    calm = standing([5.0] * 100)
    assert calm.threshold == 0.015
    assert standing([5.0 + 0.05 * (n // 10 % 2) for n in range(100)]).threshold > 0.016


def test_the_receive_rate_is_that_of_the_window():
    meter = ReceiveRateMeter()
    assert meter.rate(0.5) == 0
    for n in range(200):
        meter.add(100 + n * 0.01, 1000 if n < 175 else 2000)
    assert meter.rate(1.0) == pytest.approx(1e6, rel=0.02)
    assert meter.rate(0.25) == pytest.approx(1.6e6, rel=0.02)
    meter.restart()
    meter.add(102, 1000)
    # A single packet is no rate of its own.
    assert meter.rate(0.5) == 80_000


def test_a_clock_that_is_set_back_begins_anew():
    meter = ReceiveRateMeter()
    meter.add(100.0, 1000)
    meter.restart()
    for part in range(11):
        meter.add(5.0 + part / 20, 1000)
    assert meter.rate(0.5) == pytest.approx(160_000)


def test_bytes_whose_arrival_is_not_known_are_spread():
    meter = ReceiveRateMeter()
    meter.add(5.0, 1000)
    meter.add(5.8, 1000, 80_000)
    assert meter.rate(0.2) == pytest.approx(8 * 17_000 / 0.2, rel=0.3)


def test_one_arrival_time_for_all_packets_takes_no_memory():
    meter = ReceiveRateMeter()
    for _ in range(10_000):
        meter.add(1.0, 1200)
    assert len(meter._packets) == 4096
