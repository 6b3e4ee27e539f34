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

"""RTCBot's protocol: its robots over WebSockets, its viewers by POST."""

import secrets

from aiohttp import web

from .protocol import robot_name, SocketProtocol
from .rtcbot_robot import RTCBotRobot
from ..directory.registry import NAME_TAKEN, NAMELESS
from ..http.body import error_text, read_body, STATUS
from ..http.middleware import is_direct, request_origin
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.text_limits import sdp_member
from ...core.protocol.signaling_messages import MAX_MESSAGE, Offer, RTCBOT
from ...core.protocol.strict_json import load_object, member, shorten

# RTCBot's own words, which programs may look for.
NO_ROBOT = 'There is no robot connected'
NO_ROOM = 'No connection is active here'


class RTCBotProtocol(SocketProtocol):
    """
    WebSockets of robots at ``/{name}``, and POST of offers to ``/connect`` and ``/{name}``.

    ``/ws`` and ``/connect`` are RTCBot's form for one robot, the other paths rtcbot.dev's rooms.
    """

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the POST of offers."""
        router.add_post('/connect', self._post)
        router.add_post('/{name}', self._post)
        router.add_route('OPTIONS', '/{name}', self._options)

    def takes_socket(self, request: web.Request) -> bool:
        """Tell whether a handshake has a robot's path and no subprotocol."""
        return 'name' in request.match_info and 'Sec-WebSocket-Protocol' not in request.headers

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """
        Serve a robot until it leaves, or its room ends.

        :raises aiohttp.web.HTTPException: 403 no token, 404 no name, 409 the name is taken
        """
        relay, name = self.relay, robot_name(request)
        if reason := relay.admission.refusal(name, request):
            raise web.HTTPForbidden(text=reason)
        if await relay.registry.find(name) is not None:
            relay.admission.name_taken(name, request)
            raise web.HTTPConflict(text=NAME_TAKEN)
        async with relay.sockets.accept(request) as ws:
            robot = RTCBotRobot(ws, once=name != NAMELESS, timeout=relay.limits.answer_timeout)
            try:
                await relay.registry.claim(name, robot)
            except SignalingError:
                # Another robot came while this one's handshake was under way.
                relay.admission.name_taken(name, request)
                return ws
            try:
                relay.admission.registered(name, request, RTCBOT)
                await robot.run()
            finally:
                relay.registry.remove(name, robot)
                relay.admission.left(name)
        return ws

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers={
            'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
            'Access-Control-Allow-Headers': 'Content-Type', 'Access-Control-Max-Age': '86400'})

    async def _post(self, request: web.Request) -> web.Response:
        """
        Answer an offer with exactly RTCBot's two members: a third one breaks its Python clients.

        Whatever goes wrong becomes a status and one sentence, never a hanging request.
        """
        name = robot_name(request)
        offer = await _read_offer(request)
        robot = await self.relay.registry.find(name)
        if robot is None:
            if name == NAMELESS:
                raise web.HTTPInternalServerError(text=NO_ROBOT)
            raise web.HTTPNotFound(text=NO_ROOM)
        try:
            sdp = await self.relay.broker.ask(robot, offer)
        except SignalingError as error:
            return web.Response(status=STATUS.get(error.code, 502), text=error_text(error))
        self.relay.metrics.forwarded('answer', offer.session)
        return web.json_response({'sdp': sdp, 'type': 'answer'})


async def _read_offer(request: web.Request) -> Offer:
    """
    Read the offer in a POST, whatever its content type: browsers send ``text/plain``.

    :raises aiohttp.web.HTTPException: 400 no offer, 408 too slow, 413 too long
    """
    body = await read_body(request)
    try:
        obj = load_object(body, MAX_MESSAGE)
        if member(obj, 'type', str) != 'offer':
            raise ProtocolError(f'type {shorten(obj["type"])} where an offer was due')
        sdp = sdp_member(obj)
    except ProtocolError as error:
        raise web.HTTPBadRequest(text=f'This is no offer: {error}') from None
    return Offer(session=secrets.token_urlsafe(12), sdp=sdp, protocol=RTCBOT, trickle=False,
                 camera=request.query.get('camera') or None, source=request.remote,
                 origin=request_origin(request), is_direct=is_direct(request))
