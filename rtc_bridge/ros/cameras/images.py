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

from collections.abc import Callable
from typing import Any

from .cv_bridge_reader import cv_bridge_reader
from ...core.errors import ImageError
from ...core.images.encoding_names import encoding_name
from ...core.images.video_formats import names_still_image
from ...core.protocol.strict_json import shorten
from ...media.images.compressed_images import decode_compressed, still_format
from ...media.images.i420 import Pixels, Planes
from ...media.images.image_encodings import ENCODINGS, find_encoding

# Bytes of a message's data by which its format is known.
HEAD_BYTES = 2048


def _ignore(warning: str) -> None:
    """Take a warning that nobody wants."""


def image_to_array(msg: Any, encoding: str = '', warn: Callable[[str], object] = _ignore
                   ) -> tuple[Pixels | Planes, str]:
    """
    Return a message's pixels, in the form of ``media.images.image_encodings``, and their encoding.

    Arrays and planes are views of the message's data, except for foreign byte orders and where a
    view cannot skip the padding. Still images in the data are decoded.

    :param msg: ``sensor_msgs/Image`` or ``foxglove_msgs/RawImage``
    :param encoding: what the pixels are, if that is known better than by the message; or empty
    :param warn: takes a sentence about what was put right
    :raises ImageError: unknown encoding, zero size, rows shorter than the width, short data
    """
    name = encoding or msg.encoding
    if not encoding or encoding == msg.encoding:
        pixels = cv_bridge_reader().read(msg)
        if pixels is not None:
            return pixels, name
    if encoding_name(name) is None and (names_still_image(name) or _is_still_image(msg)):
        return decode_compressed(msg.data, name)
    form, size = ENCODINGS.get(name) or find_encoding(name), len(msg.data)
    rows = form.rows(msg.width, msg.height, msg.step, size)
    if rows != msg.height:
        warn(f'the height is {msg.height}, which counts the rows of chroma, too: {rows} rows of '
             'pixels are shown; correct the publisher')
    try:
        step = form.step(name, msg.width, rows, msg.step, size)
    except ImageError as error:
        if not _is_still_image(msg):
            if encoding_name(name) != encoding_name(msg.encoding):
                raise ImageError(
                    f'{error}; the messages say {shorten(msg.encoding)}, and the parameter of '
                    f'this camera {name}', 'wrong-encoding', error.values) from None
            raise
        warn(f'the encoding is {name}, but the data is a still image, which is shown')
        return decode_compressed(msg.data, '')
    if step != msg.step:
        warn(f'step is {msg.step}, but {msg.width} pixels of {name} in {size} bytes of data are '
             f'{step} bytes from row to row: they are shown so; correct the publisher')
    big_endian = bool(getattr(msg, 'is_bigendian', False))
    return form.array(name, msg.data, msg.width, rows, step, big_endian), name


def _is_still_image(msg: Any) -> bool:
    # Of others the first bytes are too short to be sure.
    return still_format(bytes(msg.data[:HEAD_BYTES])) in ('jpeg', 'png')


def compressed_to_array(msg: Any, encoding: str = '',
                        warn: Callable[[str], object] = _ignore) -> tuple[Pixels, str]:
    """
    Return the decoded pixels of a still image and their encoding.

    :param msg: ``sensor_msgs/CompressedImage``, or any message with ``data`` and a format
    :param encoding: what the decoded pixels are, if that is known better, or empty
    :param warn: takes a sentence about an encoding that does not fit
    :raises ImageError: no image that is known, or broken
    """
    pixels, found = decode_compressed(msg.data, format_of(msg), encoding)
    if encoding_name(encoding) not in (None, found):
        warn(f'the encoding of its parameter, {encoding}, does not fit a still image of '
             f'{found}, which is shown as that')
    return pixels, found


def format_of(msg: Any) -> str:
    """
    Return what a message says of its data.

    :param msg: ``Image``, ``CompressedImage``, ``FFMPEGPacket``, ``CompressedVideo``, ...
    """
    form: str = msg.encoding if hasattr(msg, 'encoding') else msg.format
    return form
