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

"""Door 1, ``rtc-bridge.v1``: robots and pages over WebSockets, many viewers at once."""

import asyncio
from dataclasses import replace
import logging
import secrets
from typing import Callable

from aiohttp import web, WSMsgType

from .desk import Desk
from .registry import NAMELESS, Registry
from ..core.errors import ProtocolError, SignalingError
from ..core.link import Candidate, IceServer, Offer, RobotLink
from ..core.messages import (Answer, CandidateMessage, Close, Error, Message, OfferMessage, parse,
                             Ready, Register, Registered, Renew)
from ..core.serial import SerialTasks

_logger = logging.getLogger('rtc_bridge.relay')

# Session ids a page may hold at once: a picture, the one that replaces it, and some slack.
MAX_SESSIONS = 16


async def send(ws: web.WebSocketResponse, message: Message) -> bool:
    """Send a message; return false if the WebSocket is closed."""
    try:
        await ws.send_str(message.dump())
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

    kind = 'v1'
    trickle = True

    def __init__(self, ws: web.WebSocketResponse, ice_servers: tuple[IceServer, ...], *,
                 timeout: float) -> None:
        """Take over an open WebSocket; ``run`` reads it."""
        self.ends: dict[str, Callable[[], None]] = {}
        self._ws = ws
        self._ice_servers = ice_servers
        self._timeout = timeout
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._gone = False

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use."""
        return list(self._ice_servers)

    async def answer(self, offer: Offer) -> str:
        """
        Pass an offer on and return the robot's answer.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``, or as the robot says
        """
        answer = asyncio.get_running_loop().create_future()
        self._answers[offer.session] = answer
        try:
            if self._gone or not await send(self._ws, OfferMessage(offer)):
                raise SignalingError('robot-gone', 'The robot went away')
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            # Nobody waits for this session any more; the robot may still be making it.
            await self.close_session(offer.session)
            raise SignalingError(
                'robot-timeout', f'The robot did not answer in {self._timeout:g} s') from None
        finally:
            del self._answers[offer.session]

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a candidate on."""
        await send(self._ws, CandidateMessage(session, candidate))

    async def close_session(self, session: str) -> None:
        """Tell the robot that a session is over."""
        await send(self._ws, Close(session))

    async def run(self) -> None:
        """Read the robot's messages until it goes."""
        try:
            while True:
                try:
                    message = await receive(self._ws)
                    if message is None:
                        break
                    self._take(message)
                except ProtocolError as error:
                    _logger.warning('a robot sent what it should not: %s', error)
                    await send(self._ws, Error('bad-message', str(error)))
        finally:
            self._gone = True
            for session in list(self._answers):
                self._settle(session, SignalingError('robot-gone', 'The robot went away'))
            # Its sessions may go on, but nobody here will hear of their ends.
            for session in list(self.ends):
                self._end(session)

    def _end(self, session: str) -> None:
        if ended := self.ends.pop(session, None):
            ended()

    def _take(self, message: Message) -> None:
        match message:
            case Answer(session=session, sdp=sdp):
                self._settle(session, sdp)
            case Error(code=code, message=text, session=str(session)):
                self._settle(session, SignalingError(code, text))
            case Error(code=code, message=text):
                _logger.warning('a robot reports %s: %s', code, text)
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
                      register: Register, *, timeout: float) -> None:
    """Register a robot under a name and serve it until it goes."""
    robot = WebSocketRobot(ws, register.ice_servers, timeout=timeout)
    try:
        registry.add(name, robot)
    except SignalingError as error:
        await send(ws, Error(error.code, str(error)))
        return
    try:
        await send(ws, Registered('/' if name == NAMELESS else f'/{name}'))
        await robot.run()
    finally:
        registry.remove(name, robot)


class PageSocket:
    """A page's WebSocket. It stays while robots come and go."""

    def __init__(self, ws: web.WebSocketResponse, registry: Registry, name: str,
                 source: str | None, desk: Desk) -> None:
        """Take over an open WebSocket."""
        self._ws = ws
        self._registry = registry
        self._name = name
        self._source = source
        self._desk = desk
        self._jobs = SerialTasks()
        self._fresh: dict[str, RobotLink] = {}
        self._used: dict[str, RobotLink] = {}
        self._presence: asyncio.Queue[RobotLink | None] = asyncio.Queue()

    async def run(self) -> None:
        """Serve the page until it goes."""
        unwatch = self._registry.watch(self._name, self._presence.put_nowait)
        presence = asyncio.create_task(self._follow())
        try:
            await self._read()
        finally:
            unwatch()
            presence.cancel()
            await asyncio.gather(presence, return_exceptions=True)
            await self._jobs.close()

    async def _follow(self) -> None:
        robot = self._registry.get(self._name)
        if robot is None:
            await self._error('no-robot', 'There is no robot connected')
        else:
            await self._ready(robot)
        while True:
            robot = await self._presence.get()
            if robot is None:
                await self._error('robot-gone', 'The robot went away')
            else:
                await self._ready(robot)

    async def _read(self) -> None:
        while True:
            try:
                message = await receive(self._ws)
                if message is None:
                    return
                await self._take(message)
            except ProtocolError as error:
                await self._error('bad-message', str(error))

    async def _take(self, message: Message) -> None:
        match message:
            case OfferMessage(offer=offer):
                await self._offer(offer)
            case CandidateMessage(session=session, candidate=candidate):
                if robot := self._used.get(session):
                    await self._pass(robot, session, lambda: robot.add_candidate(
                        session, candidate))
            case Close(session=session):
                if robot := self._used.pop(session, None):
                    await self._pass(robot, session, lambda: robot.close_session(session))
            case Renew():
                if robot := self._registry.get(self._name):
                    await self._ready(robot)
                else:
                    await self._error('no-robot', 'There is no robot connected')
            case Error(code=code, message=text):
                _logger.info('a page reports %s: %s', code, text)
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a page')

    async def _pass(self, robot: RobotLink, session: str, job) -> None:
        # A robot's own end of the wire keeps the order, and gets candidates early. One in this
        # process ignores candidates of a session that it has not made yet: they wait.
        if isinstance(robot, WebSocketRobot):
            await job()
        elif not self._jobs.put(session, job):
            await self._error('busy', 'Too many messages for this session', session)

    async def _ready(self, robot: RobotLink) -> None:
        session = secrets.token_urlsafe(12)
        servers = await robot.ice_servers()
        self._fresh[session] = robot
        while len(self._fresh) > MAX_SESSIONS:
            del self._fresh[next(iter(self._fresh))]
        await send(self._ws, Ready(session, robot.kind, robot.trickle, tuple(servers)))

    async def _offer(self, offer: Offer) -> None:
        robot = self._fresh.pop(offer.session, None)
        if robot is None:
            raise ProtocolError('this session is not ready for an offer; renew it')
        if offer.trickle and not robot.trickle:
            await self._error('bad-offer', 'This robot needs an offer with all its candidates',
                              offer.session)
            return
        self._used[offer.session] = robot
        while len(self._used) > MAX_SESSIONS:
            del self._used[next(iter(self._used))]
        # What the page says about itself is not what the relay knows.
        offer = replace(offer, door='v1', source=self._source, bearer=None)
        self._jobs.put(offer.session, lambda: self._answer(robot, offer))
        # The offer goes out before anything that follows it is read.
        await asyncio.sleep(0)

    async def _answer(self, robot: RobotLink, offer: Offer) -> None:
        over = False
        try:
            sdp = await self._desk.ask(robot, offer)
            over = await send(self._ws, Answer(offer.session, sdp))
        except SignalingError as error:
            # Nothing is left to close.
            over = True
            await self._error(error.code, str(error), offer.session)
        finally:
            if not over:
                # The page left before its answer: nobody will ever take this session.
                await robot.close_session(offer.session)

    async def _error(self, code: str, message: str, session: str | None = None) -> None:
        await send(self._ws, Error(code, message, session))
