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
K-Scale's protocol: its apps and robots, over WebSockets at ``/``.

They speak to each other through the relay as through K-Scale's own. Of a robot of ours an app sees
what it would see of K-Scale's: gateway and stream in one.
"""

import asyncio
from typing import NoReturn

from aiohttp import web

from .kscale_robot import KScaleRobot
from .kscale_socket import receive_text, send_text
from .kscale_viewer import KScaleViewer
from .protocol import SocketProtocol
from ..directory.registry import NAMELESS
from ..http.middleware import request_origin
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol import kscale_messages
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.robot_names import check_name
from ...core.protocol.signaling_messages import KSCALE, NATIVE
from ...core.supervision import first_of

# Seconds.
FIRST_FRAME_TIMEOUT = 10.0


class KScaleProtocol(SocketProtocol):
    """WebSockets at ``/`` without a subprotocol. The first frame tells robots from apps."""

    def takes_socket(self, request: web.Request) -> bool:
        """Tell whether a handshake is for ``/`` and has no subprotocol."""
        return ('name' not in request.match_info
                and 'Sec-WebSocket-Protocol' not in request.headers)

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """Serve a robot or an app until it leaves."""
        async with self.relay.sockets.accept(request) as ws:
            try:
                async with asyncio.timeout(FIRST_FRAME_TIMEOUT):
                    text = await receive_text(ws)
                if text is None:
                    return ws
                hello = kscale_messages.read_hello(text)
                if hello is None:
                    await self._serve_app(ws, NAMELESS, request, text)
                elif hello.role == 'app':
                    await self._serve_app(ws, hello.robot_id, request, None)
                else:
                    await self._serve_robot(ws, check_name(hello.robot_id), request)
            except TimeoutError:
                await send_text(ws, kscale_messages.write_refusal('The first message did not '
                                                                  'come'))
            except (ProtocolError, SignalingError) as error:
                await send_text(ws, kscale_messages.write_refusal(str(error)))
        return ws

    async def _serve_robot(self, ws: web.WebSocketResponse, name: str, request: web.Request
                           ) -> None:
        relay = self.relay
        if reason := relay.admission.refusal(name, request):
            raise SignalingError('denied', reason)
        robot = KScaleRobot(ws, relay.metrics)
        try:
            await relay.registry.claim(name, robot)
        except SignalingError:
            relay.admission.name_taken(name, request)
            raise
        try:
            relay.admission.registered(name, request, KSCALE)
            await robot.run()
        finally:
            relay.registry.remove(name, robot)
            relay.admission.left(name)

    async def _serve_app(self, ws: web.WebSocketResponse, name: str, request: web.Request,
                         first: str | None) -> None:
        relay, is_gone = self.relay, asyncio.Event()
        per_second = relay.limits.messages_per_second
        rate = RateLimiter(per_second, 4 * per_second)
        # Watch before looking for the robot, so that its end cannot be missed.
        unwatch = relay.registry.watch(name, lambda _: is_gone.set())
        try:
            robot = await relay.registry.find(name)
            if robot is not relay.registry.get(name):
                raise SignalingError('no-robot', f'{kscale_messages.NO_ROBOT} at this relay')
            is_gone.clear()
            with relay.broker.page(name, request.remote):
                if isinstance(robot, KScaleRobot):
                    await robot.serve_app(ws, rate, request.transport)
                elif robot is not None and robot.protocol == NATIVE:
                    await self._watch_robot(ws, robot, request, rate, first, is_gone)
                else:
                    raise SignalingError('no-robot', kscale_messages.NO_ROBOT)
        finally:
            unwatch()

    async def _watch_robot(self, ws: web.WebSocketResponse, robot: RobotLink,
                           request: web.Request, rate: RateLimiter, first: str | None,
                           is_gone: asyncio.Event) -> None:
        """
        Serve an app that watches a robot of ours.

        :raises SignalingError: the robot went away
        """
        if first is None:
            await send_text(ws, kscale_messages.AVAILABLE)
        viewer = KScaleViewer(ws, robot, request.remote, request_origin(request),
                              self.relay.broker, rate)

        async def end_with_robot() -> NoReturn:
            await is_gone.wait()
            raise SignalingError('robot-gone', kscale_messages.GONE)

        await first_of(end_with_robot(), viewer.serve(first))
