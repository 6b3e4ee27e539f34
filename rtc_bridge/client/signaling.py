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

"""A viewer's way to its robot: the WebSocket of the server that has the robot's page."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from .errors import SessionError
from ..core.access.invite_url import PageUrl
from ..core.errors import ProtocolError
from ..core.protocol.signaling_messages import (
    Answer, Error, MAX_MESSAGE, NATIVE, Offer, parse, Ready, SUBPROTOCOL, Watch,
)

_Kind = TypeVar('_Kind', Ready, Answer)

# Seconds until the server has to have accepted the connection.
_OPEN_TIMEOUT_S = 10.0


async def exchange(page: PageUrl, make_offer: Callable[[Ready], Awaitable[str]]) -> str:
    """
    Bring an offer to a robot; return its answer.

    :param make_offer: returns the SDP offer, for what the server says of the robot
    :raises SessionError: ``relay-lost``, ``no-robot``, or what relay or robot refuse
    """
    try:
        async with connect(page.websocket_url, subprotocols=[Subprotocol(SUBPROTOCOL)],
                           max_size=MAX_MESSAGE, open_timeout=_OPEN_TIMEOUT_S) as ws:
            await ws.send(Watch().dump())
            ready = await _hear(ws, Ready)
            if ready.protocol != NATIVE:
                raise SessionError('unsupported', f'the robot speaks {ready.protocol}, which has '
                                                  'no services')
            await ws.send(Offer(ready.session, await make_offer(ready)).dump())
            return (await _hear(ws, Answer)).sdp
    except (OSError, WebSocketException, ConnectionClosed, TimeoutError) as error:
        raise SessionError('relay-lost', f'{page.url} cannot be reached: '
                                         f'{error or type(error).__name__}') from None
    except ProtocolError as error:
        raise SessionError('bad-message', f'the server says what it should not: {error}') from None


async def _hear(ws: ClientConnection, kind: type[_Kind]) -> _Kind:
    """
    Wait for a message of a kind.

    :raises SessionError: the server sends an error instead
    """
    while True:
        message = parse(await ws.recv())
        if isinstance(message, kind):
            return message
        if isinstance(message, Error):
            raise SessionError(message.code, message.message)
