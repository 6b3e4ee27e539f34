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

"""Door 1, ``rtc-bridge.v1``: pages over WebSockets, which wait for their robot."""

import asyncio
from dataclasses import replace
import logging
import secrets

from aiohttp import web

from .native_robots import receive, send, WebSocketRobot
from ..directory.registry import Registry
from ..metrics import log
from ..session_broker import Desk
from ...core.errors import ProtocolError, SignalingError
from ...core.keyed_queue import KeyedQueue
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import (
    Answer, CandidateMessage, Close, Error, Message, NATIVE, Offer, Ready, Renew,
)
from ...core.protocol.strict_json import shorten
from ...core.supervision import first_of

# Session ids a page may hold at once: a picture, the one that replaces it, and some slack.
MAX_SESSIONS = 16


class PageSocket:
    """A page's WebSocket. It stays while robots come and go."""

    def __init__(self, ws: web.WebSocketResponse, registry: Registry, name: str,
                 source: str | None, origin: str | None, desk: Desk, rate: float) -> None:
        """Take over an open WebSocket, which may bring so many messages a second."""
        self._ws = ws
        self._registry = registry
        self._name = name
        self._source = source
        self._origin = origin
        self._desk = desk
        self._rate = RateLimiter(rate, 4 * rate)
        self._jobs = KeyedQueue(name='request of a page')
        self._fresh: dict[str, RobotLink] = {}
        self._used: dict[str, RobotLink] = {}
        self._presence: asyncio.Queue[RobotLink | None] = asyncio.Queue()

    async def run(self) -> None:
        """Serve the page until it goes."""
        unwatch = self._registry.watch(self._name, self._presence.put_nowait)
        try:
            await first_of(self._read(), self._follow())
        finally:
            unwatch()
            await self._jobs.close()
            for session in self._used:
                # Of one whose task had not begun, nobody else would.
                self._desk.metrics.forget('offer', session)
            self._used.clear()

    async def _follow(self) -> None:
        robot = await self._registry.find(self._name)
        if robot is None:
            await self._error('no-robot', 'There is no robot connected')
        else:
            await self._ready(robot)
        while True:
            told, robot = robot, await self._presence.get()
            if robot is told:
                # It came while it was looked for: a second `ready` would end the page's offer.
                continue
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
                self._desk.metrics.refuse('frames', self._source, str(error))
                await self._error('bad-message', str(error))
            if not self._rate.allow():
                self._desk.metrics.refuse('messages', self._source)
                await self._error('too-many', 'There are too many messages')
                return

    async def _take(self, message: Message) -> None:
        match message:
            case Offer() as offer:
                await self._offer(offer)
            case CandidateMessage(session=session, candidate=candidate):
                robot = self._used.get(session)
                if robot and self._desk.takes_candidate(session):
                    await self._pass(robot, session, lambda: robot.add_candidate(
                        session, candidate))
            case Close(session=session):
                if robot := self._used.pop(session, None):
                    await self._pass(robot, session, lambda: robot.close_session(session))
            case Renew():
                if robot := await self._registry.find(self._name):
                    await self._ready(robot)
                else:
                    await self._error('no-robot', 'There is no robot connected')
            case Error(code=code, message=text):
                log('a page reports an error', logging.DEBUG, code=shorten(code),
                    text=shorten(text, 200))
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
        try:
            servers = await robot.ice_servers()
        except SignalingError as error:
            await self._error(error.code, str(error))
            return
        self._fresh[session] = robot
        while len(self._fresh) > MAX_SESSIONS:
            del self._fresh[next(iter(self._fresh))]
        await send(self._ws, Ready(session, robot.protocol, robot.trickle, tuple(servers)))

    async def _offer(self, offer: Offer) -> None:
        robot = self._fresh.pop(offer.session, None)
        if robot is None:
            raise ProtocolError('this session is not ready for an offer; renew it')
        if offer.trickle and not robot.trickle:
            await self._error('bad-offer', 'This robot needs an offer with all its candidates',
                              offer.session)
            return
        self._desk.metrics.came('offer', offer.session)
        self._used[offer.session] = robot
        while len(self._used) > MAX_SESSIONS:
            oldest = next(iter(self._used))
            del self._used[oldest]
            self._desk.metrics.forget('offer', oldest)
        # What the page says about itself is not what the relay knows.
        offer = replace(offer, protocol=NATIVE, source=self._source, bearer=None,
                        origin=self._origin)
        self._jobs.put(offer.session, lambda: self._answer(robot, offer))
        # The offer goes out before anything that follows it is read.
        await asyncio.sleep(0)

    async def _answer(self, robot: RobotLink, offer: Offer) -> None:
        over = False
        try:
            sdp = await self._desk.ask(robot, offer,
                                       ended=lambda: self._ended(robot, offer.session))
        except SignalingError as error:
            # Nothing is left to close.
            over = True
            self._used.pop(offer.session, None)
            await self._error(error.code, str(error), offer.session)
        else:
            over = await self._send_answer(offer.session, sdp)
        finally:
            if not over:
                # The page left before its answer: nobody will ever take this session.
                await robot.close_session(offer.session)

    def _ended(self, robot: RobotLink, session: str) -> None:
        # While a session is set up, the page cannot know it in another way. One of a robot whose
        # link is lost may go on.
        if session in self._used and not (isinstance(robot, WebSocketRobot) and robot.gone):
            # Behind the answer.
            self._jobs.put(session, lambda: self._tell_end(session))

    async def _tell_end(self, session: str) -> None:
        if self._used.pop(session, None):
            await send(self._ws, Close(session))

    async def _send_answer(self, session: str, sdp: str) -> bool:
        """Return whether the page has it."""
        try:
            return await send(self._ws, Answer(session, sdp))
        except SignalingError as error:
            self._desk.metrics.refuse('frames', self._source, str(error))
            await self._error(error.code, str(error), session)
            return False
        finally:
            self._desk.metrics.went('answer', session)

    async def _error(self, code: str, message: str, session: str | None = None) -> None:
        await send(self._ws, Error(code, message, session))
