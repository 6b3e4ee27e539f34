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

"""One picture on its way from a camera to the encoders."""

from dataclasses import dataclass
import threading
from typing import Callable

import numpy as np

from .pixels import Planes, shrink, to_i420
from ..core.errors import ImageError

# VP8 has 14 bits for a side (RFC 6386, section 9.1); x264 ends at about the same.
_MAX_SIDE = 16383
# Returns pixels and their encoding, or raises ImageError.
Load = Callable[[], tuple[np.ndarray | Planes, str]]


@dataclass(frozen=True)
class Shape:
    """
    How a camera's pictures are to be shown.

    ``max_width`` in pixels (0: as they come), ``rotate`` clockwise in degrees, ``depth_range`` in
    metres for the colour map of depth images.
    """

    max_width: int = 0
    rotate: int = 0
    depth_range: tuple[float, float] = (0.3, 10.0)


class Picture:
    """
    A picture that is decoded by the first encoder that needs it, and only if one does.

    :param received: boot-time clock in seconds when the picture came
    """

    def __init__(self, load: Load, received: float, shape: Shape) -> None:
        """Keep the recipe, not the pixels."""
        self.received = received
        self._load = load
        self._shape = shape
        self._lock = threading.Lock()
        self._i420: dict[int, np.ndarray] = {}

    def i420(self, divisor: int = 1) -> np.ndarray:
        """
        Return planar YUV 4:2:0, an array of uint8 of shape (height * 3 / 2, width).

        :param divisor: of width and height; what is small already stays larger than asked for
        :raises ImageError: the picture cannot be shown
        """
        # The encoders of one camera share the conversion: the second waits and finds it done.
        with self._lock:
            if 1 not in self._i420:
                pixels, encoding = self._load()
                shape = self._shape
                i420 = to_i420(pixels, encoding, width_limit=shape.max_width or None,
                               rotate=shape.rotate, depth_range=shape.depth_range)
                height, width = i420.shape[0] * 2 // 3, i420.shape[1]
                if max(width, height) > _MAX_SIDE:
                    raise ImageError(f'a picture of {width}x{height} is too large to encode: '
                                     f'no side may have more than {_MAX_SIDE} pixels')
                self._i420[1] = i420
            if divisor not in self._i420:
                self._i420[divisor] = shrink(self._i420[1], divisor)
            return self._i420[divisor]
