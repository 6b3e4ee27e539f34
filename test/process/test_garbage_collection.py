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

"""Programs that drive exclude from garbage collections what they hold since their start."""

import sys

import pytest
from support.patience import PATIENCE
from support.processes import node, Process


@pytest.mark.parametrize('module, name, parameters', [
    ('cmd_vel_guard', 'cmd_vel_guard', {}),
    ('bridge', 'rtc_bridge', {'server.port': 0, 'relay_url': 'ws://127.0.0.1:9/r'})])
def test_what_a_program_starts_with_is_not_collected_again(tmp_path, module, name, parameters):
    if module == 'bridge':
        parameters = {**parameters, 'access.directory': str(tmp_path)}
    command = node(module, **parameters)
    command += ['--ros-args'] if not parameters else []
    with Process([*command, '--log-level', f'{name}:=debug']) as process:
        count = process.wait_line(r'(\d+) objects are excluded from garbage', PATIENCE)[1]
    # All of rclpy at least: a collection that comes in the first moment would find less.
    assert int(count) > 10_000


def test_a_relay_keeps_collections_short():
    command = [sys.executable, '-m', 'rtc_bridge.nodes.relay', '--open', '--host', '127.0.0.1',
               '--port', '0', '--log-level', 'debug']
    with Process(command) as process:
        process.wait_line(r'(\d+) objects are excluded from garbage', PATIENCE)
