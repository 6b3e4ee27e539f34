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

"""Bounds of a peer's SCTP association."""

from struct import pack

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.limits.sctp_limits import (
    gap_blocks, MAX_CHANNELS, MAX_CHUNKS_PER_PACKET, MAX_INITS, MAX_MISORDERED,
    MAX_PROVEN_CHANNELS, MAX_STRAY_MESSAGES, MAX_TSNS_AHEAD, MAX_UNFINISHED_BYTES,
    MAX_UNFINISHED_CHUNKS, read_chunk_types, SctpBreach,
    SctpLimits, tsns_ahead, UNPROVEN_BYTES, UNPROVEN_CHUNKS,
)
from support.fake_clock import FakeClock
from support.raw_sctp import (
    chunk, data, ERROR, forward_tsn, HEARTBEAT, INIT, init, parameter, RECONFIG, sack,
)

HEAD = bytes(12)


def read(*chunks):
    return read_chunk_types(HEAD + b''.join(chunks))


def test_chunks_of_browsers_are_read():
    assert read(init(parameters=parameter(0xC000) + parameter(0x8008, b'\x82\xc0'))) == [INIT]
    assert read(data(1, b'x'), sack(1, [(2, 3)], [1]), chunk(99, b'abc')) == [0, 3, 99]
    assert read(chunk(HEARTBEAT, parameter(1, b'12345678')), forward_tsn(2, [(1, 1)])) == [4, 192]


@pytest.mark.parametrize('chunks', [
    [chunk(99, length=0)], [chunk(99, length=3)], [chunk(99, length=8)],
    [data(1, b'')], [chunk(0, b'x' * 11)],
    [chunk(3)], [sack(1, [(1, 1)])[:-4]], [chunk(3, pack('!LLHH', 1, 1, 65535, 65535))],
    [chunk(192, b'1234567')], [chunk(192)],
    # aiortc would never end on these.
    [init(parameters=parameter(1, length=0))], [chunk(HEARTBEAT, parameter(1, length=0))],
    [chunk(ERROR, parameter(1, length=3))], [chunk(2, bytes(16) + parameter(1, length=0))],
    [chunk(RECONFIG, parameter(17, bytes(8)) * 3)],
    [init(), data(1, b'x')], [chunk(99)] * (MAX_CHUNKS_PER_PACKET + 1)])
def test_malformed_packets_are_a_breach(chunks):
    with pytest.raises(SctpBreach):
        read(*chunks)


@given(st.binary(max_size=1200))
def test_any_packet_is_read_or_refused(packet):
    try:
        assert len(read_chunk_types(packet)) <= MAX_CHUNKS_PER_PACKET
    except SctpBreach:
        pass


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)), max_size=300),
       st.integers(0, 70_000))
def test_gap_blocks_cover_outstanding_chunks_once(blocks, outstanding):
    kept = gap_blocks(blocks, outstanding)
    covered = [n for start, end in kept for n in range(start, end + 1)]
    assert covered == sorted(set(covered)) and len(covered) <= outstanding
    assert all(0 < n <= outstanding for n in covered)


def test_valid_gap_blocks_stay():
    blocks = [(2, 3), (5, 5), (7, 9)]
    assert gap_blocks(blocks, 9) == blocks
    assert gap_blocks(blocks, 8) == [(2, 3), (5, 5), (7, 8)]
    assert gap_blocks([(1, 65535)] * 285, 4) == [(1, 4)]
    assert gap_blocks(blocks, 0) == []


def test_tsns_wrap_around():
    assert tsns_ahead(1, 0xFFFFFFFF) == 2
    assert tsns_ahead(5, 5) == tsns_ahead(0xFFFFFFFF, 1) == 0


def test_an_unproven_peer_has_a_total_of_chunks_and_bytes():
    limits = SctpLimits(FakeClock())
    for _ in range(UNPROVEN_CHUNKS):
        assert limits.allow_packet(HEAD + data(1, b'x'), False)
    with pytest.raises(SctpBreach, match='before the proof'):
        limits.allow_packet(HEAD + data(1, b'x'), False)
    assert limits.allow_packet(HEAD + data(1, b'x'), True)
    limits, large = SctpLimits(FakeClock()), HEAD + data(1, b'x' * 1000)
    with pytest.raises(SctpBreach, match='before the proof'):
        for _ in range(UNPROVEN_BYTES // 1000):
            limits.allow_packet(large, False)
        limits.allow_packet(large, False)


def test_chunks_that_are_answered_have_a_rate():
    clock = FakeClock()
    limits = SctpLimits(clock)
    packets = [limits.allow_packet(HEAD + chunk(HEARTBEAT, parameter(1)), True)
               for _ in range(1000)]
    assert packets == sorted(packets, reverse=True) and 10 < sum(packets) < 100
    assert limits.allow_packet(HEAD + data(1, b'x'), True), 'data has a rate of its own'
    clock.now += 10
    assert limits.allow_packet(HEAD + chunk(HEARTBEAT, parameter(1)), True)
    assert sum(limits.allow_packet(HEAD + sack(1), True) for _ in range(10_000)) < 5000
    with pytest.raises(SctpBreach, match='INIT'):
        for _ in range(MAX_INITS + 1):
            limits.allow_packet(HEAD + init(), True)


def test_unfinished_messages_are_bounded_in_bytes_and_chunks():
    limits = SctpLimits()
    assert limits.allow_data(5, 4, 0, unfinished_bytes=MAX_UNFINISHED_BYTES,
                             unfinished_chunks=MAX_UNFINISHED_CHUNKS)
    for waiting, chunks in ((MAX_UNFINISHED_BYTES + 1, 1), (1, MAX_UNFINISHED_CHUNKS + 1)):
        with pytest.raises(SctpBreach, match='without an end'):
            limits.allow_data(5, 4, 0, unfinished_bytes=waiting, unfinished_chunks=chunks)


def test_chunks_out_of_order_are_bounded():
    def kept(tsn, misordered):
        return SctpLimits().allow_data(tsn, 4, misordered, unfinished_bytes=1,
                                       unfinished_chunks=1)
    assert kept(4 + MAX_TSNS_AHEAD, 0) and not kept(5 + MAX_TSNS_AHEAD, 0)
    assert kept(6, MAX_MISORDERED - 1) and not kept(6, MAX_MISORDERED)
    assert kept(5, MAX_MISORDERED), 'the chunk that all others wait for'
    assert kept(3, MAX_MISORDERED), 'an old chunk is acknowledged again'


def test_channels_and_stray_messages_are_bounded():
    limits = SctpLimits()
    for trusted, most in ((False, MAX_CHANNELS), (True, MAX_PROVEN_CHANNELS)):
        limits.check_channel(10, most - 1, trusted)
        with pytest.raises(SctpBreach, match='channels'):
            limits.check_channel(10, most, trusted)
    with pytest.raises(SctpBreach, match='label'):
        limits.check_channel(70_000, 0, True)
    with pytest.raises(SctpBreach, match='without a channel'):
        for _ in range(MAX_STRAY_MESSAGES + 1):
            limits.count_stray_message()
