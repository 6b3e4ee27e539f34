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

"""Takes the pictures of one viewer's camera, while it has the floor."""

from collections.abc import Callable
import logging

from aiortc import RTCRtpTransceiver
from aiortc.rtp import RtpPacket

from ..aiortc_compat import read_packet, read_repeat, read_vp8, VideoFeedback
from ...core.bitstreams.vp8_assembler import VP8Assembler
from ...core.clock import boot_time, Clock
from ...core.limits.rate_limit import RateLimiter
from ...core.supervision import spawn
from ...media.operator_camera import OperatorCamera

logger = logging.getLogger(__name__)

# Packets a second, and at once: 2 Mbit/s in full ones, and a keyframe.
_PACKETS_HZ, _PACKETS_BURST = 250.0, 500.0
# How often the floor, and a keyframe, are asked for, and the viewer is told what has come.
_ASKING_HZ, _KEYFRAMES_HZ, _REPORTS_HZ = 1.0, 1.0, 1.0
# Seconds without a packet after which a viewer that cannot say so sends no pictures any more.
_SILENCE_S = 2.0


class PictureReceiver:
    """
    Decodes what a viewer sends, if it has the floor and somebody watches.

    Nothing else of it is looked at. Belongs to the event loop.

    :param transceiver: by which the viewer may send
    :param ask: asks for the floor when pictures come, as the viewer cannot do that itself
    """

    def __init__(self, transceiver: RTCRtpTransceiver, camera: OperatorCamera,
                 ask: Callable[[], object] | None = None, clock: Clock = boot_time) -> None:
        self._transceiver = transceiver
        self._camera = camera
        self._ask = ask
        self._clock = clock
        self._is_seen = False
        self._rate = RateLimiter(_PACKETS_HZ, _PACKETS_BURST, clock)
        self._asking = RateLimiter(_ASKING_HZ, 1, clock)
        self._keyframes = RateLimiter(_KEYFRAMES_HZ, 1, clock)
        self._reports = RateLimiter(_REPORTS_HZ, 1, clock)
        # The stream that is taken; each further one would take memory.
        self._ssrc: int | None = None
        self._feedback: VideoFeedback | None = None
        self._came_at = float('-inf')
        # While somebody watches.
        self._assembler: VP8Assembler | None = None

    @property
    def is_seen(self) -> bool:
        """Tell whether the viewer has the floor."""
        return self._is_seen

    @is_seen.setter
    def is_seen(self, is_seen: bool) -> None:
        self._is_seen = is_seen
        self._forget()

    def _forget(self) -> None:
        self._ssrc = self._feedback = self._assembler = None

    def take(self, data: bytes) -> None:
        """Take a packet of RTP with VP8, decrypted."""
        if (self._is_seen or self._ask is not None) and self._rate.allow():
            try:
                packet = read_packet(data)
            except ValueError as error:
                logger.debug('a packet that is not RTP: %s', error)
                return
            if self._feedback is None or self._ssrc != packet.ssrc:
                if self._ssrc is not None:
                    return
                self._ssrc = packet.ssrc
                self._feedback = VideoFeedback(self._transceiver, packet.ssrc)
            self._feedback.count(packet)
            self._took(packet)

    def take_repeat(self, data: bytes) -> None:
        """Take a packet of RTX, decrypted, which repeats one that was lost."""
        if self._ssrc is not None and self._is_seen and self._rate.allow():
            try:
                self._took(read_repeat(data, self._ssrc))
            except ValueError as error:
                logger.debug('a packet that is not RTX: %s', error)

    def _took(self, packet: RtpPacket) -> None:
        self._came_at = self._clock()
        if not self._is_seen and self._ask is not None and self._asking.allow():
            self._ask()
        if not self._is_seen or not self._camera.watched:
            self._assembler = None
            return
        if self._assembler is None:
            self._assembler = VP8Assembler(self._clock)
        try:
            for frame in self._assembler.add(read_vp8(packet)):
                self._camera.put(frame)
        except ValueError as error:
            logger.debug('a packet that is not VP8: %s', error)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        assembler, feedback = self._assembler, self._feedback
        if assembler is None or feedback is None:
            return
        if missing := assembler.missing():
            spawn('operator camera', feedback.request_packets(missing))
        if (assembler.needs_keyframe or self._camera.needs_keyframe) and self._keyframes.allow():
            spawn('operator camera', feedback.request_keyframe())

    def watch(self) -> None:
        """Ask for what did not come, tell the viewer what did, and forget who is silent."""
        if self._feedback is None:
            return
        if self._clock() - self._came_at > _SILENCE_S:
            # It may come again by another stream.
            self._forget()
            return
        self._ask_for_more()
        if self._is_seen and self._reports.allow():
            spawn('operator camera', self._feedback.report())

    @property
    def has_ended(self) -> bool:
        """Tell whether a client that cannot say so has ceased to send."""
        return self._ask is not None and self._is_seen and (
            self._clock() - self._came_at > _SILENCE_S)
