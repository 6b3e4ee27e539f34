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

"""
The image encodings of ``sensor_msgs/image_encodings.hpp``: their memory and their conversion.

To add an encoding, add it to ``ENCODINGS`` below. Where no class here fits, add one that says how
its samples lie in memory and how they become I420. No other file needs a change.

Pixels are arrays in native byte order: (height, width) for one sample per pixel, (height, width,
samples) for more. Planar encodings are one array: the luma plane, then the rows of the interleaved
chroma plane, so (height * 3 / 2, width) for ``nv12`` and ``nv21``, (height * 3, width) for
``nv24``. Rows may have padding between them.
"""

from collections.abc import Mapping
import re
from typing import cast, NoReturn

import cv2
import numpy as np
import numpy.typing as npt

from .depth import depth_to_bgr
from .i420 import fit, I420, join, Pixels, RenderOptions, rotate, scaled_size
from .image_encoding_base import Buffer, fit_8_bit, ImageEncoding
from ..core.errors import ImageError
from ..core.protocol.strict_json import shorten

_GENERIC = re.compile(r'(8U|8S|16U|16S|32S|32F|64F)C\d*')


class Colour(ImageEncoding):
    """Red, green and blue in some order, with or without alpha, which is ignored."""

    _CODES = {'bgr': cv2.COLOR_BGR2YUV_I420, 'rgb': cv2.COLOR_RGB2YUV_I420,
              'bgra': cv2.COLOR_BGRA2YUV_I420, 'rgba': cv2.COLOR_RGBA2YUV_I420}

    def __init__(self, kind: str, dtype: npt.DTypeLike) -> None:
        super().__init__(kind, dtype, len(kind))

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        return cast(I420, cv2.cvtColor(fit_8_bit(pixels, options), self._CODES[self.kind]))


class Mono(ImageEncoding):
    """Luma in the full range."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__('mono', dtype, 1)

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        luma = fit_8_bit(pixels, options)
        height, width = luma.shape
        out = np.empty((height * 3 // 2, width), np.uint8)
        out[height:] = 128
        cv2.convertScaleAbs(luma, out[:height], alpha=219 / 255, beta=16)
        return out


class Bayer(ImageEncoding):
    """The raw samples of a sensor behind a Bayer filter."""

    # ROS names the first row's first two pixels, OpenCV the second row's second and third.
    _CODES = {'rggb': cv2.COLOR_BayerBG2BGR, 'bggr': cv2.COLOR_BayerRG2BGR,
              'gbrg': cv2.COLOR_BayerGR2BGR, 'grbg': cv2.COLOR_BayerGB2BGR}

    def __init__(self, pattern: str, dtype: npt.DTypeLike) -> None:
        super().__init__(f'bayer_{pattern}', dtype, 1)
        self._code = self._CODES[pattern]

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        if pixels.dtype != np.uint8:
            pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
        bgr = fit_8_bit(cv2.cvtColor(pixels, self._code), options)
        return cast(I420, cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))


class Depth(ImageEncoding):
    """Distances (REP 118), shown as colours."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__('depth', dtype, 1)

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        height, width = pixels.shape
        size = scaled_size(width, height, options)
        if size[0] < width:
            # Never the mean of a near and a far thing, or of a measurement and none.
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
        bgr = fit(depth_to_bgr(pixels, options.depth_range), size)
        return cast(I420, cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))


class Packed422(ImageEncoding):
    """Luma of each pixel, and chroma that two pixels share (V4L2 UYVY, YUYV)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, np.uint8, 2)

    def check(self, name: str, pixels: Pixels) -> Pixels:
        """Leave out the last column of an odd width, which has no chroma of its own."""
        return super().check(name, pixels[:, :pixels.shape[1] & ~1] if pixels.ndim > 1 else pixels)

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        height, width = pixels.shape[:2]
        first, second = cv2.split(pixels)
        luma, chroma = (second, first) if self.kind == 'uyvy' else (first, second)
        if height > 1:
            pairs = cv2.addWeighted(chroma[:-1:2], 0.5, chroma[1::2], 0.5, 0)
            if height % 2:
                # An odd last row keeps its chroma.
                pairs = np.concatenate((pairs, chroma[-1:]))
        else:
            pairs = chroma
        u, v = cv2.split(pairs.reshape(-1, width // 2, 2))
        return join(luma, u, v, scaled_size(width, height, options))


class SemiPlanar420(ImageEncoding):
    """Luma, then pairs of chroma that four pixels share (V4L2 NV12, NV21)."""

    chroma_rows = 1

    def __init__(self, kind: str) -> None:
        super().__init__(kind, np.uint8, 1)

    def _view(self, data: Buffer, width: int, height: int, step: int, big_endian: bool) -> Pixels:
        if width % 2 == 0 and height % 2 == 0:
            return super()._view(data, width, height, step, big_endian)
        # An odd size is cropped to an even one: its last chroma samples may not be there.
        size = width & ~1, height & ~1
        if not all(size):
            raise ImageError(f'{self.kind} of {width}x{height} pixels is too small')
        return _two_planes(data, *size, size[0], size[1] // 2, step, step * height, step)

    def check(self, name: str, pixels: Pixels) -> Pixels:
        """Refuse odd sizes."""
        pixels = super().check(name, pixels)
        if pixels.shape[0] % 3 or pixels.shape[1] % 2:
            raise ImageError(f'{name} needs an even width and height, got rows of '
                             f'{pixels.shape[1]} and {pixels.shape[0]} of them for both planes')
        return pixels

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        rows, width = pixels.shape
        height = rows * 2 // 3
        chroma = pixels[height:]
        u, v = cv2.split(np.lib.stride_tricks.as_strided(
            chroma, (height // 2, width // 2, 2), (chroma.strides[0], 2, 1), writeable=False))
        if self.kind == 'nv21':
            u, v = v, u
        return join(pixels[:height], u, v, scaled_size(width, height, options))


class SemiPlanar444(ImageEncoding):
    """Luma, then a pair of chroma for each pixel (V4L2 NV24)."""

    chroma_rows = 4

    def __init__(self) -> None:
        super().__init__('nv24', np.uint8, 1)

    def _view(self, data: Buffer, width: int, height: int, step: int, big_endian: bool) -> Pixels:
        if step == width:
            return super()._view(data, width, height, step, big_endian)
        # A row of chroma has two samples for each pixel: V4L2 gives it twice the step.
        return _two_planes(data, width, height, width * 2, height, step, step * height, step * 2)

    def check(self, name: str, pixels: Pixels) -> Pixels:
        """Refuse an array that is not three times the height of an image."""
        pixels = super().check(name, pixels)
        if pixels.shape[0] % 3:
            raise ImageError(f'{name} needs three rows per line, got {pixels.shape[0]} rows')
        return pixels

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        rows, width = pixels.shape
        height = rows // 3
        u, v = cv2.split(np.ascontiguousarray(pixels[height:]).reshape(height, width, 2))
        return join(pixels[:height], u, v, scaled_size(width, height, options))


def _two_planes(data: Buffer, width: int, height: int, chroma_width: int, chroma_height: int,
                step: int, offset: int, chroma_step: int) -> npt.NDArray[np.uint8]:
    """Return a copy of a luma plane and of the chroma plane at an offset, without padding."""
    memory = np.frombuffer(data, np.uint8)
    luma: npt.NDArray[np.uint8] = np.ndarray(
        (height, width), np.uint8, memory, strides=(step, 1))
    chroma: npt.NDArray[np.uint8] = np.ndarray(
        (chroma_height, chroma_width), np.uint8, memory, offset, (chroma_step, 1))
    return np.concatenate((luma, chroma.reshape(-1, width)))


ENCODINGS: Mapping[str, ImageEncoding] = {
    '8UC1': Mono('uint8'), '8UC3': Colour('bgr', 'uint8'), '8UC4': Colour('bgra', 'uint8'),
    # 16UC1 is depth in millimetres, 32FC1 in metres (REP 118).
    '16UC1': Depth('uint16'), '32FC1': Depth('float32'), '64FC1': Depth('float64'),
    '16UC3': Colour('bgr', 'uint16'), '16UC4': Colour('bgra', 'uint16'),
    'uyvy': Packed422('uyvy'), 'yuv422': Packed422('uyvy'),
    'yuyv': Packed422('yuyv'), 'yuv422_yuy2': Packed422('yuyv'),
    'nv12': SemiPlanar420('nv12'), 'nv21': SemiPlanar420('nv21'), 'nv24': SemiPlanar444(),
    **{f'{kind}{bits}': Colour(kind, f'uint{bits}')
       for kind in ('rgb', 'bgr', 'rgba', 'bgra') for bits in (8, 16)},
    **{f'mono{bits}': Mono(f'uint{bits}') for bits in (8, 16)},
    **{f'bayer_{pattern}{bits}': Bayer(pattern, f'uint{bits}')
       for pattern in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 16)},
}


def find_encoding(name: str) -> ImageEncoding:
    """
    Return an encoding.

    :raises ImageError: unknown, or a generic type that does not say what its numbers mean
    """
    found = ENCODINGS.get(name)
    return found if found is not None else _refuse(name)


def _refuse(name: str) -> NoReturn:
    if _GENERIC.fullmatch(name):
        raise ImageError(f'encoding {name} does not say what its numbers mean; '
                         'publish bgr8, mono8, 16UC1 or 32FC1')
    raise ImageError(f'unknown encoding {shorten(name)}')


def to_i420(pixels: Pixels, encoding: str, options: RenderOptions = RenderOptions()) -> I420:
    """
    Return pixels as I420.

    Odd sizes grow by one pixel that repeats the edge, or lose one where pixels share chroma.

    :raises ImageError: an encoding that cannot be shown, or an array that does not fit it
    """
    found = ENCODINGS.get(encoding) or _refuse(encoding)
    pixels = found.check(encoding, pixels)
    try:
        i420 = found.convert(pixels, options)
        return rotate(i420, options.rotate) if options.rotate else i420
    except cv2.error as error:
        raise ImageError(f'{encoding} pixels of shape {pixels.shape} cannot be converted: '
                         f'{error.err or error}') from None
