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

"""An app of K-Scale's at a robot of ours."""

import asyncio
import secrets

from aiohttp import web, WSMsgType

from ..session_broker import Desk
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol import kscale_messages
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import OfferRequest

# A peer that takes a frame no faster than this would hold up the other one.
SEND_TIMEOUT = 5.0


async def say(ws: web.WebSocketResponse, text: str) -> bool:
    """Send a frame; return false if the WebSocket is closed or stuck."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            await ws.send_str(text)
    except (TimeoutError, ConnectionError, RuntimeError):
        return False
    return True


async def next_text(ws: web.WebSocketResponse) -> str | None:
    """
    Return the next frame, ``None`` at the end of the WebSocket.

    :raises ProtocolError: a binary frame
    """
    frame = await ws.receive()
    if frame.type == WSMsgType.BINARY:
        raise ProtocolError('a binary frame; messages are text')
    return frame.data if frame.type == WSMsgType.TEXT else None


class App:
    """
    One app; the robot makes the offer.

    The session ends with the app's WebSocket, as K-Scale's do.
    """

    def __init__(self, ws: web.WebSocketResponse, robot: RobotLink, source: str | None,
                 origin: str | None, desk: Desk, rate: RateLimiter) -> None:
        """Take over an open WebSocket; ``run`` reads it."""
        self._ws = ws
        self._robot = robot
        self._source = source
        self._origin = origin
        self._desk = desk
        self._rate = rate
        self._token: str | None = None
        self._session: str | None = None
        self._open = True

    async def run(self, first: str | None) -> None:
        """Serve the app until it goes; the first frame has been read if there is one."""
        try:
            while self._open and self._rate.allow():
                try:
                    text = first or await next_text(self._ws)
                    if text is None:
                        return
                    first = None
                    await self._take(kscale_messages.read_app_message(text))
                except (ProtocolError, SignalingError) as error:
                    if isinstance(error, ProtocolError):
                        self._desk.metrics.refuse('frames', self._source, str(error))
                    await say(self._ws, kscale_messages.write_error(str(error)))
            if self._open:
                self._desk.metrics.refuse('messages', self._source)
                await say(self._ws, kscale_messages.write_error('There are too many messages'))
        finally:
            await self._end()

    async def _take(self, message: kscale_messages.AppMessage) -> None:
        match message:
            case kscale_messages.GatewayToken(token=token):
                await self._admit(token)
            case kscale_messages.Negotiate(cameras=cameras):
                await self._call(cameras)
            case kscale_messages.AppAnswer(sdp=sdp):
                await self._accept(sdp)
            case kscale_messages.AppCandidate(candidate=candidate) if (
                    self._session is not None and self._desk.takes_candidate(self._session)):
                await self._robot.add_candidate(self._session, candidate)

    def _new_call(self, cameras: tuple[str | int, ...] = ()) -> OfferRequest:
        return OfferRequest(secrets.token_urlsafe(12), cameras=cameras, source=self._source,
                            bearer=self._token, origin=self._origin)

    async def _admit(self, token: str) -> None:
        self._token = token
        try:
            self._desk.count(self._source)
            await self._robot.admit(self._new_call())
        except SignalingError:
            # One guess for one connection.
            self._open = False
            raise
        await say(self._ws, kscale_messages.WELCOME)

    async def _call(self, cameras: tuple[str | int, ...]) -> None:
        # Another choice of cameras is another session.
        await self._end()
        call = self._new_call(cameras)
        self._session = call.session
        try:
            sdp = await self._desk.ask(self._robot, call)
        except SignalingError:
            self._session = None
            raise
        for frame in kscale_messages.write_offer(sdp):
            await say(self._ws, frame)
        self._desk.metrics.went('answer', call.session)

    async def _accept(self, sdp: str) -> None:
        if self._session is None:
            raise ProtocolError('there is no offer to answer: Negotiate first')
        self._desk.check_sdp(sdp, self._source, 'bad-answer')
        try:
            await self._robot.accept(self._session, sdp)
        except SignalingError:
            self._desk.forget(self._session)
            self._session = None
            raise

    async def _end(self) -> None:
        if (session := self._session) is not None:
            self._session = None
            self._desk.forget(session)
            await self._robot.close_session(session)
