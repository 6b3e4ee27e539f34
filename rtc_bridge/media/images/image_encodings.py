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
The image encodings that can be shown: their memory and their conversion.

To add an encoding, add it to ``ENCODINGS`` below, and its name to
``core/images/encoding_names.py``. Where no class of ``colour_encodings`` and ``yuv_encodings``
fits, add one that says how its samples lie in memory and how they become I420. No other file
needs a change.

Pixels are arrays in native byte order: (height, width) for one sample per pixel, (height, width,
samples) for more; rows may have padding between them. Planar encodings are :class:`Planes`.
"""

from collections.abc import Mapping
from dataclasses import replace
import re

import cv2

from .colour_encodings import Bayer, Colour, Depth, Mono, Packed565
from .i420 import I420, Pixels, Planes, RenderOptions, turn
from .image_encoding_base import ImageEncoding, PixelEncoding
from .value_ranges import RangeMeter
from .yuv_encodings import Packed422, Planar, stretch_luma
from ...core.errors import ImageError
from ...core.images.encoding_names import encoding_name
from ...core.protocol.strict_json import shorten

_GENERIC = re.compile(r'(?:8U|8S|16U|16S|32S|32F|64F)C\d*', re.IGNORECASE)

ENCODINGS: Mapping[str, ImageEncoding] = {
    '8UC1': Mono('uint8'), '8UC3': Colour('bgr', 'uint8'), '8UC4': Colour('bgra', 'uint8'),
    # 16UC1 is depth in millimetres, 32FC1 in metres (REP 118).
    '16UC1': Depth('uint16'), '32FC1': Depth('float32'), '64FC1': Depth('float64'),
    '16UC3': Colour('bgr', 'uint16'), '16UC4': Colour('bgra', 'uint16'),
    # Of these nobody knows what they mean: their numbers are shown as grey, or as colours.
    '8SC1': Mono('int8'), '16SC1': Mono('int16'), '32SC1': Mono('int32'),
    'mono32': Mono('uint32'), '32FC3': Colour('bgr', 'float32'),
    '32FC4': Colour('bgra', 'float32'),
    'uyvy': Packed422('uyvy'), 'yuyv': Packed422('yuyv'), 'vyuy': Packed422('vyuy'),
    'yvyu': Packed422('yvyu'),
    'nv12': Planar('nv12', 2, 2, 'uv', interleaved=True),
    'nv21': Planar('nv21', 2, 2, 'vu', interleaved=True),
    'nv16': Planar('nv16', 2, 1, 'uv', interleaved=True),
    'nv61': Planar('nv61', 2, 1, 'vu', interleaved=True),
    'nv24': Planar('nv24', 1, 1, 'uv', interleaved=True),
    'nv42': Planar('nv42', 1, 1, 'vu', interleaved=True),
    'i420': Planar('i420', 2, 2, 'uv'), 'yv12': Planar('yv12', 2, 2, 'vu'),
    'yuvj420p': Planar('i420', 2, 2, 'uv', full_range=True),
    'i422': Planar('i422', 2, 1, 'uv'), 'yv16': Planar('yv16', 2, 1, 'vu'),
    'i444': Planar('i444', 1, 1, 'uv'),
    **{f'{kind}{bits}': Colour(kind, f'uint{bits}')
       for kind in ('rgb', 'bgr', 'rgba', 'bgra') for bits in (8, 16)},
    **{f'{kind}8': Colour(kind, 'uint8') for kind in ('argb', 'abgr')},
    'rgb565': Packed565('rgb565'), 'bgr565': Packed565('bgr565'), 'mono8': Mono('uint8'),
    # Of 10 to 14 bits, too, each sample has two bytes.
    **{f'mono{bits}': Mono('uint16') for bits in (10, 12, 14, 16)},
    **{f'bayer_{pattern}{bits}': Bayer(pattern, bits)
       for pattern in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 10, 12, 14, 16)},
}


def find_encoding(name: str) -> ImageEncoding:
    """
    Return an encoding by any spelling of its name.

    :raises ImageError: unknown, or a generic type that does not say what its numbers mean
    """
    known = encoding_name(name)
    if known is not None:
        return ENCODINGS[known]
    values = {'encoding': shorten(name)}
    if _GENERIC.fullmatch(name.strip()):
        raise ImageError(f'encoding {shorten(name)} does not say what its numbers mean',
                         'unknown-encoding', values)
    raise ImageError(f'unknown encoding {shorten(name)}', 'unknown-encoding', values)


def _limits(numbers: Pixels, encoding: str, options: RenderOptions, ranges: RangeMeter | None,
            now: float) -> tuple[float, float] | None:
    """Return the numbers that are black and white, ``None`` for those of the type."""
    if isinstance(options.value_range, tuple):
        return options.value_range
    return ranges.limits(numbers, encoding, now) if ranges is not None else None


def to_i420(pixels: Pixels | Planes, encoding: str, options: RenderOptions = RenderOptions(),
            ranges: RangeMeter | None = None, now: float = 0.0) -> I420:
    """
    Return pixels as I420.

    Odd sizes grow by one pixel that repeats the edge, or lose one where pixels share chroma.

    :param encoding: its name, which counts for arrays only
    :param ranges: the camera's; without it only ranges that ``options`` have in numbers count
    :param now: when the image came, in seconds, for ``ranges``
    :raises ImageError: an encoding that cannot be shown, or an array that does not fit it
    """
    turns = options.rotate or options.flip != 'none'
    if isinstance(pixels, Planes):
        if options.value_range:
            limits = _limits(pixels.luma, 'luma', options, ranges, now)
            pixels = pixels if limits is None else stretch_luma(pixels, *limits)
        if ranges is not None and now >= ranges.next_look:
            ranges.look(pixels.luma, None, now)
        i420 = pixels.to_i420(options)
        return turn(i420, options) if turns else i420
    found = ENCODINGS.get(encoding) or find_encoding(encoding)
    if not isinstance(found, PixelEncoding):
        raise ImageError(f'{encoding} is no array of pixels', 'wrong-encoding',
                         {'encoding': encoding})
    pixels = found.check(encoding, pixels)
    if options.value_range or found.auto_range:
        limits = _limits(found.numbers(pixels), encoding, options, ranges, now)
        options = replace(options, value_range=limits or '')
    if ranges is not None and now >= ranges.next_look:
        ranges.look(pixels, None if options.value_range else found.telling_numbers(options), now)
    try:
        i420 = found.convert(pixels, options)
        return turn(i420, options) if turns else i420
    except cv2.error as error:
        raise ImageError(f'{encoding} pixels of shape {pixels.shape} cannot be converted: '
                         f'{error.err or error}') from None
