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

"""Decodes a camera's own H.264 for viewers that cannot be given it as it is."""

from collections import deque
from functools import partial
import logging
import threading
from typing import Callable

import av
from av.video.codeccontext import VideoCodecContext

from .av_frames import pixels_of
from .frame import Load
from .passthrough_stream import PassthroughStream
from ..core.supervision import guard, start_thread
from ..system.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)
# Access units that may wait: a second of delay at 30 a second. With more, decoding starts again at
# a keyframe.
_MAX_WAITING = 30
# Seconds before a thread that failed is started again.
_RESTART_AFTER_S = 1.0


class H264Decoder:
    """
    Decodes each access unit in order, in a thread that runs while the images are needed.

    :param stream: is asked for keyframes, and counts what cannot be decoded
    :param show: takes, in the decoder's thread, a function that returns pixels and encoding
    """

    def __init__(self, stream: PassthroughStream, show: Callable[[Load], None]) -> None:
        self.images = 0
        self._stream = stream
        self._show = show
        self._changed = threading.Condition()
        # Access units, and ``None`` for one that is missing.
        self._units: deque[bytes | None] = deque()
        # The thread that is to decode; any other one ends.
        self._thread: threading.Thread | None = None

    def run(self, needed: bool) -> None:
        """Start or stop; in the event loop."""
        if needed == (self._thread is not None):
            return
        logger.debug('camera %s: its H.264 is %sdecoded', self._stream.name,
                     '' if needed else 'no longer ')
        with self._changed:
            self._units.clear()
            self._thread = start_thread(
                f'decode-{self._stream.name}', self._run, failure_name='decoder',
                on_failure=self._on_failure) if needed else None
            self._changed.notify_all()
        if needed:
            self._stream.request_keyframe()

    def _on_failure(self, error: BaseException) -> None:
        """Let :meth:`run` start another thread, a little later; in the thread that failed."""
        self._stream.count_error(f'the decoder failed: {error!r}')
        this = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is not this, _RESTART_AFTER_S)
            if self._thread is this:
                self._thread = None

    def put(self, unit: bytes | None) -> None:
        """Hand in the next access unit (Annex B), ``None`` if it is missing; from any thread."""
        with self._changed:
            if self._thread is None:
                return
            if len(self._units) >= _MAX_WAITING:
                self._units.clear()
                self._units.append(None)
                self._stream.stats.superseded += _MAX_WAITING
            self._units.append(unit)
            self._changed.notify()

    # Decoder thread

    def _run(self) -> None:
        use_ordinary_priority()
        this = threading.current_thread()
        context: VideoCodecContext | None = None
        # The context has had its first keyframe.
        begun = False
        while True:
            with self._changed:
                while self._thread is this and not self._units:
                    self._changed.wait()
                if self._thread is not this:
                    return
                unit = self._units.popleft()
            if unit is None:
                # A new context shows nothing before a keyframe, where this one would show garbage.
                context = None
                self._stream.request_keyframe()
                continue
            if context is None:
                context = av.CodecContext.create('h264', 'r')
                # Frame threads delay.
                context.thread_count = 1
                begun = False
            try:
                frames = context.decode(av.Packet(unit))
            except av.FFmpegError as error:
                # Before the first keyframe there is nothing to refer to.
                if begun:
                    self._stream.count_error(f'H.264 cannot be decoded: {error}')
                    context = None
                    self._stream.request_keyframe()
                continue
            for frame in frames:
                begun = True
                self.images += 1
                with guard('decoder', self._count):
                    self._show(partial(pixels_of, frame))

    def _count(self, error: BaseException) -> None:
        self._stream.count_error(f'a decoded image cannot be shown: {error!r}')
