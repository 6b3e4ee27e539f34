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
"""
What a peer's SCTP association (RFC 9260) may cost, decided before a library reads its packets.

For every peer the form of chunks, unfinished messages, the distance of sequence numbers and the
rate of packets are bounded. A peer without a proof has a fixed total besides.
"""

from collections.abc import Iterable
from struct import unpack_from

from .rate_limit import RateLimiter
from ..clock import boot_time, Clock
from ..errors import ProtocolError

# Chunk types: RFC 9260, section 3.2; RFC 3758, section 3.2; RFC 6525, section 3.1.
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT = range(7)
ERROR, RECONFIG, FORWARD_TSN = 9, 130, 192
# Bytes: of the common header, and of chunks before their variable part.
_HEADER, _CHUNK_HEADER, _DATA_HEADER, _SACK_HEADER = 12, 4, 16, 16
# Where a chunk's parameters begin, in bytes from the chunk's start.
_PARAMETERS_AT = {INIT: 20, INIT_ACK: 20, HEARTBEAT: 4, HEARTBEAT_ACK: 4, ABORT: 4, ERROR: 4,
                  RECONFIG: 4}
# Browsers bundle two or three chunks; a packet has room for about 70 with one byte of data each.
MAX_CHUNKS_PER_PACKET = 64
# A RE-CONFIG chunk has one or two parameters (RFC 6525, section 3.1). Each one is answered.
MAX_RECONFIG_PARAMETERS = 2

# Bytes and chunks of messages that have begun and not ended. The bytes are the receive window too.
MAX_UNFINISHED_BYTES = 256 * 1024
MAX_UNFINISHED_CHUNKS = 1024
# The receive window holds at most this many chunks, because each has a header of 16 bytes.
MAX_TSNS_AHEAD = MAX_UNFINISHED_BYTES // _DATA_HEADER
# TSNs out of order that are kept, and duplicates that are reported.
MAX_MISORDERED = 1024
MAX_DUPLICATES = 64
# Above this many outstanding chunks gap blocks are ignored: their cost is quadratic.
MAX_OUTSTANDING = 1024
MAX_CHANNELS = 16
# Channels of a proven peer: connections to services among them.
MAX_PROVEN_CHANNELS = 32
# Bytes of a channel's label and protocol together.
MAX_LABEL_BYTES = 256
# The first chunk on a stream creates it, before its channel is known.
MAX_STREAMS = 64
# Messages on streams without a channel. The last ones of a channel that was closed are such.
MAX_STRAY_MESSAGES = 256
# RFC 9260, section 16: an INIT is retransmitted up to eight times.
MAX_INITS = 10

# What an unproven peer may send in all. Our page needs about 3 kB and 25 chunks for its proof.
UNPROVEN_BYTES = 64 * 1024
UNPROVEN_CHUNKS = 256

# Packets per second and at once. A driver sends about 60, and acknowledges as many of ours.
_PACKETS_HZ, _PACKETS_BURST = 1000.0, 2000.0
# Chunks other than DATA, SACK and FORWARD TSN, per second and at once. aiortc answers each one; a
# browser sends a heartbeat every 30 s.
_CONTROL_CHUNKS_HZ, _CONTROL_CHUNKS_BURST = 10.0, 50.0


class SctpBreach(ProtocolError):
    """A peer breaks the protocol or a bound as no browser does: its association is aborted."""


def read_chunk_types(packet: bytes) -> list[int]:
    """
    Check the form of a packet; return the types of its chunks.

    :raises SctpBreach: a parser could fail, or never return, on this packet
    """
    types: list[int] = []
    position, end = _HEADER, len(packet)
    while position <= end - _CHUNK_HEADER:
        kind, _, length = unpack_from('!BBH', packet, position)
        if length < _CHUNK_HEADER or position + length > end:
            raise SctpBreach(f'a chunk of {length} bytes')
        if len(types) == MAX_CHUNKS_PER_PACKET:
            raise SctpBreach(f'more than {MAX_CHUNKS_PER_PACKET} chunks in a packet')
        types.append(kind)
        _check_chunk(kind, packet[position:position + length])
        # Chunks are padded to a multiple of 4 bytes.
        position += length + -length % 4
    if INIT in types and len(types) > 1:
        raise SctpBreach('INIT with other chunks')
    return types


def _check_chunk(kind: int, chunk: bytes) -> None:
    if kind == DATA and len(chunk) <= _DATA_HEADER:
        # RFC 9260, section 6.2: without user data the association is aborted.
        raise SctpBreach('DATA without user data')
    if kind == FORWARD_TSN and (len(chunk) < 8 or len(chunk) % 4):
        raise SctpBreach('FORWARD TSN of a wrong length')
    if kind == SACK:
        blocks, duplicates = (unpack_from('!HH', chunk, 12) if len(chunk) >= _SACK_HEADER
                              else (1, 0))
        if len(chunk) != _SACK_HEADER + 4 * (blocks + duplicates):
            raise SctpBreach('SACK of a wrong length')
    if kind in _PARAMETERS_AT:
        _check_parameters(kind, chunk)


def _check_parameters(kind: int, chunk: bytes) -> None:
    count, position = 0, _PARAMETERS_AT[kind]
    while position <= len(chunk) - 4:
        length, = unpack_from('!H', chunk, position + 2)
        if length < 4:
            # A parser that advances by this length never ends.
            raise SctpBreach(f'a parameter of {length} bytes')
        count += 1
        position += length + -length % 4
    if kind == RECONFIG and count > MAX_RECONFIG_PARAMETERS:
        raise SctpBreach(f'{count} parameters in one RE-CONFIG')


def tsns_ahead(tsn: int, last: int) -> int:
    """Return how far ``tsn`` is ahead of ``last``, or 0 (RFC 1982 arithmetic)."""
    ahead = tsn - last & 0xFFFFFFFF
    return ahead if ahead < 1 << 31 else 0


def gap_blocks(blocks: Iterable[tuple[int, int]], outstanding: int) -> list[tuple[int, int]]:
    """
    Return the gap blocks of a SACK that concern outstanding chunks.

    Valid blocks ascend and do not overlap (RFC 9260, section 3.3.4), so they cover at most
    ``outstanding`` TSNs. Other blocks are left out, and a block that is too long is shortened.
    """
    kept, after = [], 0
    for start, end in blocks:
        if after < start <= min(end, outstanding):
            after = min(end, outstanding)
            kept.append((start, after))
    return kept


class SctpLimits:
    """Counts what one peer does with its association."""

    def __init__(self, clock: Clock = boot_time) -> None:
        self._bytes = self._chunks = self._inits = self._stray_messages = 0
        self._packets = RateLimiter(_PACKETS_HZ, _PACKETS_BURST, clock)
        self._control_chunks = RateLimiter(_CONTROL_CHUNKS_HZ, _CONTROL_CHUNKS_BURST, clock)

    def allow_packet(self, packet: bytes, proven: bool) -> bool:
        """
        Count a packet; return whether to read it. A packet above the rate is dropped.

        :raises SctpBreach: abort the association
        """
        types = read_chunk_types(packet)
        if not proven:
            self._bytes += len(packet)
            self._chunks += len(types)
            if self._bytes > UNPROVEN_BYTES or self._chunks > UNPROVEN_CHUNKS:
                raise SctpBreach('too much was sent before the proof')
        self._inits += types.count(INIT)
        if self._inits > MAX_INITS:
            raise SctpBreach(f'more than {MAX_INITS} INITs')
        control_chunks = sum(kind not in (DATA, SACK, FORWARD_TSN) for kind in types)
        # Count all of them, also behind the first that is refused.
        allowed = [self._control_chunks.allow() for _ in range(control_chunks)]
        return self._packets.allow() and all(allowed)

    def allow_data(self, tsn: int, last: int, misordered: int, *, unfinished_bytes: int,
                   unfinished_chunks: int) -> bool:
        """
        Return whether to keep a DATA chunk. The sender retransmits one that is dropped.

        :param last: the cumulative TSN
        :param misordered: how many chunks behind it are kept
        :param unfinished_bytes: of messages without an end, this chunk included
        :param unfinished_chunks: likewise
        :raises SctpBreach: abort the association
        """
        if unfinished_bytes > MAX_UNFINISHED_BYTES or unfinished_chunks > MAX_UNFINISHED_CHUNKS:
            raise SctpBreach(f'{unfinished_bytes} bytes in {unfinished_chunks} chunks of messages '
                             'without an end')
        ahead = tsns_ahead(tsn, last)
        return ahead <= 1 or (ahead <= MAX_TSNS_AHEAD and misordered < MAX_MISORDERED)

    def check_channel(self, label_bytes: int, present: int, trusted: bool) -> None:
        """
        Do nothing if the peer may open another channel.

        :param label_bytes: bytes of its label and protocol
        :param present: channels that there are
        :param trusted: the peer has proved an invite, or needs none
        :raises SctpBreach: abort the association
        """
        most = MAX_PROVEN_CHANNELS if trusted else MAX_CHANNELS
        if present >= most or label_bytes > MAX_LABEL_BYTES:
            raise SctpBreach(f'more than {most} channels, or a label of more than '
                             f'{MAX_LABEL_BYTES} bytes')

    def count_stray_message(self) -> None:
        """
        Count a message on a stream without a channel.

        :raises SctpBreach: abort the association
        """
        self._stray_messages += 1
        if self._stray_messages > MAX_STRAY_MESSAGES:
            raise SctpBreach(f'more than {MAX_STRAY_MESSAGES} messages without a channel')
