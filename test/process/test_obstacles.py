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

"""What viewers are told of obstacles, of real publishers in other processes."""

from array import array
import math
import os
import signal
import struct
import sys

import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import LaserScan, PointCloud2, PointField
from std_msgs.msg import String
from support.browsers import PATIENCE, until
from support.made_messages import MadePackage
from support.processes import Process
from support.robot_driving import SecondBridge
from support.ros_probe import RosProbe
from support.stack import finish, Robot
from support.viewers import Viewer

# As nav2_msgs of Jazzy has it.
STATE = """
uint8 DO_NOTHING=0
uint8 STOP=1
uint8 SLOWDOWN=2
uint8 APPROACH=3
uint8 LIMIT=4
uint8 action_type
string polygon_name
"""
# Says once what the monitor does, for each line on its standard input.
MONITOR = """
import sys
import rclpy
from nav2_msgs.msg import CollisionMonitorState
rclpy.init()
node = rclpy.create_node('collision_monitor')
publisher = node.create_publisher(CollisionMonitorState, 'collision_monitor_state', 10)
for line in sys.stdin:
    if line == 'end\\n':
        break
    while not publisher.get_subscription_count():
        rclpy.spin_once(node, timeout_sec=0.1)
    publisher.publish(CollisionMonitorState(action_type=int(line), polygon_name='PolygonStop'))
    print('said', line, flush=True)
rclpy.shutdown()
"""
SETTINGS = {'obstacles.topics': ['scan', 'depth/points x=0.2 z=0.4 optical'],
            'teleop.footprint': '0.2', 'obstacles.red': 0.5,
            'obstacles.collision_monitor_topic': 'collision_monitor_state'}


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two sensors, which does not know the messages of a collision monitor."""
    robot = Robot(relay=False, guard=None, **SETTINGS)
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def nav2(tmp_path_factory):
    """Return the environment in which there are messages of a collision monitor."""
    return MadePackage(tmp_path_factory.mktemp('nav2'), 'nav2_msgs',
                       {'CollisionMonitorState': STATE}).environment


class Repeated:
    """Publishes a message again and again while in use."""

    def __init__(self, probe, kind, topic, message, qos=qos_profile_sensor_data):
        """Take what to publish."""
        self.message = message
        self._node = probe.node
        self.publisher = probe.publisher(kind, topic, qos)

    def __enter__(self):
        """Begin."""
        self._timer = self._node.create_timer(
            0.05, lambda: self.publisher.publish(self.message))
        return self

    def __exit__(self, *_):
        """End."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self.publisher)


def scan(ahead):
    """Return a scan all around, with a wall behind, and something ahead at a distance."""
    ranges = [math.inf] * 360
    ranges[0] = ranges[359] = ahead
    ranges[170:190] = [2.2] * 20
    return LaserScan(angle_min=0.0, angle_increment=math.pi / 180, range_min=0.1, range_max=8.0,
                     ranges=array('f', ranges))


def cloud(*points):
    """Return a cloud in an optical frame, followed by as many points of the floor as fill 1 MB."""
    data = b''.join(struct.pack('<ffff', *point, 0.0) for point in points)
    data += struct.pack('<ffff', 0.0, 0.4, 3.0, 0.0) * (65_536 - len(points))
    return PointCloud2(
        height=1, width=65_536, point_step=16, row_step=len(data), data=array('B', data),
        fields=[PointField(name=name, offset=offset, datatype=PointField.FLOAT32, count=1)
                for name, offset in zip('xyz', (0, 4, 8))])


def wait(viewer, condition):
    """Wait for a new message about obstacles that fulfils a condition; return it."""
    since = len(viewer.heard['control'])

    def found():
        return next((m for m in viewer.heard['control'][since:]
                     if m['type'] == 'obstacles' and condition(m)), None)
    return until(found, lambda: viewer.newest('control', 'obstacles'))


def test_a_viewer_is_told_what_a_scanner_sees_and_why_it_sees_no_more(robot, viewer):
    hello = viewer.wait('control', lambda m: m['type'] == 'hello')
    assert hello['obstacles'] == {'amber': 1.0, 'red': 0.5, 'view': 1.25, 'sensors': True}
    told = viewer.wait('control', lambda m: m['type'] == 'obstacles' and m['reason'])
    assert told['cm'] is None and told['age'] is None
    assert told['reason'] == ('nobody publishes /scan; nobody publishes /depth/points; nobody '
                              'publishes /collision_monitor_state')
    with Repeated(robot.probe, LaserScan, 'scan', scan(0.75)) as scanner:
        told = wait(viewer, lambda m: m['cm'])
        assert len(told['cm']) == 72 and 0 <= told['age'] < 1
        # From the robot's outline on.
        assert told['cm'][0] == told['cm'][71] == 55 and told['cm'][1] == -1
        assert told['cm'][35] == told['cm'][36] == 200
        assert '/scan' not in told['reason']
        scanner.message = scan(0.4)
        wait(viewer, lambda m: m['cm'] and m['cm'][0] == 20)
        values = robot.diagnostics('obstacles', lambda values, _: values['nearest_cm'] == '20')
        assert values['sensor1.type'] == 'sensor_msgs/msg/LaserScan'
        scanner.message = LaserScan(angle_increment=math.nan, ranges=array('f', [1.0]))
        wait(viewer, lambda m: m['cm'] is None and '/scan: its angles begin at' in m['reason'])
        scanner.message = scan(0.4)
        wait(viewer, lambda m: m['cm'])
    wait(viewer, lambda m: m['cm'] is None and (
        '/scan is silent' in m['reason'] or 'nobody publishes /scan' in m['reason']))
    robot.bridge.wait_line('obstacles: .*/depth/points', PATIENCE)
    robot.diagnostics('obstacles', lambda _, message: '/depth/points' in message)


def test_a_publisher_that_stays_and_is_silent_is_named(robot, viewer):
    publisher = robot.probe.publisher(LaserScan, 'scan')
    wait(viewer, lambda m: 'no message comes from /scan' in m['reason'])
    publisher.publish(scan(1.0))
    wait(viewer, lambda m: m['cm'] is None and '/scan is silent' in m['reason'])
    # Who comes now is not shown what was seen then.
    late = Viewer(f'{robot.own_url}/connect')
    try:
        late.wait('control', lambda m: m['type'] == 'obstacles' and m['reason'])
        assert not any(m.get('cm') for m in late.heard['control'])
    finally:
        late.close()
    robot.probe.node.destroy_publisher(publisher)


def test_clouds_and_scans_complete_each_other(robot, viewer):
    # In the optical frame: ahead is z, right is x, down is y. The camera is 0.2 m ahead.
    good = cloud((0.001, 0.0, 1.0), (0.0, 0.4, 0.5))
    with Repeated(robot.probe, LaserScan, 'scan', scan(0.75)):
        with Repeated(robot.probe, PointCloud2, 'depth/points', good) as camera:
            told = wait(viewer, lambda m: m['cm'] and m['cm'][71] == 55)
            camera.message = cloud((0.001, 0.0, 0.3))
            told = wait(viewer, lambda m: m['cm'] and m['cm'][71] == 30)
            assert told['cm'][36] == 200
            broken = cloud((0.001, 0.0, 0.3))
            broken.point_step = 0
            camera.message = broken
            wait(viewer, lambda m: m['cm'] and m['cm'][71] == 55 and (
                '/depth/points: its field x' in m['reason']))
            camera.message = PointCloud2(width=9, height=9)
            wait(viewer, lambda m: 'no field x' in m['reason'])
    assert robot.bridge.running


def test_a_cloud_alone_says_nothing_of_where_it_does_not_look(robot, viewer):
    with Repeated(robot.probe, PointCloud2, 'depth/points', cloud((0.001, 0.0, 1.0))):
        # The floor ahead is seen.
        told = wait(viewer, lambda m: m['cm'] and m['cm'][71] == 100)
        assert told['cm'][0] == -1
        assert set(told['cm'][1:71]) == {-2}


def test_a_topic_of_another_type_is_named(robot, viewer):
    # One context cannot have two types on one topic.
    with RosProbe('other') as other:
        with Repeated(other, String, 'scan', String(data='x')):
            wait(viewer, lambda m: '/scan is of type std_msgs/msg/String; ' in m['reason'] and (
                'sensor_msgs/msg/LaserScan and sensor_msgs/msg/PointCloud2 can be read'
                in m['reason']))


def test_without_viewers_no_sensor_is_read(robot):
    with Repeated(robot.probe, LaserScan, 'scan', scan(1.0)) as scanner:
        viewer = Viewer(f'{robot.own_url}/connect')
        try:
            wait(viewer, lambda m: m['cm'])
        finally:
            viewer.close()
        robot.probe.wait_for(lambda: not scanner.publisher.get_subscription_count(), PATIENCE)
        robot.diagnostics('obstacles', lambda _, message: message == 'nobody watches')


def test_the_collision_monitor_is_a_word_also_for_those_who_come_later(
        robot, viewer, nav2, monkeypatch):
    for name, value in nav2.items():
        monkeypatch.setenv(name, value)
    second = SecondBridge(robot, remap=['/cmd_vel_guard/command:=/unused'], **SETTINGS)
    monitor = Process([sys.executable, '-c', MONITOR], stdin=True)
    first = late = None
    try:
        first = Viewer(second.url)
        wait(first, lambda m: m['monitor'] is None and 'nav2' not in m['reason'])
        monitor.say('1\n')
        stop = {'action': 'stop', 'polygon': 'PolygonStop'}
        assert wait(first, lambda m: m['monitor'])['monitor'] == stop
        # This bridge has no such messages.
        viewer.wait('control', lambda m: m['type'] == 'obstacles' and (
            'type nav2_msgs/msg/CollisionMonitorState is not installed: install the package '
            'nav2_msgs (ros-$ROS_DISTRO-nav2-msgs)' in m['reason']))
        first.close()
        first = None
        late = Viewer(second.url)
        told = late.wait('control', lambda m: m['type'] == 'obstacles' and m['monitor'])
        assert told['monitor'] == stop
        monitor.say('2\n')
        wait(late, lambda m: m['monitor'] and m['monitor']['action'] == 'slow down')
        monitor.say('0\n')
        wait(late, lambda m: m['monitor'] is None)
        # Whose publisher is gone does nothing.
        monitor.say('4\n')
        wait(late, lambda m: m['monitor'] and m['monitor']['action'] == 'limit')
        monitor.say('end\n')
        wait(late, lambda m: m['monitor'] is None and (
            'nobody publishes /collision_monitor_state' in m['reason']))
    finally:
        for one in filter(None, (first, late)):
            one.close()
        monitor.send(signal.SIGKILL)
        finish(second.process)


def test_other_robots_say_nothing_of_obstacles():
    assert os.environ.get('ROS_DOMAIN_ID')
    robot = Robot(relay=False, guard=None)
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        assert 'obstacles' not in viewer.wait('control', lambda m: m['type'] == 'hello')
        viewer.wait('control', lambda m: m['type'] == 'notices')
        assert not any(m['type'] == 'obstacles' for m in viewer.heard['control'])
    finally:
        viewer.close()
        robot.close()
