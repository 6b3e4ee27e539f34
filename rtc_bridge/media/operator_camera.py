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

"""What the camera or the screen of one viewer shows, decoded for the robot."""

from collections import deque
import threading
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from ..core.bitstreams.vp8_headers import is_keyframe, keyframe_size
from ..core.clock import boot_time, Clock
from ..core.limits.rate_limit import RateLimiter, Throttle
from ..core.supervision import call_guarded, start_thread
from ..system.processes.thread_priority import use_ordinary_priority

# Frames that wait for the decoder. If more wait, the computer is too busy: half a second is lost.
_MAX_WAITING = 8
# Frames that are decoded for each picture that is handed on: a camera may be quicker than that.
_FRAMES_PER_PICTURE = 2.0

BGR = NDArray[np.uint8]


class PictureSink(Protocol):
    """Where the pictures go."""

    @property
    def watched(self) -> bool:
        """Tell whether anybody takes pictures now; from any thread."""

    def put(self, bgr: BGR) -> None:
        """Take a picture, of shape (height, width, 3); in the decoder's thread."""


class OperatorCamera:
    """
    Decodes the pictures of the viewer who has the floor.

    All methods belong to the event loop. Decoder and sink run in a thread that lives while a
    viewer is seen.

    :param max_size: largest width and height in pixels; upright pictures may be as large
    :param max_fps: most pictures a second that are handed on
    :ivar sink: takes the pictures; ``None``: nobody does, and nothing is decoded
    :ivar pictures: that were handed on, in all
    :ivar reason: why the newest pictures are not shown, '' if they are
    """

    def __init__(self, max_size: tuple[int, int] = (640, 480), max_fps: float = 15.0,
                 clock: Clock = boot_time) -> None:
        self.max_size = max_size
        self.max_fps = max_fps
        self.sink: PictureSink | None = None
        self.pictures = 0
        self.reason = ''
        self._clock = clock
        self._rate = RateLimiter(_FRAMES_PER_PICTURE * max_fps, _FRAMES_PER_PICTURE * max_fps,
                                 clock)
        self._throttle = Throttle()
        self._changed = threading.Condition()
        self._needs_keyframe = True
        self._frames: deque[bytes] = deque()
        # The thread that decodes; any other one ends.
        self._decoder: threading.Thread | None = None

    @property
    def watched(self) -> bool:
        """Tell whether anybody takes pictures now."""
        return self.sink is not None and self.sink.watched

    @property
    def needs_keyframe(self) -> bool:
        """Tell whether nothing can be decoded before the viewer sends a keyframe."""
        return self._needs_keyframe

    def put(self, frame: bytes) -> None:
        """Take the next encoded frame (VP8) of the viewer."""
        with self._changed:
            if is_keyframe(frame):
                refusal = self._refusal(keyframe_size(frame))
                self._needs_keyframe = bool(refusal)
                self.reason = refusal or self.reason
            if self._needs_keyframe or not frame:
                return
            if len(self._frames) >= _MAX_WAITING or not self._rate.allow():
                self._skip('more pictures come than can be decoded')
                return
            self._frames.append(frame)
            if self._decoder is None:
                self._decoder = start_thread(
                    'operator-camera', self._run, failure_name='operator camera',
                    on_failure=self._on_failure)
            self._changed.notify()

    def _refusal(self, size: tuple[int, int] | None) -> str:
        if size is None or not min(size):
            return 'a keyframe has no size'
        if max(size) > max(self.max_size) or min(size) > min(self.max_size):
            return (f'pictures of {size[0]}x{size[1]} are larger than '
                    f'{self.max_size[0]}x{self.max_size[1]}')
        return ''

    def _skip(self, reason: str) -> None:
        """Go on with the next keyframe; with ``_changed`` held."""
        self._frames.clear()
        self._needs_keyframe = True
        self.reason = reason

    def end(self) -> None:
        """Show nothing more of this viewer: another may come."""
        with self._changed:
            self._skip('')
            self._decoder = None
            self._changed.notify_all()

    # Decoder thread

    def _run(self) -> None:
        use_ordinary_priority()
        this = threading.current_thread()
        context: Any = av.CodecContext.create('vp8', 'r')
        # More threads would keep frames back.
        context.thread_count = 1
        while True:
            with self._changed:
                while self._decoder is this and not self._frames:
                    self._changed.wait()
                if self._decoder is not this:
                    return
                frame = self._frames.popleft()
            try:
                for picture in context.decode(av.Packet(frame)):
                    self._hand_on(picture, this)
            except av.FFmpegError as error:
                with self._changed:
                    # The frames behind it refer to it, unless a keyframe is among them.
                    while self._frames and not is_keyframe(self._frames[0]):
                        self._frames.popleft()
                    if self._decoder is this and not self._frames:
                        self._skip(f'a frame cannot be decoded: {error.strerror}')

    def _on_failure(self, error: BaseException) -> None:
        """Let the next keyframe start another thread; in the thread that failed."""
        with self._changed:
            if self._decoder is threading.current_thread():
                self._skip(f'the decoder failed: {error!r}')
                self._decoder = None

    def _hand_on(self, picture: Any, this: threading.Thread) -> None:
        if not self._throttle.passes(self._clock(), self.max_fps):
            return
        bgr = picture.to_ndarray(format='bgr24')
        with self._changed:
            sink = self.sink if self._decoder is this else None
            if sink is None:
                return
            self.pictures += 1
            self.reason = ''
        call_guarded('operator camera', sink.put, bgr)
