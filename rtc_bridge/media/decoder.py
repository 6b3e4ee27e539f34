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


"""A camera's own H.264, decoded for those who cannot be given it as it is."""

from collections import deque
from functools import partial
import threading
from typing import Callable

import av
from av.video.reformatter import ColorRange
import numpy as np

from .frame import Load
from .passthrough import PassthroughStream
from .pixels import Planes
from ..core.errors import ImageError
from ..core.supervision import guard, start_thread
from ..system.thread_priority import be_ordinary

# So many units are a second of delay: then it begins anew at a keyframe.
_MAX_WAITING = 30
# Seconds before a thread that could not begin is started again.
_RESTART_AFTER_S = 1.0


class Decoder:
    """
    Decodes every unit in order, in a thread that lives while somebody needs the pictures.

    :param stream: is asked for keyframes, and counts what cannot be decoded
    :param show: takes, in the decoder's thread, a function that returns pixels and encoding
    """

    def __init__(self, stream: PassthroughStream, show: Callable[[Load], None]) -> None:
        """Do nothing yet."""
        self._stream = stream
        self._show = show
        self._ready = threading.Condition()
        # ``None`` stands for a gap.
        self._units: deque[bytes | None] = deque()
        self._thread: threading.Thread | None = None
        self.pictures = 0

    def run(self, needed: bool) -> None:
        """Start or stop; in the event loop."""
        if needed == (self._thread is not None):
            return
        with self._ready:
            self._units.clear()
            self._thread = start_thread(
                f'decode-{self._stream.name}', self._run, failure_name='decoder',
                on_failure=self._ended) if needed else None
            self._ready.notify_all()
        if needed:
            self._stream.request_keyframe()

    def _ended(self, error: BaseException) -> None:
        """Let :meth:`run` start another thread, a little later; in the one that failed."""
        self._stream.count_error(f'the decoder failed: {error!r}')
        this = threading.current_thread()
        with self._ready:
            self._ready.wait_for(lambda: self._thread is not this, _RESTART_AFTER_S)
            if self._thread is this:
                self._thread = None

    def put(self, unit: bytes | None) -> None:
        """Hand in the next unit (Annex B), ``None`` for one that is missing; from any thread."""
        with self._ready:
            if self._thread is None:
                return
            if len(self._units) >= _MAX_WAITING:
                self._units.clear()
                self._units.append(None)
                self._stream.stats.superseded += _MAX_WAITING
            self._units.append(unit)
            self._ready.notify()

    def _run(self) -> None:
        be_ordinary()
        this = threading.current_thread()
        context: av.CodecContext | None = None
        begun = False
        while True:
            with self._ready:
                while self._thread is this and not self._units:
                    self._ready.wait()
                if self._thread is not this:
                    return
                unit = self._units.popleft()
            if unit is None:
                # A new one shows nothing before a keyframe, where this one would show garbage.
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
                self.pictures += 1
                with guard('decoder', self._count):
                    self._show(partial(_pixels, frame))

    def _count(self, error: BaseException) -> None:
        self._stream.count_error(f'a decoded picture cannot be shown: {error!r}')


def _plane(plane: av.video.plane.VideoPlane) -> np.ndarray:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[:plane.height, :plane.width]


def _pixels(frame: av.VideoFrame) -> tuple[np.ndarray | Planes, str]:
    """
    Return a decoded picture, as it is where encoders take it so.

    By way of BGR a picture of 1280x720 takes 1.2 ms of a core more, as measured in November 2026.
    """
    if frame.format.name == 'yuv420p' and frame.color_range != ColorRange.JPEG:
        return Planes(*map(_plane, frame.planes)), ''
    try:
        return frame.to_ndarray(format='bgr24'), 'bgr8'
    except (av.FFmpegError, ValueError) as error:
        raise ImageError(f'H.264 picture of {frame.format.name}: {error}') from None
