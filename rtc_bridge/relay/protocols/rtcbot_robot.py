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
A robot that speaks RTCBot's form over its WebSocket.

RTCBot's messages have no session id, so whichever answer comes next belongs to the offer that was
sent last. One offer at a time, and never a late answer, is what keeps viewers apart.
"""

import asyncio
import logging

from aiohttp import web, WSMsgType

from ..event_log import log_event
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.log_limits import escape, LogSampler
from ...core.limits.rate_limit import RateLimiter
from ...core.limits.text_limits import MAX_LENGTHS, sdp_member
from ...core.protocol.ice import IceServer
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import MAX_MESSAGE, MAX_WRITTEN, Offer, RTCBOT
from ...core.protocol.strict_json import dump_frame, load_object, member, shorten
from ...core.supervision import first_of

# Unexpected frames that are tolerated: at once, and each second in the long run.
_FAULTS, _FAULTS_PER_SECOND = 20, 1.0


class RTCBotRobot(RobotLink):
    """
    A robot at the other end of a WebSocket.

    :param once: close the WebSocket after the first answer, as rtcbot.dev does
    :param timeout: seconds to wait for an answer, and for other viewers before that
    """

    protocol = RTCBOT

    def __init__(self, ws: web.WebSocketResponse, *, once: bool, timeout: float) -> None:
        super().__init__()
        self._ws = ws
        self._once = once
        self._timeout = timeout
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[str] | None = None
        # Set once the robot may take no more offers.
        self._over = asyncio.Event()

    async def ice_servers(self) -> list[IceServer]:
        """Return none: RTCBot's robots cannot tell theirs."""
        return []

    async def answer(self, offer: Offer) -> str:
        """
        Send an offer and return the robot's answer.

        :raises SignalingError: ``busy``, ``robot-gone``, ``robot-timeout``, or as the robot says
        """
        try:
            async with asyncio.timeout(self._timeout):
                await self._turn.acquire()
        except TimeoutError:
            raise SignalingError('busy', 'The robot is busy with other viewers') from None
        try:
            return await self._ask(offer)
        finally:
            self._turn.release()

    async def _ask(self, offer: Offer) -> str:
        if self._over.is_set():
            raise SignalingError('robot-gone', 'The robot went away')
        try:
            frame = dump_frame({'sdp': offer.sdp, 'type': 'offer'}, MAX_WRITTEN)
        except ProtocolError as error:
            raise SignalingError('too-long', f'The offer cannot be passed on: {error}') from None
        self._answer = asyncio.get_running_loop().create_future()
        is_answered = False
        try:
            async with asyncio.timeout(self._timeout):
                await self._ws.send_str(frame)
                sdp = await self._answer
            is_answered = True
            return sdp
        except TimeoutError:
            raise SignalingError(
                'robot-timeout', f'The robot did not answer within {self._timeout:g} s') from None
        except ConnectionError:
            raise SignalingError('robot-gone', 'The robot went away') from None
        except SignalingError:
            # The robot did answer, with a refusal: the next answer is the next offer's.
            is_answered = True
            raise
        finally:
            self._answer = None
            if self._once or not is_answered:
                self._over.set()

    def dismiss(self) -> None:
        """Part from the robot: its name is another's."""
        self._over.set()

    async def run(self) -> None:
        """Read the robot's frames until it leaves, or may take no more offers."""
        try:
            await first_of(self._read(), self._over.wait())
        finally:
            self._over.set()
            self._settle(SignalingError('robot-gone', 'The robot went away before it answered'))

    async def _read(self) -> None:
        faults, sampler = RateLimiter(_FAULTS_PER_SECOND, _FAULTS), LogSampler()
        async for frame in self._ws:
            if frame.type != WSMsgType.TEXT:
                continue
            if self._answer is None or self._answer.done():
                if not faults.allow():
                    break
                if count := sampler.count():
                    log_event('an RTCBot robot sent an unexpected frame',
                              logging.WARNING, count=count)
                continue
            try:
                self._settle(_read_answer(frame.data))
            except SignalingError as error:
                self._settle(error)

    def _settle(self, result: str | SignalingError) -> None:
        if self._answer is None or self._answer.done():
            return
        if isinstance(result, SignalingError):
            self._answer.set_exception(result)
        else:
            self._answer.set_result(result)


def _read_answer(text: str) -> str:
    try:
        obj = load_object(text, MAX_MESSAGE)
        if 'error' in obj:
            raise SignalingError(escape(member(obj, 'error', str), MAX_LENGTHS['code']),
                                 escape(member(obj, 'message', str, ''), MAX_LENGTHS['message']))
        if member(obj, 'type', str) != 'answer':
            raise ProtocolError(f'type {shorten(obj["type"])} where an answer was due')
        return sdp_member(obj)
    except ProtocolError as error:
        raise SignalingError('internal', f'The robot sent no answer: {error}') from None
