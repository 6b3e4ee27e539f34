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

"""A viewer of a camera, moved between the camera's streams without a break in the picture."""

import logging
from typing import Callable

from .encoded_frame import EncodedFrame
from .video_stream import VideoStream
from ..core.congestion.bandwidth_estimate import BandwidthEstimate
from ..core.video.quality_choice import AUTOMATIC, QualityChoice
from ..core.video.tiers import TierMember

logger = logging.getLogger(__name__)
# An estimate that falls below this share of the last one is acted on at once: what exceeds it
# queues up on the path.
_URGENT_FALL = 0.9


class Subscription:
    """
    A viewer of a camera in one profile of a codec.

    It watches one stream. On the way to another it watches both, and leaves the first when the
    second sends a keyframe. Belongs to the event loop.

    :param profile: of ``core.video.video_codecs.PROFILES``
    :param sink: takes each frame; returns whether the viewer gets it
    :param rebalance: lets the camera choose streams anew, at once if its argument is true
    :param quality: that the viewer asks for
    """

    def __init__(self, profile: str, sink: Callable[[EncodedFrame], bool],
                 estimate: BandwidthEstimate, drives: bool,
                 rebalance: Callable[[bool], None], quality: QualityChoice = AUTOMATIC) -> None:
        self.profile = profile
        self.member = TierMember(estimate, drives, quality=quality)
        # The stream that the viewer gets, and the one that takes over with its next keyframe.
        self.stream: VideoStream | None = None
        self._next: VideoStream | None = None
        # The viewer has got a frame, so there is a picture to go on with during a move.
        self._shown = False
        self._sink = sink
        self._rebalance = rebalance

    def set_estimate(self, estimate: BandwidthEstimate, drives: bool,
                     quality: QualityChoice = AUTOMATIC) -> None:
        """
        Note what the viewer's path can carry now, and what the viewer wants.

        :param drives: whether the viewer drives the robot
        """
        member = self.member
        before = member.bitrate
        member.estimate, member.drives, member.quality = estimate, drives, quality
        self._rebalance(member.bitrate < _URGENT_FALL * before)

    @property
    def stream_key(self) -> str:
        """Return the key of the stream that the viewer gets, '' if none."""
        return self.stream.stream_key if self.stream is not None else ''

    @property
    def bitrate(self) -> float:
        """Return what the stream is steered to, in bit/s: 0 for none, infinite for a source."""
        return self.stream.bitrate if self.stream is not None else 0.0

    def request_keyframe(self) -> None:
        """Ask for a keyframe, which all viewers of the stream get."""
        for stream in (self.stream, self._next):
            if stream is not None:
                stream.request_keyframe()

    def move(self, stream: VideoStream | None) -> None:
        """Watch another stream from its next keyframe on; ``None`` ends the subscription now."""
        if self._next is not None and self._next is not stream:
            self._next.unsubscribe(self)
            self._next = None
        if stream is self.stream:
            return
        if stream is not None and self.stream is not None and self._shown:
            if self._next is None:
                logger.debug('a viewer moves from stream %s to %s at %.0f kbit/s',
                             self.stream_key, stream.stream_key,
                             self.member.bitrate / 1000)
                self._next = stream
                stream.subscribe(self)
                stream.request_keyframe()
            return
        # There is no picture to go on with meanwhile.
        before, self.stream = self.stream, stream
        if before is not None:
            before.unsubscribe(self)
        if stream is not None:
            stream.subscribe(self)
            if before is not None:
                stream.request_keyframe()

    def deliver(self, stream: VideoStream, frame: EncodedFrame) -> bool:
        """Pass a frame of a stream on to the viewer; return whether the viewer gets it."""
        if stream is self._next:
            if not frame.keyframe:
                return False
            if self.stream is not None:
                self.stream.unsubscribe(self)
            self.stream, self._next = stream, None
        taken = stream is self.stream and self._sink(frame)
        self._shown |= taken
        return taken
