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
from typing import Any

from cv_bridge import CvBridge
from sensor_msgs.msg import CompressedImage, Image

from ..core.errors import ImageError
from ..core.protocol.strict_json import shorten
from ..media.compressed_images import decode_compressed
from ..media.i420 import Pixels
from ..media.image_encodings import find_encoding

# What every cv_bridge reads right, if there is no padding; the pure Python one on PyPI ignores
# ``step``.
_PLAIN = {'rgb8': 3, 'bgr8': 3, 'mono8': 1}
_BRIDGE = CvBridge()
# As in h264, H264, h264; yuv420p, h264/annexb, libx264 or h264_nvenc.
_H264 = re.compile(r'\s*(?:h\.?264|(?:lib)?x264)(?![a-z0-9])', re.IGNORECASE)


def image_to_array(msg: Image) -> tuple[Pixels, str]:
    """
    Return a message's pixels, in the form of ``media.image_encodings``, and their encoding.

    The array is a view of the message's data, except for foreign byte orders and for planar
    encodings of odd size or with padding that a view cannot skip.

    :raises ImageError: unknown encoding, zero size, rows shorter than the width, short data
    """
    name, step = msg.encoding, msg.width * _PLAIN.get(msg.encoding, 0)
    if step == msg.step and len(msg.data) == step * msg.height > 0 and not msg.is_bigendian:
        return _BRIDGE.imgmsg_to_cv2(msg, 'passthrough'), name
    return find_encoding(name).array(name, msg.data, msg.width, msg.height, msg.step,
                                     bool(msg.is_bigendian)), name


def compressed_to_array(msg: CompressedImage) -> tuple[Pixels, str]:
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


def refuse_video(msg: Any) -> tuple[Pixels, str]:
    """
    Say that a message's video cannot be shown, where pixels are wanted.

    :raises ImageError: always
    """
    raise ImageError(
        f'video of format {shorten(_video_format(msg))} is not supported: publish H.264')


def _video_format(msg: Any) -> str:
    video_format: str = msg.encoding if hasattr(msg, 'encoding') else msg.format
    return video_format
