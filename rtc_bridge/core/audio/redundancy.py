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
"""Packets of sound that also carry the packets before them (RED, RFC 2198)."""

from collections import deque
import math
import struct

from ..clock import boot_time, Clock

# Seconds without a loss after which nothing is repeated any more.
_HOLD_S = 10.0
# The share of packets lost above which two in a row are lost too often.
_HIGH_LOSS = 0.05
# Redundant blocks of a packet at most: a listener who needs one waits 20 ms for it, or 40.
_MAX_COPIES = 2
# Bytes of a payload, so that a packet has at most 1200 with its headers and SRTP's tag. The oldest
# blocks are left out of a payload that would be larger.
_MAX_PAYLOAD = 1150
# What the header of a block has room for (section 3): 14 bits of RTP's clock, 10 bits of bytes.
_MAX_AGE, _MAX_LENGTH = (1 << 14) - 1, (1 << 10) - 1
# Bytes of the header of a redundant block.
_HEADER = 4


class Redundancy:
    """
    The newest packets of one sound, and how many of them are repeated in each new one.

    The number follows what the path has lost lately. Opus itself repeats one packet only, at a
    lower quality (RFC 6716, section 2.1.7).
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        self._loss_at = self._high_loss_at = -math.inf
        # Timestamp and payload of each, the oldest first.
        self._packets: deque[tuple[int, bytes]] = deque(maxlen=_MAX_COPIES)

    def on_report(self, fraction_lost: float) -> None:
        """Take a receiver report: the share of packets lost since the last one, 0 to 1."""
        if fraction_lost > 0:
            self._loss_at = self._clock()
        if fraction_lost > _HIGH_LOSS:
            self._high_loss_at = self._clock()

    @property
    def copies(self) -> int:
        """Return how many packets should be repeated in each new one: 0, 1 or 2."""
        since = self._clock() - _HOLD_S
        return (self._loss_at > since) + (self._high_loss_at > since)

    def pack(self, timestamp: int, payload: bytes, payload_type: int, copies: int) -> bytes:
        """
        Return the payload of the next packet.

        :param timestamp: in RTP's clock, greater than that of the packet before
        :param payload_type: of the sound itself
        :param copies: how many packets are repeated; the payload is returned unchanged if none is
        """
        packed = bytes([payload_type]), payload
        for sent, older in reversed([*self._packets][-copies:] if copies else ()):
            age = timestamp - sent
            if (age > _MAX_AGE or len(older) > _MAX_LENGTH
                    or sum(map(len, packed)) + _HEADER + len(older) > _MAX_PAYLOAD):
                break
            header = struct.pack('!BHB', 0x80 | payload_type, age << 2 | len(older) >> 8,
                                 len(older) & 0xff)
            packed = header + packed[0], older + packed[1]
        self._packets.append((timestamp, payload))
        return b''.join(packed) if copies else payload


def primary_block(payload: bytes) -> bytes:
    """Return the newest packet of a RED payload; empty if it cannot be read."""
    at = redundant = 0
    while at < len(payload) and payload[at] & 0x80:
        redundant += int.from_bytes(payload[at + 2:at + _HEADER], 'big') & _MAX_LENGTH
        at += _HEADER
    return payload[at + 1 + redundant:]
