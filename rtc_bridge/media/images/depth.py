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

"""Depth images as colours: near is red, far is blue, and invalid pixels are black."""

from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import Pixels, RenderOptions

# In metres.
DEPTH_RANGE = RenderOptions().depth_range
# Depth ranges that are remembered: more than a robot has depth cameras. A table has 64 kB.
_TABLES = 8


@lru_cache(maxsize=1)
def _colours() -> npt.NDArray[np.uint8]:
    """Return the colour map, with black for index 0; the map itself has no black."""
    colours = cv2.applyColorMap(np.arange(256, dtype=np.uint8).reshape(256, 1),
                                cv2.COLORMAP_TURBO)
    colours[0] = 0
    return cast(npt.NDArray[np.uint8], colours)


def _index(metres: npt.NDArray[np.floating[Any]], depth_range: tuple[float, float]
           ) -> npt.NDArray[np.uint8]:
    """Return indices of the colour map, 0 for invalid depths."""
    near, far = depth_range
    # NaN fails both comparisons; both infinities are no measurement (REP 117).
    valid = (metres > 0) & (metres < np.inf)
    share = np.clip(np.where(valid, metres, near), near, far)
    index = np.where(valid, (far - share) * (254 / (far - near)) + 1.5, 0)
    return index.astype(np.uint8)


@lru_cache(maxsize=_TABLES)
def _millimetre_table(depth_range: tuple[float, float]) -> npt.NDArray[np.uint8]:
    return _index(np.arange(65536, dtype=np.float32) / 1000, depth_range)


def depth_to_bgr(depth: Pixels, depth_range: tuple[float, float] = DEPTH_RANGE
                 ) -> npt.NDArray[np.uint8]:
    """
    Return depth as colours (REP 118, REP 117), an array of shape (height, width, 3).

    :param depth: of shape (height, width): uint16 in millimetres with 0 as invalid, or float in
        metres with NaN and infinities as invalid; zero and less is invalid too
    :param depth_range: in metres; nearer and farther pixels get the colours of its ends
    """
    if depth.dtype == np.uint16:
        index = np.take(_millimetre_table(depth_range), depth.astype(np.uint16, copy=False))
    else:
        index = _index(depth.astype(np.float32, copy=False), depth_range)
    return cast(npt.NDArray[np.uint8], cv2.applyColorMap(index, _colours()))
