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

"""Which topics hold a camera's images, and how to subscribe to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

try:
    from ffmpeg_image_transport_msgs.msg import FFMPEGPacket
except ImportError:
    FFMPEGPacket = None
try:
    from foxglove_msgs.msg import CompressedVideo
except ImportError:
    CompressedVideo = None

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
FFMPEG = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
VIDEO = 'foxglove_msgs/msg/CompressedVideo'
# Classes by message type, ``None`` for those of packages that are not installed.
MESSAGES: dict[str, Any] = {
    RAW: Image, COMPRESSED: CompressedImage, FFMPEG: FFMPEGPacket, VIDEO: CompressedVideo}
_RAW = (('', RAW),)
_COMPRESSED = (('', COMPRESSED), ('/compressed', COMPRESSED))
_H264 = (('', COMPRESSED), ('', FFMPEG), ('', VIDEO), ('/h264', COMPRESSED), ('/h264', VIDEO),
         ('/ffmpeg', FFMPEG))
# Suffix of the topic and message type, in the order of preference, by parameter
# ``cameras.NAME.type``. Raw first: to decode JPEG costs more than to receive a raw image of the
# same host (measured, November 2026).
_CANDIDATES = {'raw': _RAW, 'compressed': _COMPRESSED, 'h264': _H264,
               'auto': (*_RAW, *_COMPRESSED, *_H264)}
_SIBLINGS = ('/compressed', '/h264', '/ffmpeg')
# Transports of image_transport whose messages are not shown.
_NOT_SHOWN = ('/compressedDepth', '/zstd', '/theora')
# Messages that may wait. Only the newest image counts; of H.264 each is needed, and a second of
# them may wait.
_IMAGE_DEPTH, _STREAM_DEPTH = 1, 30


@dataclass(frozen=True)
class ImageSource:
    """
    What to subscribe to.

    :ivar message_type: a key of ``MESSAGES``
    :ivar transient_local: the publisher keeps its last message for subscribers that come later
    """

    topic: str
    message_type: str
    reliable: bool
    transient_local: bool

    @property
    def qos(self) -> QoSProfile:
        """Return the profile to subscribe with, which matches the publishers'."""
        return QoSProfile(
            depth=_IMAGE_DEPTH if self.message_type == RAW else _STREAM_DEPTH,
            reliability=(ReliabilityPolicy.RELIABLE if self.reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if self.transient_local
                        else DurabilityPolicy.VOLATILE))


def choose_source(topic: str, kind: str, qos: str, publishers_of: Callable[[str], Sequence[Any]],
                  on_missing: Callable[[str], None]) -> ImageSource | None:
    """
    Choose topic, type and QoS by what is published; ``None`` while nothing is.

    :param topic: as configured, resolved
    :param kind: ``auto``, ``raw``, ``compressed`` or ``h264``
    :param qos: ``auto``, ``best_effort`` or ``reliable``
    :param publishers_of: returns the endpoint infos of a topic's publishers
    :param on_missing: takes a sentence about a message package that is not installed
    """
    for suffix, message_type in _CANDIDATES[kind]:
        profiles = [p.qos_profile for p in publishers_of(topic + suffix)
                    if p.topic_type == message_type]
        if profiles and MESSAGES[message_type] is None:
            on_missing(f'{topic + suffix} has type {message_type}, but package '
                       f'{message_type.partition("/")[0]} is not installed')
        elif profiles:
            reliable = qos == 'reliable' or (qos == 'auto' and all(
                p.reliability == ReliabilityPolicy.RELIABLE for p in profiles))
            # An image that was published once, before this subscription, is kept by its publisher.
            transient_local = reliable and all(
                p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in profiles)
            return ImageSource(topic + suffix, message_type, reliable, transient_local)
    return None


def base_name(topic: str) -> str:
    """Return the camera that a topic belongs to: ``front`` for ``front/compressed``."""
    return next((topic.removesuffix(s) for s in _SIBLINGS if topic.endswith(s)), topic)


def find_image_topics(node: Node) -> set[str]:
    """
    Return the image topics that have publishers, by their base name.

    A raw topic and its siblings ``/compressed``, ``/h264`` and ``/ffmpeg`` are one. Transports
    that are not shown (``compressedDepth``, ``theora``, ``zstd``) are left out.
    """
    shown = {kind for kind in (COMPRESSED, FFMPEG, VIDEO) if MESSAGES[kind] is not None}
    found = set()
    for topic, types in node.get_topic_names_and_types():
        if not node.count_publishers(topic):
            continue
        if RAW in types:
            found.add(topic)
        elif shown & set(types) and not topic.endswith(_NOT_SHOWN):
            found.add(base_name(topic))
    return found
