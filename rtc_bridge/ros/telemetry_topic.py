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

"""One topic whose newest message pages see."""

from importlib import import_module
import re
from typing import Any, Callable

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from ..core.protocol.telemetry_values import MAX_MESSAGE, too_large
from ..core.supervision import guarded

_NAME = re.compile(r'([a-z][a-z0-9_]*)/msg/([A-Z][A-Za-z0-9]*)')


def message_type(name: str) -> type:
    """
    Return the class of a message type as ``sensor_msgs/msg/BatteryState``.

    :raises LookupError: its package is not installed, or has no such message
    """
    found = _NAME.fullmatch(name)
    try:
        return getattr(import_module(f'{found[1]}.msg'), found[2])
    except (ImportError, AttributeError, TypeError):
        raise LookupError(f'type {name} is not installed') from None


class TelemetryTopic:
    """
    Subscribes to a topic while somebody watches, as its publishers offer it.

    Messages are read when they are asked for: of a fast topic most never are. All methods belong
    to the executor's thread.

    :param topic: its full name
    :param read: turns a message into a JSON value
    :param kind: the only type to take, or ``None`` for the one that is published
    """

    def __init__(self, node: Node, topic: str, read: Callable[[Any], Any],
                 kind: str | None = None) -> None:
        """Subscribe to nothing yet."""
        self.topic = topic
        self._node = node
        self._read = read
        self._kind = kind
        self._source: tuple[str, QoSProfile] | None = None
        self._type: type | None = None
        self._subscription: Subscription | None = None
        self._newest: bytes | None = None
        self._complained = ''

    def check(self, watched: bool) -> None:
        """Make the subscription what it should be; cheap if it is."""
        source = self._look() if watched else None
        if source == self._source:
            return
        self._source = source
        self._newest = None
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        if source is None:
            return
        try:
            self._type = message_type(source[0])
            self._subscription = self._node.create_subscription(
                self._type, self.topic, guarded('telemetry topic', self._take), source[1],
                raw=True)
        except LookupError as error:
            self._complain(str(error))
        except RuntimeError as error:
            # Of a topic whose type has changed the middleware may still hold the old one.
            self._complain(str(error).splitlines()[0])
            self._source = None

    def _look(self) -> tuple[str, QoSProfile] | None:
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        kinds = sorted({p.topic_type for p in publishers})
        kind = self._kind or next(iter(kinds), None)
        if kinds and (kind not in kinds or len(kinds) > 1):
            self._complain(f'it has the types {", ".join(kinds)}; taken is {kind}')
        offers = [p.qos_profile for p in publishers if p.topic_type == kind]
        if not offers:
            return None
        # Asking for more than one of them offers would not match it.
        reliable = all(o.reliability == ReliabilityPolicy.RELIABLE for o in offers)
        kept = all(o.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers)
        return kind, QoSProfile(
            depth=1,
            reliability=(ReliabilityPolicy.RELIABLE if reliable
                         else ReliabilityPolicy.BEST_EFFORT),
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if kept
                        else DurabilityPolicy.VOLATILE))

    def _take(self, data: bytes) -> None:
        self._newest = data

    def take(self) -> Any:
        """Return the newest message as a JSON value, ``None`` if none came since the last call."""
        data, self._newest = self._newest, None
        if data is None:
            return None
        if len(data) > MAX_MESSAGE:
            return too_large(len(data))
        try:
            return self._read(deserialize_message(data, self._type))
        except Exception as error:
            # Publishers write what they like; one bad message must not end the others.
            self._complain(f'a message cannot be read: {error!r}')
            return None

    def _complain(self, text: str) -> None:
        if text != self._complained:
            self._complained = text
            self._node.get_logger().warning(f'telemetry {self.topic}: {text}')
