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
