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

"""A refused start is one line on standard error, without a traceback, and exit status 2."""

import socket

import pytest
from rtc_bridge.core.errors import REFUSED
from support.patience import PATIENCE
from support.processes import node, Process


def own_lines(process):
    """Return what a program said itself: Fast DDS tells of shared memory that a kill left."""
    return [line for line in process.lines if 'RTPS_' not in line]


@pytest.mark.parametrize('program, name, value', [
    ('bridge', 'server.port', 70000), ('cmd_vel_guard', 'teleop.timeout', 0.01),
    ('sim_robot', 'widht', 320)])
def test_a_wrong_parameter_is_told_in_one_line(program, name, value):
    with Process(node(program, **{name: value})) as process:
        assert process.wait(PATIENCE) == REFUSED
    (line,) = own_lines(process)
    assert line.startswith(f'{program}: parameter {name} ')


def test_ros_arguments_that_cannot_be_read_are_told_without_a_traceback():
    with Process([*node('bridge'), '--ros-args', '--params-file', '/nowhere.yaml']) as process:
        assert process.wait(PATIENCE) == REFUSED
    # rcl has a line of its own before.
    assert process.lines[-1] == (
        'bridge: file of parameters /nowhere.yaml: No such file or directory')
    assert 'Traceback' not in process.text


def test_a_port_that_is_taken_is_told_in_one_line():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        with Process(node('bridge', **{'server.port': port})) as process:
            assert process.wait(PATIENCE) == REFUSED
    (line,) = own_lines(process)
    assert line.startswith('bridge: ')
    assert f'127.0.0.1:{port}' in line and 'server.port' in line
