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
"""Messages of any type as bounded JSON, and which services may be called how often."""

import json
import math

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rtc_bridge.core.protocol.strict_json import dump
from rtc_bridge.core.telemetry.telemetry_values import (
    Battery, MAX_ITEMS, MAX_TEXT, MAX_VALUE, odometry, to_json,
)
from sensor_msgs.msg import BatteryState, JointState, LaserScan, PointCloud2
from std_msgs.msg import ByteMultiArray, Int64, String, UInt8MultiArray


def test_messages_become_json_by_their_members():
    joints = JointState(name=['left', 'right'], position=[1.5, math.nan])
    joints.header.frame_id = 'base'
    assert to_json(joints) == {
        'header': {'stamp': {'sec': 0, 'nanosec': 0}, 'frame_id': 'base'},
        'name': ['left', 'right'], 'position': [1.5, None], 'velocity': [], 'effort': []}
    assert to_json(Int64(data=2 ** 60)) == {'data': str(2 ** 60)}
    assert to_json(Int64(data=-5)) == {'data': -5}


def test_no_message_is_larger_than_allowed_and_none_hides_that_it_was_cut():
    scan = LaserScan(ranges=np.full(5000, np.inf, np.float32))
    ranges = to_json(scan)['ranges']
    assert ranges == [None] * MAX_ITEMS + [f'\u2026 {5000 - MAX_ITEMS} more']
    assert len(to_json(PoseWithCovarianceStamped())['pose']['covariance']) == MAX_ITEMS + 1
    assert to_json(UInt8MultiArray(data=bytes(range(100))))['data'][:4] == [0, 1, 2, 3]
    assert to_json(ByteMultiArray(data=[b'\x07', b'\xff']))['data'] == [[7], [255]]
    text = to_json(String(data='x' * 5000))['data']
    assert text == 'x' * MAX_TEXT + '\u2026'
    many = JointState(name=['\u00e4' * 150] * 200)
    assert to_json(many).startswith('too large')
    # However much is nested, it ends.
    deep = type('Deep', (), {'get_fields_and_field_types': lambda self: {'a': '', 'b': ''}})()
    deep.a = deep.b = 1
    for _ in range(20):
        upper = type(deep)()
        upper.a, upper.b = deep, deep
        deep = upper
    for message in (scan, PointCloud2(data=bytes(100000)), many, deep):
        text = dump({'': to_json(message)})
        assert len(text) <= MAX_VALUE + 100
        json.loads(text)


def test_battery_says_what_is_known():
    message = BatteryState(percentage=0.5, voltage=12.25, power_supply_status=1)
    assert Battery().read(message) == {'percentage': 0.5, 'voltage': 12.25, 'charging': True}
    nothing = BatteryState(percentage=math.nan, voltage=math.nan)
    assert Battery().read(nothing) == {'percentage': None, 'voltage': None, 'charging': None}
    # Drivers that count to a hundred.
    assert Battery().read(BatteryState(percentage=55.0))['percentage'] == pytest.approx(0.55)


@pytest.mark.parametrize('said, meant', [
    ((0.9, 0.95, 1.0), (0.9, 0.95, 1.0)),
    # A little more than full is full.
    ((1.0078125, 0.9), (1.0, 0.9)),
    # The scale is known from the first number that is no share on.
    ((2.0, 1.0, 0.9, 0.0), (0.02, 0.01, 0.009, 0.0)),
    ((120.0,), (1.0,)),
    ((-0.5,), (0.0,)),
])
def test_a_battery_in_percent_stays_one(said, meant):
    battery = Battery()
    assert [battery.read(BatteryState(percentage=value))['percentage'] for value in said] == (
        pytest.approx(meant))


def test_odometry_says_speed_heading_and_place():
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.position.y = -2.5, math.inf
    twist, q = message.twist.twist, message.pose.pose.orientation
    twist.linear.x, twist.linear.y, twist.angular.z = -0.3, 0.4, 1.0
    q.z, q.w = math.sin(1.0), math.cos(1.0)
    read = odometry(message)
    assert read == {'speed': pytest.approx(-0.5), 'turn': 1.0, 'heading': pytest.approx(2.0),
                    'x': -2.5, 'y': None}
    q.z = q.w = 0.0
    twist.linear.x = math.nan
    assert odometry(message) == {'speed': None, 'turn': 1.0, 'heading': None, 'x': -2.5, 'y': None}
