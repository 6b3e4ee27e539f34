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

"""What a page does where its WebSocket, or its path to the robot, does not get through."""

import asyncio
from pathlib import Path
import re
import socket
import sys

from aiohttp import ClientSession
import pytest
from support.browsers import PATIENCE, until
from support.chromium import Chromium
from support.needs import need_program
from support.networks import container_networks, ContainerNetworks, networks  # noqa: F401
from support.processes import free_port, node, Process
from support.sites import site, UDP  # noqa: F401
from support.whep_player import Player

ROBOT = str(Path(__file__).parents[1] / 'support' / 'plain_robot.py')
UPGRADE = 'proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; ' \
          'proxy_set_header Connection upgrade;'
# What a proxy does for each server of the configuration.
SERVERS = {
    'no upgrade': 'location / { proxy_pass http://RELAY; }',
    'hanging': 'location / { if ($http_upgrade) { proxy_pass http://HANGING; } '
               'proxy_pass http://RELAY; }',
    'prefix': 'location /robots/ { proxy_pass http://RELAY/; ' + UPGRADE + ' }',
    'prefix, no upgrade': 'location /robots/ { proxy_pass http://RELAY/; }',
    'page only': 'location / { proxy_pass http://RELAY; } '
                 'location /signaling/ { return 405 "<html>"; }',
    'no relay': 'location / { proxy_pass http://RELAY; } location /signaling/ { return 502; }',
}
OVER_HTTP = "sessionStorage.getItem('rtc-bridge-signaling') === 'http'"
DETAIL = "document.getElementById('detail').textContent"
TRIED = "document.getElementById('triedrows').textContent"


class Proxies:
    """A relay with a robot, and an nginx with a server for each way to be in the way."""

    def __init__(self, folder):
        """Start them all."""
        nginx = need_program('nginx')
        # Its connections are never accepted.
        self._hanging = socket.create_server(('127.0.0.1', 0))
        self._relay = f'127.0.0.1:{free_port()}'
        relay = Process([*node('relay'), '--open', '--host', '127.0.0.1', '--port',
                         self._relay.rpartition(':')[2], '--trusted-proxies', '127.0.0.1'])
        relay.wait_line('listens on', PATIENCE)
        self._ports = {}
        while len(set(self._ports.values())) < len(SERVERS):
            self._ports = {name: free_port() for name in SERVERS}
        file = folder / 'nginx.conf'
        file.write_text(self._config(folder))
        proxy = Process([nginx, '-p', str(folder), '-c', str(file), '-g', 'daemon off;'])
        self._processes = [relay, proxy]
        self.robot = None
        self.start_robot()
        until(lambda: all(map(self._is_open, self._ports.values())), 'nginx')

    def _config(self, folder):
        hanging = f'127.0.0.1:{self._hanging.getsockname()[1]}'
        servers = '\n'.join(
            f'server {{ listen 127.0.0.1:{self._ports[name]}; proxy_http_version 1.1; '
            f'proxy_set_header Host $http_host; {text} }}' for name, text in SERVERS.items())
        temporary = '\n'.join(f'{name}_temp_path {folder / name};' for name in (
            'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        return (f'user root; worker_processes 1; pid {folder / "pid"}; error_log stderr;\n'
                f'events {{}}\nhttp {{\naccess_log off;\n{temporary}\n{servers}\n}}\n'
                ).replace('RELAY', self._relay).replace('HANGING', hanging)

    @staticmethod
    def _is_open(port):
        with socket.socket() as sock:
            return sock.connect_ex(('127.0.0.1', port)) == 0

    def start_robot(self):
        """Start the robot, maybe again."""
        if self.robot is not None:
            self.robot.stop()
        self.robot = Process([sys.executable, ROBOT, f'http://{self._relay}/robot'])
        self.robot.wait_line('state connected', PATIENCE)

    def url(self, name):
        """Return the URL of the robot's page behind one of the servers."""
        prefix = '/robots' if name.startswith('prefix') else ''
        return f'http://127.0.0.1:{self._ports[name]}{prefix}/robot'

    def close(self):
        """End all."""
        for process in (self.robot, *reversed(self._processes)):
            process.stop()
        self._hanging.close()


@pytest.fixture(scope='module')
def proxies(tmp_path_factory):
    """Run all of it."""
    made = Proxies(tmp_path_factory.mktemp('nginx'))
    yield made
    made.close()


def test_a_page_behind_a_proxy_without_websockets_signals_over_http(proxies, chromium):
    page = chromium.show(proxies.url('no upgrade'))
    page.wait_state('live')
    page.wait(OVER_HTTP)
    # The tab remembers it, and the panel tells.
    page.refresh()
    page.wait_state('live')
    page.evaluate("document.getElementById('more').click()")
    page.wait("document.getElementById('stats').innerText.includes('over HTTP')")
    # The robot leaves and comes back: both are told over HTTP.
    proxies.start_robot()
    page.wait("rtcBridge.state === 'live' && rtcBridge.stats?.fps > 0")
    page.leave()
    # An upgrade that hangs, and a proxy that takes a prefix off the path.
    for name, over_http in (('hanging', True), ('prefix', False), ('prefix, no upgrade', True)):
        other = chromium.show(proxies.url(name))
        other.wait_state('live')
        assert other.evaluate(OVER_HTTP) == over_http, name
        other.leave()


def test_a_page_whose_server_is_not_reached_says_why(proxies, browse):
    page = browse(proxies.url('page only'))
    assert page.wait_state('relay-lost') == 'Server not reachable'
    page.wait(f"{DETAIL}.includes('neither WebSockets nor /signaling/ on (405)')")
    assert 'answer 405' in page.evaluate(TRIED)
    page = browse(proxies.url('no relay'))
    page.wait_state('relay-lost')
    page.wait(f"{DETAIL}.includes('(502)')")
    page.devtools('Network.emulateNetworkConditions', offline=True, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)
    page.wait("document.getElementById('title').textContent === 'No network'")


def test_a_player_behind_a_prefix_finds_its_session(proxies):
    async def play():
        async with ClientSession() as http:
            player = Player(http)
            url = proxies.url('prefix').replace('/robot', '/whep/robot').replace(
                '/whep/robots', '/robots')
            try:
                async with http.options(url) as response:
                    assert response.status == 200
                status, headers, _ = await player.play(url, trickle=False)
                assert status == 201 and re.fullmatch(r'-/[\w.-]+', headers['Location'])
                origin = url.partition('/robots')[0]
                assert player.session.startswith('/robots/whep/-/')
                async with http.delete(origin + player.session) as response:
                    assert response.status == 200
            finally:
                await player.close()
    asyncio.run(play())


def test_a_robot_in_a_container_finds_a_browser_that_hides_its_addresses(
        container_networks, chromium_path):  # noqa: F811
    robot = Process([*container_networks.prefix('robot'), sys.executable, ROBOT,
                     'serve:0.0.0.0:8080'])
    browser = None
    try:
        robot.wait_line('state serving', PATIENCE)
        # The page counts as one of the internet, and the robot's addresses as local.
        browser = Chromium(chromium_path, container_networks.prefix('viewer'), [
            f'--ip-address-space-overrides={ContainerNetworks.HOST}:8080=public'])
        page = browser.page()
        page.evaluate_on_load("""
            const Plain = RTCPeerConnection;
            window.candidates = [];
            window.RTCPeerConnection = class extends Plain {
              constructor(...options) {
                super(...options);
                this.addEventListener('icecandidate', ({ candidate }) => candidate
                  && candidates.push(candidate.candidate));
              }
            };""")
        page.load(f'http://{ContainerNetworks.HOST}:8080/robot')
        page.wait_state('live')
        # Its own packets do not arrive, and it names no address.
        candidates = page.evaluate('candidates')
        assert candidates and all('.local ' in text for text in candidates)
    finally:
        if browser is not None:
            browser.close()
        robot.stop()


def test_no_way_through_names_what_was_tried(site, chromium_path):  # noqa: F811
    robot = site.robot(UDP, secret='not that of the server')
    browser = site.browser(chromium_path)
    try:
        page = browser.show(site.url)
        assert page.wait_state('no-path') == 'No path to the robot'
        assert 'TURN server refuses the robot’s login (401)' in page.evaluate(DETAIL)
        page.evaluate("document.getElementById('tried').open = true")
        rows = page.evaluate(TRIED)
        assert 'hidden (.local)' in rows and UDP in rows and '401, login refused' in rows
        line = robot.wait_line('found no path: .*', PATIENCE)[0]
        assert re.search(r'offered 1 host \(1 IPv4\); the viewer 1 mDNS, 1 srflx \(1 IPv4\); \d+ '
                         r'checks sent, 0 answered, 0 received; STUN and TURN servers: '
                         rf'{re.escape(UDP)}: .*401.* Mend the TURN', line), line
    finally:
        browser.close()
