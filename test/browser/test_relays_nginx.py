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

"""Relays as processes behind the nginx of docs/reverse-proxy.md, with a real robot and browser."""

import asyncio
import json
from pathlib import Path
import re
import signal
import sys
import urllib.request

from aiohttp import ClientSession
import pytest
from support.browsers import PATIENCE, until
from support.needs import need_program
from support.polling_page import PollingPage, WATCH
from support.processes import free_port, node, Process
from support.redis_server import RedisServer
from support.relay_server import get, Relay
from support.viewers import Viewer
from support.whep_player import session_path
from test_relays import answer, FRAGMENT, ready, SDP, WHEP

DOCS = Path(__file__).parents[2] / 'docs' / 'reverse-proxy.md'


class Site:
    """Two relays, a Redis, an nginx."""

    def __init__(self, folder):
        """Start them all."""
        nginx = need_program('nginx')
        self._processes = {}
        self.redis = RedisServer()
        self.ports = []
        # One after the other: a port is free until somebody listens there.
        for _ in range(2):
            self.ports.append(free_port())
            self.start_relay(self.ports[-1])
        port = free_port()
        self.url = f'http://127.0.0.1:{port}'
        (folder / 'nginx.conf').write_text(self._config(folder, port))
        self._processes['nginx'] = Process([
            nginx, '-p', str(folder), '-c', str(folder / 'nginx.conf'), '-g', 'daemon off;'])
        until(lambda: self.health(port), 'nginx')

    def _config(self, folder, port):
        text = re.search(r'```nginx\n(.*?)```', DOCS.read_text(), re.DOTALL)[1]
        text = re.sub(r' +ssl_.*\n', '', text)
        for documented, here in (('listen 443 ssl', f'listen 127.0.0.1:{port}'),
                                 ('10.0.0.11:8080', f'127.0.0.1:{self.ports[0]}'),
                                 ('10.0.0.12:8080', f'127.0.0.1:{self.ports[1]}')):
            assert documented in text
            text = text.replace(documented, here)
        temporary = '\n'.join(f'{name}_temp_path {folder / name};' for name in (
            'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        return (f'user root; worker_processes 1; pid {folder / "pid"}; error_log stderr;\n'
                f'events {{}}\nhttp {{\naccess_log off;\n{temporary}\n{text}\n}}\n')

    def start_relay(self, port):
        """Start a relay, and wait until it shares its robots."""
        relay = self._processes[port] = Process(
            [*node('relay'), '--open', '--host', '127.0.0.1', '--port', str(port),
             '--trusted-proxies', '127.0.0.0/8'],
            env={'RTC_BRIDGE_RELAY_REDIS': self.redis.url})
        relay.wait_line('Redis is reached', PATIENCE)

    def kill_relay(self, port):
        """Kill a relay."""
        self._processes[port].send(signal.SIGKILL)
        self._processes[port].wait()

    def health(self, port):
        """Return what a relay says of itself, or nothing."""
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{port}/healthz',
                                        timeout=PATIENCE) as answer:
                return json.load(answer)
        except OSError:
            return None

    def wait_redis(self, state):
        """Wait until both relays think so of Redis."""
        until(lambda: all((self.health(port) or {}).get('redis') == state
                          for port in self.ports), state)

    def home(self):
        """Return the port of the relay that has the robot."""
        return until(lambda: next((port for port in self.ports if (
            self.health(port) or {}).get('robots')), None), 'the robot at a relay')

    def start_robot(self):
        """Start a robot that dials nginx."""
        robot = self._processes['robot'] = Process([
            sys.executable, str(Path(__file__).parents[1] / 'support' / 'plain_robot.py'),
            f'{self.url}/robot'])
        robot.wait_line('state connected', PATIENCE)
        return robot

    def close(self):
        """End all."""
        for process in reversed(self._processes.values()):
            process.stop()
        self.redis.close()


@pytest.fixture
def site(tmp_path):
    """Run all of it."""
    site = Site(tmp_path)
    yield site
    site.close()


def watch(url):
    """Watch a robot until there is a picture."""
    viewer = Viewer(url)
    try:
        until(lambda: viewer.frames, 'a picture')
    finally:
        viewer.close()


def test_relay_is_killed_and_redis_restarted(site, chromium):
    robot = site.start_robot()
    page = chromium.show(f'{site.url}/robot')
    page.wait_state('live')
    everywhere = [site.url, *(f'http://127.0.0.1:{port}' for port in site.ports)]
    for url in everywhere:
        watch(f'{url}/robot')

    dead, start = site.home(), len(robot.lines)
    site.kill_relay(dead)
    robot.wait_line('state lost', PATIENCE, start)
    robot.wait_line('state connected', PATIENCE, start)
    assert site.home() != dead
    watch(f'{site.url}/robot')
    # The page may have had the other relay; its picture does not depend on either.
    frames = 'document.getElementById("video0").getVideoPlaybackQuality().totalVideoFrames'
    before = page.evaluate(frames)
    page.wait(f'{frames} > {before}')
    page.refresh()
    page.wait_state('live')

    site.start_relay(dead)
    for url in everywhere:
        watch(f'{url}/robot')

    start = len(robot.lines)
    site.redis.kill()
    site.wait_redis('away')
    watch(f'http://127.0.0.1:{site.home()}/robot')
    site.redis.start()
    site.wait_redis('ok')
    for url in everywhere:
        watch(f'{url}/robot')
    page.refresh()
    page.wait_state('live')
    assert not any('state lost' in line for line in robot.lines[start:])


def test_all_protocols_through_nginx(site):
    async def protocols():
        async with ClientSession(site.url) as http:
            r = Relay(site.url, http, None)
            robot = await r.robot('/r1')
            # nginx takes its servers in turn: each protocol is tried at both.
            for _ in range(4):
                page = await r.page('/r1')
                session = (await ready(page))['session']
                await page.send_json({'type': 'offer', 'session': session, 'sdp': 's=o'})
                assert (await answer(robot))['source'] == '127.0.0.1'
                assert (await get(page, 'answer'))['sdp'] == 's=a'
                posting = asyncio.create_task(r.post('/r1'))
                await answer(robot, door='rtcbot')
                assert (await posting)[0] == 200
            for _ in range(3):
                # The URL brings all requests of a page to one relay.
                page = PollingPage(r)
                assert (await page.post(WATCH))[0] == 204
                session = (await page.hear('ready'))['session']
                await page.post({'type': 'offer', 'session': session, 'sdp': 's=o'})
                await answer(robot)
                assert (await page.hear('answer'))['sdp'] == 's=a'
                assert await page.leave() == 204
            for _ in range(3):
                posting = asyncio.create_task(http.post('/whep/r1', data=SDP, headers=WHEP))
                await answer(robot, door='whep')
                session = session_path(await posting)
                for _ in range(3):
                    async with http.patch(session, data=FRAGMENT, headers={
                            'Content-Type': 'application/trickle-ice-sdpfrag'}) as response:
                        assert response.status == 204
                    await get(robot, 'candidate')
                async with http.delete(session) as response:
                    assert response.status == 200
                await get(robot, 'close')
            async with http.get('/metrics') as response:
                assert response.status == 403

    asyncio.run(protocols())
