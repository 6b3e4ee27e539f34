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
What a path carries, by how far apart packets arrive that were sent at once.

A packet train (RFC 5136, section 4.1; Dovrolis, Ramanathan and Moore, "Packet-dispersion
techniques and a capacity-estimation methodology", 2004). A path that is too narrow holds each of
the packets back; jitter holds some of them back, and lets others come together.
"""

from collections.abc import Sequence
from typing import NamedTuple

# Seconds that a gap takes at least: feedback tells times in quarters of a millisecond.
_MIN_GAP_S = 0.25e-3
# Seconds between two packets that are sent at once, and from the first one to the last.
_BURST_GAP_S, _BURST_S = 0.004, 0.02
# Packets of a frame that tell of the path: five gaps.
_MIN_PACKETS = 6
# The share of the gaps that is long where a path is narrow, not jittery.
_MIN_LATE_SHARE = 0.8
# Seconds that they take longer to arrive than to be sent: busy Wi-Fi holds a few packets back.
_MIN_DELAY_S = 0.04


class Dispersion(NamedTuple):
    """
    How far apart packets arrived.

    :ivar carries: the bitrate of their arrival, in bit/s; 0 if there are less than two
    :ivar late: the share of the gaps in which less arrived than was asked for, 0 to 1
    :ivar delay: for how many seconds longer than the first one the last packet was on its way
    """

    carries: float
    late: float
    delay: float


class Arrival(NamedTuple):
    """
    A packet that has arrived, of some that were sent at once.

    :ivar at: in seconds of the viewer's clock
    :ivar size: bytes that have passed the path since the packet before it
    :ivar sent_at: in seconds of the sender's clock
    """

    at: float
    size: int
    sent_at: float = 0.0


def measure(arrivals: Sequence[Arrival], bitrate: float) -> Dispersion:
    """
    Return what packets that were sent at once tell.

    :param bitrate: for which gaps are short enough, in bit/s
    """
    ordered = sorted(arrivals)
    # What lies between two packets when they are sent is not the path's.
    gaps = [(max(0.0, after.at - before.at - max(0.0, after.sent_at - before.sent_at)),
             8 * after.size) for before, after in zip(ordered, ordered[1:])]
    if not gaps:
        return Dispersion(0.0, 0.0, 0.0)
    seconds = sum(gap for gap, _ in gaps)
    late = sum(gap * bitrate > bits for gap, bits in gaps)
    return Dispersion(sum(bits for _, bits in gaps) / max(seconds, _MIN_GAP_S),
                      late / len(gaps), seconds)


class Bursts:
    """
    The newest packets that were sent at once: those of a frame tell when a path has collapsed.

    A queue that is seen by the delay of several frames is seen a fifth of a second later.
    """

    def __init__(self) -> None:
        # Of the newest burst, and of the one before it.
        self._arrivals: list[Arrival] = []
        self._before: list[Arrival] = []

    def add(self, sent_at: float, arrived_at: float, size: int) -> None:
        """Take a packet, in the order of sending: seconds on both clocks, and bytes."""
        burst = self._arrivals
        if burst and (sent_at - burst[-1].sent_at > _BURST_GAP_S
                      or sent_at - burst[0].sent_at > _BURST_S):
            self._before, self._arrivals = burst, []
        self._arrivals.append(Arrival(arrived_at, size, sent_at))

    def collapsed(self, bitrate: float) -> float:
        """Return what the path carries if that is less, in bit/s; 0 if it is not known to be."""
        # Of the newest one the rest may be on its way.
        newest = self._arrivals if len(self._arrivals) >= _MIN_PACKETS else self._before
        if len(newest) < _MIN_PACKETS:
            return 0.0
        found = measure(newest, bitrate)
        is_narrow = found.late >= _MIN_LATE_SHARE and found.delay >= _MIN_DELAY_S
        return found.carries if found.carries < bitrate and is_narrow else 0.0
