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

"""Image messages to arrays, without copying where the memory allows it."""

import re
import sys
from typing import Any

from cv_bridge import CvBridge
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from ..core.errors import ImageError
from ..core.protocol.strict_json import shorten
from ..media.compressed import decode_compressed
from ..media.pixel_layouts import Layout, layout

# What cv_bridge reads right wherever it comes from, if there is no padding. The pure Python one
# on PyPI ignores `step`.
_PLAIN = frozenset({'rgb8', 'bgr8', 'mono8'})
_BRIDGE = CvBridge()
# As h264, H264, h264; yuv420p, h264/annexb, libx264 or h264_nvenc.
_H264 = re.compile(r'\s*(?:h\.?264|(?:lib)?x264)(?![a-z0-9])', re.IGNORECASE)


def image_to_array(msg: Image) -> tuple[np.ndarray, str]:
    """
    Return a message's pixels, in the form ``media.pixels`` takes, and their encoding.

    The array is a view of the message's data, except for foreign byte orders and for planar
    kinds of odd size or with padding that a view cannot skip.

    :raises ImageError: unknown encoding, zero size, rows shorter than the width, short data
    """
    form = layout(msg.encoding)
    if not msg.width or not msg.height:
        raise ImageError(f'image of {msg.width}x{msg.height} pixels has no content')
    item = np.dtype(form.dtype).itemsize
    row = msg.width * form.channels * item
    if msg.step < row:
        raise ImageError(f'step is {msg.step}, but {msg.width} pixels of {msg.encoding} '
                         f'need {row} bytes')
    rows = _rows(msg.height, form)
    if len(msg.data) < msg.step * (rows - 1) + row:
        # The last row may lack its padding.
        raise ImageError(f'{len(msg.data)} bytes of data, but {msg.width}x{msg.height} '
                         f'{msg.encoding} with step {msg.step} needs {msg.step * rows}')
    if (msg.encoding in _PLAIN and msg.step == row and len(msg.data) == row * rows
            and not msg.is_bigendian):
        return _BRIDGE.imgmsg_to_cv2(msg, 'passthrough'), msg.encoding
    if form.kind == 'nv24':
        return _nv24(msg), msg.encoding
    if form.kind in ('nv12', 'nv21') and (msg.width % 2 or msg.height % 2):
        return _even(msg), msg.encoding
    shape, strides = (rows, msg.width), (msg.step, form.channels * item)
    if form.channels > 1:
        shape, strides = (*shape, form.channels), (*strides, item)
    dtype = np.dtype(form.dtype).newbyteorder('>' if msg.is_bigendian else '<')
    pixels = np.ndarray(shape, dtype, msg.data, strides=strides)
    if item > 1 and bool(msg.is_bigendian) == (sys.byteorder == 'little'):
        pixels = pixels.astype(form.dtype)
    elif msg.step % item:
        pixels = np.ascontiguousarray(pixels)
    return pixels, msg.encoding


def compressed_to_array(msg: CompressedImage) -> tuple[np.ndarray, str]:
    """
    Return the decoded pixels of a JPEG or PNG message and their encoding.

    :raises ImageError: neither JPEG nor PNG, or broken
    """
    return decode_compressed(msg.data, msg.format)


def is_h264(msg: Any) -> bool:
    """
    Tell whether a message holds H.264.

    :param msg: CompressedImage, ``ffmpeg_image_transport_msgs/FFMPEGPacket`` or
        ``foxglove_msgs/CompressedVideo``
    """
    return bool(_H264.match(_video_format(msg)))


def refuse_video(msg: Any) -> tuple[np.ndarray, str]:
    """
    Say that a message's video cannot be shown, where pixels are wanted.

    :raises ImageError: always
    """
    raise ImageError(
        f'video of format {shorten(_video_format(msg))} is not supported: publish H.264')


def _video_format(msg: Any) -> str:
    return msg.encoding if hasattr(msg, 'encoding') else msg.format


def _rows(height: int, form: Layout) -> int:
    """Return the rows of ``step`` bytes that hold all planes (V4L2 pixfmt-yuv-planar)."""
    if form.kind in ('nv12', 'nv21'):
        return height + height // 2
    return height * 3 if form.kind == 'nv24' else height


def _nv24(msg: Image) -> np.ndarray:
    # A chroma row has two samples for each pixel: V4L2 gives it twice the step.
    data = np.frombuffer(msg.data, np.uint8)
    if msg.step == msg.width:
        return data[:msg.height * 3 * msg.width].reshape(msg.height * 3, msg.width)
    luma = np.ndarray((msg.height, msg.width), np.uint8, data, strides=(msg.step, 1))
    chroma = np.ndarray((msg.height, msg.width * 2), np.uint8, data, msg.step * msg.height,
                        (msg.step * 2, 1))
    return np.concatenate((luma, chroma.reshape(-1, msg.width)))


def _even(msg: Image) -> np.ndarray:
    """Crop a 4:2:0 picture to even sizes: its last chroma samples may not be there."""
    width, height = msg.width & ~1, msg.height & ~1
    if not width or not height:
        raise ImageError(f'{msg.encoding} of {msg.width}x{msg.height} pixels is too small')
    data = np.frombuffer(msg.data, np.uint8)
    luma = np.ndarray((height, width), np.uint8, data, strides=(msg.step, 1))
    chroma = np.ndarray((height // 2, width), np.uint8, data, msg.step * msg.height,
                        (msg.step, 1))
    return np.concatenate((luma, chroma))
