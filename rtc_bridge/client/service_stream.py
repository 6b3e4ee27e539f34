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

"""A viewer's connection to a program on the robot."""

import asyncio
from collections import deque

from aiortc import RTCDataChannel

from .errors import SessionError
from ..core.errors import ProtocolError
from ..core.gateway.flow_control import ReceiveWindow, SendWindow, WINDOW
from ..core.gateway.frames import (
    credit, credit_of, data_frames, error_of, Frame, Kind, MAX_DATA, MAX_FRAMES, OVERHEAD,
    read_frame,
)
from ..core.supervision import guarded, spawn

# Seconds until a robot has to have answered: it waits 5 s for a program.
_OPEN_TIMEOUT_S = 15.0
# Seconds that a robot gets to close a connection that has ended.
_CLOSE_TIMEOUT_S = 2.0
# Bytes that wait for SCTP.
_MAX_WAITING = 16 * MAX_DATA


class ServiceStream:
    """
    Carries bytes as a connection over TCP, or messages as a WebSocket. Belongs to the event loop.

    A service is one of both, as its URL on the robot says: :meth:`read` and :meth:`write` are for
    ``tcp`` and ``http``, :meth:`receive` and :meth:`send` for ``ws`` and ``listen``. All raise
    ``SessionError`` when the connection has broken: with the robot's code, or ``closed``.
    """

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._send_window, self._receive_window = SendWindow(), ReceiveWindow(WINDOW)
        self._came: deque[Frame] = deque()
        # Of a message that goes on: whoever waits for it may give up, and wait again.
        self._parts: list[bytes] = []
        # The frames of one message follow each other.
        self._writing = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._opened = self._ended = self._sent_end = False
        self._error: SessionError | None = None
        # Of tasks that tell of a change; one that nobody holds could be collected.
        self._telling: set[asyncio.Task[None]] = set()
        channel.bufferedAmountLowThreshold = _MAX_WAITING
        channel.on('bufferedamountlow', guarded('service', self._tell))
        channel.on('message', guarded('service', self._on_message))
        channel.on('close', guarded('service', lambda: self.fail(
            SessionError('closed', 'the connection was closed'))))

    def _tell(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = spawn('service', notify())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def fail(self, error: SessionError) -> None:
        """Let all that waits raise an error."""
        self._error = self._error or error
        self._tell()

    def _on_message(self, message: bytes | str) -> None:
        try:
            frame = read_frame(message)
            if frame.kind is Kind.OPENED:
                self._opened = True
                self._send(credit(self._receive_window.grant()))
            elif frame.kind is Kind.END:
                self._ended = True
            elif frame.kind is Kind.CREDIT:
                self._send_window.grant(credit_of(frame))
            elif frame.kind is Kind.ERROR:
                self.fail(SessionError(*error_of(frame)))
            else:
                self._receive_window.receive(frame.cost)
                self._came.append(frame)
        except ProtocolError as error:
            self.fail(SessionError('bad-message', str(error)))
        self._tell()

    async def opened(self) -> None:
        """
        Wait until the program has taken the connection.

        :raises SessionError: it has not, or may not
        """
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S), self._changed:
                await self._changed.wait_for(lambda: self._opened or self._error)
        except TimeoutError:
            raise SessionError('unreachable', 'the robot does not answer: is its rtc_bridge older '
                                              'than services are?') from None
        if not self._opened and self._error is not None:
            raise self._error

    async def _next(self) -> Frame | None:
        """Return the next frame with data, ``None`` once the program will send no more."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._came or self._ended or self._error)
        if not self._came:
            if not self._ended and self._error is not None:
                raise self._error
            return None
        frame = self._came.popleft()
        if granted := self._receive_window.take(frame.cost):
            self._send(credit(granted))
        return frame

    async def read(self) -> bytes:
        """Return what the program has sent, empty once it will send no more."""
        frame = await self._next()
        if frame is not None and frame.kind is not Kind.BYTES:
            raise SessionError('bad-message', 'the program sends messages, no stream of bytes')
        return frame.data if frame is not None else b''

    async def receive(self) -> str | bytes | None:
        """Return the next message, ``None`` once the program will send no more."""
        while (frame := await self._next()) is not None:
            self._parts.append(frame.data)
            if len(self._parts) > MAX_FRAMES:
                raise SessionError('bad-message', 'a message that is too long')
            if not frame.more:
                data = b''.join(self._parts)
                self._parts.clear()
                return data.decode(errors='replace') if frame.kind is Kind.TEXT else data
        return None

    async def write(self, data: bytes) -> None:
        """Send bytes; wait while the program does not read."""
        await self._write(data_frames(Kind.BYTES, data))

    async def send(self, message: str | bytes) -> None:
        """Send a message; wait while the program does not read."""
        await self._write(data_frames(Kind.TEXT, message.encode()) if isinstance(message, str)
                          else data_frames(Kind.BINARY, message))

    async def _write(self, frames: list[Frame]) -> None:
        async with self._writing:
            for frame in frames:
                async with self._changed:
                    await self._changed.wait_for(self._may_send)
                if self._error is not None:
                    raise self._error
                self._send_window.spend(frame.cost)
                self._send(frame)

    def _may_send(self) -> bool:
        return self._error is not None or (self._send_window.left >= MAX_DATA + OVERHEAD
                                           and self._channel.bufferedAmount <= _MAX_WAITING)

    def end(self) -> None:
        """Send no more; what the program sends can still be read."""
        self._sent_end = True
        self._send(Frame(Kind.END))

    async def close(self) -> None:
        """Close the connection: the robot does that where both ends have ended."""
        if self._ended and self._sent_end:
            try:
                async with asyncio.timeout(_CLOSE_TIMEOUT_S), self._changed:
                    await self._changed.wait_for(lambda: self._error)
            except TimeoutError:
                pass
        self._channel.close()

    def _send(self, frame: Frame) -> None:
        if self._channel.readyState == 'open':
            self._channel.send(frame.dump())
