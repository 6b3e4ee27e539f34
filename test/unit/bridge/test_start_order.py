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

"""The order of the bridge's start: what ends motion runs before anybody can come."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import rclpy
from rclpy.node import Node
from rtc_bridge.bridge.bridge import Bridge
from rtc_bridge.core.errors import RtcBridgeError

pytestmark = pytest.mark.usefixtures('lonely')


@pytest.fixture
def bridge(tmp_path):
    """Make a bridge that publishes cmd_vel itself."""
    rclpy.init(args=['--ros-args', '-p', 'teleop.guard:=false', '-p', 'server.port:=0',
                     '-p', f"access.directory:='{tmp_path}'", '-p', 'cameras.names:=[front]'])
    try:
        node = Node('rtc_bridge')
        yield Bridge(node)
        node.destroy_node()
    finally:
        rclpy.shutdown()


def test_motion_can_end_before_the_server_lets_anybody_in(bridge, monkeypatch):
    running = set()

    @asynccontextmanager
    async def serve(link):
        running.update(task.get_name() for task in asyncio.all_tasks())
        raise RtcBridgeError('the port is taken')
        yield

    zeros = []
    monkeypatch.setattr(bridge._server, 'running', serve)
    monkeypatch.setattr(bridge._teleop, 'close', lambda: zeros.append(len(running)))
    with pytest.raises(RtcBridgeError, match='taken'):
        asyncio.run(bridge.run(SimpleNamespace(on_request=lambda call: None)))
    assert {'driving', 'emergency stop lock', 'guard in the bridge'} <= running
    # A start that fails says zero, too.
    assert zeros
