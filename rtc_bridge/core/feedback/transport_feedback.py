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
Reading of transport-wide congestion control feedback.

The RTCP message is RTPFB (205) with FMT 15 of draft-holmer-rmcat-transport-wide-cc-extensions-01,
section 3.1. It says which packets of a range have arrived, and when: in steps of 250 us, relative
to the one before, and the first one to a reference time in steps of 64 ms.
"""

from struct import Struct
from typing import NamedTuple

# FMT of the message (section 3.1).
TRANSPORT_FEEDBACK_FMT = 15
# Seconds of one step of an arrival time (section 3.1.5).
TICK_S = 0.00025
# The reference time has 24 bits of 64 ms each: arrival times start anew after 2^32 steps, which
# are 12 days.
_TICKS_PER_REFERENCE, TICK_BITS = 256, 32
_TICK_MASK = (1 << TICK_BITS) - 1
# Base sequence number, count of packets, reference time with the count of feedback packets.
_HEAD = Struct('!HHL')
_CHUNK, _LARGE_DELTA = Struct('!H'), Struct('!h')
# Symbols of a packet's status that has arrived (section 3.1.1). 0: it has not; 3 is reserved.
_SMALL, _LARGE = 1, 2


class TransportFeedback(NamedTuple):
    """
    What a viewer says of a range of packets.

    :ivar base: transport-wide sequence number of the first packet, 16 bits
    :ivar packet_count: of the range, 1 to 65535; those that are not in ``arrivals`` have not been
        received
    :ivar number: of the message, 8 bits: one that is missing was lost
    :ivar arrivals: of each received packet its distance from ``base`` and the time of its arrival
        in ``TICK_S`` on the viewer's clock, modulo 2**32; ascending distances
    """

    base: int
    packet_count: int
    number: int
    arrivals: list[tuple[int, int]]


def read_transport_feedback(fci: bytes) -> TransportFeedback:
    """
    Read the feedback control information of a message: all that follows its two SSRCs.

    The work is bounded by the bytes: a run of lost packets is one step however long it is, and
    each received packet has a byte of its own. Bytes after the last arrival time are padding,
    with or without RTCP's padding bit.

    :raises ValueError: the message is cut off, empty, or has a reserved symbol
    """
    if len(fci) < _HEAD.size:
        raise ValueError('transport feedback is shorter than its header')
    base, count, times = _HEAD.unpack_from(fci)
    if not count:
        raise ValueError('transport feedback on no packets')
    received, position = _read_statuses(fci, count)
    reference = times >> 8
    ticks = reference * _TICKS_PER_REFERENCE
    arrivals = []
    for offset, symbol in received:
        size = 1 if symbol == _SMALL else _LARGE_DELTA.size
        if position + size > len(fci):
            raise ValueError('transport feedback lacks arrival times')
        ticks += (fci[position] if symbol == _SMALL
                  else _LARGE_DELTA.unpack_from(fci, position)[0])
        position += size
        arrivals.append((offset, ticks & _TICK_MASK))
    return TransportFeedback(base, count, times & 0xFF, arrivals)


def _read_statuses(fci: bytes, count: int) -> tuple[list[tuple[int, int]], int]:
    """
    Read the status chunks; return offset and symbol of what was received, and where they end.

    :raises ValueError: they are cut off, or claim more arrivals than there are bytes for
    """
    received: list[tuple[int, int]] = []
    position, offset = _HEAD.size, 0
    while offset < count:
        if position + _CHUNK.size > len(fci):
            raise ValueError('transport feedback lacks packet statuses')
        chunk, = _CHUNK.unpack_from(fci, position)
        position += _CHUNK.size
        if not chunk & 0x8000:
            # A run (section 3.1.3): a symbol of 2 bits, and 13 bits of how many packets have it.
            symbol, length = chunk >> 13, min(chunk & 0x1FFF, count - offset)
            if symbol:
                # Each needs a byte at least, which bounds the work before it is done.
                if len(received) + length > len(fci):
                    raise ValueError('transport feedback lacks arrival times')
                received += ((n, symbol) for n in range(offset, offset + length))
        else:
            # A vector (section 3.1.4): 14 symbols of one bit or 7 of two, the first one highest.
            width = 2 if chunk & 0x4000 else 1
            length = min(14 // width, count - offset)
            for n in range(length):
                symbol = chunk >> (14 - width * (n + 1)) & (1 << width) - 1
                if symbol:
                    received.append((offset + n, symbol))
        offset += length
    if any(symbol > _LARGE for _, symbol in received):
        raise ValueError('transport feedback has a reserved status')
    return received, position
