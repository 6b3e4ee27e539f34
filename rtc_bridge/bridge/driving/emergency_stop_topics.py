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

"""The emergency stop in ROS: the topics and services that engage, release and tell it."""

import asyncio
from typing import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from ...core.clock import boot_time
from ...core.driving.emergency_stop import EmergencyStop
from ...core.driving.guard_messages import BridgeId, StopState
from ...core.driving.teleop_controller import TeleopController
from ...core.errors import StoreError
from ...core.supervision import call_guarded, call_in_loop, guarded
from ...ros.services import guarded_service
from ...ros.velocity.velocity_publisher import flush, STATE_QOS, STOP_STATE_TOPIC

# The emergency stop as std_msgs/Bool, for twist_mux.
LOCK_TOPIC = 'emergency_stop_lock'
# Seconds between two messages: a lock of twist_mux with a timeout of 0.5 s bears a lost one.
REPEAT_PERIOD_S = 0.2
# Seconds after the start in which other bridges tell of their emergency stops: before they are
# over the lock is not opened.
_LOCK_OPENS_AFTER_S = 1.0
# Seconds that a service waits for the event loop.
_SERVICE_TIMEOUT_S = 1.0
# A false that follows at once, as a button is let go, must not replace the true before it.
_PRESS_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


def is_press(message: Bool) -> bool:
    """Tell whether a message on ``emergency_stop`` engages the stop."""
    return bool(message.data)


class EmergencyStopTopics:
    """
    The topics and services of one bridge's emergency stop.

    Into the bridge: ``emergency_stop`` (std_msgs/Bool, true engages), ``~/emergency_stop`` and
    ``~/release`` (std_srvs/Trigger). Out of it: ``emergency_stop_lock`` (std_msgs/Bool) for
    twist_mux, and ``cmd_vel_guard/stops`` for guards and other bridges.

    :param stop: the emergency stop of this bridge
    :param folder: the id of the key folder, which keeps that stop
    :param others_engaged: tells whether another bridge's stop is in force
    """

    def __init__(self, node: Node, bridge: BridgeId, stop: EmergencyStop, folder: str,
                 others_engaged: Callable[[], bool]) -> None:
        self._node = node
        self._bridge = bridge
        self._stop = stop
        self._folder = folder
        self._others_engaged = others_engaged
        self._lock = node.create_publisher(Bool, LOCK_TOPIC, STATE_QOS)
        self._states = node.create_publisher(String, STOP_STATE_TOPIC, STATE_QOS)
        self._lock_opens = boot_time() + _LOCK_OPENS_AFTER_S

    def listen(self, loop: asyncio.AbstractEventLoop, controller: TeleopController) -> None:
        """Hear topic and services, in the executor's thread; act in the controller's loop."""
        def press(_: object = None) -> None:
            loop.call_soon_threadsafe(call_guarded, 'emergency stop',
                                      controller.engage_emergency_stop, 'the topic emergency_stop')

        def on_message(message: Bool) -> None:
            if is_press(message):
                press()

        def engage() -> tuple[bool, str]:
            stored = controller.engage_emergency_stop('the service ~/emergency_stop')
            return True, f'stopped, id {self._stop.id}' + (
                '' if stored else '; it could not be written to the disk')

        def release() -> tuple[bool, str]:
            if self._stop.id is None:
                return False, 'there is no emergency stop'
            try:
                controller.release_emergency_stop(self._stop.id, 'the service ~/release')
            except StoreError as error:
                return False, f'the stop remains: {error}'
            return True, 'released'

        def serve(name: str, service: str, act: Callable[[], tuple[bool, str]]) -> None:
            def on_request(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
                try:
                    response.success, response.message = call_in_loop(
                        loop, name, act, _SERVICE_TIMEOUT_S)
                except TimeoutError:
                    response.success = False
                    response.message = 'the bridge is busy; it will be done'
                return response

            self._node.create_service(Trigger, service, guarded_service(name, on_request))

        serve('emergency stop', '~/emergency_stop', engage)
        serve('release', '~/release', release)
        # A message that cannot be read counts as a press.
        self._node.create_subscription(
            Bool, 'emergency_stop', guarded('emergency stop', on_message, on_failure=press),
            _PRESS_QOS)

    def publish(self) -> None:
        """Tell the state of the stop, and lock or open twist_mux."""
        try:
            self._states.publish(String(data=StopState(
                self._bridge, self._stop.id, self._stop.released, self._folder).dump()))
        finally:
            # All bridges must say the same here: a lock does not tell its senders apart, and takes
            # the newest message.
            locked = self._stop.engaged or self._others_engaged()
            if locked or boot_time() >= self._lock_opens:
                self._lock.publish(Bool(data=locked))

    async def repeat(self) -> None:
        """Publish five times a second, for ever."""
        while True:
            self.publish()
            await asyncio.sleep(REPEAT_PERIOD_S)

    def flush(self) -> None:
        """Wait, half a second each at most, until a stop in force was received."""
        if self._stop.engaged:
            flush(self._states)
            flush(self._lock)
