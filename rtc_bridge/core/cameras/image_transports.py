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
Which topics hold a camera's images: message types, suffixes of image_transport, similar names.

A camera is a topic of raw images and its siblings, or any of these alone.
"""

from collections.abc import Collection, Iterable, Mapping
from difflib import SequenceMatcher

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
FFMPEG = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
VIDEO = 'foxglove_msgs/msg/CompressedVideo'
FOXGLOVE_COMPRESSED = 'foxglove_msgs/msg/CompressedImage'
FOXGLOVE_RAW = 'foxglove_msgs/msg/RawImage'
THEORA = 'theora_image_transport/msg/Packet'
# Pixels as they are.
RAW_TYPES = (RAW, FOXGLOVE_RAW)
# Types that are shown, and all that an image topic may have.
SHOWN_TYPES = (RAW, COMPRESSED, FFMPEG, VIDEO, FOXGLOVE_COMPRESSED, FOXGLOVE_RAW)
IMAGE_TYPES = (*SHOWN_TYPES, THEORA)
_RAW = (('', RAW), ('', FOXGLOVE_RAW))
_COMPRESSED = (('', COMPRESSED), ('', FOXGLOVE_COMPRESSED), ('/compressed', COMPRESSED),
               ('/compressed', FOXGLOVE_COMPRESSED), ('/compressedDepth', COMPRESSED))
_H264 = (('', COMPRESSED), ('', FFMPEG), ('', VIDEO), ('/h264', COMPRESSED), ('/h264', VIDEO),
         ('/ffmpeg', FFMPEG))
# Suffix of the topic and message type, in the order of preference, by parameter
# ``cameras.NAME.type``. Raw first: to decode JPEG costs more than to receive a raw image of the
# same host (measured, November 2026).
CANDIDATES = {'raw': _RAW, 'compressed': _COMPRESSED, 'h264': _H264,
              'auto': tuple(dict.fromkeys((*_RAW, *_COMPRESSED, *_H264)))}
_SIBLINGS = ('/compressed', '/compressedDepth', '/h264', '/ffmpeg')
# Transports of image_transport whose messages are not shown.
_NOT_SHOWN = ('/theora', '/zstd')
# How similar names are from 0 to 1 (difflib), from which on one may be meant by the other.
_SIMILAR = 0.6
MAX_SIMILAR = 3


def base_name(topic: str) -> str:
    """Return the camera that a topic belongs to: ``front`` for ``front/compressed``."""
    return next((topic.removesuffix(s) for s in (*_SIBLINGS, *_NOT_SHOWN) if topic.endswith(s)),
                topic)


def is_shown(topic: str, message_type: str) -> bool:
    """Tell whether images of a topic of this type are shown."""
    return message_type in SHOWN_TYPES and (
        message_type in RAW_TYPES or not topic.endswith(_NOT_SHOWN))


def shown_topics(published: Mapping[str, Collection[str]]) -> dict[str, str]:
    """
    Return the base name of each topic whose images are shown.

    :param published: the types that are published, by topic
    """
    return {topic: topic if set(RAW_TYPES) & set(types) else base_name(topic)
            for topic, types in published.items()
            if any(is_shown(topic, message_type) for message_type in types)}


def topics_not_shown(published: Mapping[str, Collection[str]]) -> list[str]:
    """Return the image topics that belong to no camera, as their transport is not shown."""
    cameras = set(shown_topics(published).values())
    return sorted(topic for topic, types in published.items()
                  if set(types) & set(IMAGE_TYPES) and base_name(topic) not in cameras
                  and not any(is_shown(topic, message_type) for message_type in types))


def similar_names(wanted: str, names: Iterable[str]) -> list[str]:
    """
    Return the few topics that may be meant by one that is not there, the most similar first.

    All are full names.
    """
    def similarity(name: str) -> float:
        whole = SequenceMatcher(None, wanted[1:].lower(), name[1:].lower()).ratio()
        # Only the namespace may be wrong, or only the last part.
        mine, theirs = wanted[1:].split('/'), name[1:].split('/')
        parts = len(set(mine) & set(theirs)) / max(len(mine), len(theirs))
        return max(whole, parts)

    found = sorted((-similarity(name), name) for name in set(names) - {wanted})
    return [name for ratio, name in found[:MAX_SIMILAR] if -ratio >= _SIMILAR]
