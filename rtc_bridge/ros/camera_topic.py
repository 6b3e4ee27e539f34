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

"""The ROS end of a camera: its subscription, only while the camera has viewers."""

from functools import partial
import logging
from typing import Any, cast

from builtin_interfaces.msg import Time
from rclpy.clock import ROSClock
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.subscription import Subscription
from std_msgs.msg import Empty

from .image_topics import choose_source, COMPRESSED, ImageSource, MESSAGES, RAW, VIDEO
from .images import compressed_to_array, image_to_array, is_h264, refuse_video
from ..core.clock import boot_time
from ..core.supervision import guarded
from ..media.camera import Camera

logger = logging.getLogger(__name__)
# Seconds of silence after which a camera is subscribed to anew.
RESUBSCRIBE_AFTER_S = 5.0
# Characters of an error that go into diagnostics.
_MAX_REASON = 300


class CameraTopic:
    """
    Subscribes a camera to its topic.

    All methods but :meth:`ask_keyframe` belong to the executor's thread.

    :param topic: as configured, relative names allowed
    :param kind: ``auto``, ``raw``, ``compressed`` or ``h264``
    :param qos: ``auto``, ``best_effort`` or ``reliable``
    :raises ValueError, RuntimeError: the topic's name is invalid
    """

    def __init__(self, node: Node, camera: Camera, topic: str, kind: str, qos: str) -> None:
        self.topic = node.resolve_topic_name(topic)
        self.camera = camera
        self._node = node
        self._clock = cast(ROSClock, node.get_clock())
        self._kind = kind
        self._qos = qos
        self._source: ImageSource | None = None
        self._subscription: Subscription | None = None
        self._subscribed_at = 0.0
        # Publishers of requests for keyframes, by topic; they stay, as another thread may use one.
        self._keyframe_publishers: dict[str, Publisher] = {}
        self._keyframe_publisher: Publisher | None = None
        camera.source.ask_keyframe = self.ask_keyframe

    def check(self) -> None:
        """
        Make the subscription what it should be; cheap if it is.

        It depends on whether the camera has viewers, and on what is published.
        """
        source = None
        if self.camera.watched:
            source = choose_source(self.topic, self._kind, self._qos,
                                   self._node.get_publishers_info_by_topic,
                                   self.camera.count_error)
        if source == self._source and not self._is_deaf():
            return
        logger.debug('camera %s: subscription %s -> %s', self.camera.name, self._source, source)
        # Without a source until the new subscription exists, so that each check tries again.
        self._source = None
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        if source is not None:
            try:
                self._subscribe(source)
            except RuntimeError as error:
                # Of a topic whose type has changed the middleware may still hold the old type,
                # for another camera of this node.
                self.camera.count_error(
                    f'{source.topic} cannot be subscribed to as {source.message_type}: '
                    f'{str(error).splitlines()[0]}; it is tried again')
                return
        self._source = source
        self.camera.transient_local = source is not None and source.transient_local

    def _is_deaf(self) -> bool:
        """
        Tell whether images should come and do not.

        DDS may lose a match for good, above all with processes that were killed or stopped; a new
        subscription is matched anew, and costs a silent camera nothing.
        """
        return self._source is not None and not self._source.transient_local and (
            boot_time() - self._subscribed_at > RESUBSCRIBE_AFTER_S
            and self.camera.state()[1] > RESUBSCRIBE_AFTER_S)

    def _subscribe(self, source: ImageSource) -> None:
        self._subscribed_at = boot_time()
        self._keyframe_publisher = self._keyframe_publishers.get(source.topic)
        take = self._take_image if source.message_type == RAW else partial(self._take, source)
        self._subscription = self._node.create_subscription(
            MESSAGES[source.message_type], source.topic,
            guarded('camera topic', take, on_failure=self.count_failure), source.qos)

    def count_failure(self, error: BaseException) -> None:
        """Count what keeps the camera from its images, for its diagnostics and its viewers."""
        self.camera.count_error(f'{self.topic}: {error!r}'[:_MAX_REASON])

    # An encoder thread reads an image, if at all: only the newest counts. Each access unit of
    # H.264 is read here, since each refers to those before.

    def _take_image(self, message: Any) -> None:
        self.camera.put(partial(image_to_array, message), self._age(message.header.stamp))

    def _take(self, source: ImageSource, message: Any) -> None:
        compressed = source.message_type == COMPRESSED
        age = self._age(message.timestamp if source.message_type == VIDEO
                        else message.header.stamp)
        if is_h264(message) or (compressed and self._kind == 'h264'):
            if self._keyframe_publisher is None:
                self._keyframe_publisher = self._node.create_publisher(
                    Empty, source.topic + '/request_keyframe', 1)
                self._keyframe_publishers[source.topic] = self._keyframe_publisher
            self.camera.put_h264(bytes(message.data), age)
        else:
            self.camera.put(partial(compressed_to_array if compressed else refuse_video, message),
                            age)

    def _age(self, stamp: Time) -> float | None:
        """Return for how many seconds a message has been under way, ``None`` if unknown."""
        # Simulated time passes at a rate of its own.
        if self._clock.ros_time_is_active or not (stamp.sec or stamp.nanosec):
            return None
        age: float = self._clock.now().nanoseconds / 1e9 - stamp.sec - stamp.nanosec / 1e9
        return age

    def ask_keyframe(self) -> None:
        """Ask the publisher of H.264 for a keyframe; from any thread."""
        publisher = self._keyframe_publisher
        if publisher is not None:
            publisher.publish(Empty())
