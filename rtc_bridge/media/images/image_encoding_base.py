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

"""What an image encoding is: how pixels lie in a message's memory, and how they become I420."""

from abc import ABC, abstractmethod
from array import array
import sys
from typing import Any, cast, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import fit, I420, Pixels, Planes, RenderOptions, scaled_size
from .value_ranges import stretch
from ...core.errors import ImageError
from ...core.images.image_rows import find_step, ImageSize

Buffer: TypeAlias = 'bytes | bytearray | memoryview | array[int]'


class ImageEncoding(ABC):
    """
    How an encoding's samples lie in memory.

    :ivar kind: the order of the samples: ``bgr``, ``mono``, ``uyvy``, ``nv21``, ``depth``, ...
    :ivar dtype: of a sample
    :ivar channels: samples per pixel; of the luma plane, for planar encodings
    """

    def __init__(self, kind: str, dtype: npt.DTypeLike, channels: int) -> None:
        self.kind = kind
        self.dtype = np.dtype(dtype)
        self.channels = channels

    def row_bytes(self, width: int) -> int:
        """Return the bytes of a row's pixels, without padding."""
        return width * self.channels * self.dtype.itemsize

    def needed(self, width: int, height: int, step: int) -> int:
        """Return the bytes of an image of which the last row may lack its padding."""
        return step * (height - 1) + self.row_bytes(width)

    def rows(self, width: int, height: int, step: int, size: int) -> int:
        """
        Return the rows of pixels: ``height``, unless the data tells that it counts others, too.

        :param step: as the message has it
        :param size: bytes of data
        """
        return height

    def step(self, name: str, width: int, height: int, step: int, size: int) -> int:
        """
        Return the bytes from row to row: ``step``, unless the data's size tells that it is wrong.

        :param name: of the encoding, for errors
        :param step: as the message has it
        :param size: bytes of data
        :raises ImageError: the data does not hold such an image, or may hold several
        """
        if not width or not height:
            raise ImageError(f'image of {width}x{height} pixels has no content', 'no-content',
                             {'encoding': name, 'width': width, 'height': height})
        row = self.row_bytes(width)
        if step >= row and size >= self.needed(width, height, step):
            return step
        return find_step(ImageSize(name, width, height, step, size), row,
                         self.needed(width, height, row),
                         (self.row_bytes(1), self.dtype.itemsize))

    @abstractmethod
    def array(self, name: str, data: Buffer, width: int, height: int, step: int,
              big_endian: bool) -> Pixels | Planes:
        """
        Return the pixels in a message's memory, as a view of it where that is possible.

        :param name: of the encoding, for errors
        :param step: bytes from row to row, as of :meth:`step`
        :raises ImageError: the memory does not hold such an image
        """


class PixelEncoding(ImageEncoding):
    """
    An encoding whose pixels have their samples side by side.

    :ivar auto_range: its numbers are stretched to those of the images if
        ``RenderOptions.value_range`` does not say otherwise
    """

    auto_range = False

    def array(self, name: str, data: Buffer, width: int, height: int, step: int,
              big_endian: bool) -> Pixels:
        """Return the pixels, in the form (height, width) or (height, width, channels)."""
        item = self.dtype.itemsize
        shape: tuple[int, ...] = (height, width)
        strides: tuple[int, ...] = (step, self.channels * item)
        if self.channels > 1:
            shape, strides = (*shape, self.channels), (*strides, item)
        pixels: Pixels = np.ndarray(
            shape, self.dtype.newbyteorder('>' if big_endian else '<'), data, strides=strides)
        if item > 1 and big_endian == (sys.byteorder == 'little'):
            return pixels.astype(self.dtype)
        return np.ascontiguousarray(pixels) if step % item else pixels

    def check(self, name: str, pixels: Pixels) -> Pixels:
        """
        Return an array in the form that :meth:`convert` takes.

        :raises ImageError: it does not fit this encoding
        """
        values = {'encoding': name, 'shape': str(pixels.shape), 'type': str(pixels.dtype)}
        if pixels.dtype != self.dtype:
            raise ImageError(f'{name} needs {self.dtype} samples, got {pixels.dtype}',
                             'wrong-encoding', values)
        if self.channels == 1 and pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        if pixels.ndim != 2 if self.channels == 1 else pixels.shape[2:] != (self.channels,):
            raise ImageError(f'{name} does not fit an array of shape {pixels.shape}',
                             'wrong-encoding', values)
        if not pixels.size:
            raise ImageError(f'{name} image without pixels, the array is {pixels.shape}',
                             'no-content', values)
        return pixels

    def telling_numbers(self, options: RenderOptions) -> tuple[float, float, str] | None:
        """
        Return the numbers between which numbers look different, and their unit.

        ``None`` where all of them do, or nobody takes those that do not for something else.
        """
        return None

    def numbers(self, pixels: Pixels) -> Pixels:
        """Return those numbers of checked pixels that a range of numbers concerns."""
        return pixels

    @abstractmethod
    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """
        Return an array that was checked as I420, scaled but not turned.

        :param options: its ``value_range`` is empty or has two numbers
        """


def fit_8_bit(pixels: Pixels, options: RenderOptions) -> npt.NDArray[np.uint8]:
    """Return an image at the size in which it is shown, with samples of 8 bits."""
    if isinstance(options.value_range, tuple):
        pixels = stretch(pixels, *options.value_range)
    elif pixels.dtype not in (np.uint8, np.uint16):
        pixels = stretch(pixels, *type_range(pixels.dtype))
    height, width = pixels.shape[:2]
    if options.max_width or width % 2 or height % 2:
        pixels = fit(pixels, scaled_size(width, height, options))
    if pixels.dtype != np.uint8:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    return cast(npt.NDArray[np.uint8], pixels)


def type_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the numbers that are black and white if nothing else is said; floats end at 1."""
    if dtype.kind == 'f':
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return float(limits.min), float(limits.max)
