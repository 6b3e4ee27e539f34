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
# Seconds between two packets that are sent at once, and bytes that tell of a burst: five packets.
_BURST_GAP_S, _MIN_PACKETS = 0.004, 6
# The share of the gaps that is long where a path is narrow, not jittery.
_MOST = 0.8


class Dispersion(NamedTuple):
    """
    How far apart packets arrived.

    :ivar carries: the bitrate of their arrival, in bit/s; 0 if there are less than two
    :ivar late: the share of the gaps in which less arrived than was asked for, 0 to 1
    """

    carries: float
    late: float


def measure(arrivals: Sequence[tuple[float, int]], bitrate: float) -> Dispersion:
    """
    Return what packets that were sent at once tell.

    :param arrivals: time in seconds and bytes, of each
    :param bitrate: for which gaps are short enough, in bit/s
    """
    ordered = sorted(arrivals)
    gaps = [(at - before, 8 * size) for (before, _), (at, size) in zip(ordered, ordered[1:])]
    if not gaps:
        return Dispersion(0.0, 0.0)
    seconds = max(sum(gap for gap, _ in gaps), _MIN_GAP_S)
    late = sum(gap * bitrate > bits for gap, bits in gaps)
    return Dispersion(sum(bits for _, bits in gaps) / seconds, late / len(gaps))


class Bursts:
    """
    The newest packets that were sent at once: those of a frame tell when a path has collapsed.

    A queue that is seen by the delay of several frames is seen a fifth of a second later.
    """

    def __init__(self) -> None:
        self._sent_at = float('-inf')
        # Of the newest burst, and of the one before it.
        self._arrivals: list[tuple[float, int]] = []
        self._before: list[tuple[float, int]] = []

    def add(self, sent_at: float, arrived_at: float, size: int) -> None:
        """Take a packet, in the order of sending: seconds on both clocks, and bytes."""
        if sent_at - self._sent_at > _BURST_GAP_S:
            self._before, self._arrivals = self._arrivals, []
        self._sent_at = sent_at
        self._arrivals.append((arrived_at, size))

    def collapsed(self, bitrate: float) -> float:
        """Return what the path carries if that is less, in bit/s; 0 if it is not known to be."""
        # Of the newest one the rest may be on its way.
        newest = self._arrivals if len(self._arrivals) >= _MIN_PACKETS else self._before
        if len(newest) < _MIN_PACKETS:
            return 0.0
        found = measure(newest, bitrate)
        return found.carries if found.carries < bitrate and found.late >= _MOST else 0.0
