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

"""Depth images as colours."""

import cv2
import numpy as np
import pytest
from rtc_bridge.media.images.depth import DEPTH_RANGE, depth_to_bgr
from rtc_bridge.media.images.i420 import RenderOptions, split
from rtc_bridge.media.images.image_encodings import ENCODINGS, to_i420


def colour_of(metres, depth_range=DEPTH_RANGE):
    """Colour one depth by the definition: near is the red end, far the blue end."""
    near, far = depth_range
    share = (far - min(max(metres, near), far)) / (far - near)
    index = np.array([[int(share * 254 + 1.5)]], np.uint8)
    return cv2.applyColorMap(index, cv2.COLORMAP_TURBO)[0, 0]


@pytest.mark.parametrize('metres', [0.1, 0.3, 1.0, 2.5, 7.77, 10.0, 40.0])
def test_depth_colours(metres):
    want = colour_of(metres).astype(int)
    for pixels, name in ((np.full((4, 6), metres * 1000, np.uint16), '16UC1'),
                         (np.full((4, 6), metres, np.float32), '32FC1'),
                         (np.full((4, 6), metres, np.float64), '64FC1')):
        got = depth_to_bgr(pixels)
        assert got.shape == (4, 6, 3)
        assert np.abs(got[2, 3] - want).max() <= 8


def test_depth_near_is_red_far_is_blue():
    blue, _, red = depth_to_bgr(np.array([[1.0]], np.float32))[0, 0]
    assert red > blue
    blue, _, red = depth_to_bgr(np.array([[9.0]], np.float32))[0, 0]
    assert blue > red


def test_depth_range_is_a_parameter():
    pixels = np.full((2, 2), 2000, np.uint16)
    near = depth_to_bgr(pixels, (2.0, 4.0))[0, 0]
    far = depth_to_bgr(pixels, (0.5, 2.0))[0, 0]
    assert np.abs(near.astype(int) - colour_of(2.0, (2.0, 4.0))).max() <= 8
    assert np.abs(far.astype(int) - colour_of(2.0, (0.5, 2.0))).max() <= 8


@pytest.mark.parametrize('name, invalid', [
    ('16UC1', [0]), ('32FC1', [np.nan, np.inf, -np.inf, 0, -1]),
    ('64FC1', [np.nan, np.inf, -np.inf])])
def test_invalid_depth_is_black(name, invalid):
    # REP 118 and REP 117; the neighbours stay coloured even when the picture shrinks.
    pixels = np.full((64, 64), 3, ENCODINGS[name].dtype)
    pixels[:] = 3000 if name == '16UC1' else 3
    for index, value in enumerate(invalid):
        pixels[index * 8:index * 8 + 8, 32:] = value
    bgr = depth_to_bgr(pixels)
    rows = len(invalid) * 8
    assert not bgr[:rows, 32:].any()
    assert bgr[:, :32].any(axis=2).all() and bgr[rows:].any(axis=2).all()
    luma = split(to_i420(pixels, name, RenderOptions(32)))[0]
    assert (luma[:rows // 2, 17:] == 16).all() and len(np.unique(luma)) == 2
