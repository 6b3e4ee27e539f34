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

"""Transport-wide feedback is read as it was written, and nothing else is."""

from struct import pack

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.feedback.transport_feedback import read_transport_feedback
from support.transport_feedback import write_transport_feedback

# Of each packet ``None`` if it is lost, otherwise the time since the one before in 250 us.
deltas = st.one_of(st.none(), st.integers(0, 255), st.integers(-32768, 32767))
references = st.integers(0, 0xFFFFFF)


@given(base=st.integers(0, 65535), reference=references, number=st.integers(0, 255),
       packets=st.lists(deltas, min_size=1, max_size=200), data=st.data())
def test_what_an_encoder_writes_is_read(base, reference, number, packets, data):
    """Each chunk is a run or a vector of either width, by chance."""
    choose = data.draw(st.randoms(use_true_random=False)).choice
    fci = write_transport_feedback(base, reference, number, packets, choose)
    feedback = read_transport_feedback(fci)
    assert (feedback.base, feedback.packet_count, feedback.number) == (base, len(packets), number)
    ticks, expected = reference * 256, []
    for offset, delta in enumerate(packets):
        if delta is not None:
            ticks += delta
            expected.append((offset, ticks % 2 ** 32))
    assert feedback.arrivals == expected


@given(st.binary(max_size=1200))
def test_any_bytes_are_read_or_refused(fci):
    try:
        feedback = read_transport_feedback(fci)
    except ValueError:
        return
    offsets = [offset for offset, _ in feedback.arrivals]
    assert offsets == sorted(set(offsets)) and len(offsets) <= len(fci)
    assert not offsets or 0 <= offsets[0] <= offsets[-1] < feedback.packet_count
    assert all(0 <= ticks < 2 ** 32 for _, ticks in feedback.arrivals)


@given(packets=st.lists(deltas, min_size=1, max_size=50), data=st.data())
def test_what_is_cut_off_is_refused(packets, data):
    choose = data.draw(st.randoms(use_true_random=False)).choice
    fci = write_transport_feedback(0, 0, 0, packets, choose, padded=False)
    with pytest.raises(ValueError):
        read_transport_feedback(fci[:data.draw(st.integers(0, len(fci) - 1))])


def head(count, reference=0):
    return pack('!HHL', 7, count, reference << 8)


@pytest.mark.parametrize('fci', [
    b'', head(0), head(1)[:-1], head(1), head(1) + b'\x20',
    # One that has arrived, without its time; half of a large time.
    head(1) + b'\x20\x01', head(1) + b'\x40\x01\0',
    # A run of 8191 that have arrived, in two bytes.
    head(8191) + b'\x3f\xff' + bytes(100),
    # The reserved status, in a run and in a vector.
    head(1) + b'\x60\x01\0\0', head(1) + b'\xf0\0\0\0',
    # Runs of no packets lead nowhere.
    head(1) + bytes(100)])
def test_malformed_feedback_is_refused(fci):
    with pytest.raises(ValueError):
        read_transport_feedback(fci)


def test_a_long_run_of_lost_packets_is_one_step():
    feedback = read_transport_feedback(head(65535) + b'\x1f\xff' * 9)
    assert feedback.packet_count == 65535 and not feedback.arrivals


def test_the_statuses_of_a_chunk_beyond_the_count_are_none():
    """A vector has 14 of them or 7, as many as there are bits."""
    feedback = read_transport_feedback(head(3) + b'\xbf\xff' + bytes([1, 2, 3]))
    assert feedback.arrivals == [(0, 1), (1, 3), (2, 6)]
