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
Names of pixel encodings: one for each, and the other spellings that publishers use for it.

Sources: ``sensor_msgs/image_encodings.hpp``, cv_bridge (``8UC3``, ``TYPE_8UC3``), V4L2, FFmpeg,
GenICam (PFNC) and Gazebo.
"""

from functools import lru_cache
import re

_BAYER = {'rggb': 'rg', 'bggr': 'bg', 'gbrg': 'gb', 'grbg': 'gr'}
_BAYER_BITS = (8, 10, 12, 14, 16)
# By the name in ``media.images.image_encodings``: other spellings, without case, spaces and marks.
_SPELLINGS: dict[str, str] = {
    'rgb8': 'rgb rgb24 rgb888 rgb3 r8g8b8 rgbint8 rgb8packed',
    'bgr8': 'bgr bgr24 bgr888 bgr3 b8g8r8 bgrint8 bgr8packed',
    'rgba8': 'rgba rgba32 rgba8888 rgbx rgb32 rgb0 r8g8b8a8 rgbaint8 rgba8packed',
    'bgra8': 'bgra bgra32 bgra8888 bgrx bgr32 bgr0 bgr4 b8g8r8a8 bgraint8 bgra8packed',
    'argb8': 'argb argb32 argb8888 xrgb 0rgb', 'abgr8': 'abgr abgr32 abgr8888 xbgr 0bgr',
    'rgb16': 'rgb48 rgb48le r16g16b16 rgbint16', 'bgr16': 'bgr48 bgr48le b16g16r16 bgrint16',
    'rgba16': 'rgba64 rgba64le', 'bgra16': 'bgra64 bgra64le',
    'rgb565': 'rgb565le rgbp r5g6b5', 'bgr565': 'bgr565le b5g6r5',
    'mono8': 'mono gray grey gray8 grey8 grayscale greyscale y y8 y800 l8 lint8 luminance r8',
    'mono10': 'gray10 grey10 gray10le y10', 'mono12': 'gray12 grey12 gray12le y12',
    'mono14': 'gray14 grey14 gray14le y14',
    'mono16': 'gray16 grey16 gray16le mono16le y16 l16 lint16 r16',
    'mono32': '32uc1 gray32 grey32',
    **{f'{kind}C1': f'{kind} {kind}c'.lower()
       for kind in ('8U', '8S', '16U', '16S', '32S', '32F', '64F')},
    '16UC1': '16u 16uc z16', '32FC1': '32f 32fc rfloat32 depth32f float32 grayf32 grayf32le',
    **{f'{kind}C{count}': '' for kind in ('8U', '16U') for count in (3, 4)},
    '32FC3': '', '32FC4': '',
    # GenICam's YUV422_8 and YCbCr422_8 begin with luma, unlike yuv422.
    'uyvy': 'yuv422 uyvy422 yuv422uyvy y422 uynv 2vuy hdyc yuv4228uyvy yuv422packed '
            'ycbcr4228cbycry',
    'yuyv': 'yuy2 yuyv422 yuv422yuy2 yuv422yuyv yunv v422 yuv4228 ycbcr4228 yuyvpacked '
            'yuv422yuyvpacked',
    'yvyu': 'yvyu422', 'vyuy': 'vyuy422',
    'nv12': 'yuv420nv12 yuv420sp', 'nv21': 'yuv420nv21 yvu420sp', 'nv16': 'yuv422sp', 'nv61': '',
    'nv24': 'yuv444sp', 'nv42': '',
    'i420': 'yuv420 yuv420p iyuv yu12 i420p', 'yv12': 'yvu420 yvu420p yv12p',
    'yuvj420p': 'j420', 'i422': 'yuv422p 422p', 'yv16': 'yvu422p', 'i444': 'yuv444p 444p',
    **{f'bayer_{pattern}{bits}':
       f'{pattern}{bits} s{pattern}{bits} s{pattern}{bits}le bayer{short}{bits} '
       f'bayer{pattern}{bits}le'
       for pattern, short in _BAYER.items() for bits in _BAYER_BITS},
}
# Bayer patterns without a depth have 8 bits.
for _pattern, _short in _BAYER.items():
    _SPELLINGS[f'bayer_{_pattern}8'] += f' {_pattern} bayer{_pattern} bayer{_short}'
ENCODING_NAMES = frozenset(_SPELLINGS)
_MARKS = re.compile('[^a-z0-9]+')
# What OpenCV's and cv_bridge's enumerations begin with.
_PREFIXES = re.compile('^(?:type|cv)(?=[0-9])')


def _key(name: str) -> str:
    return _PREFIXES.sub('', _MARKS.sub('', name.lower()))


_BY_KEY = {spelling: name for name, spellings in _SPELLINGS.items()
           for spelling in (_key(name), *spellings.split())}
# Spellings that are remembered: more than a robot has cameras.
_REMEMBERED = 256


@lru_cache(maxsize=_REMEMBERED)
def encoding_name(name: str) -> str | None:
    """
    Return the name of an encoding in ``ENCODING_NAMES``, ``None`` if it is not known.

    Case, spaces and marks do not count: ``RGB8``, ``bayer-rggb8`` and ``TYPE_8UC3`` are known.
    """
    return name if name in ENCODING_NAMES else _BY_KEY.get(_key(name))
