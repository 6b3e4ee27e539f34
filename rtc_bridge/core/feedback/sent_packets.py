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

"""What became of each packet that was sent, from transport-wide feedback."""

from collections import OrderedDict
from enum import Enum
from typing import NamedTuple

from .transport_feedback import TICK_BITS, TICK_S, TransportFeedback

# Packets that are remembered: 10 s at 10 Mbit/s. Sequence numbers have 16 bits, of which half may
# be under way before the order is lost.
MAX_PACKETS = 8192
_SEQUENCES = 1 << 16
_TICKS = 1 << TICK_BITS


class Fate(Enum):
    """What is known of a packet that was sent."""

    ARRIVED = 'arrived'
    LOST = 'lost'
    # The feedback on it was lost.
    UNKNOWN = 'unknown'


class PacketResult(NamedTuple):
    """
    What became of one packet.

    :ivar sequence: transport-wide, counted on without an end
    :ivar sent_at: in seconds of the sender's clock
    :ivar size: in bytes
    :ivar fate: as far as the viewer knows
    :ivar arrived_at: in seconds of the viewer's clock, which has nothing to do with the sender's;
        0 unless it has arrived
    :ivar before: what was told of it earlier, if it has arrived after all
    """

    sequence: int
    sent_at: float
    size: int
    fate: Fate
    arrived_at: float = 0.0
    before: Fate | None = None


class SentPackets:
    """
    Remembers what was sent until feedback tells whether it has arrived.

    Feedback may be lost, come twice or out of order. Each packet is told of once as lost or
    unknown, and once as received. What feedback calls lost that newer feedback has overtaken stays
    unknown, so that each sequence number is looked at once: a viewer that sends the same range
    again and again causes no work.
    """

    def __init__(self) -> None:
        # Of those not known to have arrived, by sequence number without wrap-around: send time,
        # size, bytes sent up to it, and what was told of it.
        self._packets: OrderedDict[int, tuple[float, int, int, Fate | None]] = OrderedDict()
        self._next = 0
        # The first sequence number that no feedback has told of.
        self._unreported = 0
        # Bytes sent in all, and up to the newest packet on which feedback has come.
        self._sent_bytes = self._reported_bytes = 0
        self._newest_at = float('-inf')
        # The newest arrival, in ticks without wrap-around.
        self._newest_ticks: int | None = None

    @property
    def newest_at(self) -> float:
        """Return when the newest packet was sent, in seconds; minus infinity before the first."""
        return self._newest_at

    @property
    def next_sequence(self) -> int:
        """Return the number of the next packet, counted on without an end."""
        return self._next

    @property
    def in_flight(self) -> int:
        """Return the bytes sent after the newest packet on which feedback has come."""
        return self._sent_bytes - self._reported_bytes

    @property
    def waits_since(self) -> float | None:
        """Return when the first packet was sent that waits for feedback; ``None``: none does."""
        packet = self._packets.get(max(self._unreported, self._next - MAX_PACKETS))
        return packet[0] if packet is not None else None

    def add(self, now: float, size: int) -> int:
        """
        Note that a packet is sent now; return its sequence number, 16 bits.

        :param now: in seconds
        :param size: in bytes
        """
        sequence = self._next
        self._next += 1
        self._sent_bytes += size
        self._newest_at = now
        self._packets[sequence] = now, size, self._sent_bytes, None
        if len(self._packets) > MAX_PACKETS:
            self._packets.popitem(last=False)
        return sequence % _SEQUENCES

    def take(self, feedback: TransportFeedback) -> list[PacketResult]:
        """
        Return what feedback tells that was not known, in the order of sending.

        What it says of packets that were never sent, or are forgotten, is ignored.
        """
        newest = self._next - 1
        # The newest packet with these 16 bits.
        base = newest - (newest - feedback.base) % _SEQUENCES
        end = min(base + feedback.packet_count, self._next)
        if end > self._unreported and end - 1 in self._packets:
            self._reported_bytes = self._packets[end - 1][2]
        results = []
        for offset, ticks in feedback.arrivals:
            sequence = base + offset
            packet = self._packets.pop(sequence, None)
            if packet is not None:
                sent_at, size, _, before = packet
                results.append(PacketResult(sequence, sent_at, size, Fate.ARRIVED,
                                            self._unwrap(ticks) * TICK_S, before))
        for sequence in range(max(self._unreported, self._next - MAX_PACKETS), end):
            packet = self._packets.get(sequence)
            if packet is not None:
                fate = Fate.LOST if sequence >= base else Fate.UNKNOWN
                sent_at, size, total, _ = packet
                self._packets[sequence] = sent_at, size, total, fate
                results.append(PacketResult(sequence, sent_at, size, fate))
        results.sort(key=lambda result: result.sequence)
        self._unreported = max(self._unreported, end)
        return results

    def _unwrap(self, ticks: int) -> int:
        """Return an arrival time on one line with those before it."""
        if self._newest_ticks is None:
            self._newest_ticks = ticks
            return ticks
        half = _TICKS // 2
        change = (ticks - self._newest_ticks + half) % _TICKS - half
        unwrapped = self._newest_ticks + change
        self._newest_ticks = max(self._newest_ticks, unwrapped)
        return unwrapped
