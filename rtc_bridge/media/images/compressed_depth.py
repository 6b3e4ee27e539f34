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
Depth images as compressed_depth_image_transport publishes them.

A header of 12 bytes (a number, and two parameters of the quantization), then PNG or RVL. RVL is
Wilson, "Fast Lossless Depth Image Compression", 2017: runs of zeros and of differences, as numbers
of three bits each.
"""

import struct
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import Pixels
from ...core.errors import ImageError

# enum compressionFormat, float depthParam[2] (compression_common.h).
_HEADER = struct.Struct('<i2f')
# Columns and rows before the data of RVL.
_RVL_SIZE = struct.Struct('<2I')
_MAX_PIXELS = 1 << 26
PNG = b'\x89PNG\r\n\x1a\n'


def is_compressed_depth(data: bytes, form: str) -> bool:
    """Tell whether a message of such a format holds a depth image of that transport."""
    return 'compresseddepth' in form.lower() or data.startswith(PNG, _HEADER.size)


def decode_compressed_depth(data: bytes, form: str) -> tuple[Pixels, str]:
    """
    Return the pixels of a compressed depth image and their encoding, ``16UC1`` or ``32FC1``.

    :param form: as in ``16UC1; compressedDepth``, ``32FC1; compressedDepth png`` or ``... rvl``
    :raises ImageError: broken, or cut short
    """
    values: dict[str, str | int | float] = {'format': form, 'bytes': len(data)}
    if data.startswith(PNG):
        # Some publishers leave the header out.
        header, body = (0, 0.0, 0.0), data
    elif len(data) <= _HEADER.size:
        raise ImageError(f'{len(data)} bytes of {form} are too few', 'broken-picture', values)
    else:
        header, body = _HEADER.unpack_from(data), data[_HEADER.size:]
    depth = _decode_png(body) if body.startswith(PNG) else _decode_rvl(body)
    if depth is None:
        raise ImageError(f'{len(data)} bytes of {form} are broken or cut short, or neither PNG '
                         'nor RVL', 'broken-picture', values)
    _, quant_a, quant_b = header
    source = form.partition(';')[0].strip().upper()
    if source == '32FC1' or (source != '16UC1' and quant_a > 0):
        return _unquantized(depth, quant_a, quant_b), '32FC1'
    return depth, '16UC1'


def _decode_png(data: bytes) -> npt.NDArray[np.uint16] | None:
    if b'IEND' not in data[-64:]:
        return None
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None or found.ndim != 2:
        return None
    return cast(npt.NDArray[np.uint16], found.astype(np.uint16, copy=False))


def _unquantized(depth: npt.NDArray[np.uint16], quant_a: float, quant_b: float
                 ) -> npt.NDArray[np.float32]:
    """Return metres, NaN where nothing was measured: inverse depth was stored."""
    inverse = depth.astype(np.float32) - np.float32(quant_b)
    valid = (depth > 0) & (inverse != 0)
    return np.where(valid, np.float32(quant_a) / np.where(valid, inverse, 1),
                    np.float32(np.nan)).astype(np.float32)


def _decode_rvl(data: bytes) -> npt.NDArray[np.uint16] | None:
    """Return the pixels, ``None`` if the data does not hold all of them."""
    if len(data) < _RVL_SIZE.size:
        return None
    width, height = _RVL_SIZE.unpack_from(data)
    count = width * height
    words = np.frombuffer(data, '<u4', (len(data) - _RVL_SIZE.size) // 4, _RVL_SIZE.size)
    if not 0 < count <= _MAX_PIXELS or not words.size:
        return None
    numbers = _rvl_numbers(words)
    runs, headers, at, left = [], [], 0, count
    # Zeros, then differences: both lengths, then the differences themselves.
    while left > 0 and at + 1 < len(numbers):
        zeros, others = int(numbers[at]), int(numbers[at + 1])
        if zeros < 0 or others < 0:
            # A number of too many digits: with it, this would go back, for ever.
            return None
        runs += [zeros, others]
        headers += [at, at + 1]
        at += 2 + others
        left -= zeros + others
    if left or at > len(numbers):
        # A last run of zeros has no differences after it, but for their number.
        return None
    differences = np.delete(numbers[:at], headers)
    signed = (differences >> 1) ^ -(differences & 1)
    # A few bytes may claim millions of zeros, so no more memory than that of the image.
    pixels = np.zeros(count, np.uint16)
    pixels[np.repeat(np.arange(len(runs)) % 2 == 1, runs)] = np.cumsum(signed).astype(np.uint16)
    return pixels.reshape(height, width)


def _rvl_numbers(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Return the numbers: digits of three bits, the low one first, of which the last is marked."""
    octets = words.astype('>u4').view(np.uint8)
    nibbles = np.stack((octets >> 4, octets & 15), axis=1).reshape(-1).astype(np.int64)
    last = np.flatnonzero(nibbles < 8)
    if not last.size:
        return np.empty(0, np.int64)
    first = np.concatenate(([0], last[:-1] + 1))
    nibbles = nibbles[:last[-1] + 1]
    digit = np.arange(len(nibbles)) - np.repeat(first, last - first + 1)
    # Numbers have 32 bits, so at most eleven digits.
    return np.add.reduceat((nibbles & 7) << np.minimum(3 * digit, 60), first)
