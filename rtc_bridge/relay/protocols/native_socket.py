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

"""Messages of the native protocol on a WebSocket."""

from functools import partial

from aiohttp import web, WSMsgType

from ..messaging_robot import dump_message
from ...core.errors import ProtocolError
from ...core.protocol.signaling_messages import parse, SignalingMessage


async def send_message(ws: web.WebSocketResponse, message: SignalingMessage) -> bool:
    """
    Send a message; return false if the WebSocket is closed.

    :raises SignalingError: ``too-long``, since the other end would close its WebSocket for it
    """
    text = dump_message(message)
    try:
        await ws.send_str(text)
    except (ConnectionError, RuntimeError):
        # aiohttp up to 3.10 raises RuntimeError for a WebSocket that is closing.
        return False
    return True


async def receive_message(ws: web.WebSocketResponse) -> SignalingMessage | None:
    """
    Return the next message, or ``None`` at the end of the WebSocket.

    :raises ProtocolError: the frame is no message
    """
    frame = await ws.receive()
    if frame.type == WSMsgType.TEXT:
        return parse(frame.data)
    if frame.type == WSMsgType.BINARY:
        raise ProtocolError('a binary frame; messages are text')
    return None


class SocketStream:
    """The messages of a page on its WebSocket, as ``MessageStream`` has them."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self.send = partial(send_message, ws)
        self.receive = partial(receive_message, ws)
