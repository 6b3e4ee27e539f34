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

"""A frame as an encoder made it, on its way to the viewers."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeAlias

import av

from ..core.recovery.flexfec import PayloadParity

# RTP's clock for video, in Hz (RFC 6184, section 8.2.1; RFC 7741, section 6.1).
CLOCK_RATE = 90_000
TIME_BASE = Fraction(1, CLOCK_RATE)
# A string, as the class has a parameter in PyAV's types only.
Packet: TypeAlias = 'av.Packet[Any]'


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """
    An encoded frame; all viewers of a stream share it, so it is never changed.

    Times are seconds of the boot-time clock.

    :ivar packet: the data; its ``pts``, in 1/90000 s, becomes the RTP timestamp
    :ivar keyframe: it can be decoded without other frames
    :ivar presentation_time: that the frame is shown for: the packet's ``pts``
    :ivar arrival: when its image arrived at the robot: earlier than the presentation time where
        an old image is encoded again, for a viewer that comes while the camera is silent
    :ivar parities: of its RTP payloads, by their places in the frame: filled by the event loop, as
        the first viewer needs them
    """

    packet: Packet
    keyframe: bool
    presentation_time: float
    arrival: float
    parities: dict[tuple[int, ...], PayloadParity] = field(default_factory=dict, compare=False)

    def moved_to(self, pts: int) -> 'EncodedFrame':
        """Return a copy that is shown for another time, in 1/90000 s."""
        packet: Packet = av.Packet(bytes(self.packet))
        packet.time_base = self.packet.time_base
        packet.pts = packet.dts = pts
        return replace(self, packet=packet, presentation_time=pts / CLOCK_RATE)
