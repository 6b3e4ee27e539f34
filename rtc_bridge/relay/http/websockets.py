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

"""The WebSockets that are open, so that the relay can close them when it stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web, WSCloseCode

from .connection_limits import limited_connection
from ...core.protocol.signaling_messages import MAX_MESSAGE

# Seconds for the closing handshake of a peer that may be gone.
_CLOSE_TIMEOUT = 1.0


class WebSockets:
    """
    The open WebSockets of one relay. Belongs to one event loop.

    :param heartbeat: seconds between pings
    """

    def __init__(self, heartbeat: float) -> None:
        self.is_stopping = False
        self._heartbeat = heartbeat
        self._open: set[web.WebSocketResponse] = set()

    @asynccontextmanager
    async def accept(self, request: web.Request, subprotocols: tuple[str, ...] = ()
                     ) -> AsyncIterator[web.WebSocketResponse]:
        """Answer the handshake of a WebSocket (RFC 6455); close it at the end of the block."""
        ws = web.WebSocketResponse(
            protocols=subprotocols, heartbeat=self._heartbeat, timeout=_CLOSE_TIMEOUT,
            max_msg_size=MAX_MESSAGE, compress=False)
        await ws.prepare(request)
        self._open.add(ws)
        try:
            if (connection := limited_connection(request)) is not None:
                # From here on pings notice a dead peer.
                connection.expect(None)
            yield ws
        finally:
            self._open.discard(ws)
            await self._close(ws)

    async def close_all(self, app: web.Application) -> None:
        """Tell all peers that the relay stops."""
        self.is_stopping = True
        await asyncio.gather(*map(self._close, list(self._open)), return_exceptions=True)

    async def _close(self, ws: web.WebSocketResponse) -> None:
        if self.is_stopping:
            await ws.close(code=WSCloseCode.GOING_AWAY, message=b'the relay stops')
        else:
            await ws.close()
