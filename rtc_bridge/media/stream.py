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

"""One camera in one codec and quality tier: mailbox, encoder thread, fan-out."""

from dataclasses import dataclass
import threading
import time

import av

from .encoder import Encoder
from .fanout import FanOut, Sink
from .frame import Picture
from ..core.clock import boot_time
from ..core.errors import ImageError
from ..core.supervision import failures, start_thread
from ..core.video.codec_fallback import family
from ..system.thread_priority import be_ordinary

# Keyframes cost all viewers: requests within this time share one.
KEYFRAME_INTERVAL_S = 0.3
# A viewer that comes while the camera is silent gets the last picture after this time.
_REPEAT_AFTER_S = 0.2
# Seconds before an encoder thread that failed begins anew.
_RESTART_AFTER_S = 1.0
START_BITRATE = 600_000


@dataclass(frozen=True)
class Limits:
    """
    What a stream keeps to: bit/s and frames per second.

    ``divisor`` of width and height; ``burst``: what may be sent at once, in seconds of
    ``max_bitrate``.
    """

    max_bitrate: int
    max_fps: float
    divisor: int = 1
    burst: float = 1 / 8


class VideoStream(FanOut):
    """
    Encodes a camera once, however many watch, and only while somebody does.

    All methods but :meth:`put` belong to the event loop. A newer picture replaces an unread one,
    so a slow encoder lowers the frame rate and never adds delay.
    """

    def __init__(self, name: str, codec: str, limits: Limits) -> None:
        """Do nothing yet: the first viewer starts the thread."""
        super().__init__(name)
        self.codec = codec
        # These two may be changed while running.
        self.limits = limits
        self.bitrate = START_BITRATE
        self._ready = threading.Condition()
        self._last_thread: threading.Thread | None = None
        self._picture: Picture | None = None
        self._keyframe_wanted = False
        # When the last keyframe was made that any viewer got.
        self._last_keyframe = float('-inf')
        # The thread that is to run; one that is no longer this ends after the frame in hand.
        self._thread: threading.Thread | None = None

    @property
    def label(self) -> str:
        """Return codec and scale: ``h264``, ``h264/2``."""
        divisor = self.limits.divisor
        return self.codec if divisor == 1 else f'{self.codec}/{divisor}'

    def put(self, picture: Picture) -> None:
        """Hand in the newest picture, from any thread."""
        with self._ready:
            if self._thread is None:
                return
            if self._picture is not None:
                self.stats.superseded += 1
            self._picture = picture
            self._ready.notify()

    def subscribe(self, sink: Sink) -> None:
        """Add a viewer; its first packet will be a keyframe, once it asks for one."""
        super().subscribe(sink)
        if self._thread is None:
            # The thread looks whether it is this one.
            with self._ready:
                self._thread = self._last_thread = start_thread(
                    f'encode-{self.name}-{self.label}', self._run, self._last_thread,
                    failure_name='encoder')

    def unsubscribe(self, sink: Sink) -> None:
        """Remove a viewer; with the last one the encoder ends."""
        super().unsubscribe(sink)
        if not self._sinks and self._thread is not None:
            with self._ready:
                self._thread = None
                self._picture = None
                self._keyframe_wanted = False
                self._ready.notify_all()

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe, soon."""
        with self._ready:
            self._keyframe_wanted = True
            self._ready.notify()

    # Encoder thread

    def _run(self, before: threading.Thread | None) -> None:
        this = threading.current_thread()
        if before is not None:
            # Two encoders of one stream never run side by side; the event loop does not wait.
            before.join()
        while True:
            try:
                be_ordinary()
                return self._encode(this)
            except Exception as error:
                failures.note('encoder', error, 'it begins anew')
                self.count_error(f'{self.codec} encoder: {error!r}')
            with self._ready:
                if self._ready.wait_for(lambda: self._thread is not this, _RESTART_AFTER_S):
                    return

    def _encode(self, this: threading.Thread) -> None:
        """Encode until another thread, or none, is to run."""
        encoder: Encoder | None = None
        opened: tuple[int, int, Limits] | None = None
        last: Picture | None = None
        last_frame = float('-inf')
        last_pts = -1
        while True:
            with self._ready:
                while self._thread is this and self._picture is None:
                    # Nothing new: a viewer without a first picture gets the old one.
                    wait = None
                    if self._keyframe_wanted and last is not None:
                        # At once, if nobody sees anything yet.
                        silent = _REPEAT_AFTER_S if self._last_keyframe > 0 else 0
                        wait = max(last_frame + silent,
                                   self._last_keyframe + KEYFRAME_INTERVAL_S) - boot_time()
                        if wait <= 0:
                            break
                    self._ready.wait(wait)
                if self._thread is not this:
                    return
                now = boot_time()
                picture, self._picture = self._picture or last, None
                captured = now if picture is last else picture.received
                keyframe = self._keyframe_wanted and (
                    now - self._last_keyframe >= KEYFRAME_INTERVAL_S)
            try:
                i420 = picture.i420(self.limits.divisor)
            except ImageError as error:
                self.count_error(str(error))
                continue
            except Exception as error:
                # A picture that breaks the decoder must not end the thread unnoticed.
                self.count_error(f'cannot be decoded: {error!r}')
                continue
            last, last_frame = picture, now
            began = time.perf_counter()
            try:
                limits = self.limits
                wanted = i420.shape[1], i420.shape[0] * 2 // 3, limits
                if encoder is None or opened != wanted:
                    encoder = Encoder(
                        family(self.codec), *wanted[:2],
                        bitrate=min(self.bitrate, limits.max_bitrate),
                        max_bitrate=limits.max_bitrate, fps=limits.max_fps,
                        burst=limits.burst,
                        profile='Main' if self.codec == 'h264-main' else 'Baseline')
                    opened = wanted
                encoder.set_bitrate(self.bitrate)
                pts = max(round(captured * 90000), last_pts + 1)
                packet = encoder.encode(i420, pts, keyframe)
            except Exception as error:
                # Of any kind: no memory for a large picture must not end the thread either.
                self.count_error(f'{self.codec} encoder at {wanted[0]}x{wanted[1]}: {error!r}')
                # Nor is it to be tried over and over.
                encoder = last = None
                continue
            last_pts = pts
            if packet is None:
                continue
            # An old picture that is sent again is no younger by that.
            packet.dts = round(picture.received * 90000)
            if packet.is_keyframe:
                self._last_keyframe = now
                # Not before there is one: until then the demand stands.
                self._keyframe_wanted = False
            self.stats.encode_s += time.perf_counter() - began
            if not self._send(packet, packet.is_keyframe, encoder.size):
                return

    # Event loop

    def _deliver(self, packet: av.Packet, keyframe: bool) -> bool:
        taken = super()._deliver(packet, keyframe)
        if keyframe and not taken:
            # Its viewers are still connecting: whoever asks first must not wait for the next.
            with self._ready:
                self._last_keyframe = float('-inf')
                self._ready.notify()
        return taken
