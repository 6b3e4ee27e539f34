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

"""Topics of any type that viewers see, of a real robot and real publishers."""

import math

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import Odometry
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, JointState, NavSatFix, NavSatStatus, PointCloud2
from std_msgs.msg import Float32, Int32, String
from support.browsers import PATIENCE, until
from support.ros_probe import RosProbe
from support.stack import Robot
from support.viewers import Viewer

TRANSIENT_LOCAL = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                             durability=DurabilityPolicy.TRANSIENT_LOCAL)
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


@pytest.fixture(scope='module')
def robot():
    """Run a robot that shows some topics of other nodes."""
    robot = Robot(relay=False, guard=None, **{
        'telemetry.topics': ['temperature', 'note', 'cloud', 'motor', 'position', 'health'],
        'telemetry.motor.topic': 'motors', 'telemetry.motor.label': 'Motor',
        'telemetry.motor.member': 'position[1]', 'telemetry.motor.unit': '°C',
        'telemetry.motor.digits': 1, 'telemetry.motor.sparkline': True,
        'telemetry.motor.amber': '> 60', 'telemetry.motor.red': '> 80',
        'telemetry.rate': 10.0})
    yield robot
    robot.close()


def value(viewer, name, condition=lambda value: True):
    """Wait for a value of a name that fulfils a condition."""
    return viewer.wait('control', lambda m: m['type'] == 'telemetry' and name in m['values']
                       and condition(m['values'][name]))['values'][name]


def publish_repeatedly(robot, publisher, message, period=0.02):
    """Publish until the returned function is called."""
    timer = robot.probe.node.create_timer(period, lambda: publisher.publish(message))
    return lambda: robot.probe.node.destroy_timer(timer)


@pytest.fixture(scope='module')
def note(robot):
    """Publish one message, which the publisher keeps for those who subscribe later."""
    publisher = robot.probe.publisher(String, 'note', TRANSIENT_LOCAL)
    publisher.publish(String(data='at the gate'))
    return publisher


@pytest.fixture
def battery(robot):
    """Publish the state of the battery."""
    publisher = robot.probe.publisher(BatteryState, 'battery_state')
    stop = publish_repeatedly(
        robot, publisher, BatteryState(percentage=0.25, voltage=math.nan))
    yield publisher
    stop()
    robot.probe.node.destroy_publisher(publisher)


def test_topics_are_subscribed_with_the_qos_that_is_offered(robot, note, battery, viewer):
    hello = viewer.wait('control', lambda m: m['type'] == 'hello')
    assert hello['telemetry'] == ['battery', 'odometry', '/temperature', '/note', '/cloud',
                                  'motor', '/position', '/health']
    assert hello['telemetry_display'] == {
        'motor': {'label': 'Motor', 'unit': '°C', 'digits': 1, 'sparkline': True}}
    assert value(viewer, '/note') == {'data': 'at the gate'}
    assert value(viewer, 'battery') == {'percentage': 0.25, 'voltage': None, 'charging': None}
    temperature = robot.probe.publisher(Float32, 'temperature', BEST_EFFORT)
    stop = publish_repeatedly(robot, temperature, Float32(data=math.nan))
    assert value(viewer, '/temperature') == {'data': None}
    stop()
    robot.probe.node.destroy_publisher(temperature)


def test_a_fast_topic_is_thinned_out_to_the_rate(robot, battery, viewer):
    published = []
    timer = robot.probe.node.create_timer(0.002, lambda: (
        published.append(1), battery.publish(BatteryState(percentage=0.25))))

    def batteries():
        return sum('battery' in m.get('values', ()) for m in list(viewer.heard['control']))
    until(batteries, 'the battery')
    count, before = batteries(), len(published)
    until(lambda: batteries() > count + 20, 'more of the battery')
    # 10 a second go out, of 500.
    assert len(published) - before > 2 * (batteries() - count)
    robot.probe.node.destroy_timer(timer)


def test_a_member_is_a_reading_with_a_level(robot, viewer):
    motors = robot.probe.publisher(JointState, 'motors')
    stop = publish_repeatedly(robot, motors, JointState(position=[20.0, 70.0]))
    assert value(viewer, 'motor') == {'$': 'value', 'value': 70.0, 'level': 'amber'}
    stop()
    stop = publish_repeatedly(robot, motors, JointState(position=[20.0]))
    wrong = value(viewer, 'motor', lambda v: v['$'] == 'problem')
    assert 'no item 1 for position[1]; the array has 1' in wrong['text']
    stop()
    robot.probe.node.destroy_publisher(motors)


def test_well_known_types_become_one_line(robot, viewer):
    fix = robot.probe.publisher(NavSatFix, 'position')
    stop = publish_repeatedly(robot, fix, NavSatFix(
        latitude=47.5, longitude=8.25, status=NavSatStatus(status=NavSatStatus.STATUS_FIX)))
    reading = value(viewer, '/position')
    assert (reading['$'], reading['latitude'], reading['fix']) == ('fix', 47.5, 'fix')
    stop()
    # Two nodes publish on one topic, and both count.
    with RosProbe('one') as one, RosProbe('two') as two:
        for probe, name, level in ((one, 'motor', b'\x00'), (two, 'lidar', b'\x02')):
            probe.node.create_timer(0.05, lambda health=probe.publisher(
                DiagnosticArray, 'health'), array=DiagnosticArray(status=[DiagnosticStatus(
                    name=name, level=level)]): health.publish(array))
        reading = value(viewer, '/health', lambda v: len(v['counts']) == 2)
        assert reading['level'] == 'red' and reading['worst'] == [['lidar', '']]


def test_a_large_message_is_told_by_its_size(robot, viewer):
    stop = publish_repeatedly(robot, robot.probe.publisher(PointCloud2, 'cloud'),
                              PointCloud2(data=bytes(200_000)))
    assert value(viewer, '/cloud').startswith('too large')
    stop()


def test_a_second_viewer_sees_at_once_what_does_not_come_again(robot, note, viewer):
    value(viewer, '/note')
    second = Viewer(f'{robot.own_url}/connect')
    try:
        old = second.wait('control', lambda m: m['type'] == 'telemetry' and 'ages' in m)
        assert old['values']['/note'] == {'data': 'at the gate'} and '/note' in old['ages']
    finally:
        second.close()


def test_without_viewers_nothing_is_subscribed_and_values_are_forgotten(robot, note, battery):
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        value(viewer, 'battery')
    finally:
        viewer.close()
    robot.probe.wait_for(lambda: not any(
        publisher.get_subscription_count() for publisher in (note, battery)), PATIENCE)
    robot.probe.node.destroy_publisher(battery)
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        value(viewer, '/note')
        assert not any('battery' in m.get('values', ()) for m in list(viewer.heard['control']))
    finally:
        viewer.close()


def test_odometry_of_another_type_is_not_taken(robot, viewer):
    # One context cannot have two types on one topic.
    with RosProbe('other') as other:
        wrong = other.publisher(String, 'odom')
        timer = other.node.create_timer(0.02, lambda: wrong.publish(String(data='x')))
        robot.bridge.wait_line('telemetry /odom: it has the types std_msgs/msg/String', PATIENCE)
        other.node.destroy_timer(timer)
    right = robot.probe.publisher(Odometry, 'odom')
    message = Odometry()
    message.twist.twist.linear.x = -1.5
    stop = publish_repeatedly(robot, right, message)
    assert value(viewer, 'odometry') == {
        'speed': -1.5, 'turn': 0.0, 'heading': 0.0, 'x': 0.0, 'y': 0.0}
    stop()
    robot.probe.node.destroy_publisher(right)


def test_a_topic_may_change_its_type(robot, viewer):
    with RosProbe('other') as other:
        number = other.publisher(Int32, 'temperature')
        timer = other.node.create_timer(0.02, lambda: number.publish(Int32(data=7)))
        assert value(viewer, '/temperature', lambda v: v == {'data': 7})
        other.node.destroy_timer(timer)
    with RosProbe('another') as other:
        text = other.publisher(String, 'temperature')
        timer = other.node.create_timer(0.02, lambda: text.publish(String(data='warm')))
        assert value(viewer, '/temperature', lambda v: v == {'data': 'warm'})
        other.node.destroy_timer(timer)
