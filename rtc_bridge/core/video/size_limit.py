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

"""How large a camera's pictures may be so that each of them is encoded and sent in time."""

import math
import threading

# Seconds for one picture above which it is late: five pictures a second, and a delay that a driver
# just bears. A single one may take longer, as when the host is busy for a moment.
_SLOW_S, _VERY_SLOW_S = 0.2, 0.8
# Slow pictures in a row after which the size is halved.
_SLOW_ONES = 3
# A larger size is tried when it should take no more than this share of ``_SLOW_S``, and that has
# lasted for so many seconds. The time doubles with each attempt that fails, up to the longest.
_UP_SHARE, _UP_S, _LONGEST_UP_S = 0.5, 10.0, 320.0
# Weight of a new picture in the mean of the times.
_WEIGHT = 0.2
# Pixels below which nothing is made smaller: the time is not lost with them.
MIN_PIXELS = 500_000
# Bits that each pixel of a keyframe needs: with 0.04 a picture is smeared (24 dB) until seconds
# later, with 0.08 it is not (34 dB; libx264, November 2026).
_KEYFRAME_BITS_PER_PIXEL = 0.06


class SizeLimit:
    """
    Halves width and height while pictures take too long, and goes back when they would not.

    Pictures whose keyframes would have too few bits are halved from the start.

    One for all streams of a camera; any thread may call all methods. Times are seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._max_pixels = math.inf
        self._slow_ones = 0
        # Mean time for a picture, and of how many pixels.
        self._mean, self._pixels = 0.0, 0
        # Since when a larger size would do, when that was tried last, and how long to wait.
        self._quick_since: float | None = None
        self._raised_at = -math.inf
        self._up_s = _UP_S

    def divisor(self, pixels: int, keyframe_bits: float = math.inf) -> int:
        """
        Return what to divide width and height by: 1, 2, 4, ...

        :param pixels: of the full picture
        :param keyframe_bits: that may be sent at once
        """
        max_pixels = min(self._max_pixels, keyframe_bits / _KEYFRAME_BITS_PER_PIXEL)
        divisor = 1
        while pixels / divisor ** 2 > max_pixels and (
                pixels / (2 * divisor) ** 2 >= MIN_PIXELS):
            divisor *= 2
        return divisor

    def on_encoded(self, pixels: int, seconds: float, now: float) -> None:
        """
        Note how long a picture took.

        :param pixels: of the picture as it was encoded
        """
        with self._lock:
            if pixels != self._pixels:
                self._mean, self._pixels, self._slow_ones = seconds, pixels, 0
                self._quick_since = None
            self._mean += _WEIGHT * (seconds - self._mean)
            self._slow_ones = self._slow_ones + 1 if seconds > _SLOW_S else 0
            if self._slow_ones >= _SLOW_ONES or seconds > _VERY_SLOW_S:
                self._lower(pixels, seconds, now)
            elif self._max_pixels < math.inf:
                self._raise_if_quick(pixels, now)

    def _lower(self, pixels: int, seconds: float, now: float) -> None:
        if pixels / 4 < MIN_PIXELS:
            return
        if now - self._raised_at < 2 * self._up_s:
            self._up_s = min(2 * self._up_s, _LONGEST_UP_S)
        # Each step leaves a quarter of the pixels, so half of them is the next one.
        self._max_pixels = min(self._max_pixels, pixels / 2, pixels * _SLOW_S / seconds)
        self._slow_ones, self._quick_since = 0, None

    def _raise_if_quick(self, pixels: int, now: float) -> None:
        """Allow the next larger size once it has been affordable for a while."""
        if 4 * self._mean > _UP_SHARE * _SLOW_S:
            self._quick_since = None
            return
        if self._quick_since is None:
            self._quick_since = now
        if now - self._quick_since >= self._up_s:
            self._quick_since, self._raised_at = None, now
            self._max_pixels = max(self._max_pixels, 6.0 * pixels)
