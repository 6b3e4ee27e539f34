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
Robots of other relays, and what other relays ask of robots here.

Between two relays go the messages of ``rtc-bridge.v1``, so to its viewers' relay a robot elsewhere
is one behind a WebSocket, and that relay is one more page to the robot's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from .redis_connection import Away
from .redis_directory import Entry
from ..metrics import Metrics
from ..protocols.native_robots import send, WebSocketRobot
from ..session_broker import Desk
from ...core.errors import ProtocolError, SignalingError
from ...core.keyed_queue import KeyedQueue
from ...core.protocol.ice import IceServer
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import (
    Answer, CandidateMessage, Close, Error, Look, Message, Offer, Renew, Servers,
)

# Relay, link, text.
Post = Callable[[str, str, str], 'asyncio.Future[int]']
_GONE = 'The robot went away'


class _Wire:
    """What stands for a robot's WebSocket: the way to the relay that has it."""

    def __init__(self, post: Callable[[str], 'asyncio.Future[int]']) -> None:
        self._post = post

    async def send_str(self, text: str) -> None:
        """
        Send a message.

        :raises ConnectionError: nobody takes it
        """
        try:
            if await self._post(text):
                return
        except Away:
            pass
        raise ConnectionError('the relay of the robot is not reached')


class RemoteRobot(WebSocketRobot):
    """
    A robot at another relay.

    :param post: sends a relay a message for its robot with this link; the future has how many
        took it, or raises ``Away``
    :param timeout: that of a robot's answer
    """

    def __init__(self, relay: str, entry: Entry, post: Post, metrics: Metrics, *,
                 timeout: float) -> None:
        """Send by ``post``; ``take`` gets what comes back."""
        # The robot's relay gives up first and says why; RTCBot's robots have viewers that wait.
        super().__init__(_Wire(lambda text: post(relay, entry.link, text)), (), metrics,
                         timeout=timeout * (1 if entry.kind == 'v1' else 2) + 1)
        self.kind = entry.kind
        self.trickle = entry.trickle
        self.relay = relay
        self.entry = entry
        self._patience = timeout
        self._asked: set[asyncio.Future[None]] = set()
        self._looked: dict[str, asyncio.Future[Offer | None]] = {}

    @property
    def gone(self) -> bool:
        """Return whether this is of no use any more; there may be a way to the robot again."""
        return self._gone

    async def ice_servers(self) -> list[IceServer]:
        """
        Return the ICE servers that a viewer should use now.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``
        """
        asked = asyncio.get_running_loop().create_future()
        self._asked.add(asked)
        try:
            await self._ask(Renew(), asked)
        finally:
            self._asked.discard(asked)
        return list(self._ice_servers)

    async def look(self, session: str) -> Offer | None:
        """
        Return the offer of a session that is not over.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``
        """
        looked = self._looked.setdefault(session, asyncio.get_running_loop().create_future())
        try:
            return await self._ask(Look(session), looked)
        finally:
            self._looked.pop(session, None)

    async def _ask(self, message: Message, reply: asyncio.Future):
        if self._gone or not await send(self._ws, message):
            raise SignalingError('robot-gone', _GONE)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(reply)
        except TimeoutError:
            raise SignalingError('robot-timeout', "The robot's relay does not answer") from None

    def take(self, message: Message) -> None:
        """
        Take what the robot's relay sent.

        :raises ProtocolError: it is nothing that it should send
        """
        match message:
            case Offer() as offer:
                _settle(self._looked.get(offer.session), offer)
            case Close(session=session) if session in self._looked:
                _settle(self._looked[session], None)
            case Error(code='robot-gone', session=None):
                self.leave()
            case _:
                self._take(message)
                if isinstance(message, Servers):
                    for asked in self._asked:
                        _settle(asked, None)

    def leave(self) -> None:
        """Take the robot, or the way to it, for gone."""
        self._leave()
        for waiting in (*self._asked, *self._looked.values()):
            _settle(waiting, SignalingError('robot-gone', _GONE))


def _settle(waiting: asyncio.Future | None, result) -> None:
    if waiting is None or waiting.done():
        return
    if isinstance(result, Exception):
        waiting.set_exception(result)
    else:
        waiting.set_result(result)


class Host:
    """
    Serves the viewers that other relays have for a robot here.

    :param desk: where their offers are counted like all others
    :param post: as of ``RemoteRobot``
    """

    def __init__(self, desk: Desk, post: Post) -> None:
        """Serve nobody yet."""
        self._desk = desk
        self._send = post
        self._jobs = KeyedQueue()

    async def close(self) -> None:
        """End all work."""
        await self._jobs.close()

    def _post(self, relay: str, link: str, message: Message) -> 'asyncio.Future[int]':
        """
        Send a relay a message.

        :raises ProtocolError: it would be longer than that relay takes
        """
        return self._send(relay, link, message.dump())

    def take(self, relay: str, link: str, robot: RobotLink | None, message: Message) -> None:
        """
        Take a relay's message for a robot, ``None`` if that one is gone.

        :raises ProtocolError: it is nothing that it should send
        """
        match message:
            case Offer() | Renew() | Look() if robot is None:
                self._post(relay, link, Error('robot-gone', _GONE))
            case Offer() as offer:
                # Sent on before the next message is looked at, as that may be a candidate of it.
                self._jobs.put(offer.session, lambda: self._answer(relay, link, robot, offer))
            case Renew():
                self._jobs.put(link, lambda: self._tell_servers(relay, link, robot))
            case Look(session=session):
                viewing = self._desk.viewings.get(session)
                known = viewing is not None and viewing.robot is robot
                self._post(relay, link, replace(viewing.offer, bearer=None)
                           if known else Close(session))
            case CandidateMessage(session=session, candidate=candidate):
                if robot is not None and self._desk.takes_candidate(session):
                    self._jobs.put((session,), lambda: robot.add_candidate(session, candidate))
            case Close(session=session):
                self._desk.end(session)
                if robot is not None:
                    self._jobs.put((session,), lambda: robot.close_session(session))
            case _:
                if robot is not None:
                    raise ProtocolError(f'{message.TYPE} is no message of a viewer')

    async def _tell_servers(self, relay: str, link: str, robot: RobotLink) -> None:
        self._post(relay, link, Servers(tuple(await robot.ice_servers())))

    async def _tell_end(self, relay: str, link: str, session: str) -> None:
        self._post(relay, link, Close(session))

    async def _answer(self, relay: str, link: str, robot: RobotLink, offer: Offer) -> None:
        session = offer.session
        try:
            # Its end may come right behind the answer, and is told behind it.
            sdp = await self._desk.ask(robot, offer, door='relay', ended=lambda: self._jobs.put(
                session, lambda: self._tell_end(relay, link, session)))
        except SignalingError as error:
            self._post(relay, link, Error(error.code, str(error), session))
            return
        try:
            taken = await self._post(relay, link, Answer(session, sdp))
        except Away:
            taken = 0
        except ProtocolError as error:
            taken = 0
            self._desk.metrics.refuse('frames', offer.source, str(error))
            self._post(relay, link, Error('too-long', f'The answer cannot be passed on: {error}',
                                          session))
        self._desk.metrics.went('answer', session)
        if not taken:
            # The viewer's relay is gone, so this answer reaches nobody.
            self._desk.end(session)
            await robot.close_session(session)
