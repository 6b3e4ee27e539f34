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

"""A relay in the test's own process, and ends to talk to it."""

from contextlib import asynccontextmanager
import json

from aiohttp import ClientSession, web, WSMsgType
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.protocol.signaling_messages import SUBPROTOCOL
from rtc_bridge.core.settings.relay_settings import RelayLimits, RelaySettings
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http.server import serve
from support.patience import PATIENCE

OPEN = RegistrationTokens(open_names=True)


@asynccontextmanager
async def serve_app(app, host='127.0.0.1'):
    """Serve an aiohttp application on a free port; give its URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0).start()
        yield f'http://{host}:{runner.addresses[0][1]}'
    finally:
        await runner.cleanup()


def relay_settings(values):
    """Return settings, those in ``limits`` by their short names, even values out of range."""
    top = {name: value for name, value in values.items() if hasattr(RelaySettings, name)}
    limits = {name.removeprefix('limits.'): value for name, value in values.items()
              if name not in top}
    return RelaySettings(**top, limits=RelayLimits(**limits))


@asynccontextmanager
async def relay(registry=None, page_dir=None, robots=OPEN, context=None, **limits):
    """
    Serve a relay on a free port; give a client of it.

    :param limits: settings, as :func:`relay_settings` takes them
    """
    registry = Registry() if registry is None else registry
    app = create_app(registry, relay_settings(limits), robots=robots, page_dir=page_dir)
    async with serve(app, '127.0.0.1', 0, context) as port:
        url = f'{"https" if context else "http"}://127.0.0.1:{port}'
        async with ClientSession(url) as http:
            yield Relay(url, http, registry)


class Relay:
    """A running relay and an HTTP client for it."""

    def __init__(self, url, http, registry):
        self.url = url
        self.http = http
        self.registry = registry

    async def v1(self, path, first):
        """Open a WebSocket of the native protocol and send its first message."""
        ws = await self.http.ws_connect(path, protocols=[SUBPROTOCOL], max_msg_size=2 ** 20)
        await send(ws, **first)
        return ws

    async def robot(self, path, robot_id='r1'):
        """Register a robot; return its WebSocket."""
        ws = await self.v1(path, {'type': 'register', 'robot_id': robot_id, 'version': 'test',
                                  'ice_servers': [{'urls': 'stun:stun.example.org'}]})
        assert (await get(ws))['type'] == 'registered'
        return ws

    async def page(self, path):
        """Return a page's WebSocket."""
        return await self.v1(path, {'type': 'watch'})

    async def rtcbot(self, path):
        """Return the WebSocket of an RTCBot robot, as its own library opens it."""
        return await self.http.ws_connect(path)

    async def post(self, path, body='{"sdp":"s=o","type":"offer"}', **options):
        """POST as a browser's fetch with a string does; return status, text and headers."""
        headers = {'Content-Type': 'text/plain;charset=UTF-8'}
        async with self.http.post(path, data=body, headers=headers, **options) as response:
            return response.status, await response.text(), response.headers


async def send(ws, **message):
    """Send a message."""
    await ws.send_str(json.dumps(message))


async def get(ws, kind=None):
    """Return the next message, which must be of the type, if one is given."""
    frame = await ws.receive(timeout=PATIENCE)
    assert frame.type == WSMsgType.TEXT, frame
    message = json.loads(frame.data)
    if kind is not None:
        assert message['type'] == kind, message
    return message


async def make_offer(page, sdp='s=o', **members):
    """Let a page that is about to be told of a session offer in it; return the session."""
    session = (await get(page, 'ready'))['session']
    await send(page, type='offer', session=session, sdp=sdp, **members)
    return session


async def closed(ws):
    """Wait for the end of a WebSocket; return its close code."""
    while True:
        frame = await ws.receive(timeout=PATIENCE)
        if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return ws.close_code
