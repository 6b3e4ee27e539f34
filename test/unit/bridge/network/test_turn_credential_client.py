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

"""The client of a service for TURN credentials, against a small service on this host."""

import asyncio
import logging

from aiohttp import web
import pytest
from rtc_bridge.bridge.network.turn_credential_client import TurnCredentialClient
from rtc_bridge.core.network.ice_servers import IceServerPool
from rtc_bridge.core.network.ice_urls import parse_ice_url
from rtc_bridge.core.network.turn_credentials import CredentialLife, make_service
from rtc_bridge.core.protocol.ice import IceServer
from support.fake_clock import FakeClock
from support.patience import PATIENCE
from support.processes import free_port
from support.relay_server import serve_app

STUN, TURN, OTHER = 'stun:s.example.org', 'turn:t.example.org', 'turn:o.example.org'
TOKEN = 'hidden-token'


class Service:
    """Answers what the test says, and keeps what it was asked."""

    def __init__(self):
        self.answer = lambda: web.json_response({'iceServers': [
            {'urls': TURN, 'username': 'u', 'credential': 'p'},
            {'urls': OTHER, 'username': 'v', 'credential': 'q'}], 'ttl': 600}, status=201)
        self.asked = []

    async def handle(self, request):
        self.asked.append((request.method, request.headers.get('Authorization'),
                           request.content_type, await request.text()))
        return self.answer()

    def app(self):
        app = web.Application()
        app.router.add_route('*', '/{path:.*}', self.handle)
        return app


def make_client(url, clock, changes=None, token=TOKEN):
    pool = IceServerPool((parse_ice_url(STUN),))

    async def on_change():
        changes.put_nowait([s.username for s in pool.for_viewer('r')])
    return pool, TurnCredentialClient(
        make_service(f'{url}/turn', token, 'auto', 3600.0), pool, on_change,
        CredentialLife(clock, lambda: 1.0))


@pytest.mark.asyncio
async def test_robot_and_viewers_get_what_was_issued_until_it_ends(caplog):
    caplog.set_level(logging.INFO)
    service, clock = Service(), FakeClock()
    async with serve_app(service.app()) as url:
        pool, client = make_client(url, clock)
        pool.reachable = frozenset({STUN})
        assert await client.step() and client.left == 600
        assert service.asked == [
            ('POST', f'Bearer {TOKEN}', 'application/json', '{"ttl": 3600}')]
        all_servers = (IceServer((STUN,)), IceServer((TURN,), 'u', 'p'),
                       IceServer((OTHER,), 'v', 'q'))
        assert pool.for_viewer('r') == all_servers
        assert pool.for_robot('r') == all_servers[:2]
        pool.reachable = frozenset({STUN, OTHER})
        assert pool.for_robot('r') == (all_servers[0], all_servers[2])
        pool.reachable = None
        # Not due; then the same once more, and others.
        assert not await client.step() and len(service.asked) == 1
        clock.now += 301
        assert not await client.step() and len(service.asked) == 2
        service.answer = lambda: web.json_response({'urls': TURN, 'username': 'w',
                                                    'credential': 'r', 'ttl': 100})
        clock.now += 301
        assert await client.step()
        assert pool.for_viewer('r')[1:] == (IceServer((TURN,), 'w', 'r'),)
        service.answer = lambda: web.Response(status=503)
        clock.now += 51
        assert not await client.step() and client.fault == 'HTTP 503, the service has failed'
        assert pool.for_viewer('r')[1:] == (IceServer((TURN,), 'w', 'r'),)
        assert 'the last ones are valid for 49 s more' in caplog.text
        while client.left:
            clock.now += 1
        assert await client.step()
        assert pool.for_viewer('r') == (IceServer((STUN,)),)
        assert 'have ended, and no new ones came: HTTP 503' in caplog.text
        service.answer = Service().answer
        client.network_changed()
        assert await client.step() and not client.fault
    assert 'hidden' not in caplog.text
    # One line for each reason, however many tries failed.
    assert caplog.text.count('no TURN credentials from') == 1


@pytest.mark.asyncio
async def test_each_failure_has_its_reason_and_none_shows_the_token(caplog):
    service, clock = Service(), FakeClock()
    async with serve_app(service.app()) as url:
        pool, client = make_client(url, clock)

        async def fault(**answer):
            service.answer = lambda: web.Response(**answer)
            assert not await client.ask()
            return client.fault
        assert 'refuses the token of ice.credentials_token_file' in await fault(status=401)
        assert 'refuses the token' in await fault(status=403)
        assert 'nothing is at this path' in await fault(status=404)
        assert 'ice.credentials_method' in await fault(status=405)
        assert 'too many requests' in await fault(status=429)
        assert await fault(status=418) == 'HTTP 418'
        redirected = await fault(status=302, headers={'Location': f'{url}/turn/other'})
        assert 'it redirects, and the token goes to no other address' in redirected
        asked = len(service.asked)
        assert 'more than 64 KiB' in await fault(body=b' ' * 100_000)
        assert len(service.asked) == asked + 1
        assert 'it is not JSON' in await fault(text='<html>')
        assert 'no server that can be used' in await fault(text='{}')
    assert 'Connection refused' in await fault()
    for place, words in ((f'https://127.0.0.1:{free_port()}', 'Connection refused'),):
        _, client = make_client(place, clock)
        assert not await client.ask() and words in client.fault
    (name, fault), = pool.service_faults.items()
    assert name == f'credentials from {url}' and pool.all_faults == {STUN: '', name: fault}
    assert not pool.urls[1:] and TOKEN not in caplog.text


@pytest.mark.asyncio
async def test_viewers_are_told_of_new_ones():
    service, changes = Service(), asyncio.Queue()
    async with serve_app(service.app()) as url:
        _, client = make_client(url, FakeClock(), changes, 'user:hidden')
        task = asyncio.create_task(client.run())
        async with asyncio.timeout(PATIENCE):
            assert await changes.get() == [None, 'u', 'v']
        assert service.asked[0][2:] == ('application/x-www-form-urlencoded', 'Ttl=3600')
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.asyncio
async def test_a_proxy_is_not_shown_the_token_for_a_service_of_this_host(monkeypatch):
    """It would go there in clear text."""
    for name in ('no_proxy', 'NO_PROXY'):
        monkeypatch.delenv(name, raising=False)
    proxy, service = Service(), Service()
    async with serve_app(proxy.app()) as proxy_url, serve_app(service.app()) as url:
        monkeypatch.setenv('http_proxy', proxy_url)
        assert await make_client(url, FakeClock())[1].ask()
    assert len(service.asked) == 1 and not proxy.asked
