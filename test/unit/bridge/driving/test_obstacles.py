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

"""When sensors are read, and what is told of that."""

from types import SimpleNamespace

import pytest
from rclpy.qos import QoSProfile
from rtc_bridge.bridge.driving.obstacles import Obstacles, PERIOD_S
from rtc_bridge.core.settings.obstacle_settings import ObstacleSettings
from rtc_bridge.ros.newest_message import NewestMessage
from sensor_msgs.msg import LaserScan

NODE = SimpleNamespace(resolve_topic_name='/{}'.format)
LOOP = SimpleNamespace(call_soon_threadsafe=lambda work, *arguments: work(*arguments))


class Input:
    """A topic with a new message at any time, which takes some time to read."""

    type_name, problem, subscribed_at = 'sensor_msgs/msg/LaserScan', '', 0.0

    def __init__(self, topic, clock, seconds):
        """Take how long."""
        self.topic, self._clock, self._seconds = topic, clock, seconds
        self.taken_at = []

    def update(self, wanted):
        """Do nothing."""

    @property
    def came_at(self):
        """Return when the newest message came."""
        return self._clock() - 0.01

    def take(self):
        """Return a message."""
        self.taken_at.append(self._clock())
        self._clock.now += self._seconds
        return LaserScan(angle_increment=0.1, range_max=8.0, ranges=[1.0])


@pytest.fixture
def make(clock):
    """Return a function that makes obstacles of sensors whose messages take some time each."""
    def make(*seconds):
        reports = []
        topics = tuple(f'scan{number}' for number in range(len(seconds)))
        obstacles = Obstacles(NODE, ObstacleSettings(topics=topics), (), lambda: True,
                              reports.append, clock)
        obstacles._was_watched = True
        inputs = [Input(f'/{topic}', clock, each) for topic, each in zip(topics, seconds)]
        for sensor, its in zip(obstacles._sensors, inputs):
            sensor.input = its
        return obstacles, inputs, reports
    return make


def test_other_callbacks_run_between_two_sensors(make, clock):
    obstacles, inputs, reports = make(0.001, 0.001)
    for calls in range(1, 9):
        obstacles._collect(LOOP, True)
        assert [len(one.taken_at) for one in inputs] == [(calls + 1) // 2, calls // 2]
        assert len(reports) == calls // 2
        clock.now += PERIOD_S / 2
    assert reports[-1].cm[0] == 100 and not reports[-1].reason


def test_what_takes_long_is_read_less_often(make, clock):
    obstacles, [one], reports = make(0.1)
    for _ in range(20):
        obstacles._collect(LOOP, True)
        clock.now += PERIOD_S
    assert len(reports) == 20 and all(report.cm for report in reports)
    assert all(after - before >= 0.1 + 5 * 0.1
               for before, after in zip(one.taken_at, one.taken_at[1:]))
    values = {pair.key: pair.value for pair in obstacles.status().values}
    assert values['sensor1.read_ms'] == '100.0'


def test_what_was_read_too_long_ago_is_not_shown_as_of_now(make, clock):
    obstacles, _, reports = make(0.5)
    for _ in range(8):
        obstacles._collect(LOOP, True)
        clock.now += PERIOD_S
    assert reports[0].cm and not reports[0].reason
    assert reports[-1].cm is None and reports[-1].reason == (
        '/scan0 takes 500 ms to read, so that it is read too seldom; publish fewer points, or list'
        ' fewer sensors')


def test_a_failure_of_the_collision_monitor_ends_nothing_else(clock, failures):
    reports = []
    obstacles = Obstacles(NODE, ObstacleSettings(topics=('scan',), collision_monitor_topic='cm'),
                          (), lambda: True, reports.append, clock)
    obstacles._sensors[0].input = Input('/scan', clock, 0.001)
    # This node has no graph.
    with pytest.raises(AttributeError):
        obstacles._monitor.update(True)
    obstacles._collect(LOOP, True)
    assert reports[0].cm
    assert failures.counts['collision monitor'] == 1


def test_a_package_that_is_missing_is_named_once(clock):
    publisher = SimpleNamespace(topic_type='no_such_msgs/msg/Scan',
                                qos_profile=QoSProfile(depth=1))
    node = SimpleNamespace(get_publishers_info_by_topic=lambda topic: [publisher])
    topic = NewestMessage(node, 'sensor', '/scan', ['no_such_msgs/msg/Scan'], 100, clock)
    topic.update(True)
    assert topic.problem == ('/scan: type no_such_msgs/msg/Scan is not installed: install the '
                             'package no_such_msgs (ros-$ROS_DISTRO-no-such-msgs)')
