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

"""What the encodings of ``sensor_msgs/image_encodings.hpp`` look like in memory."""

from dataclasses import dataclass
import re

from ..core.errors import ImageError
from ..core.protocol.strict_json import shorten

# Kinds that are one luma plane followed by one of interleaved chroma (V4L2 NV12, NV21, NV24).
PLANAR = ('nv12', 'nv21', 'nv24')
# Kinds of two samples per pixel, chroma shared by two pixels (V4L2 UYVY, YUYV).
PACKED_422 = ('uyvy', 'yuyv')
_GENERIC = re.compile(r'(8U|8S|16U|16S|32S|32F|64F)C\d*')


@dataclass(frozen=True)
class Layout:
    """
    How pixels of one encoding lie in memory.

    ``kind`` is the order of the samples (``bgr``, ``mono``, ``bayer_rggb``, ``uyvy``, ``nv21``,
    ``depth``, ...), ``dtype`` the numpy name of a sample, ``channels`` the samples per pixel (of
    the luma plane, for the planar kinds).
    """

    kind: str
    dtype: str
    channels: int


_LAYOUTS = {
    # 16UC1 is depth in millimetres, 32FC1 in metres: REP 118.
    '8UC1': Layout('mono', 'uint8', 1),
    '8UC3': Layout('bgr', 'uint8', 3),
    '8UC4': Layout('bgra', 'uint8', 4),
    '16UC1': Layout('depth', 'uint16', 1),
    '16UC3': Layout('bgr', 'uint16', 3),
    '16UC4': Layout('bgra', 'uint16', 4),
    '32FC1': Layout('depth', 'float32', 1),
    '64FC1': Layout('depth', 'float64', 1),
    'uyvy': Layout('uyvy', 'uint8', 2),
    'yuv422': Layout('uyvy', 'uint8', 2),
    'yuyv': Layout('yuyv', 'uint8', 2),
    'yuv422_yuy2': Layout('yuyv', 'uint8', 2),
    'nv12': Layout('nv12', 'uint8', 1),
    'nv21': Layout('nv21', 'uint8', 1),
    'nv24': Layout('nv24', 'uint8', 1),
}
for _bits in (8, 16):
    for _kind, _channels in (('rgb', 3), ('bgr', 3), ('rgba', 4), ('bgra', 4), ('mono', 1)):
        _LAYOUTS[f'{_kind}{_bits}'] = Layout(_kind, f'uint{_bits}', _channels)
    for _pattern in ('rggb', 'bggr', 'gbrg', 'grbg'):
        _LAYOUTS[f'bayer_{_pattern}{_bits}'] = Layout(f'bayer_{_pattern}', f'uint{_bits}', 1)

ENCODINGS = tuple(_LAYOUTS)


def layout(encoding: str) -> Layout:
    """
    Return the layout of an encoding.

    :raises ImageError: unknown, or a generic type that does not say what its numbers mean
    """
    found = _LAYOUTS.get(encoding)
    if found is not None:
        return found
    if _GENERIC.fullmatch(encoding):
        raise ImageError(f'encoding {encoding} does not say what its numbers mean; '
                         'publish bgr8, mono8, 16UC1 or 32FC1')
    raise ImageError(f'unknown encoding {shorten(encoding)}')
