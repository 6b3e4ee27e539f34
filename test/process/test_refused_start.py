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

"""What the robot's programs refuse to start with, and what they say then."""

import socket

import pytest
from rtc_bridge.core.errors import REFUSED
from support.browsers import PATIENCE
from support.processes import node, Process

# Program, parameter, value, and what the one line says besides the parameter.
WRONG = [
    ('bridge', 'robot_id', 'two words', "'two words' is no robot name: 1 to 64 letters"),
    ('bridge', 'relay_url', 'ftp://host/name', "'ftp://host/name', allowed"),
    ('bridge', 'server.port', 70000, '70000, allowed is an integer from 0 to 65535'),
    ('bridge', 'cameras.names', '[]', 'at least one'),
    ('bridge', 'cameras.front.rotate', 45, '45, allowed is one of 0, 90, 180, 270'),
    ('bridge', 'cameras.front.depth_max', 0.1, 'cameras.front.depth_min'),
    ('bridge', 'video.codecs', ['h266'], 'h264, vp8'),
    ('bridge', 'video.codecs', ['h264', 'h264'], 'each once'),
    ('bridge', 'ice.servers', ['turns:host?transport=udp'],
     "'turns:host?transport=udp', allowed are stun:"),
    ('bridge', 'access.anonymous', 'all', "'all', allowed is one of none, view, drive"),
    ('bridge', 'teleop.max_linear_x', 'fast', "'fast', allowed is a number from 0.0 to 50.0 m/s"),
    ('bridge', 'teleop.max_angular_z', '.nan', 'nan, allowed is a number from 0.0 to 50.0 rad/s'),
    ('bridge', 'teleop.max_liner_x', 1.0, 'max_linear_x'),
    ('bridge', 'telop.max_linear_x', 1.0, 'is it teleop.max_linear_x?'),
    ('bridge', 'server', 8080, 'is a group, not a value; in it are: server.certificate'),
    ('cmd_vel_guard', 'teleop.message_type', 'twits',
     "'twits', allowed is one of twist, twist_stamped, auto"),
    ('cmd_vel_guard', 'teleop.timeout', 0.01, '0.01, allowed is a number from 0.1 to 5.0 s'),
    ('cmd_vel_guard', 'teleop.timout', 1.0, 'in teleop are: teleop.enabled'),
    ('cmd_vel_guard', 'telop.timeout', 1.0, 'is it teleop.timeout?'),
    ('sim_robot', 'widht', 320, 'is it width?'),
]


@pytest.mark.parametrize('module, name, value, allowed', WRONG, ids=[row[1] for row in WRONG])
def test_wrong_parameters_stop_the_start(module, name, value, allowed):
    common = {'server.port': 0, 'cameras.names': ['front']} if module == 'bridge' else {}
    common.pop(name, None)
    command = node(module, **{'use_sim_time': False, **common})
    with Process([*command, '-p', f'{name}:={value}']) as process:
        assert process.wait(PATIENCE) == REFUSED
    (line,) = process.lines
    assert line.startswith(f'{module}: parameter {name}')
    assert allowed in line


def test_taken_port_stops_the_start():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        with Process(node('bridge', **{'server.port': port})) as process:
            assert process.wait(PATIENCE) == REFUSED
    (line,) = process.lines
    assert line.startswith('bridge: ')
    assert f'127.0.0.1:{port}' in line and 'server.port' in line


def test_parameters_for_a_camera_that_is_not_there_are_named():
    command = node('bridge', **{'server.port': 0, 'cameras.front.max_bitrat': 800000})
    with Process(command) as process:
        process.wait_line(r'cameras\.front\.max_bitrat: for a camera that is not there', PATIENCE)
