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

"""One topic of any type, whose newest message viewers see."""

from collections import deque
from collections.abc import Callable, Mapping
import logging
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from .interfaces import message_type
from ..core.supervision import guarded
from ..core.telemetry.telemetry_values import MAX_MESSAGE, too_large

_logger = logging.getLogger(__name__)


class TelemetryTopic:
    """
    Subscribes to a topic while somebody watches, with the QoS that its publishers offer.

    Only the newest message is kept, as bytes, and deserialised when it is asked for: most messages
    of a fast topic are never read. Of a few types more are kept, as each of them counts. All
    methods belong to the executor's thread.

    :param topic: its full name
    :param read: turns a message into a JSON value
    :param type_name: the only type to accept; ``None``: whichever is published
    :param kept: how many messages may wait, by type, where it is not one
    :param problem: makes the value that stands for messages that cannot be read, from the reason;
        without it there is none
    :param log_name: what stands before the topic in the log
    """

    def __init__(self, node: Node, topic: str, read: Callable[[Any], Any],
                 type_name: str | None = None, kept: Mapping[str, int] | None = None,
                 problem: Callable[[str], Any] | None = None,
                 log_name: str = 'telemetry') -> None:
        self._node = node
        self._topic = topic
        self._log_name = f'{log_name} {topic}'
        self._read = read
        self._type_name = type_name
        # Type and QoS of the present subscription; ``None`` without publishers or viewers.
        self._source: tuple[str, QoSProfile] | None = None
        self._type: type | None = None
        self._subscription: Subscription | None = None
        self._waiting: deque[bytes] = deque(maxlen=1)
        self._kept = kept or {}
        self._problem = problem
        # The value that is to be taken in place of a message's.
        self._unread: Any = None
        self._last_warning = ''

    def update(self, watched: bool) -> None:
        """
        Make the subscription fit the publishers; cheap if it does already.

        :param watched: whether there is a viewer; without one there is no subscription
        """
        source = self._published() if watched else None
        if source == self._source:
            return
        self._source = source
        self._waiting = deque(maxlen=self._kept.get(source[0], 1) if source is not None else 1)
        self._unread = None
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        if source is None:
            _logger.debug('%s: not subscribed, %s', self._log_name,
                          'no publisher' if watched else 'no viewer')
            return
        type_name, qos = source
        try:
            self._type = message_type(type_name)
            self._subscription = self._node.create_subscription(
                self._type, self._topic, guarded('telemetry topic', self._on_message), qos,
                raw=True)
            _logger.debug('%s: subscribed, %s, %s, %s', self._log_name, type_name,
                          qos.reliability.name, qos.durability.name)
        except LookupError as error:
            self._warn(str(error))
            self._unread = self._problem(str(error)) if self._problem is not None else None
        except RuntimeError as error:
            # While the middleware still holds the topic's old type. The next update tries again.
            self._warn(str(error).splitlines()[0])
            self._source = None

    def _published(self) -> tuple[str, QoSProfile] | None:
        """Return the type and QoS to subscribe with; ``None`` without a publisher of that type."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        types = sorted({info.topic_type for info in publishers})
        if not types:
            return None
        type_name = self._type_name or types[0]
        if types != [type_name]:
            self._warn(f'it has the types {", ".join(types)}; only {type_name} is shown')
        offers = [info.qos_profile for info in publishers if info.topic_type == type_name]
        if not offers:
            return None
        # A request for more than some publisher offers does not match that publisher.
        reliable = all(o.reliability == ReliabilityPolicy.RELIABLE for o in offers)
        transient_local = all(o.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers)
        return type_name, QoSProfile(
            depth=self._kept.get(type_name, 1),
            reliability=(ReliabilityPolicy.RELIABLE if reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if transient_local
                        else DurabilityPolicy.VOLATILE))

    def _on_message(self, data: bytes) -> None:
        self._waiting.append(data)

    @property
    def is_published(self) -> bool:
        """Tell whether there is a publisher whose messages are read."""
        return self._subscription is not None

    def take(self) -> Any:
        """Return the newest message as a JSON value; ``None`` if none came since the last call."""
        value, self._unread = self._unread, None
        while self._waiting:
            read = self._read_one(self._waiting.popleft())
            value = value if read is None else read
        return value

    def _read_one(self, data: bytes) -> Any:
        if len(data) > MAX_MESSAGE:
            return too_large(len(data))
        try:
            return self._read(deserialize_message(data, self._type))
        except Exception as error:
            # A publisher may send any bytes; one bad message must not end the other topics.
            self._warn(f'a message cannot be read: {error!r}')
            return None

    def _warn(self, text: str) -> None:
        """Log a warning, unless it is the same as the last one."""
        if text != self._last_warning:
            self._last_warning = text
            _logger.warning('%s: %s', self._log_name, text)
