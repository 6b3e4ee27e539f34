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

"""The numbers of an image stretched to 8 bits, and measured for that."""

from collections.abc import Callable
import math
import threading
from typing import Any, cast, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import Pixels
from ...core.images.value_range import RangeFollower

# Pixels that are measured: enough for the shares below, and 0.3 ms of a core.
_MEASURED = 20_000
# Share of the pixels at each end, in percent, that may be outside the range: hot and dead pixels.
_OUTLIERS = 0.2
# The least span of 16 bits, in numbers: a wall in a thermal image is no noise. Small numbers may
# be labels.
_MIN_SPAN, _LABELS = 32.0, 255.0
# Seconds between two looks whether images look the same all over.
_LOOK_PERIOD_S = 1.0
# Numbers of an image, or none, and those that would look different, from the least to the largest;
# unit.
FlatImage: TypeAlias = tuple[tuple[float, float] | None, tuple[float, float], str]


def stretch(pixels: Pixels, low: float, high: float) -> npt.NDArray[np.uint8]:
    """
    Return numbers as 8 bits, from 0 for ``low`` to 255 for ``high``; what is no number is 0.

    :param pixels: of any shape
    """
    if pixels.dtype == np.uint16 and low >= 0 and low == int(low):
        # A quarter of the time that the table takes; the difference is never below 0.
        above = cv2.subtract(pixels, (low,) * 4)  # type: ignore[call-overload] # A scalar.
        return cast(npt.NDArray[np.uint8], cv2.convertScaleAbs(above, alpha=255 / (high - low)))
    if pixels.dtype in (np.uint8, np.uint16):
        count = 1 << 8 * pixels.dtype.itemsize
        table = _stretch(np.arange(count, dtype=np.float32), low, high)
        return np.take(table, cast(npt.NDArray[np.uint16], pixels))
    # Of numbers of 32 bits float32 does not hold all.
    exact = pixels.dtype.itemsize < 4 or pixels.dtype == np.float32
    numbers: npt.NDArray[np.floating[Any]] = pixels.astype(np.float32 if exact else np.float64)
    # Infinities are no measurements either (REP 117).
    np.nan_to_num(numbers, copy=False, nan=low, posinf=low, neginf=low)
    return _stretch(numbers, low, high)


def _stretch(numbers: npt.NDArray[np.floating[Any]], low: float, high: float
             ) -> npt.NDArray[np.uint8]:
    # In place: an image of floats is large.
    numbers -= low
    numbers *= 255 / (high - low)
    numbers += 0.5
    return np.clip(numbers, 0, 255, out=numbers).astype(np.uint8)


def measure(pixels: Pixels) -> tuple[float, float] | None:
    """
    Return the range of an image's numbers, without outliers; ``None`` if none is a number.

    Both are the same if all numbers are.
    """
    flat = _numbers(_sample(pixels))
    low = high = 0.0
    if flat.size:
        low, high = map(float, np.percentile(flat, (_OUTLIERS, 100 - _OUTLIERS),
                                             method='nearest'))
    if low == high:
        # What little there is besides counts.
        flat = _numbers(pixels)
        if not flat.size:
            return None
        low, high = float(flat.min()), float(flat.max())
    if pixels.dtype.kind != 'f' and high > _LABELS and 0 < high - low < _MIN_SPAN:
        middle = (low + high) / 2
        low, high = middle - _MIN_SPAN / 2, middle + _MIN_SPAN / 2
    return low, high


def _sample(pixels: Pixels) -> Pixels:
    """Return about so many of the pixels, evenly."""
    step = max(int((pixels.shape[0] * pixels.shape[1] / _MEASURED) ** 0.5), 1)
    return pixels[::step, ::step]


def _numbers(pixels: Pixels) -> npt.NDArray[Any]:
    """Return the numbers of pixels in which something was measured."""
    flat: npt.NDArray[Any] = pixels.reshape(-1)
    if flat.dtype.kind == 'f':
        return cast(npt.NDArray[Any], flat[np.isfinite(flat)])
    if flat.dtype == np.uint16:
        # Drivers mark pixels without a measurement by it.
        some = flat[flat != np.iinfo(np.uint16).max]
        return some if some.size else flat
    return flat


def _above_zero(pixels: Pixels) -> npt.NDArray[Any]:
    """Return the numbers that are not black: zero is, or nothing was measured there."""
    numbers = _numbers(pixels)
    return numbers[numbers > 0]


class RangeMeter:
    """
    Gives the images of one camera a steady range; from any thread.

    :ivar next_look: when :meth:`look` looks at an image again, in seconds
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encoding = ''
        self._follower = RangeFollower()
        # Takes the least and the largest number of images all of which looks the same, or ``None``
        # where nothing is measured in depth images, the numbers that would look different, and
        # their unit; ``None`` once it is otherwise.
        self.on_flat: Callable[[FlatImage | None], object] = lambda flat: None
        self.next_look = -math.inf

    def look(self, pixels: Pixels, telling: tuple[float, float, str] | None, now: float) -> None:
        """
        Look, once a second, whether all of an image looks the same as its numbers are others.

        :param telling: the numbers between which numbers look different, and their unit
        :param now: when it came, in seconds
        """
        with self._lock:
            if now < self.next_look:
                return
            self.next_look = now + _LOOK_PERIOD_S
        flat: FlatImage | None = None
        if telling is not None:
            numbers = _above_zero(_sample(pixels))
            if not numbers.size and telling[2]:
                # A few measurements may be between the sampled pixels.
                numbers = _above_zero(pixels)
            if not numbers.size and telling[2]:
                flat = None, (telling[0], telling[1]), telling[2]
            elif numbers.size:
                low, high = float(numbers.min()), float(numbers.max())
                if high < telling[0] or low > telling[1]:
                    flat = (low, high), (telling[0], telling[1]), telling[2]
        self.on_flat(flat)

    def limits(self, pixels: Pixels, encoding: str, now: float) -> tuple[float, float] | None:
        """
        Return the numbers that are black and white in an image, ``None`` if it has no numbers.

        :param encoding: its name; another one begins anew
        :param now: when it came, in seconds of a clock that does not jump
        """
        measured = measure(pixels)
        with self._lock:
            if encoding != self._encoding:
                self._encoding, self._follower = encoding, RangeFollower()
            if measured is None:
                return self._follower.limits
            low, high = measured
            if low < high:
                low, high = self._follower.follow(low, high, now)
            elif self._follower.limits is not None:
                low, high = self._follower.limits
            else:
                low, high = _range_around(low, pixels.dtype)
        if pixels.dtype.kind == 'f':
            return low, high
        return float(math.floor(low)), float(math.ceil(high))


def _range_around(number: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return a range for an image of one number: of as many bits as it needs, or around it."""
    if dtype.kind == 'u' and dtype.itemsize <= 2:
        bits = next(bits for bits in (8, 10, 12, 14, 16) if number < 1 << bits)
        return 0.0, float((1 << bits) - 1)
    return number - 1, number + 1
