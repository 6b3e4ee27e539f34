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

"""A robot that is asked by messages of the native protocol, whatever carries them."""

import asyncio
from collections.abc import Awaitable, Callable
import logging

from .event_log import log_event
from .metrics import Metrics
from .session_broker import short_id
from ..core.errors import ProtocolError, RtcBridgeError, SignalingError
from ..core.limits.log_limits import escape, LogSampler
from ..core.limits.rate_limit import RateLimiter
from ..core.limits.text_limits import MAX_LENGTHS
from ..core.protocol.ice import Candidate, check_candidate, IceServer
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Close, Done, Error, NATIVE, Offer, OfferRequest, Servers,
    ServiceReply, ServiceRequest, SignalingMessage,
)
from ..core.protocol.strict_json import shorten
from ..core.supervision import spawn

ROBOT_GONE = 'The robot went away'
# Messages of a robot that end the wait for it.
_REPLIES = frozenset({Answer.TYPE, Offer.TYPE, Done.TYPE, Error.TYPE, Close.TYPE})
# Errors of a robot that are tolerated: at once, and each second in the long run.
_FAULTS, _FAULTS_PER_SECOND = 20, 1.0


def dump_message(message: SignalingMessage) -> str:
    """
    Return a message as text.

    :raises SignalingError: ``too-long``, since the other end would close its WebSocket for it
    """
    try:
        return message.dump()
    except ProtocolError as error:
        raise SignalingError('too-long', f'The {message.TYPE} cannot be passed on: {error}'
                             ) from None


class MessagingRobot(RobotLink):
    """
    Sends requests to a robot, and finds its answers by their sessions.

    :param send: sends a message; returns whether the robot may get it; raises ``SignalingError``
        ``too-long``
    :param ice_servers: as the robot gave them when it registered
    :param timeout: seconds to wait for an answer
    """

    protocol = NATIVE
    trickle = True
    keeps_order = True
    # Whether the robot knows ServiceRequest.
    knows_services = False

    def __init__(self, send: Callable[[SignalingMessage], Awaitable[bool]],
                 ice_servers: tuple[IceServer, ...], metrics: Metrics, *, timeout: float) -> None:
        super().__init__()
        self._send = send
        self._ice_servers = ice_servers
        self._metrics = metrics
        self._timeout = timeout
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._is_gone = False
        self._fault_rate = RateLimiter(_FAULTS_PER_SECOND, _FAULTS)
        self._sampler = LogSampler()
        # False once the robot has made more errors than are tolerated.
        self._is_tolerable = True

    @property
    def is_gone(self) -> bool:
        """Tell whether the way to the robot is lost; its sessions may go on."""
        return self._is_gone

    async def answer(self, offer: Offer) -> str:
        """
        Send an offer and return the robot's answer.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``, ``internal``, or as the robot
            says
        """
        return await self._request(offer.session, offer)

    async def admit(self, request: OfferRequest) -> None:
        """
        Ask whether a viewer may request an offer.

        :raises SignalingError: as ``answer``
        """
        await self._request(request.session, Admit(request))

    async def offer(self, request: OfferRequest) -> str:
        """
        Return the robot's own offer.

        :raises SignalingError: as ``answer``
        """
        return await self._request(request.session, request)

    async def accept(self, session: str, sdp: str) -> None:
        """
        Send the answer to the robot's offer.

        :raises SignalingError: as ``answer``
        """
        await self._request(session, Answer(session, sdp))

    async def _request(self, session: str, message: SignalingMessage) -> str:
        """Send a message and wait for what answers it; return its SDP, empty if it has none."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[session] = answer
        try:
            if self._is_gone or not await self._send(message):
                raise SignalingError('robot-gone', ROBOT_GONE)
            self._metrics.forwarded('offer', session)
            log_event('sent to the robot', logging.DEBUG, message=message.TYPE,
                      session=short_id(session))
            async with asyncio.timeout(self._timeout):
                return await answer
        except ProtocolError as error:
            await self.close_session(session)
            raise SignalingError('internal', f'The robot sent a bad answer: {error}') from None
        except TimeoutError:
            # The robot may still be setting up the session, which no viewer waits for any more.
            await self.close_session(session)
            raise SignalingError(
                'robot-timeout', f'The robot did not answer within {self._timeout:g} s') from None
        finally:
            del self._answers[session]

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Send a candidate, if it is one that the robot takes."""
        try:
            check_candidate(session, candidate)
        except ProtocolError as error:
            self._metrics.refuse('candidates', text=str(error))
            return
        await self._send(CandidateMessage(session, candidate))

    async def send_to_program(self, message: ServiceRequest) -> None:
        """
        Send what an app says to a program.

        :raises SignalingError: ``denied``, ``robot-gone`` or ``too-long``
        """
        if not self.knows_services:
            await super().send_to_program(message)
        if self._is_gone or not await self._send(message):
            raise SignalingError('robot-gone', ROBOT_GONE)

    async def close_session(self, session: str) -> None:
        """Tell the robot that a session is over."""
        await self._send(Close(session))

    def handle(self, message: SignalingMessage) -> None:
        """
        Take a message of the robot's.

        :raises ProtocolError: robots do not send such messages
        """
        match message:
            case Answer(session=session, sdp=sdp) | Offer(session=session, sdp=sdp):
                if session in self._answers:
                    self._metrics.arrived('answer', session)
                self._settle(session, sdp)
            case Done(session=session):
                self._settle(session, '')
            case Error(code=code, message=text, session=str(session)):
                if session in self._answers:
                    self._settle(session, SignalingError(code, text))
                else:
                    # Of what an app said; to which program is not known.
                    self._tell_app(ServiceReply(session, '', fault=text))
            case Error(code=code, message=text):
                self.blame('a robot reports an error', code=shorten(code), text=shorten(text, 200))
            case Servers(ice_servers=servers):
                self._ice_servers = servers
            case ServiceReply(session=session):
                if not self._tell_app(message):
                    self._tell_app(ServiceReply(
                        session, message.service, fault='the app does not read'))
                    # Until the app says something again. The robot ends its connections.
                    del self.on_reply[session]
                    spawn('end of an app that does not read', self.close_session(session))
            case Close(session=session):
                self._settle(session, SignalingError('denied', 'The robot closed the session'))
                self._end_session(session)
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a robot')

    def reject(self, error: ProtocolError) -> None:
        """Let nobody wait for a message of the robot's that could not be read."""
        if error.session is not None and error.kind in _REPLIES:
            self._settle(error.session, error)
        elif error.session is not None and error.kind == ServiceReply.TYPE:
            self._tell_app(ServiceReply(error.session, '', fault=escape(
                f'the robot sent a bad reply: {error}', MAX_LENGTHS['message'])))

    def blame(self, event: str, **fields: str) -> None:
        """Log an error of the robot's; after too many of them the robot is disconnected."""
        if count := self._sampler.count(event):
            log_event(event, logging.WARNING, count=count, **fields)
        if not self._fault_rate.allow():
            self._metrics.refuse('messages')
            self._is_tolerable = False

    def leave(self) -> None:
        """Note that the robot, or the way to it, is gone."""
        self._is_gone = True
        for session in list(self._answers):
            self._settle(session, SignalingError('robot-gone', ROBOT_GONE))
        # Sessions may go on, but this relay will not hear of their ends.
        for session in list(self.on_end):
            self._end_session(session)

    def _tell_app(self, reply: ServiceReply) -> bool:
        """Give a reply to its app; return false if there is one that does not read."""
        take = self.on_reply.get(reply.session)
        return take is None or take(reply)

    def _end_session(self, session: str) -> None:
        if on_end := self.on_end.pop(session, None):
            on_end()

    def _settle(self, session: str, result: str | RtcBridgeError) -> None:
        answer = self._answers.get(session)
        if answer is None or answer.done():
            return
        if isinstance(result, RtcBridgeError):
            answer.set_exception(result)
        else:
            answer.set_result(result)
