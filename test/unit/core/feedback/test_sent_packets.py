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

"""What became of sent packets, whatever happens to the feedback on its way."""

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.feedback.sent_packets import Fate, MAX_PACKETS, SentPackets
from rtc_bridge.core.feedback.transport_feedback import (
    read_transport_feedback, TICK_S, TransportFeedback,
)
from support.transport_feedback import write_transport_feedback


def sent(count, first=0):
    """Return a history of packets that were sent each millisecond; all have 100 bytes or more."""
    history = SentPackets()
    history._next = history._unreported = first
    for number in range(count):
        assert history.add(number / 1000, 100 + number) == (first + number) % 65536
    return history


def brief(results):
    return [(result.sequence, result.fate.value) for result in results]


def test_each_packet_gets_its_send_time_its_arrival_and_its_size():
    history = sent(4)
    fci = write_transport_feedback(0, 10, 0, [4, None, 8])
    first, lost, third = history.take(read_transport_feedback(fci))
    assert (first.sequence, first.sent_at, first.size) == (0, 0.0, 100)
    assert first.arrived_at == pytest.approx(0.641)
    assert (lost.sequence, lost.sent_at, lost.size, lost.fate) == (1, 0.001, 101, Fate.LOST)
    assert third.arrived_at - first.arrived_at == pytest.approx(0.002)


def test_packets_wait_for_feedback_from_when_they_are_sent():
    history = sent(4)
    assert history.waits_since == 0.0
    history.take(TransportFeedback(0, 2, 0, [(0, 1), (1, 2)]))
    assert history.waits_since == 0.002
    history.take(TransportFeedback(2, 2, 0, [(0, 1)]))
    assert history.waits_since is None
    history.add(7.0, 100)
    assert history.waits_since == 7.0


def test_what_comes_after_all_is_told_again():
    history = sent(3)
    history.take(TransportFeedback(0, 3, 0, [(0, 1), (2, 3)]))
    late, = history.take(TransportFeedback(1, 2, 1, [(0, 9), (1, 3)]))
    assert late.sequence == 1 and late.before is Fate.LOST and late.arrived_at == 9 * TICK_S


def test_of_packets_whose_feedback_is_lost_nothing_is_known():
    history = sent(6)
    history.take(TransportFeedback(0, 2, 0, [(0, 1), (1, 2)]))
    assert brief(history.take(TransportFeedback(4, 2, 2, [(0, 5)]))) == [
        (2, 'unknown'), (3, 'unknown'), (4, 'arrived'), (5, 'lost')]
    # It was overtaken only: what it calls lost is not told, what has arrived is.
    late, = history.take(TransportFeedback(2, 2, 1, [(0, 3)]))
    assert late.sequence == 2 and late.before is Fate.UNKNOWN


def test_what_is_in_flight_was_sent_after_the_newest_that_is_known():
    history = sent(4)
    assert history.in_flight == 406
    history.take(TransportFeedback(1, 2, 0, [(0, 1)]))
    assert history.in_flight == 103
    history.take(TransportFeedback(0, 1, 1, [(0, 1)]))
    assert history.in_flight == 103
    history.take(TransportFeedback(3, 9, 2, []))
    assert history.in_flight == 0


@given(st.integers(0, 70_000), st.lists(
    st.tuples(st.integers(0, 65535), st.integers(1, 65535), st.sets(st.integers(0, 80))),
    max_size=20))
def test_each_packet_is_told_of_once(first, messages):
    """As missing once, as received once: whatever a viewer sends, in any order."""
    history = sent(60, first)
    received, missing = [], {}
    for base, count, offsets in messages:
        arrivals = [(offset, offset) for offset in sorted(offsets) if offset < count]
        for result in history.take(TransportFeedback(
                (first + base % 80) % 65536, count, 0, arrivals)):
            assert first <= result.sequence < first + 60
            if result.fate is Fate.ARRIVED:
                received.append(result.sequence)
                assert result.before is missing.get(result.sequence)
            else:
                assert result.sequence not in missing and result.sequence not in received
                missing[result.sequence] = result.fate
    assert len(set(received)) == len(received)


def test_sequence_numbers_wrap_around():
    history = sent(20, 65530)
    results = history.take(TransportFeedback(65530, 20, 0, [(n, n) for n in range(0, 20, 2)]))
    assert brief(results) == [(65530 + n, 'lost' if n % 2 else 'arrived') for n in range(20)]


@pytest.mark.parametrize('start', [0, 2 ** 32 - 5, 2 ** 31 - 5])
def test_arrival_times_wrap_around(start):
    history = sent(10)
    times = []
    for number in range(10):
        result, = history.take(TransportFeedback(number, 1, number,
                                                 [(0, (start + 3 * number) % 2 ** 32)]))
        times.append(result.arrived_at)
    steps = [b - a for a, b in zip(times, times[1:])]
    assert steps == pytest.approx([3 * TICK_S] * 9)


def test_the_history_is_bounded():
    history = sent(MAX_PACKETS + 100)
    assert len(history._packets) == MAX_PACKETS
    results = history.take(TransportFeedback(0, MAX_PACKETS + 100, 0, [(50, 1), (150, 2)]))
    assert [r.sequence for r in results if r.fate is Fate.ARRIVED] == [150]
    assert len(results) == MAX_PACKETS


def test_the_same_range_again_causes_no_work():
    history = sent(1000)
    feedback = TransportFeedback(0, 65535, 0, [])
    assert len(history.take(feedback)) == 1000
    assert history.take(feedback) == []


def test_feedback_before_anything_was_sent_is_ignored():
    assert SentPackets().take(TransportFeedback(0, 100, 0, [(5, 5)])) == []
