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

"""Who gets a role without a proof, by the page's origin, and by which names servers are called."""

import asyncio
from contextlib import asynccontextmanager
import json
import socket
from urllib.parse import urlsplit

from aiohttp import ClientSession
import pytest
from rtc_bridge.core.access.invite import bearer_text
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.limits.refusals import refusals
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import only_sha256
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import NAMELESS, Registry
from rtc_bridge.relay.http.server import serve
from rtc_bridge.system.files.key_store import KeyStore
from support.browsers import PATIENCE
from support.processes import free_port, node, Process
from support.relay_server import get, make_offer, OPEN, relay, relay_settings, send
from support.viewer import make_sessions, TestCamera, Viewer
from test_kscale import OfferingRobot

EVIL = 'https://evil.example.org'


# Decisions


# What robots hear of it from a server


@asynccontextmanager
async def open_relay(**settings):
    """Serve a relay with a robot in its process, called as a proxy might."""
    registry = Registry()
    robot = OfferingRobot()
    robot.go.set()
    registry.add('bot', robot)
    registry.add(NAMELESS, robot)
    async with relay(registry, **settings) as r:
        r.robot_inside = robot
        yield r


async def origins_heard(r, headers):
    """Signal in all protocols; return what origin the robot was told of in each."""
    heard = {}
    robot = r.robot_inside
    ws = await r.http.ws_connect('/bot', protocols=['rtc-bridge.v1'], headers=headers)
    await send(ws, type='watch')
    # What a page says of itself is not believed.
    await make_offer(ws, origin='same', source='x', door='whep')
    await get(ws, 'answer')
    status, _, _ = await r.post('/bot')
    offer = '{"sdp":"s=o","type":"offer"}'
    async with r.http.post('/bot', data=offer, headers=headers) as response:
        assert response.status == status == 200
    async with r.http.post('/whep/bot', data='v=0', headers={
            'Content-Type': 'application/sdp', **headers}) as response:
        assert response.status == 201
    app = await r.http.ws_connect('/', headers=headers)
    await send(app, role='app', robot_id='bot')
    await send(app, token='right')
    await send(app, type='Negotiate')
    for kind in ('robot_available', 'auth_success'):
        await get(app, kind)
    assert 'sdp' in json.loads((await app.receive(timeout=20)).data)
    for kind, what, *_ in robot.calls:
        if kind in ('answer', 'offer', 'admit'):
            heard.setdefault((kind, what.protocol), []).append(what.origin)
    robot.calls.clear()
    # The first of the two POSTs came without one.
    assert heard[('answer', 'rtcbot')].pop(0) is None
    assert set(heard) == {('answer', 'v1'), ('answer', 'rtcbot'), ('answer', 'whep'),
                          ('admit', 'kscale'), ('offer', 'kscale')}
    (origin,) = {origin for values in heard.values() for origin in values}
    return origin


@pytest.mark.asyncio
async def test_each_protocol_tells_the_robot_which_page_came():
    async with open_relay() as r:
        port = urlsplit(r.url).port
        assert await origins_heard(r, {}) is None
        assert await origins_heard(r, {'Origin': r.url}) == 'same'
        assert await origins_heard(r, {'Origin': f'http://localhost:{port}',
                                       'Host': f'LOCALHOST:{port}'}) == 'same'
        assert await origins_heard(r, {'Origin': EVIL}) == EVIL
        assert await origins_heard(r, {'Origin': 'null'}) == 'null'
        # Who is no trusted proxy tells nothing about the host.
        assert await origins_heard(r, {'Origin': EVIL, 'X-Forwarded-Host': EVIL[8:],
                                       'X-Forwarded-Proto': 'https'}) == EVIL


@pytest.mark.asyncio
async def test_a_proxy_tells_what_its_client_called():
    async with open_relay(trusted_proxies=['127.0.0.1']) as r:
        public = {'Origin': 'https://relay.example.org'}
        for headers in ({'Host': 'relay.example.org', 'X-Forwarded-For': '10.0.0.1'},
                        {'Host': 'relay.example.org', 'X-Forwarded-Proto': 'https'},
                        {'X-Forwarded-Host': 'relay.example.org', 'X-Forwarded-Proto': 'https'},
                        {'X-Forwarded-Host': 'relay.example.org, 10.0.0.2',
                         'X-Forwarded-Proto': 'https, http'}):
            assert await origins_heard(r, headers | public) == 'same', headers
            assert await origins_heard(r, headers | {'Origin': EVIL}) == EVIL
        assert await origins_heard(r, {
            'Host': 'relay.example.org', 'Origin': 'http://relay.example.org',
            'X-Forwarded-Proto': 'https'}) == 'http://relay.example.org'


# At a robot


@pytest.fixture
def camera():
    camera = TestCamera('front', 60)
    yield camera
    camera.stop()


def refused():
    """Return how often a page was refused for its origin."""
    return refusals.by_reason['origin'].count if 'origin' in refusals.by_reason else 0


@pytest.mark.asyncio
@pytest.mark.parametrize('via', ['server', 'relay'])
async def test_a_page_of_another_origin_needs_an_invite_where_others_drive(camera, via):
    """In the native protocol it may come, for the proof protects that."""
    access = AccessPolicy('robot', 'drive', 'drive', store=Unused(),
                          origins=['https://good.example'])
    sessions = make_sessions(camera, access=access)
    try:
        link = LocalRobotLink(sessions, via)
        for number, (origin, role) in enumerate((
                (None, 'drive'), ('same', 'drive'), ('https://good.example', 'drive'),
                (EVIL, 'none'), ('null', 'none'))):
            viewer = Viewer()
            before = refused()
            await link.answer(Offer(str(number), only_sha256(await viewer.offer()), origin=origin))
            assert sessions.sessions[str(number)].role == role
            # Nothing was refused: the page may have an invite.
            assert refused() == before
            await link.close_session(str(number))
            await viewer.close()
            for protocol in ('rtcbot', 'whep'):
                viewer = Viewer()
                offer = Offer(f'{number}{protocol}', await viewer.offer(), protocol, origin=origin)
                if role == 'none' or (protocol, via) == ('whep', 'relay'):
                    with pytest.raises(SignalingError) as error:
                        await link.answer(offer)
                    assert error.value.code == 'denied'
                    assert 'access.origins' in str(error.value) or via == 'relay'
                    if 'access.origins' in str(error.value):
                        before += 1
                        found = refusals.by_reason['origin'].text
                        assert 'access.origins' in found and origin in found
                    assert refused() == before
                else:
                    await link.answer(offer)
                    await link.close_session(offer.session)
                await viewer.close()
    finally:
        await sessions.close('test ends')


@pytest.mark.asyncio
async def test_a_bearer_is_good_from_any_origin(camera, tmp_path):
    store = KeyStore(tmp_path)
    bearer = bearer_text(store.secret, store.issue('robot', 'view', '', 3600))
    sessions = make_sessions(camera, access=AccessPolicy('robot', 'view', store=store))
    viewer = Viewer()
    try:
        link, sdp = LocalRobotLink(sessions, 'server'), await viewer.offer()
        # Of another robot: its payload with another key.
        other = bearer_text(b'x' * 32, store.issue('robot', 'view', '', 3600))
        for text in (other, ''):
            with pytest.raises(SignalingError, match='bearer is not one of this robot'):
                await link.answer(Offer('s', sdp, 'whep', origin=EVIL, bearer=text))
        await link.answer(Offer('s', sdp, 'whep', origin=EVIL, bearer=bearer))
        assert sessions.sessions['s'].role == 'view'
    finally:
        await viewer.close()
        await sessions.close('test ends')


class Unused:
    """A store of secrets that nobody asks for one."""

    secret = b's' * 32


# DNS rebinding


async def ask(port, host, path='/', address='127.0.0.1', lines=(), method='GET'):
    """Send a request as it is; return status and text of the answer."""
    reader, writer = await asyncio.open_connection(address, port)
    head = [f'{method} {path} HTTP/1.1', *(f'Host: {name}' for name in host), *lines,
            'Connection: close', '', '']
    writer.write('\r\n'.join(head).encode())
    answer = (await asyncio.wait_for(reader.read(), PATIENCE)).decode('utf-8', 'replace')
    writer.close()
    return int(answer.split()[1]), answer.partition('\r\n\r\n')[2]


UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
           'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
REQUESTS = [('GET', '/', []), ('GET', '/bot', []), ('GET', '/static/ui/main.js', []),
            ('GET', '/healthz', []), ('GET', '/metrics', []), ('GET', '/nothing/at/all', []),
            ('POST', '/connect', ['Content-Length: 0']), ('POST', '/whep/bot', []),
            ('OPTIONS', '/whep/bot', []), ('GET', '/bot', UPGRADE), ('GET', '/', UPGRADE),
            ('GET', '/bot', [*UPGRADE, 'Sec-WebSocket-Protocol: rtc-bridge.v1'])]


@asynccontextmanager
async def served(host, **settings):
    """Serve a relay on an address; give its port."""
    app = create_app(Registry(), relay_settings(settings), robots=OPEN)
    async with serve(app, host, 0) as port:
        yield port


@pytest.mark.asyncio
@pytest.mark.parametrize('address', ['127.0.0.1', '::1'])
@pytest.mark.parametrize('method, path, lines', REQUESTS)
async def test_a_server_on_the_loopback_has_no_other_name(address, method, path, lines):
    async with served(address) as port:
        for host in ([f'evil.example:{port}'], ['evil.example'], ['localhost', 'evil.example'],
                     ['192.0.2.1'], ['']):
            status, text = await ask(port, host, path, address, lines, method)
            # Of two hosts, or none in the header, the HTTP library itself may want nothing.
            assert status == 421 or (status == 400 and host != ['evil.example']), (host, status)
            if status == 421:
                assert 'add its name to hosts' in text and 'trusted_proxies' in text
        if lines[:4] != UPGRADE:
            for host in ('localhost', f'LOCALHOST.:{port}', 'page.localhost', '127.0.0.1',
                         '[::1]'):
                status, _ = await ask(port, [host], path, address, lines, method)
                assert status not in (421, 403), (host, status)


@pytest.mark.asyncio
async def test_a_tunnel_to_the_loopback_has_the_names_that_are_listed():
    async with served('127.0.0.1', hosts=['tunnel.example.org']) as port:
        assert (await ask(port, ['Tunnel.example.org']))[0] == 200
        assert (await ask(port, ['evil.example']))[0] == 421
    async with served('127.0.0.1', hosts=['*']) as port:
        assert (await ask(port, ['evil.example']))[0] == 200
    # A proxy says that it is one. A page of this host's own browser may say so, too, but has the
    # server's port in its Host.
    async with served('127.0.0.1', trusted_proxies=['127.0.0.0/8']) as port:
        lines = ['X-Forwarded-For: 1.2.3.4']
        for host in ('relay.example.org', f'relay.example.org:{port + 1}', 'localhost',
                     f'127.0.0.1:{port}', f'192.0.2.1:{port}'):
            assert (await ask(port, [host], lines=lines))[0] == 200, host
        assert (await ask(port, ['evil.example']))[0] == 421
        for said in ('For: 1.2.3.4', 'For: 127.0.0.1', 'Proto: https', 'Host: localhost',
                     'Host: 127.0.0.1'):
            status, text = await ask(port, [f'evil.example:{port}'], lines=[f'X-Forwarded-{said}'])
            assert status == 421 and 'add its name to hosts' in text, said
    async with served('127.0.0.1', trusted_proxies=['127.0.0.0/8'],
                      hosts=['relay.example.org']) as port:
        assert (await ask(port, [f'relay.example.org:{port}'], lines=lines))[0] == 200


def own_address():
    """Return an address of this host that is not of the loopback, or none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(('192.0.2.1', 9))
            return probe.getsockname()[0]
        except OSError:
            return None


@pytest.mark.asyncio
async def test_the_metrics_are_not_for_a_page_whose_name_was_made_ours():
    async with served('0.0.0.0', hosts=['relay.example.org'],
                      trusted_proxies=['127.0.0.0/8']) as port:
        for host, status in (('evil.example', 403), (f'evil.example:{port}', 403),
                             ('localhost', 200), (f'127.0.0.1:{port}', 200), ('10.1.2.3', 200),
                             ('[::1]', 200), ('relay.example.org', 200), ('[evil]', 403)):
            got, text = await ask(port, [host], '/metrics')
            assert got == status, host
            assert ('rtc_bridge_relay_robots' in text) == (status == 200)
            assert status == 200 or 'a name in hosts' in text
        # What a page says of a proxy is not believed.
        lines = ['X-Forwarded-Host: localhost', 'X-Forwarded-For: 127.0.0.1']
        assert (await ask(port, [f'evil.example:{port}'], '/metrics', lines=lines))[0] == 403
        # The rest is as public as its address.
        assert (await ask(port, ['relay.example.net']))[0] == 200
        if (address := own_address()) is not None:
            got, text = await ask(port, ['localhost'], '/metrics', address)
            assert got == 403 and 'not for this address' in text


def test_a_robot_s_own_server_and_its_way_through_a_relay():
    """The programs themselves, and raw requests."""
    async def check(own, at_relay):
        fake = '{"sdp":"v=0","type":"offer"}'
        lines = ['Content-Type: text/plain', f'Content-Length: {len(fake)}']

        async def post(port, path, origin, host=None):
            extra = [f'Origin: {origin}'] if origin else []
            reader, writer = await asyncio.open_connection('127.0.0.1', port)
            writer.write('\r\n'.join([
                f'POST {path} HTTP/1.1', f'Host: {host or f"127.0.0.1:{port}"}', *lines, *extra,
                'Connection: close', '', fake]).encode())
            answer = (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
            writer.close()
            return int(answer.split()[1]), answer.partition('\r\n\r\n')[2]

        for port in (own, at_relay):
            # To those who have a role it says what is wrong with their offer.
            for origin in (None, f'http://127.0.0.1:{port}', 'https://pages.example.org'):
                status, text = await post(port, '/bot', origin)
                assert status == 400, (origin, text)
            for origin in (EVIL, 'null', f'http://127.0.0.1:{port + 1}',
                           f'http://localhost:{port}'):
                status, text = await post(port, '/bot', origin)
                assert status == 403 and 'parameter access.origins' in text, (origin, text)
            # A name that was made to mean this host is its own page's origin to a browser.
            status, text = await post(port, '/bot', f'http://evil.example:{port}',
                                      f'evil.example:{port}')
            assert status == 421
            assert ('server.hosts' if port == own else 'trusted_proxies') in text
        assert (await post(own, '/bot', 'http://robot.example.org', 'robot.example.org'))[0] == 400

    with Process(node('relay') + ['--open', '--host', '127.0.0.1', '--port', '0']) as server:
        at_relay = int(server.wait_line(r'listens on http://127.0.0.1:(\d+)', PATIENCE)[1])
        own = free_port()
        with Process(node('bridge', **{
                'robot_id': 'bot', 'server.port': own, 'server.hosts': ['robot.example.org'],
                'relay_url': f'http://127.0.0.1:{at_relay}', 'access.anonymous': 'drive',
                'access.anonymous_via_relay': 'view',
                'access.origins': ['https://pages.example.org']})) as bridge:
            bridge.wait_line('connected to relay', PATIENCE)
            asyncio.run(check(own, at_relay))
            # Once, with the remedy.
            bridge.wait_line(r'refused \(origin\), 1 so far, .*parameter access.origins', PATIENCE)


@pytest.mark.asyncio
async def test_an_unlisted_page_reads_why():
    """Errors carry CORS headers, or its script would only see that something failed."""
    async with served('127.0.0.1') as port, ClientSession() as http:
        async with http.post(f'http://127.0.0.1:{port}/bot', headers={
                'Host': 'evil.example', 'Origin': EVIL}) as response:
            assert response.status == 421
            assert response.headers['Access-Control-Allow-Origin'] == '*'
