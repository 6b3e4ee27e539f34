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

"""A video slot of one viewer: a track that shows whichever camera was put in it."""

import asyncio
from collections import deque
from dataclasses import replace

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
import av

from ..core.retransmission import Retransmissions
from ..core.tiers import Path
from ..media.camera import Camera, Subscription
from ..media.stream import START_BITRATE

# A viewer whose packets are not fetched has a stuck path: three frames are 100 ms.
_MAX_WAITING = 3


class Slot(MediaStreamTrack):
    """
    A track for aiortc's sender; packets go through unchanged.

    Switching cameras needs no negotiation: all cameras stamp with one clock, and the first
    packet after a switch is a keyframe.

    :param codec: the codec that was negotiated
    """

    kind = 'video'

    def __init__(self, codec: str) -> None:
        """Start empty."""
        super().__init__()
        self.camera: Camera | None = None
        self.codec = codec
        self.bytes_sent = 0
        self._retransmissions = Retransmissions(START_BITRATE)
        # What was told of the path; each subscription has its own copy.
        self._path = Path(START_BITRATE)
        self._subscription: Subscription | None = None
        self._packets: deque[av.Packet] = deque()
        self._arrived = asyncio.Event()
        # aiortc reads from the moment the path is open; nothing is kept before.
        self._read = False
        self._keyframe_needed = True
        self._last_pts = -1

    def show(self, camera: Camera | None) -> None:
        """Put a camera in the slot, or empty it."""
        if camera is self.camera:
            return
        old, subscription = self.camera, self._subscription
        self._packets.clear()
        self.camera = camera
        self._subscription = None
        if camera is not None and self.readyState == 'live':
            self._subscription = camera.subscribe(self.codec, self._take, replace(self._path))
            self._need_keyframe()
        if old is not None and subscription is not None:
            old.unsubscribe(subscription)

    def set_path(self, bitrate: float, *, quiet: bool = False, ramping: bool = False,
                 drives: bool = False) -> None:
        """
        Tell what this viewer's path can take, which decides on the quality it gets.

        :param bitrate: bit/s
        :param quiet: nothing was heard of the viewer lately
        :param ramping: the bitrate is still being found out
        :param drives: the viewer drives the robot
        """
        self._retransmissions.bitrate = bitrate
        self._path = Path(bitrate, quiet, ramping, drives)
        if self._subscription is not None:
            self._subscription.set_path(self._path)

    @property
    def stream(self) -> str:
        """Return which of the camera's streams the viewer gets, '' if none."""
        return self._subscription.label if self._subscription is not None else ''

    def request_keyframe(self) -> None:
        """Ask the camera for a keyframe, which all viewers of the tier get."""
        if self._subscription is not None:
            self._subscription.request_keyframe()

    def on_nack(self, lost: list[tuple[int, float]]) -> list[int]:
        """Return which lost packets to send again; see :class:`Retransmissions`."""
        again, given_up = self._retransmissions.choose(lost)
        if given_up:
            self.request_keyframe()
        return again

    def stop(self) -> None:
        """End the track; aiortc calls this too."""
        super().stop()
        self.show(None)
        self._arrived.set()

    async def recv(self) -> av.Packet:
        """
        Return the next packet.

        :raises MediaStreamError: the track has ended
        """
        if not self._read:
            self._read = True
            self._need_keyframe()
        while not self._packets:
            if self.readyState != 'live':
                raise MediaStreamError
            self._arrived.clear()
            await self._arrived.wait()
        packet = self._packets.popleft()
        self.bytes_sent += packet.size
        return packet

    def _need_keyframe(self) -> None:
        self._keyframe_needed = True
        if self._read:
            self.request_keyframe()

    def _take(self, packet: av.Packet, keyframe: bool) -> bool:
        if not self._read or (self._keyframe_needed and not keyframe):
            return False
        if len(self._packets) >= _MAX_WAITING:
            # Late pictures are worse than none: start afresh from a keyframe.
            self._packets.clear()
            self._need_keyframe()
            return False
        self._keyframe_needed = False
        if packet.pts <= self._last_pts:
            # Another stream's packet of the same moment: time goes on, by as little as it can.
            packet = _stamped(packet, self._last_pts + 1)
        self._last_pts = packet.pts
        self._packets.append(packet)
        self._arrived.set()
        return True


def _stamped(packet: av.Packet, pts: int) -> av.Packet:
    """Return a copy with another time: the packet itself belongs to all viewers."""
    copy = av.Packet(bytes(packet))
    copy.time_base = packet.time_base
    copy.pts = copy.dts = pts
    return copy
