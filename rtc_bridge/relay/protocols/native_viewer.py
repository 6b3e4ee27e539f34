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

"""A page that speaks the native protocol, over its WebSocket or over HTTP."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
import logging
import secrets
from typing import Any, NoReturn, Protocol

from ..directory.registry import Registry
from ..event_log import log_event
from ..session_broker import SessionBroker, short_id
from ...core.errors import ProtocolError, SignalingError
from ...core.keyed_queue import KeyedQueue
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import (
    Answer, CandidateMessage, Close, Error, NATIVE, Offer, Ready, Renew, SignalingMessage,
)
from ...core.protocol.strict_json import shorten
from ...core.supervision import first_of

# Session ids that a page may hold at once: a picture, the one that replaces it, and some slack.
MAX_SESSIONS = 16
_NO_ROBOT = 'There is no robot connected'


class MessageStream(Protocol):
    """The way of messages from and to a page."""

    async def receive(self) -> SignalingMessage | None:
        """
        Return the next message, or ``None`` at the end.

        :raises ProtocolError: what came is no message
        """

    async def send(self, message: SignalingMessage) -> bool:
        """
        Send a message; return false if the page has gone.

        :raises SignalingError: ``too-long``
        """


class NativeViewer:
    """
    A page. It stays while robots come and leave.

    :param name: the robot that the page wants
    :param source: the page's address
    :param origin: the page's origin, as in an ``Offer``
    :param rate: messages that the page may send each second in the long run
    :param is_direct: as in an ``Offer``
    """

    def __init__(self, stream: MessageStream, registry: Registry, name: str,
                 source: str | None, origin: str | None, broker: SessionBroker,
                 rate: float, *, is_direct: bool) -> None:
        self._stream = stream
        self._is_direct = is_direct
        self._registry = registry
        self._name = name
        self._source = source
        self._origin = origin
        self._broker = broker
        self._rate = RateLimiter(rate, 4 * rate)
        self._queue = KeyedQueue(name='request of a page')
        # Session ids that may be used, and those that an offer has used.
        self._unused: dict[str, RobotLink] = {}
        self._used: dict[str, RobotLink] = {}
        self._presence: asyncio.Queue[RobotLink | None] = asyncio.Queue()

    async def serve(self) -> None:
        """Serve the page until it leaves."""
        unwatch = self._registry.watch(self._name, self._presence.put_nowait)
        try:
            await first_of(self._read(), self._follow_robot())
        finally:
            unwatch()
            await self._queue.close()
            for session in self._used:
                # The task of an offer may not have begun, and then it forgets nothing.
                self._broker.metrics.forget('offer', session)
            self._used.clear()

    async def _follow_robot(self) -> NoReturn:
        """Tell the page of the robot now, and whenever it comes or leaves."""
        robot = await self._registry.find(self._name)
        if robot is None:
            await self._send_error('no-robot', _NO_ROBOT)
        else:
            await self._send_ready(robot)
        while True:
            told, robot = robot, await self._presence.get()
            if robot is told:
                # It came while it was looked for: a second `ready` would end the page's offer.
                continue
            if robot is None:
                await self._send_error('robot-gone', 'The robot went away')
            else:
                await self._send_ready(robot)

    async def _read(self) -> None:
        while True:
            try:
                message = await self._stream.receive()
                if message is None:
                    return
                await self._handle(message)
            except ProtocolError as error:
                self._broker.metrics.refuse('frames', self._source, str(error))
                await self._send_error('bad-message', str(error))
            if not self._rate.allow():
                self._broker.metrics.refuse('messages', self._source)
                await self._send_error('too-many', 'There are too many messages')
                return

    async def _handle(self, message: SignalingMessage) -> None:
        match message:
            case Offer():
                await self._begin(message)
            case CandidateMessage(session=session, candidate=candidate):
                robot = self._used.get(session)
                if robot and self._broker.allows_candidate(session):
                    await self._pass_on(robot, session, partial(
                        robot.add_candidate, session, candidate))
            case Close(session=session):
                if robot := self._used.pop(session, None):
                    log_event('a page closes its session', logging.DEBUG,
                              session=short_id(session))
                    await self._pass_on(robot, session, partial(robot.close_session, session))
            case Renew():
                if robot := await self._registry.find(self._name):
                    await self._send_ready(robot)
                else:
                    await self._send_error('no-robot', _NO_ROBOT)
            case Error(code=code, message=text):
                log_event('a page reports an error', logging.DEBUG, code=shorten(code),
                          text=shorten(text, 200))
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a page')

    async def _pass_on(self, robot: RobotLink, session: str,
                       send: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Send what follows an offer: at once, or behind the answer."""
        if robot.keeps_order:
            await send()
        elif not self._queue.put(session, send):
            await self._send_error('busy', 'Too many messages for this session', session)

    async def _begin(self, offer: Offer) -> None:
        """
        Begin to have an offer answered.

        :raises ProtocolError: the session id is not the page's, or was used before
        """
        session = offer.session
        robot = self._unused.pop(session, None)
        if robot is None:
            raise ProtocolError('this session is not ready for an offer; renew it')
        if offer.trickle and not robot.trickle:
            await self._send_error('bad-offer', 'This robot needs an offer with all its '
                                   'candidates', session)
            return
        self._broker.metrics.arrived('offer', session)
        self._used[session] = robot
        while len(self._used) > MAX_SESSIONS:
            oldest = next(iter(self._used))
            del self._used[oldest]
            self._broker.metrics.forget('offer', oldest)
        # The relay's own knowledge stands for what the page says about itself.
        offer = replace(offer, protocol=NATIVE, source=self._source, bearer=None,
                        origin=self._origin, is_direct=self._is_direct)
        self._queue.put(session, partial(self._answer, robot, offer))
        # The offer is sent on before anything that follows it is read.
        await asyncio.sleep(0)

    async def _answer(self, robot: RobotLink, offer: Offer) -> None:
        session, is_settled = offer.session, False
        try:
            sdp = await self._broker.ask(robot, offer,
                                         on_end=partial(self._on_end, robot, session))
        except SignalingError as error:
            # There is no session that would have to be closed.
            is_settled = True
            self._used.pop(session, None)
            await self._send_error(error.code, str(error), session)
        else:
            try:
                is_settled = await self._stream.send(Answer(session, sdp))
            except SignalingError as error:
                self._broker.metrics.refuse('frames', self._source, str(error))
                await self._send_error(error.code, str(error), session)
            finally:
                self._broker.metrics.forwarded('answer', session)
        finally:
            if not is_settled:
                # The page left before its answer, so this session will never be used.
                await robot.close_session(session)

    def _on_end(self, robot: RobotLink, session: str) -> None:
        # While a session is set up, the page cannot know its end in another way. A session of a
        # robot that cannot be reached any more may go on.
        if session in self._used and not robot.is_gone:
            # Behind the answer.
            self._queue.put(session, partial(self._send_close, session))

    async def _send_close(self, session: str) -> None:
        if self._used.pop(session, None):
            await self._stream.send(Close(session))

    async def _send_ready(self, robot: RobotLink) -> None:
        session = secrets.token_urlsafe(12)
        try:
            servers = await robot.ice_servers()
        except SignalingError as error:
            await self._send_error(error.code, str(error))
            return
        self._unused[session] = robot
        while len(self._unused) > MAX_SESSIONS:
            del self._unused[next(iter(self._unused))]
        log_event('a page may offer', logging.DEBUG, session=short_id(session),
                  protocol=robot.protocol, ice_servers=len(servers))
        await self._stream.send(Ready(session, robot.protocol, robot.trickle, tuple(servers)))

    async def _send_error(self, code: str, text: str, session: str | None = None) -> None:
        await self._stream.send(Error(code, text, session))
