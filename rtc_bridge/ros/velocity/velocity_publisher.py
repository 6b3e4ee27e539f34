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

"""Publishing velocities on ``cmd_vel``, and the topics between bridges and their guard."""

from collections.abc import Callable

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header

from .velocity_endpoints import endpoints
from ...core.clock import boot_time
from ...core.driving.velocity import Velocity
from ...core.driving.velocity_graph import expected_kind, TWIST, TWIST_STAMPED
from ...core.failure_log import failures
from ...core.supervision import guard

RELIABLE_LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# The guard must not miss a neutral command; it refuses by the stamp what waited for too long.
GUARD_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# Velocities from the bridge to the guard; the stamps are boot time, which both processes share.
GUARD_TOPIC = 'cmd_vel_guard/command'
# A subscriber that comes late gets the newest message, too: DDS finds the two directions one after
# the other.
STATE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                       durability=DurabilityPolicy.TRANSIENT_LOCAL)
# The guard's answer to each command: its stamp, and as frame_id the guard's epoch, a space, and
# the bridge that the command came from.
GUARD_ANSWER_TOPIC = 'cmd_vel_guard/heard'
# What a guard tells of itself (GuardState), and bridges tell of their emergency stops (StopState),
# to the guard and to each other.
GUARD_STATE_TOPIC = 'cmd_vel_guard/state'
STOP_STATE_TOPIC = 'cmd_vel_guard/stops'
# Several bridges or guards may speak at once, and the newest message of each must be kept.
STATES_QOS = QoSProfile(depth=20, reliability=ReliabilityPolicy.RELIABLE,
                        durability=DurabilityPolicy.TRANSIENT_LOCAL)
_TYPES = {TWIST: Twist, TWIST_STAMPED: TwistStamped}
# Seconds that the end of a program waits for its last messages to arrive.
_FLUSH_TIME_S = 0.5
# Seconds until a change of the type that failed is tried again: with each attempt subscribers have
# to find the publisher anew, which takes DDS a good part of a second.
_RETRY_PERIOD_S = 10.0


class VelocityPublisher:
    """
    Publishes ``cmd_vel`` as Twist or TwistStamped.

    With ``auto`` the type is the one that the subscribers expect, as :meth:`follow_subscribers`
    finds them, and Twist while there are none; where they differ it does not change. One ROS
    context cannot hold both types on a topic, so the old publisher goes before the new one comes.

    :ivar topic: its full name, all remapping done; from any thread
    """

    def __init__(self, node: Node, message_type: str, frame_id: str) -> None:
        """
        Make the publisher.

        :param message_type: ``auto``, ``twist`` or ``twist_stamped``
        :param frame_id: of TwistStamped
        """
        self._node = node
        # Not asked of the publisher, which may be gone when another thread reads this.
        self.topic = node.resolve_topic_name('cmd_vel')
        self.auto = message_type == 'auto'
        self._frame_id = frame_id
        # Boot time from which on the type may be changed.
        self._next_change = 0.0
        self._type: type = TwistStamped if message_type == 'twist_stamped' else Twist
        self._publisher: Publisher = self._create()
        self.follow_subscribers()

    @property
    def kind(self) -> str:
        """Return the type of the messages, as the ROS graph has it."""
        return _kind_of(self._type)

    def publish(self, velocity: Velocity) -> None:
        """Publish at once."""
        message = self._type()
        if self._type is TwistStamped:
            message.header.stamp = self._node.get_clock().now().to_msg()
            message.header.frame_id = self._frame_id
            fill_twist(message.twist, velocity)
        else:
            fill_twist(message, velocity)
        self._publisher.publish(message)

    def clock_problem(self) -> str:
        """Return why a base may ignore the velocities for their stamps; '' if it does not."""
        if self._type is not TwistStamped:
            return ''
        name = self._node.get_fully_qualified_name()
        if self._node.get_parameter('use_sim_time').value:
            return '' if self._node.get_clock().now().nanoseconds else (
                f'{name} stamps velocities with the time 0: use_sim_time is true, and nobody '
                'publishes /clock. Start what publishes it, or set use_sim_time to false.')
        return '' if not self._node.count_publishers('/clock') else (
            f'{name} stamps velocities with the time of the system, and there is simulated time '
            f'on /clock: a base that uses that ignores them. Set use_sim_time of {name} to true.')

    def flush(self) -> None:
        """Wait, half a second at most, until the subscribers have all messages."""
        flush(self._publisher)

    def follow_subscribers(self, before_change: Callable[[], object] = lambda: None) -> None:
        """
        Change to the type that the subscribers expect, with ``auto``.

        This looks at what DDS has found already, which takes a fraction of a millisecond.

        :param before_change: called while the type before can still be published
        """
        if not self.auto:
            return
        expected = self._type
        # A look at the subscribers that fails must not keep zero from being published.
        with guard('type of cmd_vel'):
            expected = _TYPES[expected_kind(endpoints(
                self._node.get_subscriptions_info_by_topic('cmd_vel')), self.kind)]
        if expected is not self._type and boot_time() >= self._next_change:
            before_change()
            self._change_type(expected)

    def _create(self) -> Publisher:
        # With event callbacks the executor would keep the publisher after it was destroyed.
        return self._node.create_publisher(
            self._type, 'cmd_vel', RELIABLE_LATEST,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=not self.auto))

    def _change_type(self, expected: type) -> None:
        """
        Publish another type; if that fails, go on with the present one.

        If that fails, too, what rclpy raises is let through: without a publisher no zero would go
        out, so the process has to end.
        """
        before = self._type
        try:
            self._node.destroy_publisher(self._publisher)
            self._type = expected
            self._publisher = self._create()
        except Exception as error:
            failures.note('type of cmd_vel', error, f'it stays {before.__name__}')
            self._next_change = boot_time() + _RETRY_PERIOD_S
            self._type = before
            self._publisher = self._create()
            return
        # Not by this module's logger: the constructor comes before a program lets that reach ROS.
        self._node.get_logger().info(
            f'{self.topic} is {expected.__name__} now, as its subscribers expect')


def _kind_of(message_type: type) -> str:
    return TWIST_STAMPED if message_type is TwistStamped else TWIST


def fill_twist(twist: Twist, velocity: Velocity) -> None:
    """Write a velocity into a message."""
    twist.linear.x = velocity.linear_x
    twist.linear.y = velocity.linear_y
    twist.linear.z = velocity.linear_z
    twist.angular.z = velocity.angular_z


def flush(publisher: Publisher) -> None:
    """Wait until subscribers have what was published: it is lost with its publisher."""
    publisher.wait_for_all_acked(Duration(seconds=_FLUSH_TIME_S))


def stamp_seconds(header: Header) -> float:
    """Return a stamp in seconds; unlike rclpy's ``Time`` this takes negative ones, too."""
    return float(header.stamp.sec + header.stamp.nanosec / 1e9)
