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

"""
Passes the signaling of a page on the viewer's own machine on to a relay with an IPv6 address.

A Content-Security-Policy cannot name IPv6 addresses (CSP 3, section 2.3.1, host-source), and
browsers ignore a source that they do not know. So the page signals at its own address, and this
passes it on to the one URL that its link names.
"""

import asyncio
from typing import NoReturn

from aiohttp import (
    ClientError, ClientSession, ClientWebSocketResponse, TraceConfig, web, WSMsgType,
)

from ...core.access.origins import page_origin, SAME
from ...core.protocol.signaling_messages import MAX_MESSAGE, SUBPROTOCOL
from ...core.supervision import first_of

# A page has one, and one more while it reconnects; a person may have opened several pages.
MAX_TUNNELS = 8
# Seconds, for the relay's handshake and between pings, as the relay has them by default.
_OPEN_TIMEOUT_S, _HEARTBEAT_S = 10.0, 8.0
_Socket = web.WebSocketResponse | ClientWebSocketResponse


class SignalingTunnel:
    """
    Passes WebSockets of the local page on to one URL, and to no other.

    :param url: of the robot's signaling
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._pages: set[web.WebSocketResponse] = set()
        self._open = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a WebSocket until one of its ends closes it."""
        origins = request.headers.getall('Origin', [])
        if page_origin(origins, request.scheme, request.headers.get('Host', '')) != SAME:
            raise web.HTTPForbidden(text='This is for the page at this address only')
        if self._open >= MAX_TUNNELS:
            raise web.HTTPServiceUnavailable(text='Too many pages are open at this address')
        self._open += 1
        try:
            return await self._connect(request, origins[0])
        finally:
            self._open -= 1

    async def _connect(self, request: web.Request, origin: str) -> web.WebSocketResponse:
        trace = TraceConfig()
        trace.on_request_redirect.append(_refuse_redirect)
        async with ClientSession(trace_configs=[trace]) as session:
            try:
                async with asyncio.timeout(_OPEN_TIMEOUT_S):
                    # With the page's own origin, as if the page connected by itself.
                    relay = await session.ws_connect(
                        self._url, protocols=(SUBPROTOCOL,), origin=origin,
                        max_msg_size=MAX_MESSAGE, heartbeat=_HEARTBEAT_S)
            except (ClientError, OSError, TimeoutError) as error:
                raise web.HTTPBadGateway(text=f'The relay cannot be reached: {error}') from None
            page = web.WebSocketResponse(protocols=(SUBPROTOCOL,), heartbeat=_HEARTBEAT_S,
                                         timeout=1.0, max_msg_size=MAX_MESSAGE, compress=False)
            try:
                await page.prepare(request)
                self._pages.add(page)
                await first_of(_copy(page, relay), _copy(relay, page))
            finally:
                self._pages.discard(page)
                await relay.close()
                if page.prepared:
                    await page.close()
        return page

    async def close(self, app: web.Application) -> None:
        """Close all WebSockets, when the server stops."""
        await asyncio.gather(*(page.close() for page in list(self._pages)))


async def _refuse_redirect(*_: object) -> NoReturn:
    raise ClientError('it redirects to another URL')


async def _copy(source: _Socket, target: _Socket) -> None:
    """Pass texts on until one of the WebSockets has ended."""
    try:
        async for frame in source:
            if frame.type != WSMsgType.TEXT:
                return
            await target.send_str(frame.data)
    except (ConnectionError, RuntimeError):
        pass  # aiohttp up to 3.10 raises RuntimeError for a WebSocket that is closing.
