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

"""Publishing cmd_vel: its queue, its type, and what happens when the type cannot be changed."""

from types import SimpleNamespace

from geometry_msgs.msg import Twist, TwistStamped
import pytest
from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy, LivelinessPolicy, qos_check_compatible, QoSCompatibility, QoSProfile,
    ReliabilityPolicy)
from rclpy.time import Time
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.driving.velocity import Velocity
from rtc_bridge.core.failure_log import failures
from rtc_bridge.ros.velocity import velocity_publisher
from rtc_bridge.ros.velocity.velocity_endpoints import unmet_by_velocities
from rtc_bridge.ros.velocity.velocity_publisher import (
    RELIABLE_LATEST, stamp_seconds, TWIST, TWIST_STAMPED, VelocityPublisher)
from std_msgs.msg import Header


class FakeNode:
    """Makes publishers that keep their messages; the test says what subscribers expect."""

    def __init__(self):
        self.expected = []
        self.qos = RELIABLE_LATEST
        # Types for which no publisher can be made.
        self.failing = []
        self.sent = []
        self.publishers = []

    def create_publisher(self, kind, topic, qos, **_):
        if kind in self.failing:
            raise RuntimeError(f'no {kind.__name__}')
        publisher = SimpleNamespace(kind=kind, topic_name=f'/{topic}', qos=qos,
                                    publish=self.sent.append)
        self.publishers.append(publisher)
        return publisher

    def destroy_publisher(self, publisher):
        self.publishers.remove(publisher)
        # rclpy raises if it is used from now on.
        vars(publisher).clear()

    def resolve_topic_name(self, topic):
        return f'/{topic}'

    def get_subscriptions_info_by_topic(self, topic):
        return [SimpleNamespace(topic_type=kind, node_name='base', node_namespace='/',
                                qos_profile=self.qos) for kind in self.expected]

    def get_clock(self):
        return SimpleNamespace(now=lambda: Time(seconds=7))

    def get_logger(self):
        return SimpleNamespace(info=lambda text: None)


@pytest.fixture
def node():
    return FakeNode()


def test_velocities_are_reliable_and_never_queued(node):
    """A zero must not get lost, nor come after older velocities."""
    VelocityPublisher(node, 'twist', '')
    publisher, = node.publishers
    assert (publisher.qos.depth, publisher.qos.reliability, publisher.qos.durability) == (
        1, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)


def test_a_velocity_is_a_twist(node):
    VelocityPublisher(node, 'twist', 'base').publish(Velocity(1.0, 2.0, 3.0))
    message, = node.sent
    assert (message.linear.x, message.linear.y, message.angular.z) == (1.0, 2.0, 3.0)


def test_a_stamped_velocity_carries_the_ros_time_and_the_frame(node):
    VelocityPublisher(node, 'twist_stamped', 'base').publish(Velocity(1.0, 2.0, 3.0))
    message, = node.sent
    assert (message.header.stamp.sec, message.header.frame_id) == (7, 'base')
    assert message.twist.angular.z == 3.0


def test_the_type_follows_the_subscribers(node):
    velocities = VelocityPublisher(node, 'auto', '')
    for expected, kind in (([], TWIST), ([TWIST_STAMPED], TWIST_STAMPED), ([], TWIST_STAMPED),
                           ([TWIST, TWIST_STAMPED], TWIST_STAMPED), ([TWIST], TWIST)):
        node.expected = expected
        before = velocities.kind
        told = []
        velocities.follow_subscribers(lambda: told.append(velocities.kind))
        assert told == ([] if before == kind else [before])
        assert velocities.kind == kind and len(node.publishers) == 1
    fixed = VelocityPublisher(node, 'twist', '')
    node.expected = [TWIST_STAMPED]
    fixed.follow_subscribers()
    assert fixed.kind == TWIST


def test_the_topic_is_known_while_the_publisher_is_replaced(node):
    """Another thread may ask."""
    velocities = VelocityPublisher(node, 'auto', '')
    node.expected = [TWIST_STAMPED]
    create, asked = node.create_publisher, []
    node.create_publisher = lambda *args, **options: (
        asked.append(velocities.topic), create(*args, **options))[1]
    velocities.follow_subscribers()
    assert asked == ['/cmd_vel']


@pytest.mark.parametrize('asked, unmet', [
    ({}, ''), ({'reliability': ReliabilityPolicy.BEST_EFFORT}, ''),
    ({'durability': DurabilityPolicy.TRANSIENT_LOCAL}, 'transient local durability'),
    ({'deadline': Duration(seconds=0.1)}, 'a deadline of 0.1 s'),
    ({'liveliness': LivelinessPolicy.MANUAL_BY_TOPIC}, 'manual liveliness'),
    ({'liveliness_lease_duration': Duration(seconds=2)}, 'a liveliness lease of 2 s')])
def test_what_dds_would_not_connect_is_seen(asked, unmet):
    qos = QoSProfile(depth=1, **asked)
    assert unmet_by_velocities(qos) == unmet
    # As rclpy itself has it, which does not compare what is left to the system.
    offered = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                         durability=DurabilityPolicy.VOLATILE,
                         liveliness=LivelinessPolicy.AUTOMATIC)
    qos = QoSProfile(**{'depth': 1, 'reliability': ReliabilityPolicy.RELIABLE,
                        'durability': DurabilityPolicy.VOLATILE,
                        'liveliness': LivelinessPolicy.AUTOMATIC, **asked})
    compatible, _ = qos_check_compatible(offered, qos)
    assert (compatible == QoSCompatibility.OK) == (not unmet)


@pytest.mark.parametrize('kind, simulated, seconds, clocks, words', [
    ('twist', True, 0, 0, ''), ('twist_stamped', True, 7, 1, ''),
    ('twist_stamped', True, 0, 0, 'with the time 0'), ('twist_stamped', False, 7, 0, ''),
    ('twist_stamped', False, 7, 1, 'Set use_sim_time of /guard to true')])
def test_stamps_of_another_clock_are_told(node, kind, simulated, seconds, clocks, words):
    node.get_fully_qualified_name = lambda: '/guard'
    node.get_parameter = lambda name: SimpleNamespace(value=simulated)
    node.get_clock = lambda: SimpleNamespace(now=lambda: Time(seconds=seconds))
    node.count_publishers = lambda topic: clocks if topic == '/clock' else 0
    problem = VelocityPublisher(node, kind, '').clock_problem()
    assert words in problem and bool(words) == bool(problem)


def test_a_type_that_cannot_be_changed_stays_and_is_published(node, monkeypatch):
    velocities = VelocityPublisher(node, 'auto', '')
    node.expected, node.failing = [TWIST_STAMPED], [TwistStamped]
    before = failures.counts.get('type of cmd_vel', 0)
    velocities.follow_subscribers()
    assert velocities.kind == TWIST
    velocities.publish(Velocity())
    assert [type(message) for message in node.sent] == [Twist]
    # It is not tried each time: subscribers have to find each publisher.
    node.failing = []
    velocities.follow_subscribers()
    assert failures.counts['type of cmd_vel'] == before + 1 and velocities.kind == TWIST
    later = boot_time() + 60.0
    monkeypatch.setattr(velocity_publisher, 'boot_time', lambda: later)
    velocities.follow_subscribers()
    assert velocities.kind == TWIST_STAMPED


def test_a_publisher_that_is_lost_is_an_error(node):
    """Its process has to end: nothing else would notice that no zero goes out."""
    velocities = VelocityPublisher(node, 'auto', '')
    node.expected, node.failing = [TWIST_STAMPED], [Twist, TwistStamped]
    with pytest.raises(RuntimeError, match='no Twist$'):
        velocities.follow_subscribers()


@pytest.mark.parametrize('sec, nanosec, seconds', [(0, 0, 0.0), (3, 500_000_000, 3.5),
                                                   (-1, 0, -1.0)])
def test_stamps_may_be_negative(sec, nanosec, seconds):
    header = Header()
    header.stamp.sec, header.stamp.nanosec = sec, nanosec
    assert stamp_seconds(header) == seconds
