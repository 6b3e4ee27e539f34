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

"""Frames put together from packets that are lost or come out of order."""

import itertools

import pytest
from rtc_bridge.core.bitstreams.vp8_assembler import VP8Assembler, VP8Packet
from support.fake_clock import FakeClock

# The first byte says whether it is a keyframe: it has an even number.
KEY, DELTA = b'\x10', b'\x11'


def frame(number, kind, parts=3):
    """Return the packets of a frame, and its bytes."""
    data = [kind + bytes([part]) if not part else bytes([part]) for part in range(parts)]
    return [VP8Packet(number + part & 0xffff, data[part], part == 0, part == parts - 1)
            for part in range(parts)], b''.join(data)


@pytest.fixture
def clock():
    """Return a clock that stands still."""
    return FakeClock()


def feed(assembler, packets):
    """Return the frames that packets give."""
    return [made for packet in packets for made in assembler.add(packet)]


def test_frames_come_in_order_as_soon_as_they_are_complete(clock):
    for first in (0, 65_533):
        assembler = VP8Assembler(clock)
        (a, one), (b, two) = frame(first, KEY), frame(first + 3 & 0xffff, DELTA)
        assert feed(assembler, a) == [one]
        assert feed(assembler, [b[1], b[2]]) == []
        assert feed(assembler, [b[0]]) == [two]
        # Repeats of what has come.
        assert feed(assembler, a + b) == []


@pytest.mark.parametrize('order', list(itertools.permutations(range(3))))
def test_any_order_within_a_frame_is_put_right(clock, order):
    assembler = VP8Assembler(clock)
    assembler.add(frame(7, KEY, 1)[0][0])
    packets, whole = frame(8, DELTA)
    assert feed(assembler, [packets[place] for place in order]) == [whole]


def test_nothing_comes_before_a_keyframe(clock):
    assembler = VP8Assembler(clock)
    assert assembler.needs_keyframe
    assert feed(assembler, frame(0, DELTA)[0] + frame(3, KEY)[0][1:]) == []
    assert assembler.needs_keyframe and assembler.missing() == []
    packets, whole = frame(6, KEY)
    assert feed(assembler, packets) == [whole]


def test_what_is_missing_is_asked_for_now_and_then_and_given_up(clock):
    assembler = VP8Assembler(clock)
    assembler.add(frame(0, KEY, 1)[0][0])
    packets, _ = frame(1, DELTA, 4)
    feed(assembler, [packets[0], packets[3]])
    assert assembler.missing() == [2, 3]
    assert assembler.missing() == []
    clock.now += 0.2
    assert assembler.missing() == [2, 3]
    clock.now += 0.4
    assert assembler.missing() == [] and assembler.needs_keyframe


def test_a_repeat_that_comes_in_time_goes_on(clock):
    assembler = VP8Assembler(clock)
    assembler.add(frame(0, KEY, 1)[0][0])
    (a, one), (b, two) = frame(1, DELTA), frame(4, DELTA)
    assert feed(assembler, [a[0], a[2], *b]) == []
    assert assembler.missing() == [2]
    assert feed(assembler, [a[1]]) == [one, two]
    clock.now += 1.0
    assert assembler.missing() == [] and not assembler.needs_keyframe


def test_packets_without_data_only_count(clock):
    assembler = VP8Assembler(clock)
    assembler.add(frame(0, KEY, 1)[0][0])
    (a, one), (b, two) = frame(1, DELTA), frame(6, DELTA)
    padding = [VP8Packet(number, b'', False, False) for number in (4, 5)]
    assert feed(assembler, [*a, *padding, *b]) == [one, two]
    assert assembler.missing() == []


def test_a_jump_begins_anew_and_nothing_is_kept(clock):
    assembler = VP8Assembler(clock)
    assembler.add(frame(0, KEY, 1)[0][0])
    assert feed(assembler, frame(5_000, DELTA)[0]) == []
    assert assembler.needs_keyframe
    # A frame without an end does not grow for ever.
    assembler.add(VP8Packet(0, KEY + b'0', True, False))
    for number in range(1, 3_000):
        assembler.add(VP8Packet(number, b'x' * 1000, False, False))
        assert len(assembler._packets) <= 256
