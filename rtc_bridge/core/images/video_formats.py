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
Codecs of video by the names that publishers give them, and by the first bytes of the data.

``sensor_msgs/CompressedImage``, ``ffmpeg_image_transport_msgs/FFMPEGPacket``,
``foxglove_msgs/CompressedVideo`` and some publishers of ``sensor_msgs/Image`` name codecs by the
standard, by the encoder (``libx264``, ``hevc_nvenc``), by MIME type, or by RFC 6381 (``avc1``).
"""

from functools import lru_cache
import re

from .encoding_names import encoding_name

# Codecs that a camera may send, by the names of FFmpeg, with the names for people.
CODEC_TITLES = {'h264': 'H.264', 'hevc': 'H.265', 'av1': 'AV1', 'vp8': 'VP8', 'vp9': 'VP9'}
_NAMES = {
    'h264': r'h\.?264|(?:lib)?x264|(?:lib)?openh264|avc[134]?', 'av1': r'av1|av01|lib\w+-?av1',
    'hevc': r'h\.?265|(?:lib)?x265|(?:lib)?kvazaar|hevc|hvc1|hev1',
    # libvpx-vp9 begins like libvpx.
    'vp9': r'vp0?9|libvpx-vp9', 'vp8': r'vp0?8|libvpx'}
# As in h264, H264, h264; yuv420p, h264/annexb, h264_nvenc, video/h264, avc1.42E01E: the name ends
# with anything but a letter or a digit.
_PATTERNS = {codec: re.compile(rf'\s*(?:video/)?(?:x-)?(?:{names})(?![a-z0-9])', re.IGNORECASE)
             for codec, names in _NAMES.items()}
_STILL = re.compile(r'\s*(?:image/)?(?:m?jpe?g|png|webp|bmp|tiff?|gif|avif|jp2|jxl)(?![a-z0-9])',
                    re.IGNORECASE)
_FIRST_WORD = re.compile(r'\s*(?:video/)?([a-z0-9_.+-]+)', re.IGNORECASE)
# Of start codes (ITU-T H.264 and H.265, annex B).
_START_CODES = (b'\0\0\0\1', b'\0\0\1')
# Types of NAL units that begin an access unit that others do not precede: parameter sets,
# delimiters, and pictures that decode without others.
_H264_FIRST, _HEVC_FIRST = frozenset({5, 7, 8, 9}), frozenset({16, 17, 18, 19, 20, 21, 32, 33, 35})
_REMEMBERED = 256


@lru_cache(maxsize=_REMEMBERED)
def codec_by_name(name: str) -> str:
    """Return the codec of ``CODEC_TITLES`` that a format names, '' for none of them."""
    return next((codec for codec, pattern in _PATTERNS.items() if pattern.match(name)), '')


def names_still_image(name: str) -> bool:
    """Tell whether a format is one of still images, as in jpeg, image/png or MJPEG."""
    return bool(_STILL.match(name))


def first_word(name: str) -> str:
    """Return the first word of a format in lower case: that of an encoder that is not known."""
    found = _FIRST_WORD.match(name)
    return found[1].lower() if found else ''


def format_text(value: object) -> str:
    """
    Return the name of an encoding or format as it is, without blanks at its ends.

    :raises ValueError: it is no text, or names nothing that is known
    """
    if not isinstance(value, str):
        raise ValueError(value)
    text = value.strip()
    if text and not (encoding_name(text) or codec_by_name(text) or names_still_image(text)
                     or 'compresseddepth' in text.lower()):
        raise ValueError(value)
    return text


def codec_by_data(data: bytes) -> str:
    """
    Return ``h264`` or ``hevc`` if data begins as such a stream does, '' otherwise.

    :param data: at least the first bytes
    """
    for code in _START_CODES:
        if data.startswith(code) and len(data) > len(code) + 1:
            first, second = data[len(code)], data[len(code) + 1]
            # The second byte of H.265's header: layer 0 and temporal id 1 (7.3.1.2).
            if second == 1 and first >> 1 in _HEVC_FIRST and not first & 0x81:
                return 'hevc'
            if not first & 0x80 and first & 31 in _H264_FIRST:
                return 'h264'
    return ''
