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

"""The mailbox between a camera and an encoder thread: one frame, the newest."""

from dataclasses import dataclass
import threading
from typing import Callable

from .images.frame import Frame
from .video_stream import StreamStats
from ..core.clock import boot_time

# Keyframes cost all viewers of a stream: requests within this time, in seconds, share one. Two
# viewers that join at once, or a burst of PLIs after a loss, need no more.
KEYFRAME_INTERVAL_S = 0.3
# Seconds of silence after which a viewer that waits for a keyframe gets the last frame again:
# a camera of 10 frames a second is not silent yet.
_REPEAT_AFTER_S = 0.2
# Seconds of silence after which a picture is sent again, to become sharp; from one time to the
# next; and after which it is sharp: at the lowest rate of each tier 36 dB. A camera of four frames
# a second sends the next frame instead.
_REFINE_AFTER_S, _REFINE_INTERVAL_S, _REFINED_AFTER_S = 0.3, 0.1, 1.2


@dataclass(frozen=True, slots=True)
class EncodeRequest:
    """
    What an encoder thread is to do next.

    Times are seconds of the boot-time clock.

    :ivar taken: when it was taken from the mailbox
    :ivar presentation_time: that the frame is shown for
    :ivar keyframe: make it a keyframe
    """

    frame: Frame
    taken: float
    presentation_time: float
    keyframe: bool


class FrameMailbox:
    """
    Holds the newest frame for one reader thread, and the wish for a keyframe.

    A newer frame replaces an unread one, so that a slow encoder lowers the frame rate and never
    adds delay. Any thread may call all methods; :meth:`take` waits.

    :param stats: counts the frames that were superseded
    """

    def __init__(self, stats: StreamStats) -> None:
        self._stats = stats
        self._changed = threading.Condition()
        # The thread that is to read; any other one that asks for a frame is told to end.
        self._reader: threading.Thread | None = None
        self._frame: Frame | None = None
        # When the frame may be taken, in seconds; ``None``: at once.
        self._due: float | None = None
        self._keyframe_wanted = False
        # When the last keyframe was made that any viewer got, in seconds.
        self._last_keyframe = float('-inf')

    def attach(self, start_reader: Callable[[], threading.Thread]) -> None:
        """Start a thread, and let it read from now on."""
        # The lock keeps the thread from asking before it is known.
        with self._changed:
            self._reader = start_reader()

    def detach(self) -> None:
        """Empty the mailbox, and let the reader end after the frame in hand."""
        with self._changed:
            self._reader = self._frame = None
            self._keyframe_wanted = False
            self._changed.notify_all()

    def put(self, frame: Frame, due: float | None = None) -> None:
        """
        Put in the newest frame; it is dropped if no thread reads.

        :param due: leave it there until then, in seconds of the boot-time clock, unless a keyframe
            is wanted: a newer frame may come
        """
        with self._changed:
            if self._reader is None:
                return
            if self._frame is not None and self._due is None:
                # In the place of one that may be taken.
                self._stats.superseded += 1
                due = None
            self._frame, self._due = frame, due
            self._changed.notify()

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe; without a new frame repeat the last one for that."""
        with self._changed:
            self._keyframe_wanted = True
            self._changed.notify()

    def take(self, last: Frame | None, last_time: float,
             coarse_since: float = float('-inf')) -> EncodeRequest | None:
        """
        Wait for the next frame to encode; return ``None`` if the calling thread is to end.

        :param last: the frame that this thread encoded last, to be repeated for a keyframe, or
            to become sharp while no other one comes
        :param last_time: when it was taken, in seconds
        :param coarse_since: when it was taken for the first time, or for a keyframe
        """
        this = threading.current_thread()
        with self._changed:
            while self._reader is this and (self._frame is None or self._due is not None):
                # With none of them there is nothing to wait for but a change.
                delay = self._delay(last, last_time, coarse_since)
                if delay is not None and delay <= 0:
                    break
                self._changed.wait(delay)
            if self._reader is not this:
                # What is here is for another thread.
                return None
            frame, self._frame, self._due = self._frame or last, None, None
            if frame is None:
                return None
            now = boot_time()
            return EncodeRequest(
                frame, now, now if frame is last else frame.arrival,
                self._keyframe_wanted and now - self._last_keyframe >= KEYFRAME_INTERVAL_S)

    def _delay(self, last: Frame | None, last_time: float, coarse_since: float) -> float | None:
        """Return in how many seconds there is a frame to encode, ``None`` if that is not known."""
        delays = []
        if self._frame is not None and self._due is not None:
            delays.append(self._due - boot_time())
        if self._keyframe_wanted and last is not None:
            delays.append(self._repeat_delay(last_time))
        if last is not None and self._frame is None:
            now = boot_time()
            again = max(now, coarse_since + _REFINE_AFTER_S, last_time + _REFINE_INTERVAL_S)
            if again <= coarse_since + _REFINED_AFTER_S:
                delays.append(again - now)
        return min(delays, default=None)

    def _repeat_delay(self, last_time: float) -> float:
        """Return in how many seconds the last frame is due again, as a keyframe."""
        # At once, as long as no viewer has a picture.
        silence = _REPEAT_AFTER_S if self._last_keyframe > 0 else 0
        return max(last_time + silence, self._last_keyframe + KEYFRAME_INTERVAL_S) - boot_time()

    def reader_ends_within(self, timeout: float) -> bool:
        """Wait for so many seconds at most; return whether the calling thread is to end."""
        this = threading.current_thread()
        with self._changed:
            return self._changed.wait_for(lambda: self._reader is not this, timeout)

    def keyframe_made(self, time: float) -> None:
        """Note that a keyframe was made at a time in seconds; until then the request stands."""
        self._last_keyframe = time
        self._keyframe_wanted = False

    def keyframe_not_taken(self) -> None:
        """
        Allow another keyframe at once.

        The stream's viewers are still connecting: the first of them that asks must not wait.
        """
        with self._changed:
            self._last_keyframe = float('-inf')
            self._changed.notify()
