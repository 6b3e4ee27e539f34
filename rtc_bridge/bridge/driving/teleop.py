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

"""Driving, joined to ROS: the controller with its guard, topics and services."""

import asyncio
from typing import Any, Callable, Coroutine

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import Joy

from .command_path import CommandPath
from .emergency_stop_topics import EmergencyStopTopics
from .local_guard import LocalGuard
from ...core.driving.command_gate import CommandGate
from ...core.driving.emergency_stop import EmergencyStop
from ...core.driving.guard_messages import BridgeId
from ...core.driving.lease import Lease
from ...core.driving.teleop_controller import POLL_PERIOD_S, TeleopController
from ...core.settings.driving_settings import RTCBotSettings, TeleopSettings
from ...core.supervision import guard
from ...ros.diagnostics import make_status
from ...ros.velocity.guard_client import GuardClient
from ...ros.velocity.velocity_publisher import RELIABLE_LATEST
from ...system.processes.shutdown import Shutdown


class Teleop:
    """
    Connects gate, lease, guard and emergency stop to this node's topics and services.

    Everything belongs to the event loop but the callbacks of ROS, which hand over to it.

    :param settings: the parameters ``teleop.*``
    :param rtcbot: the parameters ``rtcbot.*``
    :param stop: the emergency stop
    :param folder: the id of the key folder, which keeps the emergency stop
    :raises ParameterError: the settings contradict each other
    """

    def __init__(self, node: Node, settings: TeleopSettings, rtcbot: RTCBotSettings,
                 stop: EmergencyStop, folder: str) -> None:
        self._stop = stop
        bridge = BridgeId.new(node.get_fully_qualified_name())
        # Without the guard's process its rules are kept here.
        self._guard = (GuardClient(node, bridge, settings.timeout) if settings.guard else
                       LocalGuard(node, settings))
        self.path = CommandPath(
            node, bridge, self._guard.publisher if isinstance(self._guard, LocalGuard) else None,
            stop, folder, settings, self._is_guard_there)
        self._stop_topics = EmergencyStopTopics(node, bridge, stop, folder,
                                                lambda: bool(self.path.other_stops))
        conditions = [stop.reason, self.path.reason]
        if isinstance(self._guard, GuardClient):
            conditions.append(self._guard.monitor.reason)
        gate = CommandGate(settings, Lease(settings.idle_timeout),
                           latch_timeout=rtcbot.hold_timeout, conditions=conditions)
        self.controller = TeleopController(
            gate, self._guard.publish, _joy_output(node) if settings.joy else None,
            emergency_stop=stop, enabled=settings.enabled, lease_reason=self.path.lease_reason)
        self._guard.on_neutral_required = gate.stop_and_require_neutral
        self._driven = asyncio.Event()
        self.controller.on_lease_change.append(self._lease_changed)
        self.controller.on_emergency_stop_change.append(self._stop_changed)
        self.path.on_change.append(self._path_changed)
        self._stop_changed()

    def listen(self, loop: asyncio.AbstractEventLoop, end: Shutdown) -> None:
        """
        Hear the guard, other bridges, and the emergency stop from ROS.

        :param loop: the controller's
        :param end: of this process, which ends if an emergency stop cannot be carried out
        """
        self.controller.on_stop_failure = end.on_failure_of('emergency stop')
        self.path.listen(loop)
        if isinstance(self._guard, GuardClient):
            self._guard.listen(loop)
        self._stop_topics.listen(loop, self.controller)

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return by name what has to run for ever; without any of it nobody may drive."""
        parts = {'driving': self._poll(), 'emergency stop lock': self._stop_topics.repeat()}
        if isinstance(self._guard, LocalGuard):
            parts['guard in the bridge'] = self._guard.run()
        return parts

    def close(self) -> None:
        """Stop for good, and keep an emergency stop: in its file, and told to the guard."""
        self.controller.close()
        if self._stop.engaged:
            with guard('emergency stop'):
                self._stop.store(at_once=True)
            with guard('emergency stop notification'):
                self._stop_changed()

    def flush(self) -> None:
        """Wait, half a second each at most, until the last zero, and a stop, were received."""
        self._guard.flush()
        self._stop_topics.flush()

    def status(self) -> DiagnosticStatus:
        """Return the state for diagnostics."""
        lease, stop = self.controller.lease, self._stop
        level, text = DiagnosticStatus.OK, 'driven' if lease.holder else 'nobody drives'
        guard_answers = self._is_guard_there()
        if not self.controller.enabled:
            text = 'driving is off'
        elif not guard_answers:
            level, text = DiagnosticStatus.ERROR, 'cmd_vel_guard does not answer'
        if stop.engaged:
            level, text = DiagnosticStatus.WARN, f'emergency stop by {stop.by}'
        return make_status('driving', level, text, {
            'driver': (lease.holder or '')[:8], 'epoch': lease.epoch,
            'requests': len(lease.requesters), 'guard': 'ok' if guard_answers else 'no answer',
            'emergency_stop': stop.id or ''})

    def _is_guard_there(self) -> bool:
        return not (isinstance(self._guard, GuardClient) and self._guard.monitor.reason())

    async def _poll(self) -> None:
        while True:
            await self._driven.wait()
            self.controller.poll()
            await asyncio.sleep(POLL_PERIOD_S)

    def _lease_changed(self) -> None:
        if self.controller.lease.holder is not None:
            self._driven.set()
            return
        self._driven.clear()
        # The last zero was sent before this.
        if isinstance(self._guard, GuardClient):
            self._guard.monitor.forget_unanswered()

    def _path_changed(self) -> None:
        # A driver whose commands are refused must not appear to drive.
        self.controller.revoke_lease_if_refused()
        self._stop_changed()

    def _stop_changed(self) -> None:
        """Tell everybody of the emergency stop, the guard in this process first."""
        if isinstance(self._guard, LocalGuard):
            self._guard.rules.set_emergency_stop(
                self._stop.engaged or bool(self.path.other_stops))
        self._stop_topics.publish()


def _joy_output(node: Node) -> Callable[[list[float], list[int]], None]:
    """Return what publishes axes and buttons of a gamepad on ``joy``."""
    publisher = node.create_publisher(Joy, 'joy', RELIABLE_LATEST)

    def publish(axes: list[float], buttons: list[int]) -> None:
        message = Joy(axes=axes, buttons=buttons)
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    return publish
