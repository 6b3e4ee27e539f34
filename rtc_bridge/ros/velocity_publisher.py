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

"""Velocities as ROS messages."""

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from std_msgs.msg import Header

from ..core.clock import boot_time
from ..core.driving.velocity import Velocity
from ..core.supervision import failures, guard

RELIABLE_LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# The guard must not miss a neutral command; what waited too long it refuses by its stamp.
GUARD_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# From the bridge to the guard; its stamps are boot time, which both processes share.
GUARD_TOPIC = 'cmd_vel_guard/command'
# Who comes late gets the newest, too: DDS finds the two directions one after the other.
STATE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                       durability=DurabilityPolicy.TRANSIENT_LOCAL)
# And back, for each command: its stamp, and as frame_id the guard's epoch, a space, and the bridge
# that it came from.
HEARD_TOPIC = 'cmd_vel_guard/heard'
# What a guard tells of itself (GuardState), and bridges of their emergency stops (StopState), to
# the guard and to each other.
GUARD_STATE_TOPIC = 'cmd_vel_guard/state'
STOP_TOPIC = 'cmd_vel_guard/stops'
# Several bridges, or guards, may speak at once, and one message of each is to be kept.
STATES_QOS = QoSProfile(depth=20, reliability=ReliabilityPolicy.RELIABLE,
                        durability=DurabilityPolicy.TRANSIENT_LOCAL)
# The emergency stop as std_msgs/Bool, for twist_mux.
LOCK_TOPIC = 'emergency_stop_lock'
TWIST, TWIST_STAMPED = 'geometry_msgs/msg/Twist', 'geometry_msgs/msg/TwistStamped'
_FLUSH_S = 0.5
# Seconds until a change of the type is tried again after a failure: with each attempt subscribers
# have to find the publisher anew, which takes DDS a good part of a second.
_CHANGE_AGAIN_S = 10.0


def fill(twist: Twist, velocity: Velocity) -> None:
    """Write a velocity into a message."""
    twist.linear.x = velocity.linear_x
    twist.linear.y = velocity.linear_y
    twist.angular.z = velocity.angular_z


def flush(publisher: Publisher) -> None:
    """Wait until subscribers have what was published: a publisher takes it along when it goes."""
    publisher.wait_for_all_acked(Duration(seconds=_FLUSH_S))


class GuardedOutput:
    """
    Publishes for the guard, stamped with the boot-time clock of this host.

    :param bridge: who sends; the guard takes the commands of one bridge at a time
    """

    def __init__(self, node: Node, bridge: str) -> None:
        """Make the publisher."""
        self._bridge = bridge
        self._publisher = node.create_publisher(TwistStamped, GUARD_TOPIC, GUARD_QOS)

    @property
    def matched(self) -> bool:
        """Tell whether DDS knows of a guard; of one that was killed it does for some time."""
        return self._publisher.get_subscription_count() > 0

    def publish(self, velocity: Velocity) -> float:
        """Publish at once, from any thread; return the command's stamp in seconds."""
        message = TwistStamped()
        message.header.stamp = Time(nanoseconds=int(boot_time() * 1e9)).to_msg()
        message.header.frame_id = self._bridge
        fill(message.twist, velocity)
        self._publisher.publish(message)
        return stamp_seconds(message.header)

    def flush(self) -> None:
        """Wait, half a second at most, until the guard has it all."""
        flush(self._publisher)


class CmdVelOutput:
    """
    Publishes ``cmd_vel`` as Twist or TwistStamped.

    With ``auto`` the type is that of the subscribers as :meth:`look` finds them, and Twist while
    there are none; where they differ it stays what it is. One ROS context cannot hold both types
    on a topic, so the old publisher goes before the new one comes.
    """

    def __init__(self, node: Node, message_type: str, frame_id: str) -> None:
        """Make the publisher."""
        self._node = node
        self.auto = message_type == 'auto'
        self._frame_id = frame_id
        # Boot time from which on the type may be changed.
        self._next_change = 0.0
        self._type: type = TwistStamped if message_type == 'twist_stamped' else Twist
        self._publisher: Publisher = self._create()
        self.look()

    @property
    def topic(self) -> str:
        """Return the topic's full name, all remapping done."""
        return self._publisher.topic_name

    @property
    def kind(self) -> str:
        """Return the type of the messages, as the ROS graph has it."""
        return TWIST_STAMPED if self._type is TwistStamped else TWIST

    def publish(self, velocity: Velocity) -> None:
        """Publish at once."""
        message = self._type()
        if self._type is TwistStamped:
            message.header.stamp = self._node.get_clock().now().to_msg()
            message.header.frame_id = self._frame_id
            fill(message.twist, velocity)
        else:
            fill(message, velocity)
        self._publisher.publish(message)

    def flush(self) -> None:
        """Wait, half a second at most, until the subscribers have it all."""
        flush(self._publisher)

    def _create(self) -> Publisher:
        # An executor that waits for a publisher's events keeps it after it was destroyed.
        return self._node.create_publisher(
            self._type, 'cmd_vel', RELIABLE_LATEST,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=not self.auto))

    def look(self) -> None:
        """
        Follow the type that the subscribers expect, with ``auto``.

        It looks at what DDS has found already, which takes a fraction of a millisecond.
        """
        if not self.auto:
            return
        wanted = self._type
        # Without a look at the subscribers it still publishes.
        with guard('type of cmd_vel'):
            wanted = self._expected()
        if wanted is not self._type and boot_time() >= self._next_change:
            self._change(wanted)

    def _expected(self) -> type:
        """Return the type that all subscribers expect, else the present one."""
        types = {info.topic_type
                 for info in self._node.get_subscriptions_info_by_topic('cmd_vel')}
        if types == {TWIST_STAMPED}:
            return TwistStamped
        return Twist if types == {TWIST} else self._type

    def _change(self, wanted: type) -> None:
        """
        Publish another type; if that fails, go on with the present one.

        What rclpy raises if that fails, too, is let through: without a publisher no zero would go
        out, so the process has to end.
        """
        before = self._type
        try:
            self._node.destroy_publisher(self._publisher)
            self._type = wanted
            self._publisher = self._create()
        except Exception as error:
            failures.note('type of cmd_vel', error, f'it stays {before.__name__}')
            self._next_change = boot_time() + _CHANGE_AGAIN_S
            self._type = before
            self._publisher = self._create()
            return
        self._node.get_logger().info(
            f'{self.topic} is {wanted.__name__} now, as its subscribers expect')


def stamp_seconds(header: Header) -> float:
    """Return a stamp in seconds, whatever it is: ``Time`` takes none below zero."""
    return header.stamp.sec + header.stamp.nanosec / 1e9
