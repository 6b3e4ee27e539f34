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
I420 images, which encoders take: scaling, rotation, and joining of planes.

An I420 image is one array of uint8 of shape (height * 3 / 2, width): a plane of luma, and two of
chroma of half the width and height (ITU-R BT.601, limited range). Width and height are even.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ...core.images.value_range import ValueRange

I420 = npt.NDArray[np.uint8]
# One or more samples for each pixel.
Pixels = npt.NDArray[np.integer[Any] | np.floating[Any]]
# Pixels of the shorter side below which an image is not divided: codecs, and people, need some.
MIN_DIVIDED_SIDE = 90
# Of cv2.flip, as the image is seen after its rotation.
FLIPS = {'none': None, 'horizontal': 1, 'vertical': 0, 'both': -1}
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180,
              270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class RenderOptions:
    """
    How a camera's images are shown.

    :ivar max_width: after rotation, in pixels, 0: as they come; wider images are scaled down
    :ivar rotate: clockwise, 0, 90, 180 or 270 degrees
    :ivar depth_range: nearest and farthest depth of the colour map, in metres
    :ivar flip: mirrored after the rotation: a key of ``FLIPS``
    :ivar value_range: numbers that are shown as black and as white
    """

    max_width: int = 0
    rotate: int = 0
    depth_range: tuple[float, float] = (0.3, 10.0)
    flip: str = 'none'
    value_range: ValueRange = ''


class Planes(NamedTuple):
    """
    Y, U and V of an image in the limited range, as decoders make them.

    Arrays of uint8, with or without padding between their rows and samples; U and V have the
    width and height of the luma, or half of one or both, rounded up.
    """

    luma: npt.NDArray[np.uint8]
    u: npt.NDArray[np.uint8]
    v: npt.NDArray[np.uint8]

    def to_i420(self, options: RenderOptions) -> I420:
        """
        Return the planes as one image; odd sizes grow by a pixel that repeats the edge.

        It is scaled but not turned.
        """
        height, width = self.luma.shape
        return join(*self, scaled_size(width, height, options))

    def in_limited_range(self) -> 'Planes':
        """Return planes in the full range of JPEG in that of video."""
        luma, chroma = _limited_tables()
        return Planes(np.take(luma, self.luma), np.take(chroma, self.u), np.take(chroma, self.v))


@lru_cache(maxsize=1)
def _limited_tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the limited range of each number of luma and of chroma."""
    numbers = np.arange(256)
    return ((numbers * (219 / 255) + 16.5).astype(np.uint8),
            ((numbers - 128) * (224 / 255) + 128.5).astype(np.uint8))


def split(i420: I420) -> Planes:
    """Return views of the planes of a contiguous image."""
    width = i420.shape[1]
    height = i420.shape[0] * 2 // 3
    flat, luma, half = i420.reshape(-1), width * height, (height // 2, width // 2)
    return Planes(flat[:luma].reshape(height, width), flat[luma:luma * 5 // 4].reshape(half),
                  flat[luma * 5 // 4:].reshape(half))


def join(luma: Pixels, u: Pixels, v: Pixels, size: tuple[int, int]) -> I420:
    """
    Return planes of 8-bit samples as one image.

    :param size: even width and height of the result, to which the planes are scaled
    """
    out = np.empty((size[1] * 3 // 2, size[0]), np.uint8)
    half = (size[0] // 2, size[1] // 2)
    for plane, source, shape in zip(split(out), (luma, u, v), (size, half, half)):
        plane[:] = fit(source, shape)
    return out


def scaled_size(width: int, height: int, options: RenderOptions) -> tuple[int, int]:
    """Return the even width and height, before rotation, of an image within its largest width."""
    width, height = width + width % 2, height + height % 2
    if not options.max_width:
        return width, height
    limit = max(options.max_width & ~1, 2)
    turned = options.rotate in (90, 270)
    shown, other = (height, width) if turned else (width, height)
    if shown <= limit:
        return width, height
    other = max(round(other * limit / shown / 2) * 2, 2)
    return (other, limit) if turned else (limit, other)


def fit(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Return an image of a width and height: as it is, with a pixel's edge added, or scaled."""
    height, width = image.shape[:2]
    right, bottom = size[0] - width, size[1] - height
    if not right and not bottom:
        return image
    if right in (0, 1) and bottom in (0, 1):
        return cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    # INTER_AREA is ten times quicker for whole factors than for others.
    factor = min(width // size[0], height // size[1])
    if factor > 1:
        whole = (width // factor, height // factor)
        image = cv2.resize(image[:whole[1] * factor, :whole[0] * factor], whole,
                           interpolation=cv2.INTER_AREA)
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return image


def divide(i420: I420, divisor: int) -> I420:
    """
    Return an image of a width and height divided by ``divisor``, both even.

    Small images are divided less, see ``MIN_DIVIDED_SIDE``.
    """
    rows, width = i420.shape
    height = rows * 2 // 3
    while divisor > 1 and min(width, height) < MIN_DIVIDED_SIDE * divisor:
        divisor -= 1
    if divisor == 1:
        return i420
    width, height = width // divisor // 2 * 2, height // divisor // 2 * 2
    out = np.empty((height * 3 // 2, width), np.uint8)
    for source, plane in zip(split(i420), split(out)):
        cv2.resize(source, plane.shape[::-1], plane, interpolation=cv2.INTER_AREA)
    return out


def turn(i420: I420, options: RenderOptions) -> I420:
    """Return an image as it is seen: rotated, and then mirrored."""
    i420, code = rotate(i420, options.rotate), FLIPS[options.flip]
    if code is None:
        return i420
    out = np.empty(i420.shape, np.uint8)
    for source, plane in zip(split(i420), split(out)):
        cv2.flip(source, code, plane)
    return out


def rotate(i420: I420, degrees: int) -> I420:
    """Return an image turned clockwise by 0, 90, 180 or 270 degrees."""
    if not degrees:
        return i420
    rows, width = i420.shape
    if degrees != 180:
        rows, width = width * 3 // 2, rows * 2 // 3
    out = np.empty((rows, width), np.uint8)
    for source, plane in zip(split(i420), split(out)):
        cv2.rotate(source, _ROTATIONS[degrees], plane)
    return out
