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

"""What a message of any image topic holds: pixels, a still image, or video."""

from collections.abc import Callable
from functools import partial
import logging
from typing import Any

from .images import compressed_to_array, format_of, image_to_array
from ...core.images.encoding_names import encoding_name
from ...core.images.jpeg_extent import START
from ...core.images.video_formats import (
    codec_by_data, codec_by_name, first_word, names_still_image,
)
from ...media.camera import Camera
from ...media.images.compressed_depth import PNG
from ...media.images.compressed_images import still_format

logger = logging.getLogger(__name__)
# Bytes by which formats are known that the message does not name.
_HEAD_BYTES = 32
# Different warnings of one camera that are logged, once each.
_MAX_WARNINGS = 8


class ImageMessages:
    """
    Hands a camera what the messages of its topic hold.

    :meth:`take` belongs to the thread of the messages.

    :param on_video: called with the topic before each access unit of video is handed over
    """

    def __init__(self, camera: Camera, on_video: Callable[[str], object]) -> None:
        self._camera = camera
        self._on_video = on_video
        self._warned: set[str] = set()

    def take(self, message: Any, topic: str, age: float | None, *, packets: bool = False,
             unknown_is_h264: bool = False) -> None:
        """
        Take a message; an encoder thread reads an image, if at all: only the newest counts.

        Each access unit of video is read at once, since each refers to those before.

        :param message: ``Image``, ``CompressedImage``, ``FFMPEGPacket``, ``CompressedVideo``, or
            those of ``foxglove_msgs``
        :param age: seconds since it was captured, ``None`` if that is not known
        :param packets: its type is for video, so a format that is not known is a codec, too
        :param unknown_is_h264: a format that is not known is H.264
        """
        encoding, is_raw = self._camera.settings.encoding, hasattr(message, 'step')
        warn = partial(self._warn, topic)
        if is_raw and encoding_name(encoding or message.encoding) is not None:
            self._camera.put(partial(image_to_array, message, encoding, warn), age)
            return
        # An encoding of pixels says nothing of the video of a sibling.
        said = encoding if is_raw or codec_by_name(encoding) else ''
        codec = _codec(message, said or format_of(message), packets)
        if not codec and unknown_is_h264 and not still_format(_head(message)):
            codec = 'h264'
        if codec:
            self._on_video(topic)
            self._camera.put_video(bytes(message.data), age, codec)
        else:
            read = image_to_array if is_raw else compressed_to_array
            self._camera.put(partial(read, message, encoding, warn), age)

    def _warn(self, topic: str, text: str) -> None:
        """Log what was put right in an image, once; in an encoder thread."""
        if text not in self._warned and len(self._warned) < _MAX_WARNINGS:
            self._warned.add(text)
            logger.warning('camera %s: %s: %s', self._camera.name, topic, text)


def _head(message: Any) -> bytes:
    return bytes(message.data[:_HEAD_BYTES])


def _codec(message: Any, form: str, packets: bool) -> str:
    """Return the codec of a message's video, '' if it is no video."""
    head = _head(message)
    if head.startswith((START, PNG)):
        # Whatever the format says.
        return ''
    known = codec_by_name(form) or codec_by_data(head)
    if known or not packets or names_still_image(form):
        return known
    return first_word(form)
