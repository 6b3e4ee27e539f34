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

"""The driver's seat: gate and controller with their ROS topics and services."""

import asyncio
from typing import Any, Callable, Coroutine

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool, Header, String
from std_srvs.srv import Trigger

from .command_path import CommandPath
from ..core.clock import boot_time
from ..core.driving.command_gate import CommandGate
from ..core.driving.emergency_stop import EmergencyStop
from ..core.driving.guard_messages import BridgeId, StopState
from ..core.driving.guard_monitor import GuardMonitor
from ..core.driving.lease import Lease
from ..core.driving.teleop_controller import POLL_PERIOD_S, TeleopController
from ..core.driving.velocity import Velocity
from ..core.driving.velocity_guard import VelocityGuard
from ..core.errors import StoreError
from ..core.settings.robot_settings import RTCBotSettings, TeleopSettings
from ..core.supervision import call_guarded, call_in_loop, guard, guarded
from ..ros.diagnostics import make_status
from ..ros.services import guarded_service
from ..ros.velocity_publisher import (
    CmdVelOutput, flush, GuardedOutput, HEARD_TOPIC, LOCK_TOPIC, RELIABLE_LATEST, stamp_seconds,
    STATE_QOS, STOP_TOPIC)
from ..system.process_end import ProcessEnd

# A lock of twist_mux, with a timeout of 0.5 s, bears one that is lost.
LOCK_PERIOD_S = 0.2
# Time to hear of the emergency stops of other bridges before the lock is opened.
_LOCK_OPENS_AFTER_S = 1.0
# How often the type that the subscribers of cmd_vel expect is looked at, without a guard.
_LOOK_PERIOD_S = 1.0
_SERVICE_TIMEOUT_S = 1.0
# A false that follows at once, as a button is let go, must not replace the true before it.
_PRESS_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


class Teleop:
    """
    What moves the robot, and what stops it.

    Topics and services: ``cmd_vel_guard/command`` or ``cmd_vel``, ``joy``, ``emergency_stop``
    (std_msgs/Bool in: true stops), ``emergency_stop_lock`` (std_msgs/Bool out),
    ``~/emergency_stop`` and ``~/release`` (std_srvs/Trigger).
    """

    def __init__(self, node: Node, settings: TeleopSettings, rtcbot: RTCBotSettings,
                 stop: EmergencyStop, folder: str) -> None:
        """Make the publishers; :meth:`run` begins."""
        self._node = node
        self._stop = stop
        # The id of the key folder, which keeps the stop.
        self._folder = folder
        # Without the guard's process its rules are kept here, as far as this process runs.
        self._guard = self._watch = None
        self._bridge = BridgeId.new(node.get_fully_qualified_name())
        self._output: GuardedOutput | CmdVelOutput
        if settings.guard:
            self._output = GuardedOutput(node, str(self._bridge))
            self._watch = GuardMonitor(2 * settings.timeout, lambda: self._output.matched)
            self.path = CommandPath(node, self._bridge, None, stop, folder,
                                    settings.enabled)
        else:
            self._guard = VelocityGuard(settings.timeout)
            self._output = CmdVelOutput(node, settings.message_type,
                                        settings.frame_id)
            self.path = CommandPath(node, self._bridge, self._output, stop, folder,
                                    settings.enabled)
        conditions = [stop.reason, self.path.reason]
        if self._watch is not None:
            conditions.append(self._watch.reason)
        self._joy = node.create_publisher(Joy, 'joy', RELIABLE_LATEST) if (
            settings.joy) else None
        self._lock = node.create_publisher(Bool, LOCK_TOPIC, STATE_QOS)
        self._stops = node.create_publisher(String, STOP_TOPIC, STATE_QOS)
        self._lock_opens = boot_time() + _LOCK_OPENS_AFTER_S
        self.controller = TeleopController(
            CommandGate(settings, Lease(settings.idle_timeout),
                        latch_timeout=rtcbot.hold_timeout, conditions=conditions), self._publish,
            self._joy and self._publish_joy, emergency_stop=stop, enabled=settings.enabled,
            lease_reason=self.path.lease_reason)
        self.controller.on_emergency_stop_change.append(self._tell_stop)
        self.path.on_change.append(self._path_changed)
        if self._watch is not None:
            self.controller.on_lease_change.append(self._rest)
        self._tell_stop()

    def listen(self, loop: asyncio.AbstractEventLoop, end: ProcessEnd) -> None:
        """
        Hear the guard, and take the emergency stop from ROS.

        :param loop: the controller's
        :param end: of this process, which ends if an emergency stop cannot be carried out
        """
        self.controller.on_stop_failure = end.when_fails('emergency stop')

        def answer(name: str, work: Callable[[], tuple[bool, str]],
                   response: Trigger.Response) -> Trigger.Response:
            try:
                response.success, response.message = call_in_loop(
                    loop, name, work, _SERVICE_TIMEOUT_S)
            except TimeoutError:
                response.success, response.message = False, 'the bridge is busy; it will be done'
            return response

        def heard(message: Header) -> None:
            loop.call_soon_threadsafe(call_guarded, 'answer of the guard', self._heard,
                                      stamp_seconds(message), message.frame_id)

        def press(_: object = None) -> None:
            loop.call_soon_threadsafe(call_guarded, 'emergency stop',
                                      self.controller.engage_emergency_stop,
                                      'the topic emergency_stop')

        def pressed(message: Bool) -> None:
            if self._is_press(message):
                press()

        self.path.listen(loop)
        if self._watch is not None:
            self._node.create_subscription(
                Header, HEARD_TOPIC, guarded('answer of the guard', heard), STATE_QOS)
        self._node.create_service(Trigger, '~/emergency_stop', guarded_service(
            'emergency stop', lambda _, response: answer('emergency stop', self._press, response)))
        self._node.create_service(Trigger, '~/release', guarded_service(
            'release', lambda _, response: answer('release', self._release, response)))
        # A message that cannot be read counts as a press.
        self._node.create_subscription(
            Bool, 'emergency_stop', guarded('emergency stop', pressed, on_failure=press),
            _PRESS_QOS)

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return by name what has to run for ever; without any of it nobody may drive."""
        parts = {'driving': self._poll(), 'emergency stop lock': self._repeat_lock()}
        if self._guard is not None:
            parts['guard in the bridge'] = self._repeat_zero()
        return parts

    def close(self) -> None:
        """Stop for good, and keep an emergency stop: in its file, and told to the guard."""
        self.controller.close()
        if self._stop.engaged:
            with guard('emergency stop'):
                self._stop.store(at_once=True)
            with guard('emergency stop told'):
                self._tell_stop()

    def flush(self) -> None:
        """Wait, half a second each at most, until the last zero, and a stop, were received."""
        self._output.flush()
        if self._stop.engaged:
            flush(self._stops)
            flush(self._lock)

    def status(self) -> DiagnosticStatus:
        """Return the state for diagnostics."""
        lease, stop = self.controller.lease, self._stop
        level, text = DiagnosticStatus.OK, 'driven' if lease.holder else 'nobody drives'
        guard = self._watch.reason() if self._watch is not None else None
        if not self.controller.enabled:
            text = 'driving is off'
        elif guard:
            level, text = DiagnosticStatus.ERROR, 'cmd_vel_guard does not answer'
        if stop.engaged:
            level, text = DiagnosticStatus.WARN, f'emergency stop by {stop.by}'
        return make_status('driving', level, text, {
            'driver': (lease.holder or '')[:8], 'epoch': lease.epoch,
            'requests': len(lease.requesters), 'guard': 'no answer' if guard else 'ok',
            'emergency_stop': stop.id or ''})

    def _rest(self) -> None:
        # The last zero was sent before this was told.
        if self.controller.lease.holder is None:
            self._watch.forget_unanswered()

    def _path_changed(self) -> None:
        # Whoever is refused must not appear to drive.
        self.controller.revoke_lease_if_refused()
        self._tell_stop()

    def _heard(self, stamp: float, frame_id: str) -> None:
        epoch, _, bridge = frame_id.partition(' ')
        if bridge != str(self._bridge):
            # An answer to another bridge.
            return
        if self._watch.answered(stamp, epoch):
            # The guard waits for a neutral command, so the driver has to give one.
            self.controller.gate.stop_and_require_neutral()

    @staticmethod
    def _is_press(message: Bool) -> bool:
        return message.data

    def _press(self) -> tuple[bool, str]:
        stored = self.controller.engage_emergency_stop('the service ~/emergency_stop')
        return True, f'stopped, id {self._stop.id}' + (
            '' if stored else '; it could not be written to the disk')

    def _release(self) -> tuple[bool, str]:
        if not self._stop.engaged:
            return False, 'there is no emergency stop'
        try:
            self.controller.release_emergency_stop(self._stop.id, 'the service ~/release')
        except StoreError as error:
            return False, f'the stop remains: {error}'
        return True, 'released'

    async def _poll(self) -> None:
        driven = asyncio.Event()
        self.controller.on_lease_change.append(
            lambda: driven.set() if self.controller.lease.holder else driven.clear())
        while True:
            await driven.wait()
            self.controller.poll()
            await asyncio.sleep(POLL_PERIOD_S)

    async def _repeat_lock(self) -> None:
        while True:
            self._publish_stop()
            await asyncio.sleep(LOCK_PERIOD_S)

    async def _repeat_zero(self) -> None:
        epoch, next_look = self._guard.epoch, 0.0
        while True:
            await asyncio.sleep(POLL_PERIOD_S)
            if boot_time() >= next_look:
                next_look = boot_time() + _LOOK_PERIOD_S
                self._output.look()
            velocity = self._guard.poll()
            if velocity is not None:
                self._output.publish(velocity)
            if epoch != self._guard.epoch:
                epoch = self._guard.epoch
                self.controller.gate.stop_and_require_neutral()

    def _tell_stop(self) -> None:
        if self._guard is not None:
            self._guard.set_emergency_stop(self._stop.engaged or bool(self.path.other_stops))
        self._publish_stop()

    def _publish_stop(self) -> None:
        stop = self._stop
        try:
            self._stops.publish(String(data=StopState(
                self._bridge, stop.id, stop.released, self._folder).dump()))
        finally:
            # All bridges say the same here: a lock knows no senders, and takes the last word.
            locked = stop.engaged or bool(self.path.other_stops)
            if locked or boot_time() >= self._lock_opens:
                self._lock.publish(Bool(data=locked))

    def _publish(self, velocity: Velocity) -> None:
        if self._watch is not None:
            self._watch.sent(self._output.publish(velocity))
        elif self._guard.command(velocity, boot_time()) is not None:
            self._output.publish(velocity)

    def _publish_joy(self, axes: list[float], buttons: list[int]) -> None:
        message = Joy(axes=axes, buttons=buttons)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._joy.publish(message)
