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

"""TURN through the whole bridge: its parameters, a real coturn, a browser that must be relayed."""

import asyncio
import re
import time

from aiohttp import ClientSession
import pytest
from rtc_bridge.core.network.ice_servers import (
    IceServerPool, turn_rest_credentials, VIEWER_TTL_S,
)
from rtc_bridge.core.network.ice_urls import parse_ice_url
from rtc_bridge.core.protocol.signaling_messages import SUBPROTOCOL
from rtc_bridge.peer.ice_server_monitor import IceServerMonitor
from support.browsers import PATIENCE, until
from support.needs import need_address, need_program
from support.processes import free_port, Process
from support.stack import ColourCamera, Robot

SECRET = 'not-used-anywhere-else'
TTL = 120.0
# Nobody listens there; it is of another host than the good one.
DEAD = 'turn:127.0.0.9:9?transport=udp'
# The browser's other ways to the robot, which is on the same host, are closed.
RELAY_ONLY = """
    const Peer = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Peer {
      constructor(settings) { super({ ...settings, iceTransportPolicy: 'relay' }); }
    };"""


class Turn:
    """A coturn that gives allocations to whoever has a password made with the secret."""

    def __init__(self, folder):
        """Start it."""
        host = need_address()
        port = free_port()
        self.url = f'turn:{host}:{port}?transport=udp'
        self._log = folder / 'log'
        config = folder / 'turnserver.conf'
        config.write_text('\n'.join([
            f'listening-ip={host}', f'relay-ip={host}', f'listening-port={port}', 'realm=test',
            'fingerprint', 'use-auth-secret', f'static-auth-secret={SECRET}', 'no-cli', 'no-dtls',
            'no-tls', f'userdb={folder / "turndb"}', f'pidfile={folder / "pid"}',
            f'log-file={self._log}', 'simple-log', 'verbose', 'no-stdout-log', 'proc-user=root',
            'proc-group=root', '']))
        self.process = Process(['turnserver', '-c', str(config)])

    def users(self):
        """Return who got an address so far."""
        text = self._log.read_text() if self._log.exists() else ''
        return set(re.findall(r'user <([^>]+)>: .*ALLOCATE processed, success', text))


@pytest.fixture(scope='module')
def turn(tmp_path_factory):
    """Run coturn."""
    need_program('turnserver')
    turn = Turn(tmp_path_factory.mktemp('turn'))
    yield turn
    turn.process.stop()


@pytest.mark.parametrize('slow_s, warned', [(0, False), (VIEWER_TTL_S + 30, True)])
def test_a_slow_clock_is_told(turn, caplog, slow_s, warned):
    """A robot's own credentials hold for an hour: it noticed nothing, and no page got through."""
    ice = IceServerPool((parse_ice_url(turn.url),), secret=SECRET,
                        wall=lambda: time.time() - slow_s)
    watch = IceServerMonitor(ice, None)
    # The server may still be starting.
    until(lambda: asyncio.run(watch.probe()) is not None and ice.reachable, 'coturn lives')
    assert ('clock is slow' in caplog.text) == warned


@pytest.fixture(scope='module')
def robot(turn, tmp_path_factory):
    """Run a robot that has heard of two servers, the first of which is dead."""
    file = tmp_path_factory.mktemp('robot') / 'turn_secret'
    file.write_text(SECRET)
    robot = Robot(**{'ice.servers': [DEAD, turn.url], 'ice.secret_file': str(file),
                     'ice.ttl': TTL})
    camera = ColourCamera(robot.probe, 'front/image_raw', (255, 0, 0))
    yield robot
    camera.close()
    robot.close()


def test_a_browser_without_another_way_is_relayed(turn, robot, chromium):
    robot.bridge.wait_line(f'ICE server {re.escape(DEAD)}', PATIENCE)
    page = chromium.page()
    page.evaluate_on_load(RELAY_ONLY)
    page.load(robot.url)
    page.wait_state('live')
    page.wait("window.rtcBridge.stats?.route === 'relay'")
    page.wait("document.getElementById('path').textContent.includes('TURN server')")
    # Robot and browser each have credentials made for this session alone.
    since = turn.users()
    assert len({user for user in since if 'probe' not in user}) >= 2
    page.refresh()
    page.wait_state('live')
    until(lambda: len(turn.users() - since) >= 2, 'two more users')
    page.leave()


@pytest.mark.parametrize('at', ['relay', 'own server'])
def test_pages_get_credentials_of_their_own(turn, robot, at):
    url = f'{robot.own_url}/testbot' if at == 'own server' else robot.url

    async def ask():
        """Return the servers that a page is told of."""
        async with ClientSession() as http, http.ws_connect(url, protocols=[SUBPROTOCOL]) as ws:
            await ws.send_json({'type': 'watch'})
            return (await ws.receive_json())['ice_servers']

    def fresh():
        (server,) = asyncio.run(ask())
        # Of the dead one there is no word.
        assert server['urls'] == [turn.url]
        expiry, name = server['username'].split(':')
        assert turn_rest_credentials(SECRET, name, int(expiry))[1] == server['credential']
        assert 0 < int(expiry) - time.time() <= VIEWER_TTL_S
        return server['username']

    seen = {fresh()}
    # A relay may have to wait for the next ones.
    until(lambda: seen.add(fresh()) or len(seen) >= 3, 'three different usernames')
