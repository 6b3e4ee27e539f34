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

"""A data channel that is a viewer's connection to a program on the robot."""

import asyncio
from collections import deque
from collections.abc import Coroutine
import logging
from typing import Any

from aiortc import RTCDataChannel

from .channel import Channel, ChannelSession
from ...core.errors import ProtocolError
from ...core.gateway.connection import ServiceConnection, ServiceError
from ...core.gateway.flow_control import MIN_WINDOW, ReceiveWindow, SendWindow
from ...core.gateway.frames import (
    credit, credit_of, data_frames, error, Frame, Kind, MAX_DATA, MAX_FRAMES, read_frame,
)
from ...core.limits.refusals import refusals
from ...core.supervision import guarded, spawn

logger = logging.getLogger(__name__)

# Bytes of a channel that wait for SCTP: little, since what is sent on other channels goes first,
# and enough that SCTP has always something to send.
_MAX_WAITING = 4 * MAX_DATA
# Connections of one session; SCTP bears a few more channels.
_MAX_CONNECTIONS = 12
# Seconds that a program gets for what came before its viewer has gone.
_LAST_WRITE_S = 5.0


class ServiceChannel(Channel):
    """
    Carries data both ways until both ends have ended, or one of them has broken.

    :param name: of the service
    :param refusal: why there is no connection, ``None`` if there is to be one
    """

    def __init__(self, channel: RTCDataChannel, session: ChannelSession, name: str,
                 refusal: ServiceError | None = None) -> None:
        super().__init__(channel)
        self._session = session
        self._name = name
        self._send_window, self._receive_window = SendWindow(), ReceiveWindow()
        # What came and the program has not taken; the window bounds it.
        self._came: deque[Frame] = deque()
        # Something came, or more may be sent.
        self._changed = asyncio.Event()
        # Why the connection ends by what the viewer does; set with the event.
        self._fault = refusal
        self._faulted = asyncio.Event()
        # The viewer has sent all, or nothing that it sends is of interest any more.
        self._ended = self._deaf = False
        # The viewer has closed the channel.
        self._gone = asyncio.Event()
        channel.bufferedAmountLowThreshold = _MAX_WAITING
        channel.on('bufferedamountlow', self._changed.set)
        channel.on('message', guarded(
            'service channel', self._on_message, on_failure=session.fail))
        channel.on('close', guarded('service channel', self._on_close))
        self._task = spawn('service', self._run(), on_failure=session.fail)

    def close(self, reason: str, code: str = '') -> None:
        """End with the session."""
        super().close(reason, code)
        self._task.cancel()

    def _on_close(self) -> None:
        """Take that the channel is closed; what has come still goes to the program."""
        self._session.channels.pop(self._channel.label, None)
        self._gone.set()
        self._changed.set()

    def _on_message(self, message: bytes | str) -> None:
        if self._deaf:
            return
        try:
            frame = read_frame(message)
            if frame.kind is Kind.CREDIT:
                self._send_window.grant(credit_of(frame))
            elif self._ended or not (frame.has_data or frame.kind is Kind.END):
                raise ProtocolError(f'a frame {frame.kind.name} that no viewer sends here')
            else:
                self._ended = frame.kind is Kind.END
                self._receive_window.receive(frame.cost)
                self._came.append(frame)
        except ProtocolError as fault:
            refusals.note('service', self._session.source, str(fault))
            self._break(ServiceError('bad-message', str(fault)))
        self._changed.set()

    def _break(self, fault: ServiceError) -> None:
        """End the connection by a fault of the viewer, and hear no more of it."""
        self._deaf = True
        self._came.clear()
        self._fault = self._fault or fault
        self._faulted.set()

    async def _run(self) -> None:
        session, connection = self._session, None
        try:
            if self._fault is not None:
                raise self._fault
            connection = await session.robot.open_service(self._name, session.role)
            logger.debug('session %s: service %s is open', session.session_id[:8], self._name)
            self._send(Frame(Kind.OPENED))
            await self._carry(connection)
        except ServiceError as fault:
            logger.debug('session %s: service %s: %s', session.session_id[:8], self._name, fault)
            self._send(error(fault.code, str(fault)))
        finally:
            if connection is not None:
                await connection.close()
            # However long the viewer keeps the channel.
            self._deaf = True
            self._came.clear()
        await self._close_when_sent()

    async def _carry(self, connection: ServiceConnection) -> None:
        """
        Carry data both ways until both have ended, or the viewer has gone.

        :raises ServiceError: one of them has broken
        """
        out, back, faulted = (
            spawn('service', _fault_of(work), on_failure=self._session.fail) for work in (
                self._to_viewer(connection), self._to_program(connection), self._wait_fault()))
        gone = spawn('service', _fault_of(self._wait_gone()))
        waiting = {out, back, faulted, gone}
        try:
            while waiting & {out, back}:
                done, waiting = await asyncio.wait(
                    waiting, return_when=asyncio.FIRST_COMPLETED)
                for way in done:
                    if (fault := way.result()) is not None:
                        raise fault
                if gone in done:
                    # What has come goes to the program; nothing comes back any more.
                    out.cancel()
                    await asyncio.wait([back], timeout=_LAST_WRITE_S)
                    return
        finally:
            for way in waiting:
                way.cancel()

    async def _wait_gone(self) -> None:
        await self._gone.wait()
        if not self._ended:
            self._ended = True
            self._came.append(Frame(Kind.END))
            self._changed.set()

    async def _wait_fault(self) -> None:
        """Wait until the viewer breaks the rules, also while its program does not read."""
        await self._faulted.wait()
        assert self._fault is not None  # Set before the event.
        raise self._fault

    async def _close_when_sent(self) -> None:
        """Close the channel; aiortc would drop what still waits there."""
        self._channel.bufferedAmountLowThreshold = 0
        while self._channel.readyState == 'open' and self._channel.bufferedAmount and (
                not self._gone.is_set()):
            self._changed.clear()
            await self._changed.wait()
        self._channel.close()

    def _send(self, frame: Frame) -> None:
        if self._channel.readyState == 'open':
            try:
                self._channel.send(frame.dump())
            except ValueError:
                # It is longer than the viewer has announced to take.
                self._break(ServiceError('bad-message', 'the viewer takes no frames'))

    # From the program to the viewer

    async def _to_viewer(self, connection: ServiceConnection) -> None:
        while (read := await connection.read()) is not None:
            for frame in data_frames(*read):
                await self._wait_for_room(frame.cost)
                self._send_window.spend(frame.cost)
                self._send(frame)
        self._send(Frame(Kind.END))

    async def _wait_for_room(self, size: int) -> None:
        """Wait until so many bytes may be sent: by viewer, by path, and by what else is sent."""
        while self._send_window.left < size or self._channel.bufferedAmount > _MAX_WAITING:
            self._changed.clear()
            await self._changed.wait()
        await asyncio.sleep(self._session.path.spend_spare(size))

    # From the viewer to the program

    async def _to_program(self, connection: ServiceConnection) -> None:
        message: list[bytes] = []
        # Of a message that goes on.
        kind: Kind | None = None
        while True:
            while not self._came:
                self._changed.clear()
                await self._changed.wait()
            frame = self._came.popleft()
            if frame.kind is Kind.END:
                await connection.end()
                return
            if kind is not None and frame.kind is not kind:
                raise ServiceError('bad-message', 'a message of two kinds')
            kind = frame.kind if frame.more else None
            message.append(frame.data)
            if len(message) > MAX_FRAMES:
                raise ServiceError('bad-message', 'a message that is too long')
            if not frame.more:
                await connection.write(frame.kind, b''.join(message))
                message.clear()
            self._allow(frame.cost)

    def _allow(self, taken: int) -> None:
        """Let the viewer send more, after its program has taken so many bytes."""
        uploads = self._session.path.uploads
        uploads.note(taken)
        count = sum(isinstance(one, ServiceChannel) for one in self._session.channels.values())
        self._receive_window.size = max(MIN_WINDOW, uploads.window // max(1, count))
        if granted := self._receive_window.take(taken):
            self._send(credit(granted))


async def _fault_of(way: Coroutine[Any, Any, None]) -> ServiceError | None:
    """Return by what one way has broken, ``None`` if it has ended: that is no failure of ours."""
    try:
        await way
    except ServiceError as fault:
        return fault
    return None


def open_service_channel(channel: RTCDataChannel, session: ChannelSession,
                         name: str) -> ServiceChannel:
    """
    Return the channel, which closes at once if a session opens too many.

    :param name: of the service
    """
    refusal = None
    count = sum(isinstance(one, ServiceChannel) for one in session.channels.values())
    if count >= _MAX_CONNECTIONS or not session.budgets.services.allow():
        refusals.note('service', session.source, 'too many connections')
        refusal = ServiceError('busy', f'more than {_MAX_CONNECTIONS} connections of a session, '
                                       'or too many in a short time')
    return ServiceChannel(channel, session, name, refusal)
