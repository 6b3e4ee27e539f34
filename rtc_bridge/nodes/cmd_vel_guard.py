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
import logging
import os
from pathlib import Path
import sys

from geometry_msgs.msg import TwistStamped
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Bool, Header

from ..core.configuration import BRIDGE, TELEOP_OUTPUT
from ..core.errors import REFUSED, RtcBridgeError
from ..core.guard import Guard
from ..core.supervision import count_the_rest, guarded
from ..core.velocity import Velocity
from ..ros.log import log_to_ros
from ..ros.parameters import declare, refuse_unknown
from ..ros.program import end_program, FAILED, init, PartFailed, spin, when_signalled
from ..ros.velocity_publisher import (
    CmdVelOutput, GUARD_QOS, GUARD_TOPIC, HEARD_TOPIC, LOCK_TOPIC, stamp_seconds, STATE_QOS)

# For large images.
_CAMERAS_PROFILE = 'fastdds_shm.xml'
_NICE = -15
# Above those who just ask for real time.
_PRIORITY = 10


class CmdVelGuard(Node):
    """Joins the guard to its topics."""

    def __init__(self) -> None:
        """
        Begin to listen.

        :raises ParameterError: a parameter has a value that is not allowed
        """
        super().__init__('cmd_vel_guard')
        values = declare(self, TELEOP_OUTPUT)
        # Both read one file, as a rule.
        refuse_unknown(self, {'teleop'}, [row.name for row in BRIDGE])
        self.guard = Guard(values['teleop.timeout'])
        self._output = CmdVelOutput(self, values['teleop.message_type'], values['teleop.frame_id'])
        self._heard = self.create_publisher(Header, HEARD_TOPIC, STATE_QOS)
        # Whatever fails here ends the process, with zero first: a guard that may be wrong is none.
        self.create_subscription(Bool, LOCK_TOPIC, guarded(
            'emergency stop lock', self._on_lock, on_failure=end_program), STATE_QOS)
        self.create_subscription(TwistStamped, GUARD_TOPIC, guarded(
            'command', self._on_command, on_failure=end_program), GUARD_QOS)

    def publish(self, velocity: Velocity | None) -> None:
        """Publish, if there is something to."""
        if velocity is not None:
            self._output.publish(velocity)

    def end(self) -> None:
        """Publish a last zero, and see it off."""
        self.publish(self.guard.stop())
        self._output.flush()
        self.destroy_node()

    def _on_lock(self, message: Bool) -> None:
        self.guard.latch(message.data)

    def _on_command(self, message: TwistStamped) -> None:
        twist, stamp = message.twist, stamp_seconds(message.header)
        self.publish(self.guard.command(
            Velocity(twist.linear.x, twist.linear.y, twist.angular.z), stamp))
        # So the bridge knows that it is heard in time, and when a neutral command is needed.
        if self.guard.took(stamp):
            self._heard.publish(Header(stamp=message.header.stamp, frame_id=self.guard.epoch))


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
    node, status = None, 0
    count_the_rest()
    _share_no_memory()
    real_time = _run_first()
    try:
        init(args)
        executor = SingleThreadedExecutor()
        ended = when_signalled(executor.wake)
        node = CmdVelGuard()
        if not real_time:
            node.get_logger().info(
                'not in real time (no permission): on a busy computer zero may come late; '
                f'rtprio {_PRIORITY} in /etc/security/limits.conf, or '
                f'LimitRTPRIO={_PRIORITY} in a systemd unit')
        log_to_ros(node)
        executor.add_node(node)
        # Waits on the system's steady clock: a ROS timer would not fire without /clock.
        spin(executor, ended, node.guard.wait, lambda: node.publish(node.guard.poll()))
    except PartFailed as failed:
        status = FAILED
        node.get_logger().fatal(
            f'the guard says zero and ends, as a part of it failed: {failed.__cause__!r}')
    except RtcBridgeError as error:
        print(f'cmd_vel_guard: {error}', file=sys.stderr)
        sys.exit(REFUSED)
    finally:
        if node is not None:
            # Whatever it was that ended this.
            node.end()
        logging.getLogger('rtc_bridge').handlers.clear()
        rclpy.try_shutdown()
    return status


if __name__ == '__main__':
    sys.exit(main())
