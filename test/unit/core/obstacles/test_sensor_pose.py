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

"""Where a sensor is, as a parameter says it."""

import math

import pytest
from rtc_bridge.core.obstacles.sensor_pose import parse_sensor, SensorPose


def turned(pose, point):
    """Return a point of the sensor's frame in the robot's axes."""
    return tuple(sum(a * b for a, b in zip(row, point)) for row in pose.rotation)


def test_entries_are_read():
    assert parse_sensor('scan') == ('scan', SensorPose())
    assert parse_sensor(' /rear/scan  x=-0.3 y=1 z=.2 yaw=3.14 ') == (
        '/rear/scan', SensorPose(x=-0.3, y=1.0, z=0.2, yaw=3.14))
    assert parse_sensor('points roll=0.1 pitch=-2e-1 optical') == (
        'points', SensorPose(roll=0.1, pitch=-0.2, optical=True))


@pytest.mark.parametrize('text', [
    '', 'scan x', 'scan x=', 'scan x=1m', 'scan x=1 x=2', 'scan a=1', 'scan x=nan', 'scan x=101',
    'scan yaw=180', 'scan =1', 'scan optical optical', 'scan optical=1', 'scan x=inf'])
def test_other_entries_are_refused(text):
    with pytest.raises(ValueError):
        parse_sensor(text)


@pytest.mark.parametrize('pose, point, expected', [
    (SensorPose(), (1, 2, 3), (1, 2, 3)),
    (SensorPose(yaw=math.pi / 2), (1, 0, 0), (0, 1, 0)),
    # Positive pitch looks down, positive roll leans to the right.
    (SensorPose(pitch=math.pi / 2), (1, 0, 0), (0, 0, -1)),
    (SensorPose(roll=math.pi / 2), (0, 1, 0), (0, 0, 1)),
    # Roll first, yaw last: y goes up, and stays there.
    (SensorPose(roll=math.pi / 2, yaw=math.pi / 2), (0, 1, 0), (0, 0, 1)),
    # Optical: z is ahead, x right, y down.
    (SensorPose(optical=True), (1, 2, 3), (3, -1, -2)),
    (SensorPose(optical=True, yaw=math.pi), (0, 0, 1), (-1, 0, 0)),
    (SensorPose(optical=True, pitch=math.pi / 2), (0, 0, 1), (0, 0, -1))])
def test_points_are_turned(pose, point, expected):
    assert turned(pose, point) == pytest.approx(expected)


def test_directions_are_those_of_the_plane():
    assert SensorPose(yaw=1.0).direction(0.5) == pytest.approx((math.cos(1.5), math.sin(1.5)))
    # Half of it is lost downward.
    assert SensorPose(pitch=math.pi / 3).direction(0.0) == pytest.approx((0.5, 0.0))
