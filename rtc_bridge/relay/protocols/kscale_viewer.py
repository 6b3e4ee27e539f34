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

"""An app of K-Scale's that watches a robot of ours."""

import asyncio
from contextlib import suppress
from dataclasses import replace
import logging
import secrets

from aiohttp import web

from .kscale_socket import receive_text, send_text
from ..event_log import log_event
from ..session_broker import SessionBroker, short_id
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.rate_limit import RateLimiter
from ...core.limits.sdp_limits import check_sdp
from ...core.protocol import kscale_messages
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import OfferRequest, ServiceReply, ServiceRequest
from ...core.supervision import spawn

# Characters of programs' replies that wait for the app.
_MAX_WAITING = 2 * kscale_messages.MAX_PROGRAM_TEXT
# Characters that an app may send to programs, each second in the long run and at once.
_TEXT_HZ, _TEXT_BURST = 64 * 1024, 256 * 1024


class KScaleViewer:
    """
    One app. The robot makes the offer, and the session ends with the app's WebSocket.

    :param source: the app's address
    :param origin: that of the app's page, as in an ``OfferRequest``
    """

    def __init__(self, ws: web.WebSocketResponse, robot: RobotLink, source: str | None,
                 origin: str | None, broker: SessionBroker, rate: RateLimiter) -> None:
        self._ws = ws
        self._robot = robot
        self._source = source
        self._origin = origin
        self._broker = broker
        self._rate = rate
        self._token: str | None = None
        self._session: str | None = None
        self._is_open = True
        # Stands for the app among those that talk to programs.
        self._app = secrets.token_urlsafe(12)
        self._is_admitted = False
        self._texts = RateLimiter(_TEXT_HZ, _TEXT_BURST)
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._waiting = 0
        self._replying: asyncio.Task[None] | None = None

    async def serve(self, first: str | None) -> None:
        """
        Serve the app until it leaves.

        :param first: its first frame, if that has been read
        """
        try:
            while self._is_open and self._rate.allow():
                try:
                    text = first or await receive_text(self._ws)
                    if text is None:
                        return
                    first = None
                    await self._handle(kscale_messages.read_app_message(text))
                except (ProtocolError, SignalingError) as error:
                    if isinstance(error, ProtocolError):
                        self._broker.metrics.refuse('frames', self._source, str(error))
                    await self._send_error(str(error))
            if self._is_open:
                self._broker.metrics.refuse('messages', self._source)
                await self._send_error('There are too many messages')
        finally:
            await self._end_programs()
            await self._end_session()

    async def _handle(self, message: kscale_messages.AppMessage) -> None:
        match message:
            case kscale_messages.GatewayToken(token=token):
                await self._admit(token)
            case kscale_messages.Negotiate(cameras=cameras, audio=audio):
                await self._negotiate(cameras, audio)
            case kscale_messages.AppAnswer(sdp=sdp):
                await self._accept(sdp)
            case kscale_messages.AppCandidate(candidate=candidate) if (
                    self._session is not None and self._broker.allows_candidate(self._session)):
                await self._robot.add_candidate(self._session, candidate)
            case kscale_messages.ProgramMessage():
                await self._pass_on(message)

    async def _pass_on(self, message: kscale_messages.ProgramMessage) -> None:
        """Give a program on the robot what the app says."""
        # TCP makes the app wait, too.
        await asyncio.sleep(self._texts.spend(message.size))
        if self._replying is None:
            self._replying = spawn('replies to an app', self._send_replies())
        try:
            if not self._is_admitted:
                # Once: what strangers send must not reach a robot.
                self._broker.count_offer(self._source)
                await self._robot.admit(self._new_request())
                self._is_admitted = True
            self._robot.on_reply[self._app] = self._take_reply
            await self._robot.send_to_program(ServiceRequest(
                replace(self._new_request(), session=self._app), message.service,
                message.payload))
        except SignalingError as error:
            self._take_reply(ServiceReply(self._app, message.service, fault=str(error)))

    def _take_reply(self, reply: ServiceReply) -> bool:
        """Let a reply wait for the app; return whether there was room."""
        # Why no more comes has room behind what has been too much.
        if self._waiting >= (2 if reply.fault else 1) * _MAX_WAITING:
            return False
        text = kscale_messages.write_reply(reply)
        self._waiting += len(text)
        self._replies.put_nowait(text)
        return True

    async def _send_replies(self) -> None:
        while True:
            text = await self._replies.get()
            await send_text(self._ws, text)
            self._waiting -= len(text)

    async def _end_programs(self) -> None:
        if self._replying is None:
            return
        self._replying.cancel()
        self._robot.on_reply.pop(self._app, None)
        with suppress(SignalingError):
            await self._robot.close_session(self._app)

    def _new_request(self, cameras: tuple[str | int, ...] = (), audio: bool = False
                     ) -> OfferRequest:
        return OfferRequest(secrets.token_urlsafe(12), cameras=cameras, audio=audio,
                            source=self._source, bearer=self._token, origin=self._origin)

    async def _admit(self, token: str) -> None:
        self._token = token
        try:
            self._broker.count_offer(self._source)
            await self._robot.admit(self._new_request())
        except SignalingError:
            # One guess a connection.
            self._is_open = False
            raise
        self._is_admitted = True
        await send_text(self._ws, kscale_messages.WELCOME)

    async def _negotiate(self, cameras: tuple[str | int, ...], audio: bool) -> None:
        # Another choice of cameras is another session.
        await self._end_session()
        request = self._new_request(cameras, audio)
        log_event('an app asks for an offer', logging.DEBUG, session=short_id(request.session))
        self._session = request.session
        try:
            sdp = await self._broker.ask(self._robot, request)
        except SignalingError:
            self._session = None
            raise
        for frame in kscale_messages.write_offer(sdp):
            await send_text(self._ws, frame)
        self._broker.metrics.forwarded('answer', request.session)

    async def _accept(self, sdp: str) -> None:
        if self._session is None:
            raise ProtocolError('there is no offer to answer: Negotiate first')
        try:
            check_sdp(sdp, code='bad-answer')
        except SignalingError as error:
            self._broker.metrics.refuse('sdp', self._source, str(error))
            raise
        try:
            await self._robot.accept(self._session, sdp)
        except SignalingError:
            self._broker.forget(self._session)
            self._session = None
            raise

    async def _end_session(self) -> None:
        if (session := self._session) is not None:
            self._session = None
            self._broker.forget(session)
            await self._robot.close_session(session)

    async def _send_error(self, text: str) -> None:
        await send_text(self._ws, kscale_messages.write_error(text))
