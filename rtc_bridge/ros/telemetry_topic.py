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

from collections.abc import Callable
from importlib import import_module
import logging
import re
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from ..core.protocol.telemetry_values import MAX_MESSAGE, too_large
from ..core.supervision import guarded

_logger = logging.getLogger(__name__)

_TYPE_NAME = re.compile(r'([a-z][a-z0-9_]*)/msg/([A-Z][A-Za-z0-9]*)')


def message_type(name: str) -> type:
    """
    Return the class of a message type as ``sensor_msgs/msg/BatteryState``.

    :raises LookupError: its package is not installed, or has no such message
    """
    parts = _TYPE_NAME.fullmatch(name)
    try:
        if parts is not None:
            found = getattr(import_module(f'{parts[1]}.msg'), parts[2])
            if isinstance(found, type):
                return found
    except (ImportError, AttributeError):
        pass
    raise LookupError(f'type {name} is not installed')


class TelemetryTopic:
    """
    Subscribes to a topic while somebody watches, with the QoS that its publishers offer.

    Only the newest message is kept, as bytes, and deserialised when it is asked for: most messages
    of a fast topic are never read. All methods belong to the executor's thread.

    :param topic: its full name
    :param read: turns a message into a JSON value
    :param type_name: the only type to accept; ``None``: whichever is published
    """

    def __init__(self, node: Node, topic: str, read: Callable[[Any], Any],
                 type_name: str | None = None) -> None:
        self._node = node
        self._topic = topic
        self._read = read
        self._type_name = type_name
        # Type and QoS of the present subscription; ``None`` without publishers or viewers.
        self._source: tuple[str, QoSProfile] | None = None
        self._type: type | None = None
        self._subscription: Subscription | None = None
        self._newest: bytes | None = None
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
        self._newest = None
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        if source is None:
            _logger.debug('telemetry %s: not subscribed, %s', self._topic,
                          'no publisher' if watched else 'no viewer')
            return
        type_name, qos = source
        try:
            self._type = message_type(type_name)
            self._subscription = self._node.create_subscription(
                self._type, self._topic, guarded('telemetry topic', self._on_message), qos,
                raw=True)
            _logger.debug('telemetry %s: subscribed, %s, %s, %s', self._topic, type_name,
                          qos.reliability.name, qos.durability.name)
        except LookupError as error:
            self._warn(str(error))
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
            depth=1,
            reliability=(ReliabilityPolicy.RELIABLE if reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if transient_local
                        else DurabilityPolicy.VOLATILE))

    def _on_message(self, data: bytes) -> None:
        self._newest = data

    def take(self) -> Any:
        """Return the newest message as a JSON value; ``None`` if none came since the last call."""
        data, self._newest = self._newest, None
        if data is None:
            return None
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
            _logger.warning('telemetry %s: %s', self._topic, text)
