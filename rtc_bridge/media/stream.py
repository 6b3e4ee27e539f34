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

import asyncio
from dataclasses import dataclass, field
import logging
import threading
import time
from typing import Callable

import av

from .encoder import Encoder
from .picture import Picture
from ..core.clock import boot_time
from ..core.errors import ImageError
from ..core.fallback import family

logger = logging.getLogger(__name__)
# Keyframes cost all viewers: requests within this time share one.
KEYFRAME_INTERVAL_S = 0.3
# A viewer that comes while the camera is silent gets the last picture after this time.
_REPEAT_AFTER_S = 0.2
START_BITRATE = 600_000
WARNING_PERIOD_S = 5.0

# Takes each packet and whether it is a keyframe, in the event loop; returns whether the viewer
# will get it.
Sink = Callable[[av.Packet, bool], bool]


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


@dataclass
class StreamStats:
    """Counts since the start; times in seconds."""

    frames: int = 0
    keyframes: int = 0
    bytes_out: int = 0
    superseded: int = 0
    errors: int = 0
    encode_s: float = 0.0
    last_error: str = ''
    size: tuple[int, int] = field(default=(0, 0))


class VideoStream:
    """
    Encodes a camera once, however many watch, and only while somebody does.

    All methods but :meth:`put` belong to the event loop. A newer picture replaces an unread one,
    so a slow encoder lowers the frame rate and never adds delay.
    """

    def __init__(self, name: str, codec: str, limits: Limits) -> None:
        """Do nothing yet: the first viewer starts the thread."""
        self.name = name
        self.codec = codec
        self.stats = StreamStats()
        # These two may be changed while running.
        self.limits = limits
        self.bitrate = START_BITRATE
        self._loop: asyncio.AbstractEventLoop | None = None
        # Replaced as a whole, never changed: it may be gone through.
        self._sinks: tuple[Sink, ...] = ()
        self._ready = threading.Condition()
        self._last_thread: threading.Thread | None = None
        self._picture: Picture | None = None
        self._keyframe_wanted = False
        # When the last keyframe was made that any viewer got.
        self._last_keyframe = float('-inf')
        self._next_warning = 0.0
        # The thread that is to run; one that is no longer this ends after the frame in hand.
        self._thread: threading.Thread | None = None

    @property
    def label(self) -> str:
        """Return codec and scale: ``h264``, ``h264/2``."""
        divisor = self.limits.divisor
        return self.codec if divisor == 1 else f'{self.codec}/{divisor}'

    @property
    def watched(self) -> bool:
        """Tell whether anybody watches."""
        return bool(self._sinks)

    @property
    def viewers(self) -> int:
        """Return how many watch."""
        return len(self._sinks)

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
        self._sinks += (sink,)
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, args=(self._last_thread,),
                                            daemon=True, name=f'encode-{self.name}-{self.label}')
            self._last_thread = self._thread
            self._thread.start()

    def unsubscribe(self, sink: Sink) -> None:
        """Remove a viewer; with the last one the encoder ends."""
        self._sinks = tuple(s for s in self._sinks if s is not sink)
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
        if before is not None:
            # Two encoders of one stream never run side by side; the event loop does not wait.
            before.join()
        this = threading.current_thread()
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
                self._count_error(str(error))
                continue
            except Exception as error:
                # A picture that breaks the decoder must not end the thread unnoticed.
                self._count_error(f'cannot be decoded: {error!r}')
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
                self._count_error(f'{self.codec} encoder at {wanted[0]}x{wanted[1]}: {error!r}')
                encoder = None
                continue
            last_pts = pts
            if packet is None:
                continue
            if packet.is_keyframe:
                self._last_keyframe = now
                # Not before there is one: until then the demand stands.
                self._keyframe_wanted = False
            stats = self.stats
            stats.encode_s += time.perf_counter() - began
            stats.frames += 1
            stats.keyframes += packet.is_keyframe
            stats.bytes_out += packet.size
            stats.size = encoder.size
            try:
                self._loop.call_soon_threadsafe(self._deliver, packet, packet.is_keyframe)
            except RuntimeError:
                # The loop has ended meanwhile, and with it all who watched.
                return

    def _count_error(self, text: str) -> None:
        self.stats.errors += 1
        self.stats.last_error = text
        now = boot_time()
        if now >= self._next_warning:
            self._next_warning = now + WARNING_PERIOD_S
            logger.warning('camera %s: %s (%d so far)', self.name, text, self.stats.errors)

    # Event loop

    def _deliver(self, packet: av.Packet, keyframe: bool) -> None:
        taken = [sink(packet, keyframe) for sink in self._sinks]
        if keyframe and not any(taken):
            # Its viewers are still connecting: whoever asks first must not wait for the next.
            with self._ready:
                self._last_keyframe = float('-inf')
                self._ready.notify()
