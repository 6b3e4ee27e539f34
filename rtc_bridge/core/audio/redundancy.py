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
"""Packets of sound that carry those before them once more (RED, RFC 2198)."""

from collections import deque
import math
import struct

from ..clock import boot_time, Clock

# Seconds without a loss after which nothing is repeated any more.
_HOLD_S = 10.0
# The share of packets lost above which two in a row are lost too often.
_MUCH_LOST = 0.05
# Older packets that one carries at most: a listener waits 20 ms for each, rather than lose it.
_MAX_COPIES = 2
# What the header of a block has room for (section 3): 14 bits of RTP's clock, 10 bits of bytes.
_MAX_AGE, _MAX_LENGTH = (1 << 14) - 1, (1 << 10) - 1


class Redundancy:
    """
    The newest packets of one sound, and how many of them go with each new one.

    That follows what the path has lost lately. Opus repeats by itself one packet only, and worse
    than it was (RFC 6716, section 2.1.7).
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        self._lost_at = self._much_lost_at = -math.inf
        # Timestamp and payload of each, the oldest first.
        self._packets: deque[tuple[int, bytes]] = deque(maxlen=_MAX_COPIES)

    def on_report(self, fraction_lost: float) -> None:
        """Take a receiver report: the share of packets lost since the last one, 0 to 1."""
        if fraction_lost > 0:
            self._lost_at = self._clock()
        if fraction_lost > _MUCH_LOST:
            self._much_lost_at = self._clock()

    @property
    def copies(self) -> int:
        """Return how many older packets go with each new one: 0, 1 or 2."""
        since = self._clock() - _HOLD_S
        return (self._lost_at > since) + (self._much_lost_at > since)

    def pack(self, timestamp: int, payload: bytes, payload_type: int, copies: int) -> bytes:
        """
        Return the payload of the next packet.

        :param timestamp: in RTP's clock, greater than that of the packet before
        :param payload_type: of the sound itself
        :param copies: of how many older packets; 0: the payload is returned as it is
        """
        headers, blocks = b'', b''
        for sent, older in [*self._packets][-copies:] if copies else ():
            age = timestamp - sent
            if age <= _MAX_AGE and len(older) <= _MAX_LENGTH:
                headers += struct.pack('!BHB', 0x80 | payload_type, age << 2 | len(older) >> 8,
                                       len(older) & 0xff)
                blocks += older
        self._packets.append((timestamp, payload))
        return headers + bytes([payload_type]) + blocks + payload if copies else payload
