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

"""A stream of encoded frames and its viewers: each frame goes to all of them."""

from abc import ABC, abstractmethod
import asyncio
from dataclasses import dataclass
from typing import Protocol

from .encoded_frame import EncodedFrame
from ..core.cameras.picture_monitor import PictureMonitor
from ..core.cameras.picture_reason import PictureReason
from ..core.clock import boot_time, Clock
from ..core.errors import ImageError
from ..core.failure_log import failures
from ..core.supervision import call_guarded


class StreamViewer(Protocol):
    """What a stream hands its frames to."""

    def deliver(self, stream: 'VideoStream', frame: EncodedFrame) -> bool:
        """Take a frame, in the event loop; return whether the viewer gets it."""


@dataclass
class StreamStats:
    """
    Counts since the start, for ``/diagnostics``.

    :ivar superseded: frames that a newer one replaced before they were encoded or sent
    :ivar errors: images that could not be shown, and failures of the encoder
    :ivar encode_s: time spent on encoding, in seconds
    :ivar size: width and height of the newest frame, in pixels
    """

    frames: int = 0
    keyframes: int = 0
    bytes_out: int = 0
    superseded: int = 0
    errors: int = 0
    encode_s: float = 0.0
    last_error: str = ''
    size: tuple[int, int] = (0, 0)


class VideoStream(ABC):
    """
    Hands the frames of one producer thread to all viewers, in the event loop.

    Viewers come and go in the event loop; :meth:`count_error` and :meth:`_send` belong to any
    thread.

    :param name: the camera's, for the log
    :param stream_key: what is sent: codec and profile, and the tier or ``source``
    """

    def __init__(self, name: str, stream_key: str, clock: Clock = boot_time) -> None:
        self.name = name
        self.stream_key = stream_key
        self.stats = StreamStats()
        # What becomes of the images; a camera's streams share one.
        self.monitor = PictureMonitor(name, clock)
        # In bit/s, what the stream is steered to.
        self.bitrate = float('inf')
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # Replaced as a whole and never changed, so that it can be iterated over meanwhile.
        self._viewers: tuple[StreamViewer, ...] = ()

    @property
    def watched(self) -> bool:
        """Tell whether the stream has viewers."""
        return bool(self._viewers)

    @property
    def viewers(self) -> int:
        """Return the number of viewers."""
        return len(self._viewers)

    def subscribe(self, viewer: StreamViewer) -> None:
        """Add a viewer."""
        self._loop = asyncio.get_running_loop()
        self._viewers += (viewer,)

    def unsubscribe(self, viewer: StreamViewer) -> None:
        """Remove a viewer."""
        self._viewers = tuple(v for v in self._viewers if v is not viewer)

    @abstractmethod
    def request_keyframe(self) -> None:
        """Ask for a keyframe, which all viewers of the stream get."""

    def count_error(self, error: str | ImageError | PictureReason) -> None:
        """Count an image that cannot be shown; each kind is logged once; from any thread."""
        self.stats.errors += 1
        self.stats.last_error = error.text if isinstance(error, PictureReason) else str(error)
        self.monitor.on_error(error)

    def _send(self, frame: EncodedFrame, size: tuple[int, int], repeated: bool = False) -> bool:
        """
        Hand a frame over to the event loop; in the producer's thread.

        :param size: width and height in pixels
        :param repeated: it shows the same image as the one before
        :returns: whether the event loop is still there
        """
        stats = self.stats
        stats.frames += not repeated
        stats.keyframes += frame.keyframe
        stats.bytes_out += frame.packet.size
        stats.size = size
        if not repeated:
            self.monitor.on_picture(frame.arrival)
        loop = self._loop
        if loop is None:
            return False
        try:
            loop.call_soon_threadsafe(call_guarded, 'fan-out', self._deliver, frame)
        except RuntimeError:
            # The loop was closed meanwhile, and all viewers with it.
            return False
        return True

    def _deliver(self, frame: EncodedFrame) -> None:
        """Give all viewers a frame."""
        taken = False
        for viewer in self._viewers:
            try:
                taken |= viewer.deliver(self, frame)
            except (Exception, asyncio.CancelledError) as error:
                # One viewer's failure must not keep the frame from the others.
                failures.note('fan-out', error)
        if frame.keyframe and not taken:
            self._on_keyframe_not_taken()

    def _on_keyframe_not_taken(self) -> None:
        """Note that no viewer has got a keyframe: they are still connecting."""
