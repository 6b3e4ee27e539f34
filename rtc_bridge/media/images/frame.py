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

"""An image on its way from a camera to the encoders."""

import threading
from typing import Callable

from .i420 import divide, I420, Pixels, Planes, RenderOptions
from .image_encodings import to_i420
from .value_ranges import RangeMeter
from ...core.errors import ImageError

# Pixels of a side: VP8 has 14 bits for it (RFC 6386, section 9.1), x264 ends at about the same.
_MAX_SIDE = 16383
# Returns pixels and their ROS image encoding, '' for planes; raises ImageError.
Load = Callable[[], tuple[Pixels | Planes, str]]


class Frame:
    """
    An image that the first encoder thread that needs it decodes, and only if one does.

    :param load: returns the pixels; called once, in an encoder thread
    :param arrival: when the image arrived, in seconds of the boot-time clock
    :param ranges: those of the camera's images, if they are to be followed
    """

    def __init__(self, load: Load, arrival: float, options: RenderOptions,
                 ranges: RangeMeter | None = None) -> None:
        self.arrival = arrival
        self._load = load
        self._options = options
        self._ranges = ranges
        self._lock = threading.Lock()
        # By divisor of width and height.
        self._i420: dict[int, I420] = {}

    def i420(self, divisor: int = 1) -> I420:
        """
        Return planar YUV 4:2:0, an array of shape (height * 3 / 2, width); from any thread.

        :param divisor: of width and height; small images stay larger than that
        :raises ImageError: the image cannot be shown
        """
        # The encoders of one camera share the conversion: the second waits and finds it done.
        with self._lock:
            if 1 not in self._i420:
                pixels, encoding = self._load()
                i420 = to_i420(pixels, encoding, self._options, self._ranges, self.arrival)
                height, width = i420.shape[0] * 2 // 3, i420.shape[1]
                if max(width, height) > _MAX_SIDE:
                    raise ImageError(f'an image of {width}x{height} is too large to encode: '
                                     f'no side may have more than {_MAX_SIDE} pixels',
                                     'too-large', {'width': width, 'height': height,
                                                   'allowed': _MAX_SIDE})
                self._i420[1] = i420
            if divisor not in self._i420:
                self._i420[divisor] = divide(self._i420[1], divisor)
            return self._i420[divisor]
