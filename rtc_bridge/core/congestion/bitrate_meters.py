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

"""What a stream has, and what a viewer was sent, in bits per second."""

from collections import deque

# Seconds that a stream is measured over, and for how many at least. Four seconds hold the keyframe
# that most cameras send each second or two.
_WINDOW_S, _MIN_WINDOW_S = 4.0, 1.0
# Seconds from which a rate is computed at least: two counts in a row are no rate.
_MIN_SPAN_S = 0.1
# Seconds by which sums of steps miss a window.
_ROUNDING_S = 1e-6


class BitrateMeter:
    """
    Measures a stream over the last seconds.

    :ivar bitrate: in bit/s, 0 while it is not known
    :ivar fps: in frames per second, 0 while it is not known
    """

    def __init__(self) -> None:
        self.bitrate = self.fps = 0.0
        # Time and bytes of the frames of the window, and the sum of the bytes.
        self._frames: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, now: float, size: int) -> None:
        """
        Count a frame.

        :param now: in seconds
        :param size: in bytes
        """
        frames = self._frames
        if frames and now - frames[-1][0] > _MIN_WINDOW_S:
            # The stream was interrupted: the time between says nothing of its bitrate.
            frames.clear()
            self._bytes = 0
        frames.append((now, size))
        self._bytes += size
        while now - frames[0][0] > _WINDOW_S:
            self._bytes -= frames.popleft()[1]
        span = now - frames[0][0]
        if span >= _MIN_WINDOW_S:
            # The first frame belongs to the time before it.
            self.bitrate = (self._bytes - frames[0][1]) * 8 / span
            self.fps = (len(frames) - 1) / span


class SendRateMeter:
    """Measures what a viewer was sent, from the sum of all bits."""

    WINDOW_S = 1.0

    def __init__(self, now: float) -> None:
        # Times, in seconds, and the sum of bits until then.
        self._sums: deque[tuple[float, float]] = deque([(now, 0.0)])

    def add(self, now: float, bits: float) -> None:
        """
        Take how many bits have been sent in all.

        :param now: in seconds
        """
        self._sums.append((now, bits))
        while len(self._sums) > 2 and now - self._sums[1][0] >= self.WINDOW_S:
            self._sums.popleft()

    def rate(self, window: float = WINDOW_S) -> float:
        """
        Return what was sent in the last seconds, in bit/s.

        :param window: how many of them, up to ``WINDOW_S``
        """
        end, bits = self._sums[-1]
        since, before = next(s for s in self._sums if end - s[0] <= window + _ROUNDING_S)
        return (bits - before) / max(end - since, _MIN_SPAN_S)
