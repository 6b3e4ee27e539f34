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

"""The native protocol ``rtc-bridge.v1`` (docs/protocol.md): robots and pages over WebSockets."""

import asyncio

from aiohttp import web

from .native_robot import NativeRobot
from .native_socket import receive_message, send_message, SocketStream
from .native_viewer import NativeViewer
from .protocol import robot_name, SocketProtocol
from ..http.middleware import is_direct, request_origin
from ...core.errors import ProtocolError, SignalingError
from ...core.protocol.signaling_messages import (
    Error, NATIVE, Register, SignalingMessage, SUBPROTOCOL, Watch,
)

# Seconds.
FIRST_FRAME_TIMEOUT = 10.0


class NativeProtocol(SocketProtocol):
    """WebSockets that name a subprotocol. The first message tells robots from pages."""

    def takes_socket(self, request: web.Request) -> bool:
        """Tell whether a handshake names a subprotocol."""
        return 'Sec-WebSocket-Protocol' in request.headers

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """
        Serve a robot or a page until it leaves.

        :raises aiohttp.web.HTTPException: the path or the subprotocol is another one
        """
        relay, name, source = self.relay, robot_name(request), request.remote
        subprotocols = request.headers['Sec-WebSocket-Protocol'].split(',')
        if SUBPROTOCOL not in map(str.strip, subprotocols):
            raise web.HTTPBadRequest(text=f'The WebSocket subprotocol here is {SUBPROTOCOL}')
        async with relay.sockets.accept(request, (SUBPROTOCOL,)) as ws:
            try:
                first = await _receive_first(ws)
                if isinstance(first, Watch):
                    with relay.broker.page(name, source):
                        await NativeViewer(SocketStream(ws), relay.registry, name, source,
                                           request_origin(request), relay.broker,
                                           relay.limits.messages_per_second,
                                           is_direct=is_direct(request)).serve()
                elif isinstance(first, Register):
                    if reason := relay.admission.refusal(name, request):
                        raise SignalingError('denied', reason)
                    robot = NativeRobot(ws, first, relay.metrics,
                                        timeout=relay.limits.answer_timeout)
                    await self._serve_robot(robot, name, request)
                elif first is not None:
                    raise SignalingError('bad-message',
                                         'The first message must be register or watch')
            except SignalingError as error:
                await send_message(ws, Error(error.code, str(error)))
        return ws

    async def _serve_robot(self, robot: NativeRobot, name: str, request: web.Request) -> None:
        """
        Serve a robot until it leaves.

        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        admission = self.relay.admission
        try:
            await robot.claim(self.relay.registry, name)
        except SignalingError:
            admission.name_taken(name, request)
            raise
        try:
            admission.registered(name, request, NATIVE)
            await robot.serve(name)
        finally:
            self.relay.registry.remove(name, robot)
            admission.left(name)


async def _receive_first(ws: web.WebSocketResponse) -> SignalingMessage | None:
    """
    Return the first message, ``None`` if the WebSocket ends without one.

    :raises SignalingError: ``bad-message``
    """
    try:
        async with asyncio.timeout(FIRST_FRAME_TIMEOUT):
            return await receive_message(ws)
    except TimeoutError:
        raise SignalingError('bad-message', 'The first message did not come') from None
    except ProtocolError as error:
        raise SignalingError('bad-message', str(error)) from None
