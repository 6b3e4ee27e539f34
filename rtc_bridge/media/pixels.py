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
Conversion of pixels in any ROS encoding to what encoders take.

Pixels are numpy arrays in native byte order: (h, w) for one sample per pixel, (h, w, samples) for
more. The planar kinds are (h * 3 / 2, w) for ``nv12`` and ``nv21`` and (h * 3, w) for ``nv24``:
the luma plane, then the rows of the interleaved chroma plane. Rows may have padding between them.
"""

from typing import NamedTuple

import cv2
import numpy as np

from .depth import DEPTH_RANGE, depth_to_bgr
from .pixel_layouts import Layout, layout, PACKED_422, PLANAR
from ..core.errors import ImageError

_TO_I420 = {'bgr': cv2.COLOR_BGR2YUV_I420, 'rgb': cv2.COLOR_RGB2YUV_I420,
            'bgra': cv2.COLOR_BGRA2YUV_I420, 'rgba': cv2.COLOR_RGBA2YUV_I420}
# ROS names the first row's first pixels, OpenCV's older names the second row's second.
_BAYER_TO_BGR = {'bayer_rggb': cv2.COLOR_BayerBG2BGR, 'bayer_bggr': cv2.COLOR_BayerRG2BGR,
                 'bayer_gbrg': cv2.COLOR_BayerGR2BGR, 'bayer_grbg': cv2.COLOR_BayerGB2BGR}
# Pictures are not made smaller than this, in pixels of the shorter side.
SMALLEST = 90
_ROTATE = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Planes(NamedTuple):
    """
    Y, U and V of a planar YUV 4:2:0 picture in the limited range, as decoders make them.

    Arrays of uint8, rows of which may have padding between them; U and V have half the width and
    height, rounded up.
    """

    luma: np.ndarray
    u: np.ndarray
    v: np.ndarray


def to_i420(pixels: np.ndarray | Planes, encoding: str, *, width_limit: int | None = None,
            rotate: int = 0, depth_range: tuple[float, float] = DEPTH_RANGE) -> np.ndarray:
    """
    Return pixels as (h * 3 / 2, w) uint8 I420, limited range ITU-R BT.601.

    Odd sizes grow by one pixel that repeats the edge (or lose one, where chroma is shared).

    :param encoding: of an array; what is in planes already needs none
    :param width_limit: largest width of the result, in pixels; wider pictures shrink
    :param rotate: 0, 90, 180 or 270 degrees clockwise
    :raises ImageError: an encoding that cannot be shown, or an array that does not fit it
    """
    turned = rotate in (90, 270)
    if isinstance(pixels, Planes):
        height, width = pixels.luma.shape
        i420 = _joined(*pixels, _size(width, height, width_limit, turned))
        return _rotated(i420, _ROTATE[rotate]) if rotate else i420
    form = layout(encoding)
    try:
        i420 = _i420(_checked(pixels, form, encoding), form, width_limit, turned, depth_range)
        return _rotated(i420, _ROTATE[rotate]) if rotate else i420
    except cv2.error as error:
        raise _failed(pixels, encoding, error) from None


def planes(i420: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return views of the Y, U and V planes of a contiguous I420 array."""
    width = i420.shape[1]
    height = i420.shape[0] * 2 // 3
    flat, luma, half = i420.reshape(-1), width * height, (height // 2, width // 2)
    return (flat[:luma].reshape(height, width), flat[luma:luma * 5 // 4].reshape(half),
            flat[luma * 5 // 4:].reshape(half))


def _failed(pixels: np.ndarray, encoding: str, error: cv2.error) -> ImageError:
    return ImageError(f'{encoding} pixels of shape {pixels.shape} cannot be converted: '
                      f'{error.err or error}')


def _checked(pixels: np.ndarray, form: Layout, encoding: str) -> np.ndarray:
    if pixels.dtype != form.dtype:
        raise ImageError(f'{encoding} needs {form.dtype} samples, got {pixels.dtype}')
    if form.channels == 1 and pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    good = pixels.ndim == 2 if form.channels == 1 else pixels.shape[2:] == (form.channels,)
    if not good:
        raise ImageError(f'{encoding} does not fit an array of shape {pixels.shape}')
    if form.kind in PACKED_422:
        pixels = pixels[:, :pixels.shape[1] & ~1]
    elif form.kind in ('nv12', 'nv21') and (pixels.shape[0] % 3 or pixels.shape[1] % 2):
        raise ImageError(f'{encoding} needs an even width and height, got rows of '
                         f'{pixels.shape[1]} and {pixels.shape[0]} of them for both planes')
    elif form.kind == 'nv24' and pixels.shape[0] % 3:
        raise ImageError(f'{encoding} needs three rows per line, got {pixels.shape[0]} rows')
    if not pixels.size:
        raise ImageError(f'{encoding} picture without pixels, the array is {pixels.shape}')
    return pixels


def _eight_bit(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257)


def _planar(pixels: np.ndarray, form: Layout) -> tuple[np.ndarray, np.ndarray]:
    rows, width = pixels.shape
    height = rows // 3 if form.kind == 'nv24' else rows * 2 // 3
    if form.kind == 'nv24':
        return pixels[:height], np.ascontiguousarray(pixels[height:]).reshape(height, width, 2)
    chroma = pixels[height:]
    return pixels[:height], np.lib.stride_tricks.as_strided(
        chroma, (height // 2, width // 2, 2), (chroma.strides[0], 2, 1), writeable=False)


def _size(width: int, height: int, limit: int | None, turned: bool) -> tuple[int, int]:
    """Return the even (width, height), before rotation, of a picture within the width limit."""
    width, height = width + width % 2, height + height % 2
    if limit is None:
        return width, height
    limit = max(limit & ~1, 2)
    shown, other = (height, width) if turned else (width, height)
    if shown <= limit:
        return width, height
    other = max(round(other * limit / shown / 2) * 2, 2)
    return (other, limit) if turned else (limit, other)


def _fit(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image in this (width, height): as it is, padded by a pixel, or resized."""
    height, width = image.shape[:2]
    right, bottom = size[0] - width, size[1] - height
    if not right and not bottom:
        return image
    if right in (0, 1) and bottom in (0, 1):
        return cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    # INTER_AREA is quick for whole factors only: ten times quicker than for others.
    factor = min(width // size[0], height // size[1])
    if factor > 1:
        whole = (width // factor, height // factor)
        image = cv2.resize(image[:whole[1] * factor, :whole[0] * factor], whole,
                           interpolation=cv2.INTER_AREA)
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return image


def _i420(pixels: np.ndarray, form: Layout, limit: int | None, turned: bool,
          depth_range: tuple[float, float]) -> np.ndarray:
    kind = form.kind
    if kind in PLANAR:
        luma, chroma = _planar(pixels, form)
        u, v = cv2.split(chroma)
        if kind == 'nv21':
            u, v = v, u
        return _joined(luma, u, v, _size(*luma.shape[::-1], limit, turned))
    height, width = pixels.shape[:2]
    size = _size(width, height, limit, turned)
    if kind in PACKED_422:
        first, second = cv2.split(pixels)
        luma, chroma = (second, first) if kind == 'uyvy' else (first, second)
        # An odd last line keeps its chroma; the others share theirs in pairs.
        pairs = cv2.addWeighted(chroma[:-1:2], 0.5, chroma[1::2], 0.5, 0) if height > 1 else None
        if height % 2:
            pairs = chroma[-1:] if pairs is None else np.concatenate((pairs, chroma[-1:]))
        u, v = cv2.split(pairs.reshape(-1, width // 2, 2))
        return _joined(luma, u, v, size)
    if kind == 'depth':
        if size[0] < width:
            # Never a mean of a near and a far thing, or of something and nothing.
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
        return cv2.cvtColor(_fit(depth_to_bgr(pixels, depth_range), size), _TO_I420['bgr'])
    if kind.startswith('bayer'):
        pixels, kind = cv2.cvtColor(_eight_bit(pixels), _BAYER_TO_BGR[kind]), 'bgr'
    pixels = _eight_bit(_fit(pixels, size))
    if kind in _TO_I420:
        return cv2.cvtColor(pixels, _TO_I420[kind])
    out = np.empty((size[1] * 3 // 2, size[0]), np.uint8)
    out[size[1]:] = 128
    cv2.convertScaleAbs(pixels, out[:size[1]], alpha=219 / 255, beta=16)
    return out


def _joined(luma: np.ndarray, u: np.ndarray, v: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    out = np.empty((size[1] * 3 // 2, size[0]), np.uint8)
    half = (size[0] // 2, size[1] // 2)
    for plane, source, shape in zip(planes(out), (luma, u, v), (size, half, half)):
        plane[:] = _fit(source, shape)
    return out


def shrink(i420: np.ndarray, divisor: int) -> np.ndarray:
    """
    Return I420 of a width and height divided by ``divisor``, both even.

    What is small already is divided less: codecs, and people, need some pixels.
    """
    rows, width = i420.shape
    height = rows * 2 // 3
    while divisor > 1 and min(width, height) < SMALLEST * divisor:
        divisor -= 1
    if divisor == 1:
        return i420
    width, height = width // divisor // 2 * 2, height // divisor // 2 * 2
    out = np.empty((height * 3 // 2, width), np.uint8)
    for source, plane in zip(planes(i420), planes(out)):
        cv2.resize(source, plane.shape[::-1], plane, interpolation=cv2.INTER_AREA)
    return out


def _rotated(i420: np.ndarray, code: int) -> np.ndarray:
    rows, width = i420.shape
    if code != cv2.ROTATE_180:
        rows, width = width * 3 // 2, rows * 2 // 3
    out = np.empty((rows, width), np.uint8)
    for source, plane in zip(planes(i420), planes(out)):
        cv2.rotate(source, code, plane)
    return out
