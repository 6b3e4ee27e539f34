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

"""
The last process before the motors: the only publisher on ``cmd_vel``.

It passes fresh commands of the bridge and publishes zero when they stop, whatever has happened
to the bridge: no thread inside a stopped or stalled process could.
"""

import contextlib
import os
from pathlib import Path
import secrets
import sys

from geometry_msgs.msg import TwistStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Header, String

from .. import __version__
from ..core.clock import boot_time
from ..core.driving.engaged_stops import EngagedStops
from ..core.driving.guard_messages import BridgeId, GuardState, StopState, this_process
from ..core.driving.velocity import Velocity
from ..core.driving.velocity_guard import BRIDGE_SILENCE_S, VelocityGuard
from ..core.errors import ProtocolError
from ..core.failure_log import count_unhandled_failures
from ..core.settings.driving_settings import GuardSettings
from ..core.settings.parameters import parameters_of
from ..core.settings.robot_settings import RobotSettings
from ..core.supervision import guard, guarded
from ..ros.parameter_files import unused_parameters
from ..ros.parameters import declare_parameters, refuse_unknown_parameters
from ..ros.program import bound_end, end_program, FAILED, PartFailed, ros_program, spin
from ..ros.ros_log import log_to_ros
from ..ros.velocity.velocity_publisher import (
    GUARD_ANSWER_TOPIC, GUARD_QOS, GUARD_STATE_TOPIC, GUARD_TOPIC, stamp_seconds, STATE_QOS,
    STATES_QOS, STOP_STATE_TOPIC, VelocityPublisher)
from ..system.processes.garbage_collection import exclude_present_objects

# The profile that robot.launch.py sets for the sake of large images.
_CAMERAS_PROFILE = 'fastdds_shm.xml'
# Where real time is not permitted: next to the lowest niceness.
_NICE = -15
# Real-time priority, above programs that ask for the lowest one, 1.
_PRIORITY = 10
# Seconds between two messages about this guard: bridges take one that is silent for four times as
# long for gone.
_STATE_PERIOD_S = 0.5
# Bridges whose refusal is logged; those of more of them are not.
_MAX_LOGGED = 32


class CmdVelGuard(Node):
    """
    Joins the velocity guard to its topics.

    A failure of any part ends the process, with zero first: a guard that may be wrong is none.

    :raises ParameterError: a parameter has a value that is not allowed
    """

    def __init__(self) -> None:
        super().__init__('cmd_vel_guard')
        settings = declare_parameters(self, GuardSettings()).teleop
        # The bridge's parameters are known, too: both read one file, as a rule.
        of_bridge = [row.name for row in parameters_of(RobotSettings())]
        refuse_unknown_parameters(self, {'teleop'}, of_bridge)
        self._warnings = tuple(unused_parameters(
            self, [row.name for row in parameters_of(GuardSettings())], ['rtc_bridge'], of_bridge,
            shares=True))
        for text in self._warnings:
            self.get_logger().warning(text)
        self._guard = VelocityGuard(settings.timeout)
        self._velocities = VelocityPublisher(self, settings.message_type, settings.frame_id)
        self._stops = EngagedStops()
        self._id = secrets.token_hex(8)
        # What was told last, its holder as text, and the boot time at which to tell again.
        self._last_state: GuardState | None = None
        self._last_holder: str | None = None
        self._next_state = 0.0
        # A bridge has told of its stop since then.
        self._stops_heard = False
        # Pairs of the bridge that was refused and the one that drove.
        self._logged_refusals: set[tuple[str, str]] = set()
        self._answers = self.create_publisher(Header, GUARD_ANSWER_TOPIC, STATE_QOS)
        self._states = self.create_publisher(String, GUARD_STATE_TOPIC, STATE_QOS)
        self.create_subscription(String, STOP_STATE_TOPIC, guarded(
            'emergency stops', self._on_stop, on_failure=end_program), STATES_QOS)
        self.create_subscription(TwistStamped, GUARD_TOPIC, guarded(
            'command', self._on_command, on_failure=end_program), GUARD_QOS)

    def step(self) -> float:
        """
        Publish zero if it is due, and tell of this guard.

        :return: for how many seconds there is nothing to do but to listen
        """
        velocity = self._guard.poll()
        if velocity is not None:
            self._velocities.publish(velocity)
        now = boot_time()
        if (now >= self._next_state or self._stops_heard
                or self._guard.holder != self._last_holder):
            self._tell_state(now)
        return min(self._guard.wait(), max(0.0, self._next_state - now))

    def end(self) -> None:
        """Publish a last zero, and wait for its arrival; a step that fails leaves out no other."""
        with guard('last zero'):
            velocity = self._guard.last_zero()
            if velocity is not None:
                self._velocities.publish(velocity)
        with guard('last zero'):
            self._velocities.flush()
        bound_end()
        with guard('last zero'):
            self.destroy_node()

    def _on_command(self, message: TwistStamped) -> None:
        twist, stamp = message.twist, stamp_seconds(message.header)
        bridge = message.header.frame_id
        velocity = self._guard.command(Velocity(
            twist.linear.x, twist.linear.y, twist.angular.z, twist.linear.z), stamp, bridge)
        if velocity is not None:
            self._velocities.publish(velocity)
        elif self._guard.holder not in (None, bridge):
            self._log_refusal(bridge)
            return
        if stamp == self._guard.last_stamp:
            # The bridge learns that it is heard in time, and when a neutral command is needed.
            self._answers.publish(Header(
                stamp=message.header.stamp, frame_id=f'{self._guard.epoch} {bridge}'))

    def _on_stop(self, message: String) -> None:
        try:
            self._stops.hear(StopState.parse(message.data))
        except ProtocolError as error:
            self.get_logger().warning(
                f'{STOP_STATE_TOPIC} has an invalid message, which is ignored: {error}', once=True)
        self._guard.set_emergency_stop(bool(self._stops))
        self._stops_heard = True

    def _tell_state(self, now: float) -> None:
        """Tell of this guard if it is time, or if something has changed."""
        self._stops_heard = False
        due = now >= self._next_state
        if due:
            self._velocities.follow_subscribers(self._interrupt)
        self._last_holder = holder = self._guard.holder
        state = GuardState(
            self._id, self.get_fully_qualified_name(), this_process(), self._velocities.topic,
            self._velocities.kind, self._velocities.auto,
            BridgeId.parse(holder) if holder is not None else None, self._stops.engaged(),
            __version__, self._warnings, self._velocities.clock_problem() if due else (
                self._last_state.clock if self._last_state is not None else ''))
        if due or state != self._last_state:
            self._next_state, self._last_state = now + _STATE_PERIOD_S, state
            self._states.publish(String(data=state.dump()))

    def _interrupt(self) -> None:
        """Stop before the type of the messages changes: the motors may be others from then on."""
        velocity = self._guard.interrupt('the type of cmd_vel changes')
        if velocity is not None:
            self._velocities.publish(velocity)

    def _log_refusal(self, bridge: str) -> None:
        holder = self._guard.holder or ''
        if (bridge, holder) in self._logged_refusals or len(self._logged_refusals) >= _MAX_LOGGED:
            return
        self._logged_refusals.add((bridge, holder))
        self.get_logger().warning(
            f'the commands of {BridgeId.parse(bridge).name} are refused: '
            f'{BridgeId.parse(holder).name} drives, and a guard takes the commands of one bridge '
            f'at a time, until it is silent for {BRIDGE_SILENCE_S:g} s; end one of them, or give '
            'each its own namespace and guard')


def _run_first() -> bool:
    """
    Ask for a scheduling before all other programs; return whether it is real time (sched(7)).

    The guard has little work, which must not be late. Threads of DDS start later and inherit this.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
        return True
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)
        return False


def _share_no_memory() -> None:
    """
    Let Fast DDS use UDP only, unless its environment variables say otherwise.

    A process that is stopped while it holds the lock of its shared memory stops all senders to it:
    Fast DDS waits a second for the lock, and zero would wait with it. Where
    ``ROS_AUTOMATIC_DISCOVERY_RANGE`` is ``LOCALHOST``, rmw_fastrtps uses shared memory anyway.
    """
    for name in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        if Path(os.environ.get(name, '')).name == _CAMERAS_PROFILE:
            del os.environ[name]
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')


def main(args: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; then publish a last zero, and return the exit status."""
    count_unhandled_failures()
    _share_no_memory()
    real_time = _run_first()
    with ros_program('cmd_vel_guard', args) as wish:
        executor = SingleThreadedExecutor()
        wish.on_request(executor.wake)
        node = CmdVelGuard()
        with log_to_ros(node):
            try:
                if not real_time:
                    node.get_logger().info(
                        'not in real time (no permission): on a busy computer zero may come '
                        f'late; rtprio {_PRIORITY} in /etc/security/limits.conf, or '
                        f'LimitRTPRIO={_PRIORITY} in a systemd unit')
                executor.add_node(node)
                exclude_present_objects()
                # Waits on the system's steady clock: a ROS timer would not fire without /clock.
                spin(executor, wish.requested, node.step)
            except PartFailed as failed:
                node.get_logger().fatal(
                    'a part of the guard failed, so it publishes zero and ends: '
                    f'{failed.__cause__!r}')
                return FAILED
            finally:
                node.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
