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

"""The robot's own server by IPv6."""

import contextlib
import socket

from aiohttp import ClientSession
import pytest
from rtc_bridge.bridge.network.own_server import OwnServer
from rtc_bridge.core.errors import ParameterError, RtcBridgeError
from rtc_bridge.core.settings.robot_settings import ServerSettings
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.processes import free_port
from support.viewer import make_sessions


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(('::1', 0))
        return True
    return False


async def statuses(folder, host, *requests):
    """Return the statuses of requests, each a host to connect to and one for the header Host."""
    server = OwnServer(ServerSettings(host=host, port=free_port()), 'robot', folder)
    port = int(server.page.rsplit(':', 1)[1].partition('/')[0])
    found = []
    async with server.running(LocalRobotLink(make_sessions(), 'server')), ClientSession() as http:
        for place, name in requests:
            async with http.get(f'http://{place}:{port}/robot',
                                headers={'Host': f'{name}:{port}'}) as response:
                found.append(response.status)
    return server.page, found


@pytest.mark.asyncio
@pytest.mark.skipif(not has_ipv6(), reason='this host has no IPv6')
async def test_it_serves_by_ipv6(tmp_path):
    for host in ('::1', '[::1]'):
        page, found = await statuses(tmp_path, host, ('[::1]', '[::1]'), ('[::1]', 'localhost'),
                                     ('[::1]', 'evil.example.org'))
        assert page.startswith('http://[::1]:') and found == [200, 200, 421]
    # All addresses, of both kinds.
    page, found = await statuses(tmp_path, '::', ('[::1]', '[::1]'), ('127.0.0.1', '127.0.0.1'))
    assert found == [200, 200] and '[::]' not in page


@pytest.mark.asyncio
async def test_hosts_that_cannot_be_served_are_named(tmp_path):
    with pytest.raises(ParameterError, match='parameter server.host is .*browsers take no zone'):
        OwnServer(ServerSettings(host='fe80::1%eth0'), 'robot', tmp_path)
    with pytest.raises(RtcBridgeError, match=r'cannot serve on \[2001:db8::77\]:\d+: '):
        await statuses(tmp_path, '2001:db8::77')
