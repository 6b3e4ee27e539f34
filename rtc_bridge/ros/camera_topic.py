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

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Empty

from .images import compressed_to_array, image_to_array, is_h264, refuse_video
from ..core.clock import boot_time
from ..core.supervision import guarded
from ..media.camera import Camera

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
# Those of packages that are not installed are ``None``.
MESSAGES = {RAW: Image, COMPRESSED: CompressedImage, FFMPEG: FFMPEGPacket, VIDEO: CompressedVideo}
# Suffix of the topic and type, in the order of preference.
_KINDS = {
    # Decoding JPEG costs more than a raw picture on this host.
    'raw': (('', RAW),),
    'compressed': (('', COMPRESSED), ('/compressed', COMPRESSED)),
    'h264': (('', COMPRESSED), ('', FFMPEG), ('', VIDEO), ('/h264', COMPRESSED), ('/h264', VIDEO),
             ('/ffmpeg', FFMPEG)),
}
_KINDS['auto'] = (*_KINDS['raw'], *_KINDS['compressed'], *_KINDS['h264'])
_SIBLINGS = ('/compressed', '/h264', '/ffmpeg')
# Of H.264 every message is needed: a second of them may wait.
_DEPTH = 30
# A camera that is silent for so long is subscribed to once more.
DEAF_S = 5.0
# Characters.
_LONGEST_REASON = 300
_NOT_SHOWN = ('/compressedDepth', '/zstd', '/theora')


@dataclass(frozen=True)
class _Source:
    """What to subscribe to."""

    topic: str
    kind: str
    reliable: bool
    transient_local: bool


class CameraTopic:
    """
    Subscribes one camera to its topic.

    :param topic: as configured, relative names allowed
    :param kind: ``auto``, ``raw``, ``compressed`` or ``h264``
    :param qos: ``auto``, ``best_effort`` or ``reliable``

    All methods but :meth:`ask_keyframe` belong to the executor's thread.
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
        self._asking: Publisher | None = None
        # They stay: another thread may be asking.
        self._askers: dict[str, Publisher] = {}

    def check(self) -> None:
        """
        Make the subscription what it should be; cheap if it is.

        It depends on whether anybody watches, and on who publishes.
        """
        watched = self.camera is not None and self.camera.watched
        source = self._look() if watched else None
        if source != self._source or self._deaf():
            # Until the new subscription is there, each look tries again.
            self._source = None
            if self._subscription is not None:
                self._node.destroy_subscription(self._subscription)
                self._subscription = None
            if source is not None:
                try:
                    self._subscribe(source)
                except RuntimeError as error:
                    # Of a topic whose type has changed the middleware may still hold the old one,
                    # for another camera of ours.
                    self.camera.count_error(
                        f'{source.topic} cannot be subscribed to as {source.kind}: '
                        f'{str(error).splitlines()[0]}; it is tried again')
                    return
            self._source = source
            if self.camera is not None:
                self.camera.transient_local = source is not None and source.transient_local

    def _deaf(self) -> bool:
        """
        Tell whether pictures should come and do not.

        DDS may lose a match for good, above all with processes that were killed or stopped; a new
        subscription is matched anew, and costs a silent camera nothing.
        """
        return self._source is not None and not self._source.transient_local and (
            boot_time() - self._subscribed > DEAF_S and self.camera.state()[1] > DEAF_S)

    def _look(self) -> _Source | None:
        """Choose topic, type and QoS by what is published; ``None`` while nothing is."""
        for suffix, kind in _KINDS[self._kind]:
            topic = self.topic + suffix
            publishers = [p.qos_profile for p in self._publishers(topic) if p.topic_type == kind]
            if publishers and MESSAGES[kind] is None:
                self.camera.count_error(
                    f'{topic} has type {kind}, but package {kind.partition("/")[0]} is not '
                    'installed')
            elif publishers:
                break
        else:
            return None
        reliable = self._qos == 'reliable' or (self._qos == 'auto' and all(
            p.reliability == ReliabilityPolicy.RELIABLE for p in publishers))
        # A picture that was published once, before we came, is kept by its publisher.
        transient_local = reliable and all(
            p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in publishers)
        return _Source(topic, kind, reliable, transient_local)

    def _publishers(self, topic: str) -> list[Any]:
        return self._node.get_publishers_info_by_topic(topic)

    def _subscribe(self, source: _Source) -> None:
        qos = QoSProfile(
            depth=1 if source.kind == RAW else _DEPTH,
            reliability=(ReliabilityPolicy.RELIABLE if source.reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if source.transient_local
                        else DurabilityPolicy.VOLATILE))
        self._subscribed = boot_time()
        self._asking = self._askers.get(source.topic)
        take = self._take_image if source.kind == RAW else partial(self._take, source)
        self._subscription = self._node.create_subscription(
            MESSAGES[source.kind], source.topic, guarded(
                'camera topic', take, on_failure=self.count_failure), qos)

    def count_failure(self, error: BaseException) -> None:
        """Count what keeps the camera from its pictures, for its diagnostics and its viewers."""
        self.camera.count_error(f'{self.topic}: {error!r}'[:_LONGEST_REASON])

    # Messages are read in an encoder thread, if at all: only the newest of them counts. All but
    # H.264, where each refers to those before.

    def _take_image(self, message: Any) -> None:
        self.camera.put(partial(image_to_array, message), self._age(message.header.stamp))

    def _take(self, source: _Source, message: Any) -> None:
        compressed = source.kind == COMPRESSED
        age = self._age(message.timestamp if source.kind == VIDEO else message.header.stamp)
        if is_h264(message) or (compressed and self._kind == 'h264'):
            if self._asking is None:
                self._asking = self._askers[source.topic] = self._node.create_publisher(
                    Empty, source.topic + '/request_keyframe', 1)
            self.camera.put_h264(bytes(message.data), age)
        else:
            self.camera.put(partial(compressed_to_array if compressed else refuse_video, message),
                            age)

    def _age(self, stamp: Time) -> float | None:
        """Return for how many seconds a message has been under way, ``None`` if unknown."""
        clock = self._node.get_clock()
        # Simulated time passes at a rate of its own.
        if clock.ros_time_is_active or not (stamp.sec or stamp.nanosec):
            return None
        age: float = clock.now().nanoseconds / 1e9 - stamp.sec - stamp.nanosec / 1e9
        return age

    def ask_keyframe(self) -> None:
        """Ask the publisher of H.264 for a keyframe; from any thread."""
        publisher = self._asking
        if publisher is not None:
            publisher.publish(Empty())


def base_name(topic: str) -> str:
    """Return the camera that a topic belongs to: ``front`` for ``front/compressed``."""
    return next((topic.removesuffix(s) for s in _SIBLINGS if topic.endswith(s)), topic)


def find_image_topics(node: Node) -> set[str]:
    """
    Return the image topics that somebody publishes, by their base name.

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
