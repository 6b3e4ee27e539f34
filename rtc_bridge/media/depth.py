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

"""Depth images as colours: near is red, far is blue, and what is not known is black."""

from functools import lru_cache

import cv2
import numpy as np

# Metres.
DEPTH_RANGE = (0.3, 10.0)


@lru_cache(maxsize=1)
def _colours() -> np.ndarray:
    # Index 0 stands for an invalid pixel; the colour map itself has no black.
    colours = cv2.applyColorMap(np.arange(256, dtype=np.uint8).reshape(256, 1),
                                cv2.COLORMAP_TURBO)
    colours[0] = 0
    return colours


def _index(metres: np.ndarray, depth_range: tuple[float, float]) -> np.ndarray:
    near, far = depth_range
    # NaN fails both comparisons; both infinities are no measurement: REP 117.
    valid = (metres > 0) & (metres < np.inf)
    share = np.clip(np.where(valid, metres, near), near, far)
    return np.where(valid, (far - share) * (254 / (far - near)) + 1.5, 0).astype(np.uint8)


@lru_cache(maxsize=8)
def _millimetre_table(depth_range: tuple[float, float]) -> np.ndarray:
    return _index(np.arange(65536, dtype=np.float32) / 1000, depth_range)


def depth_to_bgr(depth: np.ndarray, depth_range: tuple[float, float] = DEPTH_RANGE) -> np.ndarray:
    """
    Return depth as colours (REP 118, REP 117).

    :param depth: (h, w), uint16 in millimetres with 0 as invalid, or float in metres with NaN and
        infinities as invalid; zero and less is invalid too
    :param depth_range: metres; nearer and farther pixels get the colours of its ends
    :returns: (h, w, 3) uint8 BGR
    """
    if depth.dtype == np.uint16:
        index = np.take(_millimetre_table(depth_range), depth)
    else:
        index = _index(depth.astype(np.float32, copy=False), depth_range)
    return cv2.applyColorMap(index, _colours())
