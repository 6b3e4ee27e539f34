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

"""JPEG and PNG, as ``sensor_msgs/CompressedImage`` carries them."""

import cv2
import numpy as np
import numpy.typing as npt

from .i420 import Pixels
from .image_encodings import ENCODINGS
from ..core.errors import ImageError
from ..core.protocol.strict_json import shorten

# First and last bytes (ITU-T T.81, annex B; PNG specification, 5.2).
_JPEG = b'\xff\xd8\xff'
_JPEG_END = b'\xff\xd9'
_PNG = b'\x89PNG\r\n\x1a\n'
# A PNG ends with this chunk, of 12 bytes, and perhaps some padding.
_PNG_END, _PNG_END_BYTES = b'IEND', 64
# Encodings of what OpenCV decodes, by dtype and channels.
_ENCODINGS = {('uint8', 1): 'mono8', ('uint8', 3): 'bgr8', ('uint8', 4): 'bgra8',
              ('uint16', 1): '16UC1', ('uint16', 3): 'bgr16', ('uint16', 4): 'bgra16'}


def encode_jpeg(bgr: npt.NDArray[np.uint8], quality: int) -> bytes:
    """
    Return an image as JPEG.

    :param bgr: of shape (height, width, 3)
    :param quality: 1 to 100
    """
    return cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def decode_compressed(data: bytes, format: str) -> tuple[Pixels, str]:  # noqa: A002
    """
    Return the pixels of a JPEG or PNG image and their encoding.

    16-bit PNG of one channel is ``16UC1`` (depth), unless the format says ``mono16``.

    :param format: ``jpeg``, ``png``, or what image_transport writes: the encoding of the source,
        as in ``rgb8; jpeg compressed bgr8`` or ``16UC1; png compressed``. Which of the two it is
        is read from the data.
    :raises ImageError: neither JPEG nor PNG, compressed depth with its own header, broken data
    """
    data = bytes(data)
    if 'compressedDepth' in format:
        raise ImageError(f'format {shorten(format)} is not supported: publish the depth image as '
                         '16UC1 or 32FC1, or as PNG')
    if not data.startswith((_JPEG, _PNG)):
        raise ImageError(f'{len(data)} bytes of format {shorten(format)} are neither JPEG nor PNG')
    pixels = _decode(data)
    if pixels is None:
        raise ImageError(f'{len(data)} bytes of format {shorten(format)} are broken or cut short')
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    encoding = _ENCODINGS.get((pixels.dtype.name, channels))
    if encoding is None:
        raise ImageError(f'format {shorten(format)} holds {channels} channels of {pixels.dtype}')
    source, _, how = format.partition(';')
    if channels == 1 and source in ('mono16', f'mono{pixels.itemsize * 8}'):
        encoding = f'mono{pixels.itemsize * 8}'
    elif channels == 1 and source.startswith('bayer') and source in ENCODINGS:
        encoding = source
    elif channels > 1 and 'compressed rgb' in how:
        # The publisher compressed red as blue: image_transport marks that so.
        encoding = encoding.replace('bgr', 'rgb')
    return pixels, encoding


def _decode(data: bytes) -> Pixels | None:
    """Return the pixels of JPEG or PNG, ``None`` if it is broken or cut short."""
    # OpenCV fills what is missing with grey, without an error.
    whole = (data.rfind(_JPEG_END) > 0 if data.startswith(_JPEG)
             else _PNG_END in data[-_PNG_END_BYTES:])
    if not whole:
        return None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
