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

"""The native protocol ``rtc-bridge.v1``, the robot's end of one connection."""

import asyncio
from collections import Counter
from functools import partial
import logging
from typing import NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .reconnecting import ConnectionLost, RelayMisbehaves
from .registration import Registration
from ..core.errors import ProtocolError, SignalingError
from ..core.failure_log import failures
from ..core.keyed_queue import Job, KeyedQueue
from ..core.limits.log_limits import escape, LogSampler
from ..core.limits.rate_limit import RateLimiter
from ..core.limits.refusals import refusals
from ..core.limits.text_limits import MAX_LENGTHS
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Close, Done, Error, Offer, OfferRequest, parse, Renew,
    Servers, ServiceReply, ServiceRequest, SignalingMessage,
)

_logger = logging.getLogger('rtc_bridge.signaling')

# Errors of a relay that are tolerated: at once, and each second in the long run.
_FAULTS, _FAULTS_PER_SECOND = 20, 1.0
# Bytes that are read of a relay: at once, and each second. More wait at the relay, since they cost
# time of the event loop, which commands pass too: 8 MB cost about 0.1 s. A page's offer has 25 kB.
_READ_BURST, _READ_PER_SECOND = 2 * 1024 ** 2, 8 * 1024 ** 2
# Replies of programs to one app that wait for the relay, 64 kB each at most; and behind them those
# that say why no more come.
_MAX_REPLIES, _MAX_FAULTS = 8, 8
# Bytes of a large message that cost as much time as a small message.
_LEAST_COST = 4096


class NativeConnection:
    """
    Does what a relay asks for, in order for each session.

    Belongs to one event loop.

    :param address: the relay's, for logs
    """

    def __init__(self, ws: ClientConnection, link: RobotLink, registration: Registration,
                 address: str) -> None:
        self._ws = ws
        self._link = link
        self._registration = registration
        self._address = address
        self._queue = KeyedQueue(name='request of the relay')
        self._faults = RateLimiter(_FAULTS_PER_SECOND, _FAULTS)
        self._reading = RateLimiter(_READ_PER_SECOND, _READ_BURST)
        self._reports = LogSampler()
        # How many replies of programs wait for the relay, by the app's session.
        self._replies: Counter[str] = Counter()

    async def close(self) -> None:
        """End all work."""
        self._link.end_programs()
        await self._queue.close()

    async def renew(self) -> None:
        """Tell the relay of other ICE servers, or fresh credentials, for the viewers."""
        servers = Servers(tuple(await self._link.ice_servers()))
        try:
            await self._ws.send(servers.dump())
        except ConnectionClosed:
            # The next registration has them.
            pass

    async def serve(self) -> NoReturn:
        """
        Read the relay's messages until the connection ends.

        :raises ConnectionLost: the relay has given the robot's name to another process, or makes
            too many errors
        :raises ConnectionClosed: it ended
        """
        while True:
            text = await self._ws.recv()
            # Give others a turn even if the next message is there already.
            await asyncio.sleep(self._reading.spend(max(len(text), _LEAST_COST)))
            try:
                if self._handle(parse(text)):
                    continue
            except ProtocolError as error:
                refusals.note('frames', self._address, str(error))
                await self._ws.send(
                    Error('bad-message', escape(str(error)), error.session).dump())
                if error.session is not None:
                    # A viewer may have caused it, and is not to cut others off from the robot.
                    continue
            if not self._faults.allow():
                raise RelayMisbehaves('the relay sends what it should not, again and again')

    def _handle(self, message: SignalingMessage) -> bool:
        """
        Begin to do what the relay asks for; return false if it reports an error of this end.

        :raises ProtocolError: relays do not send such messages
        """
        job: Job
        match message:
            case Offer(session=session) | OfferRequest(session=session) | Answer(
                    session=session) | Admit(request=OfferRequest(session=session)):
                job = partial(self._reply, session, message)
            case CandidateMessage(session=session, candidate=candidate):
                job = partial(self._link.add_candidate, session, candidate)
            case Close(session=session):
                job = partial(self._link.close_session, session)
            case ServiceRequest(request=OfferRequest(session=session)):
                job = partial(self._pass_on, session, message)
            case Renew():
                session, job = '', self.renew
            case Error(code='replaced', message=text):
                self._registration.was_replaced = True
                raise ConnectionLost(f'replaced: {text}')
            case Error(code=code, message=text):
                if count := self._reports.count():
                    _logger.warning('the relay reports, error %d of this connection: %s', count,
                                    escape(f'{code}: {text}'))
                return False
            case _:
                raise ProtocolError(f'{message.TYPE} is no message of a relay')
        if not self._queue.put(session, job):
            refusals.note('messages that wait for a session')
        return True

    async def _reply(self, session: str, request: SignalingMessage) -> None:
        """Do what a relay asks about a session, and send the result or the reason of a failure."""
        link = self._link
        reply: SignalingMessage = Done(session)
        try:
            match request:
                case Offer():
                    reply = Answer(session, await link.answer(request))
                case OfferRequest():
                    reply = Offer(session, await link.offer(request), request.protocol)
                case Admit(request=viewer):
                    await link.admit(viewer)
                case Answer(sdp=sdp):
                    await link.accept(session, sdp)
            if not isinstance(reply, Done):
                link.on_end[session] = partial(
                    self._queue.put, session, partial(self._send_close, session))
        except SignalingError as error:
            reply = Error(error.code, escape(str(error)), session)
        except Exception as error:
            failures.note('request of the relay', error)
            reply = Error('internal', 'The robot failed to answer', session)
        _logger.debug('session %s: %s of the relay gets %s', session[:8], request.TYPE,
                      f'error {reply.code}' if isinstance(reply, Error) else reply.TYPE)
        try:
            text = reply.dump()
        except ProtocolError as error:
            # The relay would close its WebSocket for it.
            await link.close_session(session)
            text = Error('too-long', f'The {reply.TYPE} is too long: {error}', session).dump()
        try:
            await self._ws.send(text)
        except ConnectionClosed:
            # The viewer will never get this answer.
            await link.close_session(session)

    async def _pass_on(self, session: str, message: ServiceRequest) -> None:
        """Give a program what an app says, and let the relay have what comes back."""
        self._link.on_reply[session] = self._take_reply
        try:
            await self._link.send_to_program(message)
        except SignalingError as error:
            self._take_reply(ServiceReply(
                session, message.service, fault=escape(str(error), MAX_LENGTHS['message'])))

    def _take_reply(self, reply: ServiceReply) -> bool:
        """Let a reply wait for the relay; return whether there was room."""
        session = reply.session
        if self._replies[session] >= _MAX_REPLIES + (_MAX_FAULTS if reply.fault else 0):
            return False
        self._replies[session] += 1
        # A queue of their own: the next request must not wait for them.
        return self._queue.put(('reply', session), partial(self._send_reply, reply))

    async def _send_reply(self, reply: ServiceReply) -> None:
        session = reply.session
        try:
            text = reply.dump()
        except ProtocolError as error:
            refusals.note('replies of programs', text=str(error))
            text = ServiceReply(session, reply.service, fault=escape(
                f'what the program says cannot be passed on: {error}',
                MAX_LENGTHS['message'])).dump()
        try:
            await self._ws.send(text)
        except ConnectionClosed:
            # The relay forgot the app together with the connection.
            pass
        finally:
            self._replies[session] -= 1
            if not self._replies[session]:
                del self._replies[session]

    async def _send_close(self, session: str) -> None:
        try:
            await self._ws.send(Close(session).dump())
        except ConnectionClosed:
            # The relay forgot the session together with the connection.
            pass
