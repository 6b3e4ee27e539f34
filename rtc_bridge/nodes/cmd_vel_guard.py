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

from ..core.clock import boot_time
from ..core.driving.engaged_stops import EngagedStops
from ..core.driving.guard_messages import BridgeId, GuardState, StopState, this_process
from ..core.driving.velocity import Velocity
from ..core.driving.velocity_guard import BRIDGE_SILENCE_S, VelocityGuard
from ..core.errors import ProtocolError
from ..core.settings.parameters import parameters_of
from ..core.settings.robot_settings import GuardSettings, RobotSettings
from ..core.supervision import count_the_rest, guard, guarded
from ..ros.parameters import declare_parameters, refuse_unknown_parameters
from ..ros.program import (
    end_program, FAILED, PartFailed, ros_program, spin, termination_event)
from ..ros.ros_log import log_to_ros
from ..ros.velocity_publisher import (
    CmdVelOutput, GUARD_QOS, GUARD_STATE_TOPIC, GUARD_TOPIC, HEARD_TOPIC, stamp_seconds,
    STATE_QOS, STATES_QOS, STOP_TOPIC)

# For large images.
_CAMERAS_PROFILE = 'fastdds_shm.xml'
_NICE = -15
# Above those who just ask for real time.
_PRIORITY = 10
# Bridges take a guard that is silent four times as long for gone.
_STATE_PERIOD_S = 0.5
# Bridges whose refusal is logged; more of them are not logged one by one.
_MAX_LOGGED = 32


class CmdVelGuard(Node):
    """Joins the guard to its topics."""

    def __init__(self) -> None:
        """
        Begin to listen.

        :raises ParameterError: a parameter has a value that is not allowed
        """
        super().__init__('cmd_vel_guard')
        settings = declare_parameters(self, GuardSettings()).teleop
        # Both read one file, as a rule.
        refuse_unknown_parameters(
            self, {'teleop'}, [row.name for row in parameters_of(RobotSettings())])
        self.guard = VelocityGuard(settings.timeout)
        self._output = CmdVelOutput(self, settings.message_type, settings.frame_id)
        self._stops = EngagedStops()
        self._id = secrets.token_hex(8)
        # What was told last, and when to look at it again.
        self._told: GuardState | None = None
        self._next_state = 0.0
        # Pairs of the bridge that was refused and the one that drove.
        self._refused: set[tuple[str, str]] = set()
        self._heard = self.create_publisher(Header, HEARD_TOPIC, STATE_QOS)
        self._state = self.create_publisher(String, GUARD_STATE_TOPIC, STATE_QOS)
        # Whatever fails here ends the process, with zero first: a guard that may be wrong is none.
        self.create_subscription(String, STOP_TOPIC, guarded(
            'emergency stops', self._on_stop, on_failure=end_program), STATES_QOS)
        self.create_subscription(TwistStamped, GUARD_TOPIC, guarded(
            'command', self._on_command, on_failure=end_program), GUARD_QOS)

    def publish(self, velocity: Velocity | None) -> None:
        """Publish, if there is something to."""
        if velocity is not None:
            self._output.publish(velocity)

    def wait(self) -> float:
        """Return for how many seconds there is nothing to do but to listen."""
        return min(self.guard.wait(), max(0.0, self._next_state - boot_time()))

    def step(self) -> None:
        """Do what is due."""
        self.publish(self.guard.poll())
        self.tell()

    def tell(self) -> None:
        """Tell of this guard, twice a second and when something has changed."""
        now = boot_time()
        due = now >= self._next_state
        if due:
            self._output.look()
        holder = self.guard.holder
        state = GuardState(
            self._id, self.get_fully_qualified_name(), this_process(), self._output.topic,
            self._output.kind, self._output.auto,
            BridgeId.parse(holder) if holder is not None else None, self._stops.engaged())
        if due or state != self._told:
            self._next_state, self._told = now + _STATE_PERIOD_S, state
            self._state.publish(String(data=state.dump()))

    def end(self) -> None:
        """Publish a last zero, and see it off; a step that fails leaves out no other."""
        for step in (lambda: self.publish(self.guard.last_zero()), self._output.flush,
                     self.destroy_node):
            with guard('last zero'):
                step()

    def _on_stop(self, message: String) -> None:
        try:
            self._stops.hear(StopState.parse(message.data))
        except ProtocolError as error:
            self.get_logger().warning(f'{STOP_TOPIC} has a message that is none: {error}',
                                      once=True)
        self.guard.set_emergency_stop(bool(self._stops))

    def _on_command(self, message: TwistStamped) -> None:
        twist, stamp = message.twist, stamp_seconds(message.header)
        bridge = message.header.frame_id
        self.publish(self.guard.command(
            Velocity(twist.linear.x, twist.linear.y, twist.angular.z), stamp, bridge))
        holder = self.guard.holder
        if holder is not None and holder != bridge:
            self._log_refusal(bridge, holder)
            return
        # So the bridge knows that it is heard in time, and when a neutral command is needed.
        if stamp == self.guard.last_stamp:
            self._heard.publish(Header(
                stamp=message.header.stamp, frame_id=f'{self.guard.epoch} {bridge}'))

    def _log_refusal(self, bridge: str, holder: str) -> None:
        if (bridge, holder) in self._refused or len(self._refused) >= _MAX_LOGGED:
            return
        self._refused.add((bridge, holder))
        self.get_logger().warning(
            f'the commands of {BridgeId.parse(bridge).name} are refused: '
            f'{BridgeId.parse(holder).name} drives, and a guard takes the commands of one bridge '
            f'at a time, until it is silent for {BRIDGE_SILENCE_S:g} s; end one of them, or give '
            'each its own namespace and guard')


def _run_first() -> bool:
    """
    Run before all others, as the system lets us; return whether in real time (sched(7)).

    There is little to do, and that in time. Threads of DDS, which come later, inherit this.
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
    Let Fast DDS use UDP only, unless somebody chose otherwise.

    A process that is stopped while it holds the lock of its shared memory stops those who send to
    it: Fast DDS waits a second for the lock, and zero would wait with it. Where
    ``ROS_AUTOMATIC_DISCOVERY_RANGE`` is ``LOCALHOST``, rmw_fastrtps uses shared memory anyway.
    """
    for name in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        if Path(os.environ.get(name, '')).name == _CAMERAS_PROFILE:
            del os.environ[name]
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')


def main(args: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; then publish a last zero, and return the exit status."""
    count_the_rest()
    _share_no_memory()
    real_time = _run_first()
    with ros_program('cmd_vel_guard', args):
        executor = SingleThreadedExecutor()
        ended = termination_event(executor.wake)
        node = CmdVelGuard()
        with log_to_ros(node):
            try:
                if not real_time:
                    node.get_logger().info(
                        'not in real time (no permission): on a busy computer zero may come '
                        f'late; rtprio {_PRIORITY} in /etc/security/limits.conf, or '
                        f'LimitRTPRIO={_PRIORITY} in a systemd unit')
                executor.add_node(node)
                # Waits on the system's steady clock: a ROS timer would not fire without /clock.
                spin(executor, ended, node.wait, node.step)
            except PartFailed as failed:
                node.get_logger().fatal(
                    f'the guard says zero and ends, as a part of it failed: {failed.__cause__!r}')
                return FAILED
            finally:
                # Whatever it was that ended this.
                node.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
