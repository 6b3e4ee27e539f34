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

"""Door 1, ``rtc-bridge.v1``: robots over WebSockets, each with many viewers at once."""

import asyncio
import logging
from typing import Callable

from aiohttp import web, WSMsgType

from ..directory.registry import NAMELESS, Registry
from ..metrics import log, Metrics
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.log_limits import LogSampler
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol.ice import Candidate, check_candidate, IceServer
from ...core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Challenge, Close, Done, Error, IdentityProof, Message,
    NATIVE, Offer, OfferRequest, parse, Register, Registered, Renew, Servers,
)
from ...core.protocol.strict_json import shorten
from ...core.supervision import spawn

# What a robot may get wrong before it is sent away: at once, and in the long run.
_FAULTS, _FAULTS_PER_SECOND = 20, 1.0
_PROOF_TIMEOUT = 10.0


async def send(ws: web.WebSocketResponse, message: Message) -> bool:
    """
    Send a message; return false if the WebSocket is closed.

    :raises SignalingError: ``too-long``: the other end would close its WebSocket for it
    """
    try:
        text = message.dump()
    except ProtocolError as error:
        raise SignalingError('too-long', f'The {message.TYPE} cannot be passed on: {error}'
                             ) from None
    try:
        await ws.send_str(text)
    except (ConnectionError, RuntimeError):
        # aiohttp up to 3.10 says RuntimeError for a socket that is closing.
        return False
    return True


async def receive(ws: web.WebSocketResponse) -> Message | None:
    """
    Return the next message, or ``None`` at the end of the WebSocket.

    :raises ProtocolError: a frame that is no message
    """
    frame = await ws.receive()
    if frame.type == WSMsgType.TEXT:
        return parse(frame.data)
    if frame.type == WSMsgType.BINARY:
        raise ProtocolError('a binary frame; messages are text')
    return None


class WebSocketRobot:
    """
    A robot at the other end of its WebSocket.

    :param ice_servers: as the robot gave them when it registered
    :param timeout: seconds to wait for an answer
    """

    protocol = NATIVE
    trickle = True

    def __init__(self, ws: web.WebSocketResponse, ice_servers: tuple[IceServer, ...],
                 metrics: Metrics, *, timeout: float) -> None:
        """Take over an open WebSocket; ``run`` reads it."""
        self.on_end: dict[str, Callable[[], None]] = {}
        self._ws = ws
        self._ice_servers = ice_servers
        self._renewing = False
        self._metrics = metrics
        self._timeout = timeout
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._gone = False
        self._faults = RateLimiter(_FAULTS_PER_SECOND, _FAULTS)
        self._repeats = LogSampler()
        self._tolerable = True

    @property
    def gone(self) -> bool:
        """Tell whether its WebSocket is over; its sessions may go on."""
        return self._gone

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use; the next one gets other passwords."""
        servers = list(self._ice_servers)
        if not self._renewing and any(server.credential for server in servers):
            # Not before these are given out: that would cost each viewer a round trip.
            self._renewing = True
            await send(self._ws, Renew())
        return servers

    async def answer(self, offer: Offer) -> str:
        """
        Pass an offer on and return the robot's answer.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``, or as the robot says
        """
        return await self._request(offer.session, offer)

    async def admit(self, call: OfferRequest) -> None:
        """
        Ask whether somebody may call.

        :raises SignalingError: as ``answer``
        """
        await self._request(call.session, Admit(call))

    async def offer(self, call: OfferRequest) -> str:
        """
        Return the robot's own offer.

        :raises SignalingError: as ``answer``
        """
        return await self._request(call.session, call)

    async def accept(self, session: str, sdp: str) -> None:
        """
        Pass on the answer to the robot's offer.

        :raises SignalingError: as ``answer``
        """
        await self._request(session, Answer(session, sdp))

    async def _request(self, session: str, message: Message) -> str:
        """Send what a session waits for an answer to; return the SDP of the answer, if any."""
        answer = asyncio.get_running_loop().create_future()
        self._answers[session] = answer
        try:
            if self._gone or not await send(self._ws, message):
                raise SignalingError('robot-gone', 'The robot went away')
            self._metrics.went('offer', session)
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            # Nobody waits for this session any more; the robot may still be making it.
            await self.close_session(session)
            raise SignalingError(
                'robot-timeout', f'The robot did not answer in {self._timeout:g} s') from None
        finally:
            del self._answers[session]

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a candidate on, unless the robot would take it for a fault of the relay."""
        try:
            check_candidate(session, candidate)
        except ProtocolError as error:
            self._metrics.refuse('candidates', text=str(error))
            return
        await send(self._ws, CandidateMessage(session, candidate))

    async def close_session(self, session: str) -> None:
        """Tell the robot that a session is over."""
        await send(self._ws, Close(session))

    async def run(self) -> None:
        """Read the robot's messages until it goes."""
        try:
            while self._tolerable:
                try:
                    message = await receive(self._ws)
                    if message is None:
                        break
                    self._take(message)
                except ProtocolError as error:
                    self._metrics.refuse('frames', text=str(error))
                    self._blame('a robot sent what it should not', error=str(error))
                    await send(self._ws, Error('bad-message', str(error)))
        finally:
            self._leave()

    def _blame(self, event: str, **fields: str) -> None:
        """Log what a robot got wrong, and bear it for so long."""
        if count := self._repeats.count(event):
            log(event, logging.WARNING, count=count, **fields)
        if not self._faults.allow():
            self._metrics.refuse('messages')
            self._tolerable = False

    def dismiss(self) -> None:
        """End it, as it has come again; most likely nobody is at the other end any more."""
        log('a robot has taken its own place')
        self._leave()
        spawn('farewell', self._say_farewell())

    async def _say_farewell(self) -> None:
        # The WebSocket may be stuck: its keeper or the stall timeout ends it then.
        await send(self._ws, Error('replaced', 'The same robot has registered anew'))
        await self._ws.close()

    def _leave(self) -> None:
        self._gone = True
        for session in list(self._answers):
            self._settle(session, SignalingError('robot-gone', 'The robot went away'))
        # Its sessions may go on, but nobody here will hear of their ends.
        for session in list(self.on_end):
            self._end(session)

    def _end(self, session: str) -> None:
        if ended := self.on_end.pop(session, None):
            ended()

    def _take(self, message: Message) -> None:
        match message:
            case Answer(session=session, sdp=sdp):
                if session in self._answers:
                    self._metrics.came('answer', session)
                self._settle(session, sdp)
            case Offer(session=session, sdp=sdp):
                if session in self._answers:
                    self._metrics.came('answer', session)
                self._settle(session, sdp)
            case Done(session=session):
                self._settle(session, '')
            case Error(code=code, message=text, session=str(session)):
                self._settle(session, SignalingError(code, text))
            case Error(code=code, message=text):
                self._blame('a robot reports an error', code=shorten(code),
                            text=shorten(text, 200))
            case Servers(ice_servers=servers):
                self._ice_servers, self._renewing = servers, False
            case Close(session=session):
                self._settle(session, SignalingError('denied', 'The robot closed the session'))
                self._end(session)
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a robot')

    def _settle(self, session: str, result: str | SignalingError) -> None:
        answer = self._answers.get(session)
        if answer is None or answer.done():
            return
        if isinstance(result, SignalingError):
            answer.set_exception(result)
        else:
            answer.set_result(result)


async def serve_robot(ws: web.WebSocketResponse, registry: Registry, name: str,
                      register: Register, metrics: Metrics, *, timeout: float) -> None:
    """Register a robot under a name and serve it until it goes."""
    robot = WebSocketRobot(ws, register.ice_servers, metrics, timeout=timeout)
    try:
        await _enter(ws, registry, name, register, robot)
    except SignalingError as error:
        await send(ws, Error(error.code, str(error)))
        return
    try:
        await send(ws, Registered('/' if name == NAMELESS else f'/{name}'))
        await robot.run()
    finally:
        registry.remove(name, robot)


async def _enter(ws: web.WebSocketResponse, registry: Registry, name: str, register: Register,
                 robot: WebSocketRobot) -> None:
    """
    Give a robot its name, which it may have itself, over a connection that died unnoticed.

    :raises SignalingError: ``robot-exists``
    """
    key, holder = '', await registry.identity(name)
    if holder is not None and register.identity is not None:
        await send(ws, Challenge(holder.salt))
        try:
            async with asyncio.timeout(_PROOF_TIMEOUT):
                match await receive(ws):
                    case IdentityProof(key=key):
                        pass
        except (TimeoutError, ProtocolError):
            # Without a proof it is another robot.
            pass
    await registry.claim(name, robot, register.identity, key)
