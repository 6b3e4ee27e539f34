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

"""Frames of VP8 from packets that are lost or come out of order (RFC 7741)."""

from dataclasses import dataclass

from .vp8_headers import is_keyframe
from ..clock import boot_time, Clock

# Packets of frames that are not complete: a keyframe of 640x480 has some thirty.
_MAX_PACKETS = 256
# How often a missing packet is asked for, and for how long it is waited for, in seconds.
_ASKING_PERIOD_S, _PATIENCE_S = 0.1, 0.5


@dataclass(frozen=True)
class VP8Packet:
    """
    A packet as RTP brought it.

    :ivar number: its sequence number
    :ivar data: without the descriptor; empty in packets that only probe the path
    :ivar starts: it begins a frame
    :ivar ends: it ends one
    """

    number: int
    data: bytes
    starts: bool
    ends: bool


class VP8Assembler:
    """Puts the frames of one sender together, from a keyframe on. Belongs to one thread."""

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        self._restart()

    def _restart(self) -> None:
        # The packet with which the next frame begins, and the newest one, by their numbers.
        self._next: int | None = None
        self._newest = 0
        self._packets: dict[int, VP8Packet] = {}
        # Since when a packet is missing, and when it was asked for.
        self._missing_since: float | None = None
        self._asked_at = float('-inf')

    @property
    def needs_keyframe(self) -> bool:
        """Tell whether no frame comes before the next keyframe."""
        return self._next is None

    def add(self, packet: VP8Packet) -> list[bytes]:
        """Take a packet; return the frames that are complete now, in order."""
        number = packet.number
        if self._next is None:
            if not packet.starts or not is_keyframe(packet.data):
                return []
            self._next = self._newest = number
        ahead = _distance(self._next, number)
        if ahead < 0:
            # A repeat of what has come.
            return []
        if ahead >= _MAX_PACKETS:
            self._restart()
            return []
        self._packets[number] = packet
        if _distance(self._newest, number) > 0:
            self._newest = number
        frames = []
        while (frame := self._take_frame(self._next)) is not None:
            frames.append(frame)
        return frames

    def _take_frame(self, number: int) -> bytes | None:
        """Return the frame that begins with a packet, ``None`` while it is not complete."""
        parts: list[bytes] = []
        numbers = []
        while (packet := self._packets.get(number)) is not None:
            numbers.append(number)
            number = number + 1 & 0xffff
            if packet.data:
                parts.append(packet.data)
            if packet.ends or not parts:
                # Packets without data, before a frame, are not needed any more.
                for done in numbers:
                    del self._packets[done]
                numbers, self._next, self._missing_since = [], number, None
                if parts:
                    return b''.join(parts)
        return None

    def missing(self) -> list[int]:
        """
        Return the numbers of packets to ask for now.

        What is missing for too long is given up: then a keyframe is needed.
        """
        if self._next is None:
            return []
        numbers = [number for number in (self._next + offset & 0xffff for offset in range(
            _distance(self._next, self._newest))) if number not in self._packets]
        if not numbers:
            return []
        now = self._clock()
        if self._missing_since is None:
            self._missing_since = now
        if now - self._missing_since > _PATIENCE_S:
            self._restart()
            return []
        if now - self._asked_at < _ASKING_PERIOD_S:
            return []
        self._asked_at = now
        return numbers


def _distance(start: int, end: int) -> int:
    """Return by how much a number of 16 bits is after another one, negative if it is before."""
    return ((end - start + 0x8000) & 0xffff) - 0x8000
