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
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import fit, I420, Pixels, RenderOptions, scaled_size
from ..core.errors import ImageError

Buffer: TypeAlias = 'bytes | bytearray | memoryview | array[int]'


class ImageEncoding(ABC):
    """
    An encoding whose pixels have their samples side by side.

    :ivar kind: the order of the samples: ``bgr``, ``mono``, ``uyvy``, ``nv21``, ``depth``, ...
    :ivar dtype: of a sample
    :ivar channels: samples per pixel; of the luma plane, for planar encodings
    """

    # Rows of chroma for two rows of luma, in planar encodings.
    chroma_rows = 0

    def __init__(self, kind: str, dtype: npt.DTypeLike, channels: int) -> None:
        self.kind = kind
        self.dtype = np.dtype(dtype)
        self.channels = channels

    def array(self, name: str, data: Buffer, width: int, height: int, step: int,
              big_endian: bool) -> Pixels:
        """
        Return the pixels in a message's memory, as a view of it where that is possible.

        :param name: of the encoding, for errors
        :param step: bytes from row to row
        :raises ImageError: the memory does not hold such an image
        """
        if not width or not height:
            raise ImageError(f'image of {width}x{height} pixels has no content')
        row = width * self.channels * self.dtype.itemsize
        if step < row:
            raise ImageError(f'step is {step}, but {width} pixels of {name} need {row} bytes')
        rows = height + height * self.chroma_rows // 2
        if len(data) < step * (rows - 1) + row:
            # The last row may lack its padding.
            raise ImageError(f'{len(data)} bytes of data, but {width}x{height} {name} with step '
                             f'{step} needs {step * rows}')
        return self._view(data, width, height, step, big_endian)

    def _view(self, data: Buffer, width: int, height: int, step: int, big_endian: bool) -> Pixels:
        item = self.dtype.itemsize
        shape: tuple[int, ...] = (height + height * self.chroma_rows // 2, width)
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
        if pixels.dtype != self.dtype:
            raise ImageError(f'{name} needs {self.dtype} samples, got {pixels.dtype}')
        if self.channels == 1 and pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        if pixels.ndim != 2 if self.channels == 1 else pixels.shape[2:] != (self.channels,):
            raise ImageError(f'{name} does not fit an array of shape {pixels.shape}')
        if not pixels.size:
            raise ImageError(f'{name} image without pixels, the array is {pixels.shape}')
        return pixels

    @abstractmethod
    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return an array that was checked as I420, scaled but not rotated."""


def fit_8_bit(pixels: Pixels, options: RenderOptions) -> Pixels:
    """Return an image at the size in which it is shown, with samples of 8 bits."""
    height, width = pixels.shape[:2]
    size = scaled_size(width, height, options)
    if size != (width, height):
        pixels = fit(pixels, size)
    return pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257)
