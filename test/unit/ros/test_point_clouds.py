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

"""Clouds of points reduced to sectors, by values computed by hand."""

from array import array
import math
import struct

import pytest
from rtc_bridge.core.errors import ObstacleError
from rtc_bridge.core.obstacles.sectors import CLEAR_CM, SECTORS, to_cm, UNKNOWN_CM
from rtc_bridge.core.obstacles.sensor_pose import SensorPose
from rtc_bridge.ros.point_clouds import CloudReader
from sensor_msgs.msg import PointCloud2, PointField

AHEAD, LEFT = (2.0, 0.01, 0.5), (0.0, 3.0, 0.5)


def cloud(points, *, form='<fff', offsets=(0, 4, 8), step=12, height=1, padding=0):
    """Return a cloud whose fields are where it is asked for."""
    width = len(points) // height
    kind = PointField.FLOAT64 if 'd' in form else PointField.FLOAT32
    data = b''
    for row in range(height):
        for point in points[row * width:(row + 1) * width]:
            place = bytearray(b'\xff' * step)
            for value, offset in zip(point, offsets):
                struct.pack_into(form[:2], place, offset, value)
            data += bytes(place)
        data += b'\xee' * padding
    return PointCloud2(
        height=height, width=width, point_step=step, row_step=width * step + padding,
        is_bigendian=form[0] == '>', data=array('B', data),
        fields=[PointField(name=name, offset=offset, datatype=kind, count=1)
                for name, offset in zip('xyz', offsets)])


def read(message, pose=SensorPose(), radius=0.0, heights=(0.1, 1.5)):
    """Return the sectors of which something is known, in cm."""
    cm = to_cm(CloudReader(pose, [radius] * SECTORS, heights).read(message))
    return {sector: value for sector, value in enumerate(cm) if value != UNKNOWN_CM}


@pytest.mark.parametrize('layout', [
    {}, {'form': '>fff'}, {'form': '<ddd', 'offsets': (0, 8, 16), 'step': 24},
    {'form': '>ddd', 'offsets': (16, 0, 8), 'step': 32}, {'offsets': (17, 3, 9), 'step': 22},
    {'height': 2, 'padding': 5}, {'height': 2}], ids=str)
def test_points_are_read_in_any_layout(layout):
    assert read(cloud([AHEAD, LEFT], **layout)) == {0: 200, 18: 300}


def test_the_nearest_counts_and_what_is_not_finite_is_left_out():
    points = [AHEAD, (1.0, 0.01, 0.5), (math.nan, 0.0, 0.5), (math.inf, 0.0, 0.5),
              (0.1, math.nan, 0.5), (0.1, 0.001, math.nan), (-math.inf, math.inf, 0.5)]
    assert read(cloud(points)) == {0: 100}


def test_floor_and_ceiling_are_no_obstacles_but_seen():
    points = [(1.0, 0.01, 0.05), (0.0, 1.0, 1.6)] + [(3.0, 0.01, 0.2)]
    assert read(cloud(points)) == {0: 300}
    assert read(cloud([(1.0, 0.01, 0.05)])) == {0: CLEAR_CM}
    assert read(cloud(points), heights=(0.0, 2.0)) == {0: 100, 18: 100}


def test_the_pose_of_the_sensor_counts():
    # A depth camera 0.4 m above the floor looks to the left: 1 m ahead of it, 0.2 m below it.
    pose = SensorPose(x=0.2, z=0.4, yaw=math.pi / 2, optical=True)
    assert read(cloud([(0.0, 0.2, 1.0)]), pose) == {15: round(100 * math.hypot(0.2, 1.0))}
    # 0.35 m below it is the floor.
    assert read(cloud([(0.0, 0.35, 1.0)]), pose) == {15: CLEAR_CM}


def test_what_belongs_to_the_robot_is_none():
    points = [(0.1, 0.001, 0.5), (0.0, 1.0, 0.5)]
    assert read(cloud(points), radius=0.3) == {18: 70}


def test_an_empty_cloud_says_nothing():
    assert read(cloud([])) == {}
    assert read(PointCloud2(fields=cloud([]).fields, point_step=12)) == {}


def changed(**members):
    """Return a good cloud of two points, but for some members."""
    message = cloud([AHEAD, LEFT])
    for name, value in members.items():
        setattr(message, name, value)
    return message


FIELDS = cloud([]).fields
INTEGER = [PointField(name='x', offset=0, datatype=PointField.INT32, count=1), *FIELDS[1:]]


@pytest.mark.parametrize('message, words', [
    (changed(fields=FIELDS[:2]), 'no field z'),
    (changed(fields=[]), 'no field x'),
    (changed(fields=INTEGER), 'field x is of type 5'),
    (changed(point_step=0), 'points have 0 bytes'),
    (changed(point_step=11), 'field z begins at byte 8'),
    (changed(data=array('B', bytes(23))), 'has 23 bytes, 2 x 1 points need 24'),
    (changed(data=array('B')), 'has 0 bytes'),
    (changed(width=2 ** 32 - 1, height=2 ** 32 - 1), 'rows have 24 bytes'),
    (changed(width=2 ** 32 - 1, row_step=0), '4294967295 x 1 points'),
    (changed(height=3, row_step=2 ** 32 - 1), '2 x 3 points'),
    (changed(point_step=2 ** 32 - 1), '2 x 1 points'),
    (changed(height=2, row_step=12), 'rows have 12 bytes')])
def test_a_hostile_cloud_is_refused_with_the_reason(message, words):
    with pytest.raises(ObstacleError, match=words):
        read(message)


def test_a_cloud_of_one_row_needs_no_row_step():
    assert read(changed(row_step=0)) == {0: 200, 18: 300}
