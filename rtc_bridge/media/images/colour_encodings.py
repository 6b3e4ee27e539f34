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

"""Encodings of red, green and blue, of grey, and of a sensor's raw samples."""

from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from .depth import depth_to_bgr
from .i420 import fit, I420, Pixels, RenderOptions, scaled_size
from .image_encoding_base import fit_8_bit, PixelEncoding
from .value_ranges import stretch

# Numbers of grey below which it is black to the eye.
_DARK = 16.0


def bgr_to_i420(bgr: Pixels) -> I420:
    """Return a BGR image of even width and height as I420."""
    return cast(I420, cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))


def grey_to_i420(grey: npt.NDArray[np.uint8]) -> I420:
    """Return grey in the full range, of even width and height, as I420."""
    height, width = grey.shape
    out = np.empty((height * 3 // 2, width), np.uint8)
    out[height:] = 128
    cv2.convertScaleAbs(grey, out[:height], alpha=219 / 255, beta=16)
    return out


class Colour(PixelEncoding):
    """Red, green and blue in some order, with or without alpha, which is ignored."""

    _CODES = {'bgr': cv2.COLOR_BGR2YUV_I420, 'rgb': cv2.COLOR_RGB2YUV_I420,
              'bgra': cv2.COLOR_BGRA2YUV_I420, 'rgba': cv2.COLOR_RGBA2YUV_I420}

    def __init__(self, kind: str, dtype: npt.DTypeLike) -> None:
        super().__init__(kind, dtype, len(kind))
        # Nothing says in which range the numbers of colours are if they are no integers.
        self.auto_range = self.dtype.kind == 'f'

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        kind = self.kind
        if kind.startswith('a'):
            pixels, kind = np.ascontiguousarray(pixels[:, :, 1:]), kind[1:]
        return cast(I420, cv2.cvtColor(fit_8_bit(pixels, options), self._CODES[kind]))


class Packed565(PixelEncoding):
    """
    Red, green and blue in 16 bits, the low byte first; the first named has the high bits.

    A range of numbers concerns what they are as 8 bits each.
    """

    _CODES = {'rgb565': cv2.COLOR_BGR5652BGR, 'bgr565': cv2.COLOR_BGR5652RGB}

    def __init__(self, kind: str) -> None:
        super().__init__(kind, np.uint8, 2)

    def numbers(self, pixels: Pixels) -> Pixels:
        """Return the colours as 8 bits each."""
        return cv2.cvtColor(np.ascontiguousarray(pixels), self._CODES[self.kind])

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        bgr = self.numbers(pixels)
        return bgr_to_i420(fit_8_bit(bgr, options))


class Mono(PixelEncoding):
    """Luma in the full range; numbers of more than 8 bits in the range that images use of it."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__('mono', dtype, 1)
        self.auto_range = self.dtype != np.uint8

    def telling_numbers(self, options: RenderOptions) -> tuple[float, float, str] | None:
        """Return those of 8 bits: labels are smaller, and black."""
        return (_DARK, 255.0, '') if self.dtype == np.uint8 else None

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        return grey_to_i420(fit_8_bit(pixels, options))


class Bayer(PixelEncoding):
    """
    The raw samples of a sensor behind a Bayer filter.

    :param bits: of a sample, which are the low ones
    """

    # ROS names the first row's first two pixels, OpenCV the second row's second and third.
    _CODES = {'rggb': cv2.COLOR_BayerBG2BGR, 'bggr': cv2.COLOR_BayerRG2BGR,
              'gbrg': cv2.COLOR_BayerGR2BGR, 'grbg': cv2.COLOR_BayerGB2BGR}

    def __init__(self, pattern: str, bits: int) -> None:
        super().__init__(f'bayer_{pattern}', np.uint8 if bits <= 8 else np.uint16, 1)
        self._code = self._CODES[pattern]
        self._white = (1 << bits) - 1

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        if isinstance(options.value_range, tuple):
            pixels = stretch(pixels, *options.value_range)
        elif pixels.dtype != np.uint8:
            pixels = cv2.convertScaleAbs(pixels, alpha=255 / self._white)
        return bgr_to_i420(_fit(cv2.cvtColor(pixels, self._code), options))


class Depth(PixelEncoding):
    """
    Distances (REP 118), shown as colours.

    With a range of numbers they are grey, as nothing else than distances is shown in colours.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__('depth', dtype, 1)

    def telling_numbers(self, options: RenderOptions) -> tuple[float, float, str] | None:
        """Return those of the colour map."""
        near, far = options.depth_range
        if self.dtype == np.uint16:
            return near * 1000, far * 1000, 'mm'
        return near, far, 'm'

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        height, width = pixels.shape
        size = scaled_size(width, height, options)
        if size[0] < width:
            # Never the mean of a near and a far thing, or of a measurement and none.
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
        if isinstance(options.value_range, tuple):
            grey = fit(stretch(pixels, *options.value_range), size)
            return grey_to_i420(cast(npt.NDArray[np.uint8], grey))
        return bgr_to_i420(fit(depth_to_bgr(pixels, options.depth_range), size))


def _fit(pixels: Pixels, options: RenderOptions) -> Pixels:
    height, width = pixels.shape[:2]
    return fit(pixels, scaled_size(width, height, options))
