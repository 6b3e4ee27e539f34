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
"""What a packet and an association may be, and which addresses are checked: the pure rules."""

from struct import pack

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.limits.datagram_limits import MAX_WAITING, MAX_WAITING_BEFORE, PeerLimits
from rtc_bridge.core.limits.ice_check_limits import (
    IceCheckLimits, KEPT_ADDRESSES, KEPT_CHECKS, KEPT_INSIDE, MAX_ADDRESSES, MAX_CHECKS,
    MAX_INSIDE,
)
from rtc_bridge.core.limits.sctp_limits import (
    gap_blocks, MAX_CHANNELS, MAX_CHUNKS_PER_PACKET, MAX_INITS, MAX_MISORDERED, MAX_STRAY_MESSAGES,
    MAX_TSNS_AHEAD, MAX_UNFINISHED_BYTES, MAX_UNFINISHED_CHUNKS, read_chunk_types, SctpBreach,
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
    # Of these aiortc would read for ever.
    [init(parameters=parameter(1, length=0))], [chunk(HEARTBEAT, parameter(1, length=0))],
    [chunk(ERROR, parameter(1, length=3))], [chunk(2, bytes(16) + parameter(1, length=0))],
    [chunk(RECONFIG, parameter(17, bytes(8)) * 3)],
    [init(), data(1, b'x')], [chunk(99)] * (MAX_CHUNKS_PER_PACKET + 1)])
def test_what_would_make_a_reader_fail_is_a_breach(chunks):
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
def test_gap_blocks_cover_what_is_outstanding_once(blocks, outstanding):
    kept = gap_blocks(blocks, outstanding)
    covered = [n for start, end in kept for n in range(start, end + 1)]
    assert covered == sorted(set(covered)) and len(covered) <= outstanding
    assert all(0 < n <= outstanding for n in covered)


def test_good_gap_blocks_stay():
    blocks = [(2, 3), (5, 5), (7, 9)]
    assert gap_blocks(blocks, 9) == blocks
    assert gap_blocks(blocks, 8) == [(2, 3), (5, 5), (7, 8)]
    assert gap_blocks([(1, 65535)] * 285, 4) == [(1, 4)]
    assert gap_blocks(blocks, 0) == []


def test_tsns_wrap():
    assert tsns_ahead(1, 0xFFFFFFFF) == 2
    assert tsns_ahead(5, 5) == tsns_ahead(0xFFFFFFFF, 1) == 0


def test_a_peer_without_a_proof_has_so_many_chunks_and_bytes():
    limits = SctpLimits(FakeClock())
    for _ in range(UNPROVEN_CHUNKS):
        assert limits.take_packet(HEAD + data(1, b'x'), False)
    with pytest.raises(SctpBreach, match='before the proof'):
        limits.take_packet(HEAD + data(1, b'x'), False)
    assert limits.take_packet(HEAD + data(1, b'x'), True)
    limits, large = SctpLimits(FakeClock()), HEAD + data(1, b'x' * 1000)
    with pytest.raises(SctpBreach, match='before the proof'):
        for _ in range(UNPROVEN_BYTES // 1000):
            limits.take_packet(large, False)
        limits.take_packet(large, False)


def test_what_is_answered_has_a_rate():
    clock = FakeClock()
    limits = SctpLimits(clock)
    packets = [limits.take_packet(HEAD + chunk(HEARTBEAT, parameter(1)), True)
               for _ in range(1000)]
    assert packets == sorted(packets, reverse=True) and 10 < sum(packets) < 100
    assert limits.take_packet(HEAD + data(1, b'x'), True), 'data has a rate of its own'
    clock.now += 10
    assert limits.take_packet(HEAD + chunk(HEARTBEAT, parameter(1)), True)
    assert sum(limits.take_packet(HEAD + sack(1), True) for _ in range(10_000)) < 5000
    with pytest.raises(SctpBreach, match='INIT'):
        for _ in range(MAX_INITS + 1):
            limits.take_packet(HEAD + init(), True)


def test_unfinished_messages_are_bounded_in_bytes_and_chunks():
    limits = SctpLimits()
    assert limits.take_data(5, 4, 0, waiting=MAX_UNFINISHED_BYTES, chunks=MAX_UNFINISHED_CHUNKS)
    for waiting, chunks in ((MAX_UNFINISHED_BYTES + 1, 1), (1, MAX_UNFINISHED_CHUNKS + 1)):
        with pytest.raises(SctpBreach, match='without an end'):
            limits.take_data(5, 4, 0, waiting=waiting, chunks=chunks)


def test_few_chunks_are_kept_out_of_order():
    def take(tsn, misordered):
        return SctpLimits().take_data(tsn, 4, misordered, waiting=1, chunks=1)
    assert take(4 + MAX_TSNS_AHEAD, 0) and not take(5 + MAX_TSNS_AHEAD, 0)
    assert take(6, MAX_MISORDERED - 1) and not take(6, MAX_MISORDERED)
    assert take(5, MAX_MISORDERED), 'the one that all wait for'
    assert take(3, MAX_MISORDERED), 'an old one has to be acknowledged again'


def test_channels_and_strays_are_counted():
    limits = SctpLimits()
    for _ in range(MAX_CHANNELS):
        limits.take_channel(10)
    with pytest.raises(SctpBreach, match='channels'):
        limits.take_channel(10)
    with pytest.raises(SctpBreach, match='label'):
        SctpLimits().take_channel(70_000)
    with pytest.raises(SctpBreach, match='without a channel'):
        for _ in range(MAX_STRAY_MESSAGES + 1):
            limits.take_stray()


def test_datagrams_wait_in_small_numbers():
    clock = FakeClock()
    limits = PeerLimits(print, False, clock)
    assert not limits.take_report()
    assert not limits.take_datagram(0, 0, True) and not limits.take_datagram(3000, 0, True)
    assert not limits.take_datagram(100, MAX_WAITING_BEFORE, False)
    assert not limits.take_datagram(100, MAX_WAITING, True)
    assert sum(limits.take_datagram(100, 0, True) for _ in range(1000)) < 200
    limits.prove()
    assert all(limits.take_datagram(100, 0, True) for _ in range(1000))
    assert 100 < sum(limits.take_report() for _ in range(5000)) < 2000
    limits.over = True
    clock.now += 10
    assert not limits.take_datagram(100, 0, True) and not limits.take_report()


def test_a_strangers_addresses_are_few():
    limits = IceCheckLimits()
    taken = [limits.take(f'8.8.{n}.1', 5000) for n in range(200)]
    assert sum(taken) == MAX_ADDRESSES - KEPT_ADDRESSES
    # Those that its own checks come from are the ones that work.
    assert sum(limits.take('9.9.9.9', 2000 + n, asks=True) for n in range(200)) == KEPT_ADDRESSES
    assert limits.take('8.8.0.1', 5000), 'named again'


def test_few_of_them_are_inside_of_a_network():
    limits = IceCheckLimits()
    inside = ['10.0.0.1', '192.168.3.4', '172.16.5.5', '169.254.1.1', 'fe80::1', 'fd00::1',
              '::ffff:10.1.2.3', '100.64.0.1']
    taken = [limits.take(host, 5000 + n) for n, host in enumerate(inside * 2)]
    assert sum(taken) == MAX_INSIDE - KEPT_INSIDE
    assert sum(limits.take('10.9.9.9', 6000 + n, asks=True) for n in range(9)) == KEPT_INSIDE
    assert limits.take('8.8.8.8', 5000)


@pytest.mark.parametrize('host, port', [
    ('127.0.0.1', 8080), ('::1', 8080), ('127.9.9.9', 5000), ('::ffff:127.0.0.1', 5000),
    ('0.0.0.0', 5000), ('::', 5000), ('255.255.255.255', 5000), ('224.0.0.251', 5353),
    ('ff02::fb', 5353), ('8.8.8.8', 53), ('8.8.8.8', 0), ('8.8.8.8', 1023), ('8.8.8.8', 65536),
    ('example.org', 5000), ('x.local', 5000), ('', 5000), ('10.0.0.1 ', 5000)])
def test_addresses_that_get_nothing(host, port):
    limits = IceCheckLimits()
    assert not limits.take(host, port) and not limits.take(host, port, asks=True)
    assert not limits.send(host, port)


def test_conflicts_of_roles_are_few():
    limits = IceCheckLimits()
    assert 0 < sum(limits.take_conflict() for _ in range(500)) < 100


def test_checks_without_an_answer_are_counted():
    limits = IceCheckLimits()
    limits.take('8.8.8.8', 5000)
    limits.take('9.9.9.9', 5000, asks=True)
    assert sum(limits.send('8.8.8.8', 5000) for _ in range(500)) == MAX_CHECKS - KEPT_CHECKS
    assert sum(limits.send('9.9.9.9', 5000) for _ in range(500)) == KEPT_CHECKS
    limits.answered('9.9.9.9', 5000)
    assert all(limits.send('9.9.9.9', 5000) for _ in range(500)), 'consent goes on'
    assert not limits.send('8.8.8.8', 5000)
    limits.lifted = True
    assert limits.send('8.8.8.8', 5000)
