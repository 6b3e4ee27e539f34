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
A number drawn into an image, to measure delay from camera to screen.

Layout, from the top left corner: two rows of 28 blocks, each block 16x16 pixels, white for 1 and
black for 0. Row 0 holds bits 47 to 24 of the number, then bits 7 to 4 of the checksum; row 1 holds
bits 23 to 0, then bits 3 to 0 of the checksum; the highest bit comes first. So the stamp covers
448x32 pixels. The checksum is the sum of the number's six bytes, plus 0xa5, modulo 256. A reader
takes the mean of the 8x8 pixels in the middle of each block: above 128 is 1. An image that was
scaled as a whole is read by scaling the block size with it.

The number is the wall clock in microseconds (``CLOCK_REALTIME``), modulo 2**48.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import ImageError

BLOCK = 16
COLUMNS = 28
ROWS = 2
WIDTH, HEIGHT = COLUMNS * BLOCK, ROWS * BLOCK
_BITS = 48
# Seed of the checksum, so that a black image has no valid one.
_CHECKSUM_SEED = 0xa5


def now() -> int:
    """Return the number for this moment: microseconds of the wall clock, modulo 2**48."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // 1000 % (1 << _BITS)


def check_size(width: int, height: int) -> None:
    """
    Check that a stamp fits into an image.

    :raises ImageError: it does not
    """
    if width < WIDTH or height < HEIGHT:
        raise ImageError(f'a stamp needs {WIDTH}x{HEIGHT} pixels, the image has '
                         f'{width}x{height}')


def draw(bgr: npt.NDArray[np.uint8], value: int) -> None:
    """
    Draw a number into the top left corner, in place.

    :param bgr: of shape (height, width, 3) or (height, width), at least 448x32 pixels
    :param value: 0 to 2**48 - 1
    :raises ImageError: the image is too small
    :raises ValueError: the number is out of range
    """
    check_size(bgr.shape[1], bgr.shape[0])
    if not 0 <= value < 1 << _BITS:
        raise ValueError(f'{value} does not fit a stamp of {_BITS} bits')
    blocks = np.kron(_bits(value) * np.uint8(255), np.ones((BLOCK, BLOCK), np.uint8))
    bgr[:HEIGHT, :WIDTH] = blocks if bgr.ndim == 2 else blocks[:, :, None]


def read(image: npt.NDArray[Any], width: int | None = None) -> int | None:
    """
    Return the number in an image, ``None`` if it has no valid one.

    :param image: uint8 of shape (height, width, 3) or (height, width)
    :param width: of the image that was drawn into, in pixels, if it was scaled since
    """
    block = BLOCK if width is None else BLOCK * image.shape[1] / width
    if image.shape[0] < ROWS * block or image.shape[1] < COLUMNS * block:
        return None
    bits = np.empty((ROWS, COLUMNS), np.uint8)
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = int((row + 0.25) * block), int((column + 0.25) * block)
            size = max(int(block / 2), 1)
            bits[row, column] = image[top:top + size, left:left + size].mean() > 128
    packed = np.packbits(np.concatenate((bits[0, :24], bits[1, :24])))
    value = int.from_bytes(packed.tobytes(), 'big')
    return value if np.array_equal(bits, _bits(value)) else None


def _bits(value: int) -> npt.NDArray[np.uint8]:
    """Return the blocks of a number, 0 or 1, of shape (ROWS, COLUMNS)."""
    number = value.to_bytes(_BITS // 8, 'big')
    checksum = (sum(number) + _CHECKSUM_SEED) % 256
    halves = [(value >> 24) << 4 | checksum >> 4, (value & 0xffffff) << 4 | checksum & 15]
    return np.array([[half >> COLUMNS - 1 - column & 1 for column in range(COLUMNS)]
                     for half in halves], np.uint8)
