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

"""Frames of K-Scale's programs on a WebSocket."""

import asyncio

from aiohttp import web, WSMsgType

from ...core.errors import ProtocolError

# Seconds. A peer that takes a frame no faster than this would hold up the other one.
_SEND_TIMEOUT = 5.0


async def send_text(ws: web.WebSocketResponse, text: str) -> bool:
    """Send a frame; return false if the WebSocket is closed or stuck."""
    try:
        async with asyncio.timeout(_SEND_TIMEOUT):
            await ws.send_str(text)
    except (TimeoutError, ConnectionError, RuntimeError):
        return False
    return True


async def receive_text(ws: web.WebSocketResponse) -> str | None:
    """
    Return the next frame, ``None`` at the end of the WebSocket.

    :raises ProtocolError: a binary frame
    """
    frame = await ws.receive()
    if frame.type == WSMsgType.BINARY:
        raise ProtocolError('a binary frame; messages are text')
    return str(frame.data) if frame.type == WSMsgType.TEXT else None
