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
import logging
from typing import Callable, Sequence

from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
import av

from .aiortc_compat import newest_packets, newest_timestamp, padding_packets, send_again
from ..core.clock import boot_time
from ..core.limits.rate_limit import RateLimiter
from ..core.limits.session_budgets import KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ
from ..core.supervision import failures, OnFailure
from ..core.video.capture_times import Stamp
from ..core.video.codec_fallback import choose, Evidence, family
from ..core.video.retransmission import PACKET_BITS, Retransmissions
from ..core.video.sent_frames import SentFrames
from ..core.video.tiers import Path
from ..media.camera import Camera, Subscription
from ..media.stream import START_BITRATE

logger = logging.getLogger(__name__)
# A viewer whose packets are not fetched has a stuck path: three frames are 100 ms.
_MAX_WAITING = 3
# For so long, and a round trip, the last one may be on its way.
_ON_ITS_WAY_S = 0.3


class Slot(MediaStreamTrack):
    """
    A track for aiortc's sender; packets go through unchanged.

    Switching cameras needs no negotiation: all cameras stamp with one clock, and the first
    packet after a switch is a keyframe.

    :param encodings: those that were negotiated, in the robot's order
    :param failed: codecs that the viewer showed nothing of, shared by all its slots
    :param on_codec: called with the encoding of the packet that :meth:`recv` is about to return,
        where it differs from the one before; before all, the first negotiated one is sent
    :param demands: keyframes that the viewer may bring about, shared by all its slots
    """

    kind = 'video'

    def __init__(self, encodings: Sequence[str], failed: set[str],
                 on_codec: Callable[[str], None] | None,
                 demands: RateLimiter | None = None) -> None:
        """Start empty."""
        super().__init__()
        # The one that takes this track's packets; set with the track.
        self.sender: RTCRtpSender | None = None
        # Ends the session if this track fails: aiortc would stop to send and say nothing.
        self.on_failure: OnFailure = lambda error: None
        self.camera: Camera | None = None
        self.codec = choose(encodings, 'auto', failed)
        # What the viewer can have seen here.
        self.sent = SentFrames()
        self.bytes_sent = 0
        self.bytes_again = 0
        self._demands = demands or RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS)
        # What this slot has to itself while its viewer drives; slot 0 only.
        self.driving_demands: RateLimiter | None = None
        # The viewer's choice needs a keyframe for which it has no budget left.
        self._due = False
        # Its first picture of all costs nothing: that one was offered.
        self._began = False
        self._repeat = False
        self._full = False
        # A keyframe is due as soon as the path has room for it.
        self._owed = False
        self._demanded = float('-inf')
        self._debts = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS)
        self._paused_until: float | None = None
        self._encodings = tuple(encodings)
        self._failed = failed
        self._on_codec = on_codec
        self._sent_codec = self._encodings[0]
        self._evidence = Evidence()
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
        # When the packet that aiortc was given last is sent for, and when its picture came to the
        # robot.
        self._given_at: float | None = None
        self._came_at = 0.0
        # The newest picture whose packets are all sent.
        self.stamp: Stamp | None = None

    def show(self, camera: Camera | None) -> None:
        """Put a camera in the slot, or empty it."""
        if camera is not self.camera:
            self._change(camera)

    def _change(self, camera: Camera | None) -> None:
        # The new subscription comes before the old one goes: a camera that is watched all the time
        # keeps its last picture, which may be the only one.
        old, subscription = self.camera, self._subscription
        self._packets.clear()
        self.camera = camera
        self.sent.clear()
        self._given_at = self.stamp = None
        self._subscription = None
        self._due = False
        self._evidence.restart()
        if camera is not None and self.readyState == 'live':
            self.codec = self._choose(camera)
            self._subscription = camera.subscribe(self.codec, self._take, replace(self._path))
            self._keyframe_needed = True
            if self._read and self._began:
                self._due = True
                self._pay()
            elif self._read:
                self.request_keyframe()
            self._began = True
        if old is not None and subscription is not None:
            old.unsubscribe(subscription)

    def _choose(self, camera: Camera) -> str:
        return choose(self._encodings, camera.settings.codec, self._failed)

    def check_codec(self, lost: float, page: bool) -> None:
        """
        Go over to another codec, if the viewer shows nothing of this one or another is wanted.

        :param lost: the share of packets lost, 0 to 1
        :param page: the viewer tells what it shows
        """
        camera = self.camera
        if camera is None:
            return
        if family(self.codec) not in self._failed and self._evidence.failed(
                boot_time(), lost, page):
            self._failed.add(family(self.codec))
            logger.warning('a viewer of camera %s shows nothing of %s; now: %s', camera.name,
                           self.codec, self._choose(camera))
        if self._choose(camera) != self.codec:
            self._change(camera)

    def shown(self, frames: int, packets: int) -> None:
        """Take what a page that is looked at has decoded and received in all, so far."""
        self._evidence.reported(boot_time(), frames, packets)

    @property
    def failed(self) -> frozenset[str]:
        """Return the codecs that the viewer showed nothing of."""
        return frozenset(self._failed)

    def on_keyframe_request(self) -> None:
        """Take the viewer's request for a keyframe."""
        self._evidence.requested(boot_time())
        self.demand_keyframe()

    def set_path(self, bitrate: float, *, quiet: bool = False, ramping: bool = False,
                 drives: bool = False, rtt: float = 0.1, lossy: bool = False,
                 full: bool = False) -> None:
        """
        Tell what this viewer's path can take, which decides on the quality it gets.

        :param bitrate: bit/s
        :param quiet: nothing was heard of the viewer lately
        :param ramping: the bitrate is still being found out
        :param drives: the viewer drives the robot
        :param rtt: round trip in seconds
        :param lossy: the path loses packets however little is sent
        :param full: what is sent has to wait on the path
        """
        # On a full path repetitions only make everything later.
        self._retransmissions.bitrate, self._retransmissions.rtt = 0 if full else bitrate, rtt
        # To ask for a lost packet takes a round trip, in which nothing can be shown. Sent twice, a
        # picture apart, it is seldom lost.
        self._repeat, self._full = lossy, full
        if self._paused_until is not None and boot_time() >= self._paused_until:
            # What came meanwhile was dropped, and may be all that comes.
            self._paused_until, self._owed = None, False
            self._need_keyframe()
        self._pay()
        # Apart from the viewer's own: these were used up while the path was full.
        if self._owed and not full and self._debts.allow():
            self._owed = False
            self.request_keyframe()
        if lossy:
            bitrate /= 2
        self._path = Path(bitrate, quiet, ramping, drives)
        if self._subscription is not None:
            self._subscription.set_path(self._path)

    def _pay(self) -> None:
        """Ask for the keyframe that a change of cameras needs, once there is budget for it."""
        if self._due and self._may_demand():
            self._due = False
            self.request_keyframe()

    def _may_demand(self) -> bool:
        """Count a keyframe that the viewer brings about; tell whether there is budget for it."""
        own = self.driving_demands if self._path.drives else None
        return (own is not None and own.allow()) or self._demands.allow()

    @property
    def wanted(self) -> float:
        """
        Return what the path would have to take for a better quality, bit/s.

        It is 0 in the best quality, and where pictures use what the path takes.
        """
        subscription = self._subscription
        if subscription is None or subscription.bitrate > 0.9 * self._path.bitrate:
            return 0.0
        return subscription.path.wanted

    @property
    def stream(self) -> str:
        """Return which of the camera's streams the viewer gets, '' if none."""
        return self._subscription.label if self._subscription is not None else ''

    def demand_keyframe(self) -> None:
        """Take the viewer's wish for a keyframe; all viewers of the tier pay for it."""
        now = boot_time()
        if self._full:
            # It would be lost as well.
            self._owed = True
        elif now - self._demanded > _ON_ITS_WAY_S + self._retransmissions.rtt and (
                self._may_demand()):
            self._demanded = now
            self.request_keyframe()

    def pause(self, seconds: float) -> None:
        """Send nothing for a time, and begin again with a keyframe."""
        self._paused_until = boot_time() + seconds
        self._packets.clear()

    def request_keyframe(self) -> None:
        """Ask the camera for a keyframe, which all viewers of the tier get."""
        if self._subscription is not None:
            self._subscription.request_keyframe()

    def on_nack(self, lost: list[tuple[int, float]]) -> list[int]:
        """Return which lost packets to send again; see :class:`Retransmissions`."""
        again, given_up = self._retransmissions.choose(lost)
        if given_up:
            self.demand_keyframe()
        self.bytes_again += len(again) * PACKET_BITS // 8
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
        try:
            return await self._next()
        except (MediaStreamError, ConnectionError):
            raise
        except Exception as error:
            failures.note('sending of pictures', error, 'the session ends')
            self.on_failure(error)
            raise MediaStreamError from error

    async def _next(self) -> av.Packet:
        if not self._read:
            self._read = True
            self._need_keyframe()
        repeat = newest_packets(self.sender) if self._repeat else []
        # aiortc adds a number of its own to our timestamps.
        rtp = newest_timestamp(self.sender)
        if rtp is not None and self._given_at is not None:
            self.sent.note(rtp, self._came_at)
            self.stamp = self.camera.capture.stamp(rtp, self._given_at)
        while not self._packets:
            if self.readyState != 'live':
                raise MediaStreamError
            self._arrived.clear()
            await self._arrived.wait()
        packet = self._packets.popleft()
        self.bytes_sent += packet.size
        self._given_at, self._came_at = packet.pts / 90000, packet.dts / 90000
        if repeat:
            self._retransmissions.note(repeat)
            self.bytes_again += await send_again(self.sender, repeat)
        self._evidence.sent(boot_time())
        if self._sent_codec != self.codec:
            # All that waits is of the codec of now: changes clear it.
            self._sent_codec = self.codec
            self._on_codec(self.codec)
        return packet

    async def pad(self, size: int) -> None:
        """Send up to about so many bytes that the viewer has already."""
        for sequence in padding_packets(self.sender):
            if size <= 0:
                return
            sent = await send_again(self.sender, [sequence])
            size -= sent
            self.bytes_again += sent

    def _need_keyframe(self) -> None:
        self._keyframe_needed = True
        if self._read:
            self.request_keyframe()

    def _take(self, packet: av.Packet, keyframe: bool) -> bool:
        if self._paused_until is not None:
            if boot_time() < self._paused_until:
                return False
            self._paused_until, self._owed = None, False
            self._keyframe_needed = True
            if not keyframe:
                self.request_keyframe()
        if not self._read or (self._keyframe_needed and not keyframe):
            return False
        if len(self._packets) >= _MAX_WAITING:
            # Late pictures are worse than none: start afresh from a keyframe.
            self._packets.clear()
            self._need_keyframe()
            return False
        self._keyframe_needed = self._due = False
        if packet.pts <= self._last_pts:
            # Another stream's packet of the same moment: time goes on, by as little as it can.
            packet = _later(packet, self._last_pts + 1)
        self._last_pts = packet.pts
        self._packets.append(packet)
        self._arrived.set()
        return True


def _later(packet: av.Packet, pts: int) -> av.Packet:
    """Return a copy that is sent for a later time: the packet itself belongs to all viewers."""
    copy = av.Packet(bytes(packet))
    copy.time_base = packet.time_base
    copy.pts, copy.dts = pts, packet.dts
    return copy
