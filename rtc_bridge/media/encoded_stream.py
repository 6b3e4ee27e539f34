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

"""One camera in one profile and quality tier: mailbox, encoder thread, fan-out."""

import logging
import threading
import time
from typing import Callable

from .encoded_frame import CLOCK_RATE, EncodedFrame
from .encoder import Encoder
from .frame_mailbox import FrameMailbox
from .images.frame import Frame
from .images.i420 import I420
from .video_stream import StreamViewer, VideoStream
from ..core.cameras.picture_reason import made_smaller
from ..core.congestion.bandwidth_estimate import START_BITRATE
from ..core.errors import ImageError
from ..core.failure_log import failures
from ..core.limits.rate_limit import Throttle
from ..core.supervision import start_thread
from ..core.video.size_limit import SizeLimit
from ..core.video.tiers import Tier
from ..core.video.video_codecs import EncoderSettings
from ..system.processes.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)
# Seconds before an encoder thread that failed starts again: a failure of each frame would
# otherwise fill the log and a core.
_RESTART_AFTER_S = 1.0
# Frames per second from which on a picture that no other one follows is sent again, to become
# sharp: it is sent so often then.
_REFINED_FPS = 10.0


class EncodedStream(VideoStream):
    """
    Encodes a camera once, however many viewers watch, and only while one does.

    ``tier`` and ``bitrate`` may be changed at any time, in the event loop. The encoder thread
    starts with the first viewer and ends after the last one.

    :param profile: of ``core.video.video_codecs.PROFILES``
    :param tier: what the stream keeps to
    :param on_watched: called in the event loop when the first viewer came and the last one left
    """

    def __init__(self, name: str, profile: str, tier: Tier,
                 on_watched: Callable[['EncodedStream'], None] = lambda stream: None) -> None:
        super().__init__(name, profile if tier.divisor == 1 else f'{profile}/{tier.divisor}')
        self.bitrate = START_BITRATE
        self.profile = profile
        self.tier = tier
        self.mailbox = FrameMailbox(self.stats)
        # Thins the camera's frames out to those of the tier.
        self.throttle = Throttle()
        # How large the pictures may be; a camera's streams share one.
        self.size_limit = SizeLimit()
        # Width, height and divisor of pictures that are made smaller, as far as that was told.
        self._logged_reduction: tuple[int, int, int] | None = None
        self._on_watched = on_watched
        self._thread: threading.Thread | None = None

    # Event loop

    def subscribe(self, viewer: StreamViewer) -> None:
        """Add a viewer; its first frame is a keyframe, once it asks for one."""
        first = not self._viewers
        super().subscribe(viewer)
        if first:
            logger.debug('camera %s: stream %s starts', self.name, self.stream_key)
            self.mailbox.attach(self._start_thread)
            self._on_watched(self)

    def unsubscribe(self, viewer: StreamViewer) -> None:
        """Remove a viewer; with the last one the encoder ends."""
        before = self._viewers
        super().unsubscribe(viewer)
        if before and not self._viewers:
            logger.debug('camera %s: stream %s ends', self.name, self.stream_key)
            self.mailbox.detach()
            self._on_watched(self)

    def _start_thread(self) -> threading.Thread:
        self._thread = start_thread(f'encode-{self.name}-{self.stream_key}', self._run,
                                    self._thread, failure_name='encoder')
        return self._thread

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe, soon."""
        self.mailbox.request_keyframe()

    def _on_keyframe_not_taken(self) -> None:
        self.mailbox.keyframe_not_taken()

    # Encoder thread

    def _run(self, predecessor: threading.Thread | None) -> None:
        """Encode until the mailbox has another reader, and start again after a failure."""
        if predecessor is not None:
            # Two encoders of one stream never run side by side; the event loop does not wait.
            predecessor.join()
        while True:
            try:
                use_ordinary_priority()
                return self._encode_frames()
            except Exception as error:
                failures.note('encoder', error, 'it starts again')
                self.count_error(f'{self.profile} encoder: {error!r}')
            if self.mailbox.reader_ends_within(_RESTART_AFTER_S):
                return

    def _encode_frames(self) -> None:
        encoder: Encoder | None = None
        # The frame that was encoded last, when it was taken, and its timestamp.
        last: Frame | None = None
        last_time, last_pts = float('-inf'), -1
        # When its first picture was taken, or a keyframe of it.
        coarse_since = float('-inf')
        while (request := self.mailbox.take(last, last_time, coarse_since)) is not None:
            began = time.perf_counter()
            i420, tier = self._convert(request.frame), self.tier
            repeated = request.frame is last and not request.keyframe
            if i420 is None:
                # The picture before it is not to hide that, nor what failed to be tried on and on.
                coarse_since = float('-inf')
                if request.frame is last:
                    last = None
                continue
            width, height = i420.shape[1], i420.shape[0] * 2 // 3
            settings = EncoderSettings(self.profile, width, height, tier.max_bitrate,
                                       tier.max_fps, tier.burst, tier.threads)
            if request.frame is not last or request.keyframe:
                # A stream of few frames a second stays one.
                coarse_since = request.taken if tier.max_fps >= _REFINED_FPS else float('-inf')
            last, last_time = request.frame, request.taken
            # Stamps of a camera may jump back, RTP timestamps must not.
            last_pts = max(round(request.presentation_time * CLOCK_RATE), last_pts + 1)
            encoding_began = time.perf_counter()
            try:
                if encoder is None or encoder.settings != settings:
                    encoder = Encoder(settings, min(round(self.bitrate), tier.max_bitrate))
                encoder.set_bitrate(self.bitrate)
                packet = encoder.encode(i420, last_pts, request.keyframe, repeated=repeated)
            except Exception as error:
                # Of any kind: missing memory for a large image must not end the thread.
                self.count_error(f'{self.profile} encoder at {width}x{height}: {error!r}')
                # The frame that failed is not repeated.
                encoder = last = None
                continue
            if packet is None:
                continue
            if packet.is_keyframe:
                self.mailbox.keyframe_made(request.taken)
            now = time.perf_counter()
            if not repeated:
                self.stats.encode_s += now - encoding_began
                self.size_limit.on_encoded(width * height * tier.divisor ** 2, now - began, now)
            frame = EncodedFrame(packet, packet.is_keyframe, last_pts / CLOCK_RATE,
                                 request.frame.arrival)
            if not self._send(frame, encoder.size, repeated):
                return

    def _convert(self, frame: Frame) -> I420 | None:
        """Return a frame's pixels as I420; ``None`` if it cannot be shown."""
        try:
            whole, tier = frame.i420(), self.tier
            width, height = whole.shape[1], whole.shape[0] * 2 // 3
            # The tier's bits are for its own share of the picture.
            smaller = self.size_limit.divisor(
                width * height, tier.max_bitrate * tier.burst * tier.divisor ** 2)
            if smaller > 1 or self._logged_reduction is not None:
                self._note_size((width, height), smaller)
            divisor = tier.divisor * smaller
            return frame.i420(divisor) if divisor > 1 else whole
        except ImageError as error:
            self.count_error(error)
        except Exception as error:
            # An image that breaks a library must not end the thread.
            self.count_error(f'cannot be decoded: {error!r}')
        return None

    def _note_size(self, size: tuple[int, int], divisor: int) -> None:
        """Say that pictures are made smaller, or that they are no more."""
        reduction = (*size, divisor) if divisor > 1 else None
        if reduction != self._logged_reduction:
            self._logged_reduction = reduction
            monitor = self.monitor
            monitor.smaller = made_smaller(
                monitor.source.topic or self.name, size,
                (size[0] // divisor, size[1] // divisor), monitor.prefix) if divisor > 1 else None
