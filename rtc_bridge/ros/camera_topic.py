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

"""The ROS end of a camera: the right subscription, and only while somebody watches."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from .images import compressed_to_array, image_to_array
from ..core.clock import boot_time
from ..media.camera import Camera

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
# A camera that is silent for so long is subscribed to once more.
DEAF_S = 5.0
_NOT_SHOWN = ('/compressedDepth', '/zstd', '/theora')


@dataclass(frozen=True)
class _Source:
    """What to subscribe to."""

    topic: str
    compressed: bool
    reliable: bool
    latched: bool


class CameraTopic:
    """
    Subscribes one camera to its topic.

    :param topic: as configured, relative names allowed
    :param kind: ``auto``, ``raw`` or ``compressed``
    :param qos: ``auto``, ``best_effort`` or ``reliable``

    All methods belong to the executor's thread.
    """

    def __init__(self, node: Node, topic: str, kind: str, qos: str) -> None:
        """Subscribe to nothing yet."""
        self.topic = node.resolve_topic_name(topic)
        self.camera: Camera | None = None
        self._node = node
        self._kind = kind
        self._qos = qos
        self._source: _Source | None = None
        self._subscription: Subscription | None = None
        self._subscribed = 0.0

    def check(self) -> None:
        """
        Make the subscription what it should be; cheap if it is.

        It depends on whether anybody watches, and on who publishes.
        """
        watched = self.camera is not None and self.camera.watched
        source = self._look() if watched else None
        if source != self._source or self._deaf():
            if self._subscription is not None:
                self._node.destroy_subscription(self._subscription)
                self._subscription = None
            if source is not None:
                self._subscribe(source)
            self._source = source
            if self.camera is not None:
                self.camera.latched = source is not None and source.latched

    def _deaf(self) -> bool:
        """
        Tell whether pictures should come and do not.

        DDS may lose a match for good, above all with processes that were killed or stopped; a new
        subscription is matched anew, and costs a silent camera nothing.
        """
        return self._source is not None and not self._source.latched and (
            boot_time() - self._subscribed > DEAF_S and self.camera.state()[1] > DEAF_S)

    def _look(self) -> _Source | None:
        """Choose topic, type and QoS by what is published; ``None`` while nothing is."""
        kind, topic = self._kind, self.topic
        base = self._publishers(topic)
        sibling = self._publishers(topic + '/compressed')
        if kind == 'auto':
            raw = any(p.topic_type == RAW for p in base)
            compressed = any(p.topic_type == COMPRESSED for p in base + sibling)
            # Decoding JPEG costs more than a raw picture on this host.
            kind = 'compressed' if compressed and not raw else 'raw'
        wanted = RAW
        if kind == 'compressed':
            wanted = COMPRESSED
            if not any(p.topic_type == COMPRESSED for p in base):
                topic, base = topic + '/compressed', sibling
        publishers = [p.qos_profile for p in base if p.topic_type == wanted]
        if not publishers:
            return None
        reliable = self._qos == 'reliable' or (self._qos == 'auto' and all(
            p.reliability == ReliabilityPolicy.RELIABLE for p in publishers))
        # A picture that was published once, before we came, is kept by its publisher.
        latched = reliable and all(
            p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in publishers)
        return _Source(topic, kind == 'compressed', reliable, latched)

    def _publishers(self, topic: str) -> list[Any]:
        return self._node.get_publishers_info_by_topic(topic)

    def _subscribe(self, source: _Source) -> None:
        qos = QoSProfile(
            depth=1,
            reliability=(ReliabilityPolicy.RELIABLE if source.reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if source.latched
                        else DurabilityPolicy.VOLATILE))
        self._subscribed = boot_time()
        load = compressed_to_array if source.compressed else image_to_array
        put = self.camera.put
        # Messages are read in an encoder thread, if at all: only the newest of them counts.
        self._subscription = self._node.create_subscription(
            CompressedImage if source.compressed else Image, source.topic,
            lambda message: put(partial(load, message)), qos)


def find_image_topics(node: Node) -> set[str]:
    """
    Return the image topics that somebody publishes, by their base name.

    A raw topic and its ``/compressed`` sibling are one. Transports that are not shown
    (``compressedDepth``, ``theora``, ``zstd``) are left out.
    """
    found = set()
    for topic, types in node.get_topic_names_and_types():
        if RAW in types:
            found.add(topic)
        elif COMPRESSED in types and not topic.endswith(_NOT_SHOWN):
            found.add(topic.removesuffix('/compressed'))
    return {topic for topic in found
            if node.count_publishers(topic) or node.count_publishers(topic + '/compressed')}
