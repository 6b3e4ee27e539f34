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

"""A topic of which only the newest message counts, and why it tells nothing."""

from collections.abc import Collection
import logging
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from .interfaces import message_type
from ..core.clock import boot_time, Clock
from ..core.supervision import guarded

_logger = logging.getLogger(__name__)


class NewestMessage:
    """
    Subscribes to a topic, with the reliability that its publishers offer.

    Messages are kept as bytes, and deserialised when they are asked for: most of a fast topic are
    never read. All methods belong to the executor's thread.

    :param part: the name under which failures are counted and logged
    :param topic: its full name
    :param type_names: the types that are read
    :param max_size: bytes of a message; larger ones are not read
    :ivar problem: why no message can come, as a sentence; '': nothing is in the way
    :ivar came_at: boot time of the newest message; ``None`` before the first
    :ivar subscribed_at: boot time of the present subscription's begin
    """

    def __init__(self, node: Node, part: str, topic: str, type_names: Collection[str],
                 max_size: int, clock: Clock = boot_time) -> None:
        self._node = node
        self._part = part
        self.topic = topic
        self._type_names = type_names
        self._max_size = max_size
        self._clock = clock
        self.problem = ''
        self.came_at: float | None = None
        self.subscribed_at = 0.0
        # Type and QoS of the present subscription.
        self._source: tuple[str, QoSProfile] | None = None
        self._type: type | None = None
        self._subscription: Subscription | None = None
        self._newest: bytes | None = None

    @property
    def type_name(self) -> str:
        """Return the type of what is subscribed, '' without a subscription."""
        return self._source[0] if self._source is not None else ''

    def update(self, wanted: bool) -> None:
        """
        Make the subscription fit the publishers; cheap if it does already.

        :param wanted: whether somebody reads the messages; otherwise there is no subscription
        """
        source = self._published() if wanted else None
        if source == self._source:
            return
        self.close()
        if source is None:
            return
        type_name, qos = source
        try:
            self._type = message_type(type_name)
            self._subscription = self._node.create_subscription(
                self._type, self.topic, guarded(self._part, self._on_message), qos, raw=True)
            self._source, self.subscribed_at = source, self._clock()
            _logger.debug('%s %s: subscribed, %s, %s', self._part, self.topic, type_name,
                          qos.reliability.name)
        except LookupError as error:
            package = type_name.partition('/')[0]
            self.problem = (f'{self.topic}: {error} '
                            f'(ros-$ROS_DISTRO-{package.replace("_", "-")})')
        except RuntimeError as error:
            # While the middleware still holds the topic's old type. The next update tries again.
            self.problem = f'{self.topic}: {str(error).splitlines()[0]}'

    def close(self) -> None:
        """Forget all, and subscribe to nothing."""
        self._source = self._type = self._newest = self.came_at = None
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _published(self) -> tuple[str, QoSProfile] | None:
        """Return the type and QoS to subscribe with; ``None`` without a publisher of a type."""
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        types = sorted({info.topic_type for info in publishers})
        readable = [name for name in types if name in self._type_names]
        self.problem = ''
        if not readable:
            self.problem = (
                f'{self.topic} is of type {", ".join(types)}; {" and ".join(self._type_names)} can'
                ' be read' if types else f'nobody publishes {self.topic}')
            return None
        reliable = all(info.qos_profile.reliability == ReliabilityPolicy.RELIABLE
                       for info in publishers if info.topic_type == readable[0])
        # What a publisher keeps for those who come later may be from long ago.
        return readable[0], QoSProfile(
            depth=1, reliability=(ReliabilityPolicy.RELIABLE if reliable
                                  else ReliabilityPolicy.BEST_EFFORT))

    def _on_message(self, data: bytes) -> None:
        self._newest, self.came_at = data, self._clock()

    def take(self) -> Any:
        """
        Return the newest message; ``None`` if none came since the last call.

        :raises ValueError: it is too large, or its bytes are no message of its type
        """
        data, self._newest = self._newest, None
        if data is None:
            return None
        if len(data) > self._max_size:
            raise ValueError(f'a message has {len(data)} bytes, at most {self._max_size} are read')
        try:
            return deserialize_message(data, self._type)
        except Exception as error:
            # A publisher may send any bytes.
            raise ValueError(f'a message cannot be read: {error!r}') from error
