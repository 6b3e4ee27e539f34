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

"""Image topics of the ROS graph: what is published, and how to subscribe to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CompressedImage, Image

from ...core.cameras.image_transports import (
    CANDIDATES, COMPRESSED, FFMPEG, FOXGLOVE_COMPRESSED, FOXGLOVE_RAW, IMAGE_TYPES, RAW, RAW_TYPES,
    shown_topics, VIDEO,
)
from ...core.cameras.transport_choice import Transport
from ...core.driving.driver_notices import UNKNOWN_NODE
from ...core.driving.velocity_graph import full_name

try:
    from ffmpeg_image_transport_msgs.msg import FFMPEGPacket
except ImportError:
    FFMPEGPacket = None
try:
    from foxglove_msgs import msg as foxglove
except ImportError:
    foxglove = None

# Classes by message type, ``None`` for those of packages that are not installed.
MESSAGES: dict[str, Any] = {
    RAW: Image, COMPRESSED: CompressedImage, FFMPEG: FFMPEGPacket,
    # Older versions of the package lack some.
    VIDEO: getattr(foxglove, 'CompressedVideo', None),
    FOXGLOVE_RAW: getattr(foxglove, 'RawImage', None),
    FOXGLOVE_COMPRESSED: getattr(foxglove, 'CompressedImage', None)}
# Messages that may wait. Only the newest image counts; of H.264 each is needed, and a second of
# them may wait.
_IMAGE_DEPTH, _STREAM_DEPTH = 1, 30
IsHere = Callable[[Sequence[int]], bool | None]


@dataclass(frozen=True)
class ImageSource:
    """
    What to subscribe to.

    :ivar message_type: a key of ``MESSAGES``
    :ivar transient_local: the publishers keep their last message for subscribers that come later
    :ivar fetches_kept: only some publishers do so; another subscription gets what they have kept,
        as one that asks for it hears nothing of the others
    :ivar elsewhere: all publishers run on other hosts; ``None`` if that is not known
    :ivar nodes: full names of the publishers' nodes
    :ivar mismatched: of them those whose QoS does not match
    :ivar video: raw images hold video, of which each message is needed
    """

    topic: str
    message_type: str
    reliable: bool
    transient_local: bool
    fetches_kept: bool = False
    elsewhere: bool | None = field(default=None, compare=False)
    nodes: tuple[str, ...] = field(default=(), compare=False)
    mismatched: tuple[str, ...] = field(default=(), compare=False)
    video: bool = False

    @property
    def qos(self) -> QoSProfile:
        """Return the profile to subscribe with, which matches the publishers'."""
        return self._profile(self.reliable, self.transient_local)

    @property
    def kept_qos(self) -> QoSProfile:
        """Return the profile with which kept messages are fetched."""
        return self._profile(True, True)

    def _profile(self, reliable: bool, transient_local: bool) -> QoSProfile:
        return QoSProfile(
            depth=_IMAGE_DEPTH if self.message_type in RAW_TYPES and not self.video
            else _STREAM_DEPTH,
            reliability=(ReliabilityPolicy.RELIABLE if reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if transient_local
                        else DurabilityPolicy.VOLATILE))

    @property
    def transport(self) -> Transport:
        """Return what decisions need to know of it."""
        return Transport(self.topic, self.message_type, self.message_type in RAW_TYPES,
                         bool(self.elsewhere), self.transient_local or self.fetches_kept)


def find_sources(topic: str, kind: str, qos: str,
                 publishers_of: Callable[[str], Sequence[TopicEndpointInfo]],
                 is_here: IsHere = lambda gid: None) -> list[ImageSource]:
    """
    Return what a camera could be subscribed to by what is published, the best first.

    Types of packages that are not installed are among them.

    :param topic: as configured, resolved
    :param kind: ``auto``, ``raw``, ``compressed`` or ``h264``
    :param qos: ``auto``, ``best_effort`` or ``reliable``
    :param publishers_of: returns the endpoint infos of a topic's publishers
    :param is_here: as ``PublisherHosts.is_here``
    """
    infos = {suffix: publishers_of(topic + suffix)
             for suffix in dict.fromkeys(suffix for suffix, _ in CANDIDATES[kind])}
    found = []
    for suffix, message_type in CANDIDATES[kind]:
        of_type = [info for info in infos[suffix] if info.topic_type == message_type]
        if of_type:
            found.append(_make_source(topic + suffix, message_type, qos, of_type, is_here))
    return found


def _make_source(topic: str, message_type: str, qos: str, infos: Sequence[TopicEndpointInfo],
                 is_here: IsHere) -> ImageSource:
    best_effort = [info for info in infos
                   if info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT]
    reliable = qos == 'reliable' or (qos == 'auto' and not best_effort)
    # An image that was published once, before this subscription, is kept by its publisher. Only
    # reliable ones send what they have kept.
    keeping = [info for info in infos if info not in best_effort
               and info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL]
    transient_local = reliable and len(keeping) == len(infos)
    here = {is_here(info.endpoint_gid) for info in infos}
    elsewhere = None if None in here else True not in here
    return ImageSource(
        topic, message_type, reliable, transient_local,
        bool(keeping) and not transient_local and qos != 'best_effort', elsewhere,
        _nodes(infos), _nodes(best_effort) if reliable else ())


def _nodes(infos: Sequence[TopicEndpointInfo]) -> tuple[str, ...]:
    """Return the nodes' full names; those of nodes that have just come are not known yet."""
    return tuple(sorted({full_name(info.node_name, info.node_namespace)
                         for info in infos} - {UNKNOWN_NODE}))


def published_images(node: Node) -> dict[str, tuple[str, ...]]:
    """Return the types of images that are published, by topic; all that image topics may have."""
    found = {}
    for topic, types in node.get_topic_names_and_types():
        images = tuple(kind for kind in types if kind in IMAGE_TYPES)
        if images and len(types) > 1:
            # Some may be those of subscribers.
            published = {info.topic_type for info in node.get_publishers_info_by_topic(topic)}
            images = tuple(kind for kind in images if kind in published)
        elif images and not node.count_publishers(topic):
            continue
        # A topic that is remapped here cannot be subscribed to by its own name.
        if images and node.resolve_topic_name(topic) == topic:
            found[topic] = images
    return found


def find_image_topics(node: Node) -> set[str]:
    """
    Return the image topics that have publishers, by their base name.

    A raw topic and its siblings ``/compressed``, ``/compressedDepth``, ``/h264`` and ``/ffmpeg``
    are one. Transports that are not shown (``theora``, ``zstd``) are left out.
    """
    return set(shown_topics(published_images(node)).values())
