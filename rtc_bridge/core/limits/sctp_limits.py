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

Checked for everybody: the form of chunks, what may wait unfinished, how far ahead a peer may
count, and how much it may ask for in a second. A peer without a proof has a fixed sum besides.
"""

from collections.abc import Iterable
from struct import unpack_from

from .rate_limit import RateLimiter
from ..clock import boot_time, Clock
from ..errors import ProtocolError

# Chunk types (RFC 9260, section 3.2; RFC 3758; RFC 6525).
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT = range(7)
ERROR, RECONFIG, FORWARD_TSN = 9, 130, 192
_HEADER, _CHUNK_HEADER, _DATA_HEADER, _SACK_HEADER = 12, 4, 16, 16
# Where the parameters of a chunk begin, behind the chunk's start.
_PARAMETERS = {INIT: 20, INIT_ACK: 20, HEARTBEAT: 4, HEARTBEAT_ACK: 4, ABORT: 4, ERROR: 4,
               RECONFIG: 4}
# Browsers bundle two or three chunks; a packet has room for about 70 of one byte each.
MAX_CHUNKS_PER_PACKET = 64
# RFC 6525, section 3.1: a RE-CONFIG chunk has one or two parameters. Each one is answered.
MAX_RECONFIG_PARAMETERS = 2

# Of messages that have begun and not ended: bytes and chunks. It is the receive window, too.
MAX_UNFINISHED_BYTES = 256 * 1024
MAX_UNFINISHED_CHUNKS = 1024
# The window holds so many chunks, as each has a header of 16 bytes.
MAX_TSNS_AHEAD = MAX_UNFINISHED_BYTES // _DATA_HEADER
MAX_MISORDERED = 1024
MAX_DUPLICATES = 64
# Where more is outstanding, gap blocks are not looked at: they cost the square of it.
MAX_OUTSTANDING = 1024
MAX_CHANNELS = 16
MAX_LABEL_BYTES = 256
# Streams are made by the first chunk on them, before anybody knows what channel it belongs to.
MAX_STREAMS = 64
# Messages on streams without a channel: the last ones of a channel that was closed.
MAX_STRAY_MESSAGES = 256
# The other end may start once, and repeat that eight times.
MAX_INITS = 10

# What somebody may send in all before the proof. Our page needs about 3 kB and 25 chunks.
UNPROVEN_BYTES = 64 * 1024
UNPROVEN_CHUNKS = 256

# Packets a second and at once. A driver sends about 60, and acknowledges as many of ours.
_PACKETS_HZ, _PACKETS = 1000.0, 2000.0
# Chunks that are neither data nor acknowledge it: heartbeats come every 30 s.
_CONTROL_HZ, _CONTROLS = 10.0, 50.0


class SctpBreach(ProtocolError):
    """A peer does with its association what no browser does, or too much: it ends."""


def read_chunk_types(packet: bytes) -> list[int]:
    """
    Check the form of a packet; return the types of its chunks.

    :raises SctpBreach: a reader could fail, or never return, on it
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
        position += length + -length % 4
    if INIT in types and len(types) > 1:
        raise SctpBreach('INIT with other chunks')
    return types


def _check_chunk(kind: int, chunk: bytes) -> None:
    if kind == DATA and len(chunk) <= _DATA_HEADER:
        # RFC 9260, section 6.2: without user data, the association is to be aborted.
        raise SctpBreach('DATA without user data')
    if kind == FORWARD_TSN and (len(chunk) < 8 or len(chunk) % 4):
        raise SctpBreach('FORWARD TSN of a wrong length')
    if kind == SACK:
        blocks, duplicates = (unpack_from('!HH', chunk, 12) if len(chunk) >= _SACK_HEADER
                              else (1, 0))
        if len(chunk) != _SACK_HEADER + 4 * (blocks + duplicates):
            raise SctpBreach('SACK of a wrong length')
    if kind in _PARAMETERS:
        count, position = 0, _PARAMETERS[kind]
        while position <= len(chunk) - 4:
            length, = unpack_from('!H', chunk, position + 2)
            if length < 4:
                # A reader that goes on by this length stays here for ever.
                raise SctpBreach(f'a parameter of {length} bytes')
            count, position = count + 1, position + length + -length % 4
        if kind == RECONFIG and count > MAX_RECONFIG_PARAMETERS:
            raise SctpBreach(f'{count} parameters in one RE-CONFIG')


def tsns_ahead(tsn: int, last: int) -> int:
    """Return how far ``tsn`` is ahead of ``last``, 0 if it is not (RFC 1982 arithmetic)."""
    ahead = tsn - last & 0xFFFFFFFF
    return ahead if ahead < 1 << 31 else 0


def gap_blocks(blocks: Iterable[tuple[int, int]], outstanding: int) -> list[tuple[int, int]]:
    """
    Return those gap blocks of a SACK that are about what is outstanding.

    They ascend and do not overlap (RFC 9260, section 3.3.4), so that they cover no more than
    ``outstanding`` TSNs in all. A block that does not is left out, the end of one cut off.
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
        self._bytes = self._chunks = self._inits = self._channels = self._stray = 0
        self._packets = RateLimiter(_PACKETS_HZ, _PACKETS, clock)
        self._controls = RateLimiter(_CONTROL_HZ, _CONTROLS, clock)

    def take_packet(self, packet: bytes, proven: bool) -> bool:
        """
        Count a packet; tell whether it is to be read, not dropped as one too many.

        :raises SctpBreach: the association is to end
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
        controls = sum(kind not in (DATA, SACK, FORWARD_TSN) for kind in types)
        # Each of them: aiortc answers each one.
        allowed = [self._controls.allow() for _ in range(controls)]
        return self._packets.allow() and all(allowed)

    def take_data(self, tsn: int, last: int, misordered: int, *, waiting: int,
                  chunks: int) -> bool:
        """
        Tell whether a chunk of user data is to be read, not left for its sender to repeat.

        :param last: the cumulative TSN
        :param misordered: how many behind it are kept
        :param waiting: bytes of unfinished messages, this chunk with them
        :param chunks: the number of their chunks, likewise
        :raises SctpBreach: the association is to end
        """
        if waiting > MAX_UNFINISHED_BYTES or chunks > MAX_UNFINISHED_CHUNKS:
            raise SctpBreach(f'{waiting} bytes in {chunks} chunks of messages without an '
                             'end')
        ahead = tsns_ahead(tsn, last)
        return ahead <= 1 or (ahead <= MAX_TSNS_AHEAD and misordered < MAX_MISORDERED)

    def take_channel(self, label_bytes: int) -> None:
        """
        Count a channel that the peer opens.

        :param label_bytes: of its label and protocol
        :raises SctpBreach: the association is to end
        """
        self._channels += 1
        if self._channels > MAX_CHANNELS or label_bytes > MAX_LABEL_BYTES:
            raise SctpBreach(f'more than {MAX_CHANNELS} channels, or a label of more than '
                             f'{MAX_LABEL_BYTES} bytes')

    def take_stray(self) -> None:
        """
        Count a message on a stream without a channel.

        :raises SctpBreach: the association is to end
        """
        self._stray += 1
        if self._stray > MAX_STRAY_MESSAGES:
            raise SctpBreach(f'more than {MAX_STRAY_MESSAGES} messages without a channel')
