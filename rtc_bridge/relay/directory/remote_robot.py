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
A robot at another relay.

Messages of ``rtc-bridge.v1`` go between two relays. To its viewers' relay the robot is one that
answers messages; to the robot's relay the other one is one more page, see :mod:`.remote_viewers`.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from .redis_connection import RedisUnavailable
from .redis_directory import RobotEntry
from ..messaging_robot import dump_message, MessagingRobot, ROBOT_GONE
from ..metrics import Metrics
from ...core.errors import SignalingError
from ...core.protocol.ice import IceServer
from ...core.protocol.signaling_messages import (
    Close, Error, Look, NATIVE, Offer, Renew, Servers, SignalingMessage,
)

T = TypeVar('T')
# Sends a relay a message: the relay's id, the robot's registration id, the text. The future has
# how many relays took it, or raises RedisUnavailable.
Post = Callable[[str, str, str], 'asyncio.Future[int]']


class RemoteRobot(MessagingRobot):
    """
    A robot at another relay.

    :param relay: id of that relay
    :param timeout: seconds that a robot has for its answer
    """

    def __init__(self, relay: str, entry: RobotEntry, post: Post, metrics: Metrics, *,
                 timeout: float) -> None:
        # The robot's relay gives up first and says why. Viewers of RTCBot's robots wait for each
        # other there.
        super().__init__(self._post_message, (), metrics,
                         timeout=timeout * (1 if entry.protocol == NATIVE else 2) + 1)
        self.protocol = entry.protocol
        self.trickle = entry.trickle
        self.relay = relay
        self.entry = entry
        self._post = post
        self._relay_timeout = timeout
        self._server_requests: set[asyncio.Future[None]] = set()
        self._offer_requests: dict[str, asyncio.Future[Offer | None]] = {}

    async def _post_message(self, message: SignalingMessage) -> bool:
        text = dump_message(message)
        try:
            return bool(await self._post(self.relay, self.entry.registration_id, text))
        except RedisUnavailable:
            return False

    async def ice_servers(self) -> list[IceServer]:
        """
        Return the ICE servers that a viewer should use now.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``
        """
        reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server_requests.add(reply)
        try:
            await self._ask_relay(Renew(), reply)
        finally:
            self._server_requests.discard(reply)
        return list(self._ice_servers)

    async def offer_of(self, session: str) -> Offer | None:
        """
        Return the offer of a session, ``None`` if the session is over.

        :raises SignalingError: ``robot-gone``, ``robot-timeout``
        """
        reply = self._offer_requests.setdefault(
            session, asyncio.get_running_loop().create_future())
        try:
            return await self._ask_relay(Look(session), reply)
        finally:
            self._offer_requests.pop(session, None)

    async def _ask_relay(self, message: SignalingMessage, reply: 'asyncio.Future[T]') -> T:
        if self._is_gone or not await self._send(message):
            raise SignalingError('robot-gone', ROBOT_GONE)
        try:
            async with asyncio.timeout(self._relay_timeout):
                return await asyncio.shield(reply)
        except TimeoutError:
            raise SignalingError('robot-timeout', "The robot's relay does not answer") from None

    def handle(self, message: SignalingMessage) -> None:
        """
        Take a message of the robot's relay.

        :raises ProtocolError: relays do not send such messages
        """
        match message:
            case Offer() if message.session in self._offer_requests:
                _settle(self._offer_requests[message.session], message)
            case Close(session=session) if session in self._offer_requests:
                _settle(self._offer_requests[session], None)
            case Error(code='robot-gone', session=None):
                self.leave()
            case Offer():
                pass
            case _:
                super().handle(message)
                if isinstance(message, Servers):
                    for reply in self._server_requests:
                        _settle(reply, None)

    def leave(self) -> None:
        """Note that the robot, or the way to it, is gone."""
        super().leave()
        replies: list[asyncio.Future[Any]] = [*self._server_requests,
                                              *self._offer_requests.values()]
        for reply in replies:
            _settle(reply, SignalingError('robot-gone', ROBOT_GONE))


def _settle(reply: 'asyncio.Future[Any]', result: object) -> None:
    if reply.done():
        return
    if isinstance(result, Exception):
        reply.set_exception(result)
    else:
        reply.set_result(result)
