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

"""A relay that redirects its robots: the token stays with the relay it is for."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from aiohttp import web
import pytest
from rtc_bridge.bridge.network.self_signed_certificate import ensure_certificate
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http.server import serve, tls_context
from support.patience import PATIENCE
from support.relay_server import serve_app
from test_signaling import dialing, Robot

TOKEN = 'a-token-for-one-relay'


class Redirecting:
    """A server that sends robots elsewhere, and what they showed it."""

    def __init__(self):
        self.to, self.seen = '', []

    async def handle(self, request):
        self.seen.append(request.headers.get('Authorization'))
        raise web.HTTPTemporaryRedirect(self.to)


@pytest.fixture
def context(tmp_path, monkeypatch):
    """Return the TLS of servers that robots here trust."""
    file = tmp_path / 'server.pem'
    ensure_certificate(file, [])
    monkeypatch.setenv('SSL_CERT_FILE', str(file))
    return tls_context(str(file), '')


@contextlib.asynccontextmanager
async def redirecting(context=None):
    """Serve one that redirects; give it and its URL."""
    server = Redirecting()
    app = web.Application()
    app.router.add_get('/r1', server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', 0, ssl_context=context).start()
    scheme = 'ws' if context is None else 'wss'
    try:
        yield server, f'{scheme}://127.0.0.1:{runner.addresses[0][1]}'
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def relay(seen, context=None, tokens=True):
    """Serve a real relay; give its URL. What each request showed is noted."""
    app = create_app(Registry(), robots=(
        RegistrationTokens([f'r1:{TOKEN}']) if tokens else RegistrationTokens(open_names=True)))

    @web.middleware
    async def note(request, handler):
        seen.append(request.headers.get('Authorization'))
        return await handler(request)

    app.middlewares.append(note)
    async with serve(app, '127.0.0.1', 0, context) as port:
        yield f'{"ws" if context is None else "wss"}://127.0.0.1:{port}'


@pytest.mark.asyncio
@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost'])
async def test_a_token_does_not_go_to_another_relay(host, caplog):
    seen = []
    async with relay(seen) as other, redirecting() as (server, url):
        server.to = other.replace('127.0.0.1', host) + '/r1'
        async with dialing(url + '/r1', Robot(), token=TOKEN) as states:
            state = await states.reach('lost')
        assert server.seen == [f'Bearer {TOKEN}'] and seen == []
        for text in (state, caplog.text):
            assert server.to.removesuffix('/r1') in text and url in text and TOKEN not in text


@pytest.mark.asyncio
async def test_a_robot_without_a_token_follows():
    seen = []
    async with relay(seen, tokens=False) as other, redirecting() as (server, url):
        server.to = other + '/r1'
        async with dialing(url + '/r1', Robot()) as states:
            await states.reach('connected')
    assert seen == [None]


@pytest.mark.asyncio
async def test_a_token_goes_to_another_path_of_the_same_relay():
    seen = []
    async with relay(seen) as inner:
        app = web.Application()
        port = urlsplit(inner).port

        async def handle(request):
            if request.path == '/r1':
                raise web.HTTPFound('/moved/r1')
            # The rest of the connection belongs to the relay that is meant.
            seen.append(request.headers.get('Authorization'))
            raise web.HTTPFound(f'ws://127.0.0.1:{port}/r1')

        app.router.add_get('/{path:.*}', handle)
        async with serve_app(app) as url:
            async with dialing(url + '/r1', Robot(), token=TOKEN) as states:
                state = await states.reach('lost')
    # It followed within the relay, and not out of it.
    assert seen == [f'Bearer {TOKEN}'] and f'ws://127.0.0.1:{port}' in state


@pytest.mark.asyncio
async def test_a_token_goes_not_from_tls_to_none_nor_to_another_port(context):
    for other_context in (None, context):
        seen = []
        async with relay(seen, other_context) as other, redirecting(context) as (server, url):
            server.to = other + '/r1'
            async with dialing(url + '/r1', Robot(), token=TOKEN) as states:
                state = await states.reach('lost')
            assert server.seen == [f'Bearer {TOKEN}'] and seen == []
            assert urlsplit(other).netloc in state
    # Without one neither: who dials wss means that nobody reads along.
    async with relay(seen, tokens=False) as other, redirecting(context) as (server, url):
        server.to = other + '/r1'
        async with dialing(url + '/r1', Robot()) as states:
            await states.reach('lost')
        assert server.seen == [None] and seen == []


@pytest.mark.asyncio
async def test_a_redirection_in_a_circle_ends():
    async with redirecting() as (server, url):
        server.to = '/r1'
        async with asyncio.timeout(PATIENCE):
            async with dialing(url + '/r1', Robot(), token=TOKEN) as states:
                await states.reach('lost')
        assert 1 < len(server.seen) < 50
