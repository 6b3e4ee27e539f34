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

"""Serves the viewers at other relays that want a robot at this one."""

import asyncio
from dataclasses import replace
from functools import partial

from .redis_connection import RedisUnavailable
from .remote_robot import Post
from ..messaging_robot import ROBOT_GONE
from ..session_broker import SessionBroker
from ...core.errors import ProtocolError, SignalingError
from ...core.keyed_queue import KeyedQueue
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import (
    Answer, CandidateMessage, Close, Error, Look, Offer, Renew, Servers, SignalingMessage,
)

# In the metrics, for the offers of other relays' viewers.
_LABEL = 'relay'


class RemoteViewers:
    """
    Does what other relays ask for their viewers.

    Belongs to one event loop.

    :param broker: counts their offers like all others
    """

    def __init__(self, broker: SessionBroker, post: Post) -> None:
        self._broker = broker
        self._post = post
        self._queue = KeyedQueue()

    async def close(self) -> None:
        """End all work."""
        await self._queue.close()

    def handle(self, relay: str, registration_id: str, robot: RobotLink | None,
               message: SignalingMessage) -> None:
        """
        Take a relay's message for a robot here, ``None`` if that one is gone.

        :raises ProtocolError: viewers do not send such messages
        """
        send = partial(self._send, relay, registration_id)
        match message:
            case Offer() | Renew() | Look() if robot is None:
                send(Error('robot-gone', ROBOT_GONE))
            case _ if robot is None:
                # No robot can be told, and no viewer waits for an answer.
                if isinstance(message, Close):
                    self._broker.end(message.session)
            case Offer():
                # Sent on before the next message is handled, which may be a candidate of it.
                self._queue.put(message.session, partial(
                    self._answer, relay, registration_id, robot, message))
            case Renew():
                self._queue.put(registration_id, partial(
                    self._send_servers, relay, registration_id, robot))
            case Look(session=session):
                found = self._broker.sessions.get(session)
                is_known = found is not None and found.robot is robot
                send(replace(found.offer, bearer=None) if found is not None and is_known
                     else Close(session))
            case CandidateMessage(session=session, candidate=candidate):
                if self._broker.allows_candidate(session):
                    self._queue.put((session,), partial(robot.add_candidate, session, candidate))
            case Close(session=session):
                self._broker.end(session)
                self._queue.put((session,), partial(robot.close_session, session))
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a viewer')

    def _send(self, relay: str, registration_id: str, message: SignalingMessage
              ) -> 'asyncio.Future[int]':
        """
        Send a relay a message; the future is that of ``Post``.

        :raises ProtocolError: it would be longer than that relay takes
        """
        return self._post(relay, registration_id, message.dump())

    async def _send_servers(self, relay: str, registration_id: str, robot: RobotLink) -> None:
        self._send(relay, registration_id, Servers(tuple(await robot.ice_servers())))

    async def _send_close(self, relay: str, registration_id: str, session: str) -> None:
        self._send(relay, registration_id, Close(session))

    async def _answer(self, relay: str, registration_id: str, robot: RobotLink, offer: Offer
                      ) -> None:
        session, send = offer.session, partial(self._send, relay, registration_id)
        try:
            # The session's end may come right behind the answer; it is told behind it, too.
            sdp = await self._broker.ask(
                robot, offer, label=_LABEL, on_end=lambda: self._queue.put(session, partial(
                    self._send_close, relay, registration_id, session)))
        except SignalingError as error:
            send(Error(error.code, str(error), session))
            return
        receivers = 0
        try:
            receivers = await send(Answer(session, sdp))
        except RedisUnavailable:
            pass
        except ProtocolError as error:
            self._broker.metrics.refuse('frames', offer.source, str(error))
            send(Error('too-long', f'The answer cannot be passed on: {error}', session))
        self._broker.metrics.forwarded('answer', session)
        if not receivers:
            # The viewer's relay is gone, so no viewer gets the answer.
            self._broker.end(session)
            await robot.close_session(session)
