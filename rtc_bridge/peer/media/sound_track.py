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

"""The track by which one viewer hears the robot."""

import asyncio
from collections import deque
import math
from typing import Callable

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
import av

from ...core.audio.redundancy import Redundancy
from ...media.encoded_frame import Packet
from ...media.sound.opus_encoder import PACKET_MS
from ...media.sound.sound_stream import SoundStream

# Packets that wait for aiortc. More mean that the path is stuck; some programs publish 13 at once.
_MAX_WAITING = 25
# Bytes of a packet besides its payload: RTP with extensions, SRTP's tag, UDP and IP.
_OVERHEAD = 60
# Bit/s of them.
_OVERHEAD_RATE = 8 * _OVERHEAD * 1000 // PACKET_MS


class SoundTrack(MediaStreamTrack):
    """
    Passes the packets of the robot's sound on to aiortc, while the viewer listens.

    Belongs to the event loop.

    :param switch: announces the next packets as RED, or not; returns the payload type of the
        sound, ``None`` if RED was not negotiated
    :ivar redundancy: the packets that are repeated
    :ivar max_bitrate: what the sound may take of the path, in bit/s; it takes what it needs
        without repetitions in any case
    :ivar bytes_sent: of packets, in all
    """

    kind = 'audio'

    def __init__(self, sound: SoundStream,
                 switch: Callable[[bool], int | None]) -> None:
        super().__init__()
        self.redundancy = Redundancy()
        self.bytes_sent = 0
        self.max_bitrate = math.inf
        self._switch = switch
        # How many packets were repeated in the newest one.
        self._copies = 0
        self._sound = sound
        self._listens = False
        self._packets: deque[Packet] = deque(maxlen=_MAX_WAITING)
        self._arrived = asyncio.Event()

    @property
    def listens(self) -> bool:
        """Tell whether the viewer listens."""
        return self._listens

    @property
    def reason(self) -> str:
        """Return why the viewer hears nothing, '' if it does or does not listen."""
        return self._sound.reason if self._listens else ''

    @property
    def bitrate(self) -> int:
        """Return what it takes of the path, in bit/s."""
        if not self._listens:
            return 0
        return (1 + self._copies) * self._sound.bitrate + _OVERHEAD_RATE

    @property
    def wanted(self) -> int:
        """Return what it would take of a path that has room for all repetitions, in bit/s."""
        if not self._listens:
            return 0
        return (1 + self.redundancy.copies) * self._sound.bitrate + _OVERHEAD_RATE

    def listen(self, on: bool) -> None:
        """Begin or cease to listen."""
        if on == self._listens or (on and self.readyState != 'live'):
            return
        self._listens = on
        if on:
            self._sound.add(self)
        else:
            self._sound.remove(self)
            self._packets.clear()

    def put(self, packet: Packet) -> None:
        """Take a packet; the oldest one is dropped if too many wait."""
        self._packets.append(packet)
        self._arrived.set()

    async def recv(self) -> Packet:
        """
        Return the next packet.

        :raises MediaStreamError: the track has ended
        """
        while not self._packets:
            if self.readyState != 'live':
                raise MediaStreamError
            self._arrived.clear()
            await self._arrived.wait()
        packet = self._add_redundant_blocks(self._packets.popleft())
        self.bytes_sent += packet.size + _OVERHEAD
        return packet

    def _add_redundant_blocks(self, packet: Packet) -> Packet:
        """Return a packet in which older ones are repeated, if the path needs and bears it."""
        spare = self.max_bitrate - _OVERHEAD_RATE - self._sound.bitrate
        copies = int(max(0, min(self.redundancy.copies, spare / self._sound.bitrate)))
        payload_type = self._switch(copies > 0)
        if payload_type is None:
            return packet
        self._copies = copies
        packed = av.Packet(self.redundancy.pack(
            packet.pts or 0, bytes(packet), payload_type, copies))
        packed.pts, packed.time_base = packet.pts, packet.time_base
        return packed

    def stop(self) -> None:
        """End the track; aiortc calls this too."""
        self.listen(False)
        super().stop()
        self._arrived.set()
