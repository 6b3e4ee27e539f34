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

"""What a relay asks of the robot on one connection in ``rtc-bridge.v1``."""

from typing import Awaitable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..core.errors import ProtocolError, SignalingError
from ..core.failure_log import failures
from ..core.keyed_queue import KeyedQueue
from ..core.limits.log_limits import escape
from ..core.limits.refusals import refusals
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Close, Done, Error, Message, Offer, OfferRequest,
)


class Requests:
    """
    Does what is asked, in order for each session.

    :param jobs: takes the work; who closes it ends the work
    """

    def __init__(self, ws: ClientConnection, jobs: KeyedQueue, link: RobotLink) -> None:
        """Answer on an open WebSocket."""
        self._ws = ws
        self._jobs = jobs
        self._link = link

    def take(self, message: Message) -> None:
        """
        Begin to do what a message asks for.

        :raises ProtocolError: it is none of a relay
        """
        match message:
            case Offer(session=session) as offer:
                def job(): return self._reply(session, self._answer(offer))
            case OfferRequest(session=session) as call:
                def job(): return self._reply(session, self._offer(call))
            case Admit(request=OfferRequest(session=session) as call):
                def job(): return self._reply(session, self._done(
                    session, self._link.admit(call)))
            case Answer(session=session, sdp=sdp):
                def job(): return self._reply(session, self._done(
                    session, self._link.accept(session, sdp)))
            case CandidateMessage(session=session, candidate=candidate):
                def job(): return self._link.add_candidate(session, candidate)
            case Close(session=session):
                def job(): return self._link.close_session(session)
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a relay')
        if not self._jobs.put(session, job):
            refusals.note('messages that wait for a session')

    async def _answer(self, offer: Offer) -> Message:
        return Answer(offer.session, await self._link.answer(offer))

    async def _offer(self, call: OfferRequest) -> Message:
        return Offer(call.session, await self._link.offer(call), call.protocol)

    async def _done(self, session: str, work: Awaitable[None]) -> Message:
        await work
        return Done(session)

    async def _reply(self, session: str, work: Awaitable[Message]) -> None:
        """Send what comes of a relay's request, or why nothing does."""
        try:
            message = await work
            if not isinstance(message, Done):
                self._link.on_end[session] = lambda: self._jobs.put(
                    session, lambda: self._tell_end(session))
        except SignalingError as error:
            message = Error(error.code, escape(str(error)), session)
        except Exception as error:
            failures.note('request of the relay', error)
            message = Error('internal', 'The robot failed to answer', session)
        try:
            text = message.dump()
        except ProtocolError as error:
            # The relay would close its WebSocket for it.
            await self._link.close_session(session)
            text = Error('too-long', f'The {message.TYPE} is too long: {error}', session).dump()
        try:
            await self._ws.send(text)
        except ConnectionClosed:
            # The viewer will never get this answer.
            await self._link.close_session(session)

    async def _tell_end(self, session: str) -> None:
        try:
            await self._ws.send(Close(session).dump())
        except ConnectionClosed:
            # The relay forgot it together with the connection.
            pass
