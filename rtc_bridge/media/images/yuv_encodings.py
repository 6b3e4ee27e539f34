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

"""Encodings of luma and chroma, as V4L2 and FFmpeg name them."""

from typing import cast, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import I420, Pixels, Planes, RenderOptions
from .image_encoding_base import Buffer, ImageEncoding, PixelEncoding
from .value_ranges import stretch
from ...core.errors import ImageError


class Packed422(PixelEncoding):
    """
    Luma of each pixel, and chroma that two pixels share.

    :param kind: the order of the samples of two pixels: ``uyvy``, ``yuyv``, ``vyuy`` or ``yvyu``
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind, np.uint8, 2)
        self._luma = 0 if kind.startswith('y') else 1

    def check(self, name: str, pixels: Pixels) -> Pixels:
        """Leave out the last column of an odd width, which has no chroma of its own."""
        return super().check(name, pixels[:, :pixels.shape[1] & ~1] if pixels.ndim > 1 else pixels)

    def numbers(self, pixels: Pixels) -> Pixels:
        """Return the luma."""
        return pixels[:, :, self._luma]

    def convert(self, pixels: Pixels, options: RenderOptions) -> I420:
        """Return I420."""
        height, width = pixels.shape[:2]
        samples = cv2.split(pixels)
        luma, chroma = samples[self._luma], samples[1 - self._luma]
        if height > 1:
            pairs = cv2.addWeighted(chroma[:-1:2], 0.5, chroma[1::2], 0.5, 0)
            if height % 2:
                # An odd last row keeps its chroma.
                pairs = np.concatenate((pairs, chroma[-1:]))
        else:
            pairs = chroma
        u, v = cv2.split(pairs.reshape(-1, width // 2, 2))
        if self.kind in ('yvyu', 'vyuy'):
            u, v = v, u
        planes = Planes(*(cast(npt.NDArray[np.uint8], plane) for plane in (luma, u, v)))
        if isinstance(options.value_range, tuple):
            planes = stretch_luma(planes, *options.value_range)
        return planes.to_i420(options)


def stretch_luma(planes: Planes, low: float, high: float) -> Planes:
    """Return planes in which a luma of ``low`` is black and one of ``high`` is white."""
    luma = cv2.convertScaleAbs(stretch(planes.luma, low, high), alpha=219 / 255, beta=16)
    return planes._replace(luma=cast(npt.NDArray[np.uint8], luma))


class _Layout(NamedTuple):
    """Where the planes of an image lie; sizes in samples, steps and offset in bytes."""

    width: int
    height: int
    step: int
    chroma_width: int
    chroma_height: int
    chroma_step: int
    chroma_offset: int


class Planar(ImageEncoding):
    """
    A plane of luma, then chroma in planes of its own; what comes of it are :class:`Planes`.

    :param kind: for people
    :param across: pixels of a row that share chroma, 1 or 2
    :param down: pixels of a column that do
    :param chroma: the order of the planes, or of the samples: ``uv`` or ``vu``
    :param interleaved: the chroma is in one plane of pairs
    :param full_range: luma and chroma have the range of JPEG
    """

    def __init__(self, kind: str, across: int, down: int, chroma: str, *,
                 interleaved: bool = False, full_range: bool = False) -> None:
        super().__init__(kind, np.uint8, 1)
        self._across, self._down = across, down
        self._swapped = chroma == 'vu'
        self._interleaved = interleaved
        self._full_range = full_range

    def _whole(self, width: int, height: int, step: int) -> _Layout:
        """Return the usual layout: the chroma of an odd last column or row is there."""
        chroma = -(-width // self._across), -(-height // self._down)
        samples = 2 if self._interleaved else 1
        return _Layout(width, height, step, *chroma, chroma[0] * samples if step == width
                       else step * samples // self._across, step * height)

    def _cropped(self, width: int, height: int, step: int) -> _Layout:
        """Return the layout of an image without it, which is shown without them."""
        chroma = width // self._across, height // self._down
        samples = 2 if self._interleaved else 1
        return _Layout(chroma[0] * self._across, chroma[1] * self._down, step, *chroma,
                       step * samples // self._across, step * height)

    def _bytes(self, layout: _Layout) -> int:
        """Return the bytes up to the last sample."""
        rows, row = layout.chroma_height, layout.chroma_width
        if self._interleaved:
            row *= 2
        else:
            rows *= 2
        return layout.chroma_offset + layout.chroma_step * (rows - 1) + row

    def rows(self, width: int, height: int, step: int, size: int) -> int:
        """
        Return the rows of pixels.

        OpenCV's arrays of 4:2:0 have half as many rows of chroma below those of the luma, and some
        publishers take their height.
        """
        halves = self._across == self._down == 2
        counts_chroma = halves and not height % 3 and step <= width and size == width * height
        return height * 2 // 3 if counts_chroma else height

    def needed(self, width: int, height: int, step: int) -> int:
        """Return the bytes of the smallest image of this size."""
        return min(self._bytes(self._whole(width, height, step)),
                   self._bytes(self._cropped(width, height, step)))

    def array(self, name: str, data: Buffer, width: int, height: int, step: int,
              big_endian: bool) -> Pixels | Planes:
        """
        Return the planes in a message's memory, as views of it.

        :param name: of the encoding, for errors
        :param step: bytes from row to row of the luma, as of :meth:`step`
        :raises ImageError: an odd size without its last chroma leaves nothing
        """
        layout = self._whole(width, height, step)
        if len(data) < self._bytes(layout):
            layout = self._cropped(width, height, step)
        if not layout.chroma_width or not layout.chroma_height:
            raise ImageError(f'{name} of {width}x{height} pixels is too small', 'no-content',
                             {'encoding': name, 'width': width, 'height': height})
        return self._planes(np.frombuffer(data, np.uint8), layout)

    def _planes(self, memory: npt.NDArray[np.uint8], layout: _Layout) -> Planes:
        luma = _plane(memory, layout.width, layout.height, 0, layout.step)
        at, step = layout.chroma_offset, layout.chroma_step
        size, sample = (layout.chroma_width, layout.chroma_height), 2 if self._interleaved else 1
        second = at + (1 if self._interleaved else step * layout.chroma_height)
        u, v = _plane(memory, *size, at, step, sample), _plane(memory, *size, second, step, sample)
        planes = Planes(luma, v, u) if self._swapped else Planes(luma, u, v)
        return planes.in_limited_range() if self._full_range else planes


def _plane(memory: npt.NDArray[np.uint8], width: int, height: int, offset: int, step: int,
           sample: int = 1) -> npt.NDArray[np.uint8]:
    """Return a view of samples that lie so many bytes apart, in rows and columns."""
    return np.ndarray((height, width), np.uint8, memory, offset, (step, sample))
