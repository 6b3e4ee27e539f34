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

"""The bridge's side of the topics between bridge and guard."""

import asyncio
from typing import Callable

from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from std_msgs.msg import Header

from .velocity_publisher import (
    fill_twist, flush, GUARD_ANSWER_TOPIC, GUARD_QOS, GUARD_TOPIC, stamp_seconds, STATE_QOS)
from ...core.clock import boot_time
from ...core.driving.guard_messages import BridgeId
from ...core.driving.guard_monitor import GuardMonitor
from ...core.driving.velocity import Velocity
from ...core.supervision import call_guarded, guarded

# How many times the guard's own timeout its answer may take.
_ANSWER_TIMEOUTS = 2


class GuardClient:
    """
    Publishes velocities for the guard, and hears whether it takes them.

    :param bridge: this bridge; the guard takes the commands of one bridge at a time
    :param timeout: seconds that the guard lets a command last
    """

    def __init__(self, node: Node, bridge: BridgeId, timeout: float) -> None:
        self._node = node
        self._bridge = str(bridge)
        self._publisher = node.create_publisher(TwistStamped, GUARD_TOPIC, GUARD_QOS)
        # DDS counts a guard for some time after it was killed.
        self.monitor = GuardMonitor(
            _ANSWER_TIMEOUTS * timeout, self._publisher.get_subscription_count)
        # Called in the event loop when the guard lets no motion pass before a neutral command.
        self.on_neutral_required: Callable[[], None] = lambda: None

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear the guard's answers, in the executor's thread; take them in the event loop."""
        def on_answer(message: Header) -> None:
            loop.call_soon_threadsafe(call_guarded, 'answer of the guard', self._answered,
                                      stamp_seconds(message), message.frame_id)

        self._node.create_subscription(
            Header, GUARD_ANSWER_TOPIC, guarded('answer of the guard', on_answer), STATE_QOS)

    def publish(self, velocity: Velocity) -> None:
        """Publish at once, stamped with the boot time of this host."""
        message = TwistStamped()
        stamp = message.header.stamp
        stamp.sec, stamp.nanosec = divmod(int(boot_time() * 1e9), 10 ** 9)
        message.header.frame_id = self._bridge
        fill_twist(message.twist, velocity)
        self._publisher.publish(message)
        # As stamp_seconds() has it: the answer must not look older than the command.
        self.monitor.sent(stamp.sec + stamp.nanosec / 1e9)

    def flush(self) -> None:
        """Wait, half a second at most, until the guard has all messages."""
        flush(self._publisher)

    def _answered(self, stamp: float, frame_id: str) -> None:
        epoch, _, bridge = frame_id.partition(' ')
        # Otherwise it is the answer to another bridge.
        if bridge == self._bridge and self.monitor.answered(stamp, epoch):
            self.on_neutral_required()
