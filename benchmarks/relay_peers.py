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
Robots and viewers for a relay, as cheap as they can be, so that the relay is what is measured.

All are in one process and have one clock. Each set-up has a number, which its offer's SDP carries.
"""

import asyncio
import base64
import json
import os
import re
import time
from typing import Callable

NUMBER = re.compile(r's=(\d+)')
# As long as those of Chromium (video and data) and aiortc.
_OFFER_LENGTH, _ANSWER_LENGTH = 6300, 2950
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


def _sdp(first: str, length: int) -> str:
    line = 'a=filler:96 H264/90000\\r\\n'
    head = f'v=0\r\n{first}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'
    return json.dumps(head)[1:-1] + line * (length // (len(line) - 2))


def offer(number: int) -> str:
    """Return the JSON text of an offer's ``sdp`` member."""
    return f'"{_sdp(f"s={number}", _OFFER_LENGTH)}"'


ANSWER = f'"{_sdp("s=-", _ANSWER_LENGTH)}"'


class Times:
    """When offers and answers left and came, by set-up; seconds."""

    def __init__(self) -> None:
        """Start empty."""
        self.sent: dict[int, float] = {}
        self.at_robot: dict[int, tuple[float, float]] = {}
        self.done: dict[int, float] = {}

    def forwarding(self) -> list[float]:
        """Return for each set-up how long offer and answer were on their way together."""
        return [self.done[n] - self.sent[n] - (self.at_robot[n][1] - self.at_robot[n][0])
                for n in self.done]


class Socket(asyncio.Protocol):
    """A WebSocket client (RFC 6455) that masks with zeros, which is no work."""

    def __init__(self, path: str, take: Callable[['Socket', str], None], *, protocol: str = '',
                 token: str = '') -> None:
        """Prepare the handshake; ``take`` gets each text frame."""
        key = base64.b64encode(os.urandom(16)).decode()
        self._hello = '\r\n'.join(filter(None, [
            f'GET {path} HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade',
            f'Sec-WebSocket-Key: {key}', 'Sec-WebSocket-Version: 13',
            protocol and f'Sec-WebSocket-Protocol: {protocol}',
            token and f'Authorization: Bearer {token}'])) + '\r\n\r\n'
        self._take = take
        self._buffer = bytearray()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Say hello."""
        self.transport = transport
        transport.write(self._hello.encode())

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end."""
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError('closed'))
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read what is complete."""
        self._buffer += data
        if not self.opened.done():
            end = self._buffer.find(b'\r\n\r\n')
            if end < 0:
                return
            if not self._buffer.startswith(b'HTTP/1.1 101'):
                self.opened.set_exception(ConnectionError(self._buffer[:end].decode()))
                return
            del self._buffer[:end + 4]
            self.opened.set_result(None)
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == _TEXT:
                self._take(self, payload.decode())
            elif kind == _PING:
                self._send(_PONG, payload)
            elif kind == _CLOSE:
                self.transport.close()

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < max(start, start + length):
            return None
        kind, payload = buffer[0] & 15, bytes(buffer[start:start + length])
        del buffer[:start + length]
        return kind, payload

    def send(self, text: str) -> None:
        """Send a text frame."""
        self._send(_TEXT, text.encode())

    def _send(self, kind: int, payload: bytes) -> None:
        length = len(payload)
        head = (bytes([128 | kind, 128 | length]) if length < 126
                else bytes([128 | kind, 254]) + length.to_bytes(2))
        self.transport.write(head + bytes(4) + payload)

    def close(self) -> None:
        """Say good-bye and leave."""
        self._send(_CLOSE, b'\x03\xe8')
        self.transport.close()


class Load:
    """
    Robots and viewers of one relay.

    :param port: the relay's, on this host
    :param viewer_port: that of the relay where viewers come to, if it is another
    """

    def __init__(self, port: int, viewer_port: int | None = None, token: str = '') -> None:
        """Start without any."""
        self._port = port
        self._viewer_port = viewer_port or port
        self._token = token
        self._robots: list[Socket] = []
        self._numbers = 0
        self.times = Times()

    async def _connect(self, port: int, socket: Callable[[], Socket]) -> Socket:
        _, made = await asyncio.get_running_loop().create_connection(socket, '127.0.0.1', port)
        await made.opened
        return made

    async def add_robot(self, path: str) -> None:
        """Register a robot of the native protocol that answers at once."""
        registered = asyncio.get_running_loop().create_future()

        def take(robot: Socket, text: str) -> None:
            came = time.perf_counter()
            if '"type":"offer"' in text[:20]:
                session = json.loads(text)['session']
                number = int(NUMBER.search(text)[1])
                self.times.at_robot[number] = came, time.perf_counter()
                robot.send(f'{{"type":"answer","session":"{session}","sdp":{ANSWER}}}')
                # It ends at once: sessions would count against the robot's viewers.
                robot.send(f'{{"type":"close","session":"{session}"}}')
            elif '"type":"registered"' in text:
                registered.set_result(None)
            elif not registered.done():
                registered.set_exception(ConnectionError(text))

        robot = await self._connect(self._port, lambda: Socket(
            path, take, protocol='rtc-bridge.v1', token=self._token))
        robot.send('{"type":"register","robot_id":"robot","version":"0.1.0","ice_servers":'
                   '[{"urls":["stun:stun.example.org:3478"]}]}')
        await registered
        self._robots.append(robot)

    async def add_rtcbot_robot(self, path: str) -> None:
        """Register a robot of RTCBot's form that answers at once."""
        def take(robot: Socket, text: str) -> None:
            came = time.perf_counter()
            self.times.at_robot[int(NUMBER.search(text)[1])] = came, time.perf_counter()
            robot.send(f'{{"sdp":{ANSWER},"type":"answer"}}')

        self._robots.append(await self._connect(self._port, lambda: Socket(
            path, take, token=self._token)))

    @property
    def lost(self) -> int:
        """Return how many robots the relay has sent away."""
        return sum(robot.closed.done() for robot in self._robots)

    def _begin(self) -> int:
        self._numbers += 1
        return self._numbers

    async def post(self, path: str) -> None:
        """Set a session up as RTCBot's pages do: one POST, on a connection of its own."""
        number = self._begin()
        body = f'{{"type":"offer","sdp":{offer(number)}}}'
        reader, writer = await asyncio.open_connection('127.0.0.1', self._viewer_port)
        self.times.sent[number] = time.perf_counter()
        writer.write(f'POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n'
                     f'Content-Length: {len(body)}\r\n\r\n{body}'.encode())
        head = await reader.readuntil(b'\r\n\r\n')
        length = int(re.search(rb'(?i)content-length: (\d+)', head)[1])
        answer = await reader.readexactly(length)
        came = time.perf_counter()
        writer.close()
        if not head.startswith(b'HTTP/1.1 200') or b'"answer"' not in answer:
            raise ConnectionError((head + answer).decode())
        self.times.done[number] = came

    async def page(self, path: str) -> None:
        """Set a session up as our page does: over a WebSocket of its own."""
        number, answered = self._begin(), asyncio.get_running_loop().create_future()

        def take(page: Socket, text: str) -> None:
            came = time.perf_counter()
            kind = text[:20]
            if '"type":"ready"' in kind:
                session = json.loads(text)['session']
                self.times.sent[number] = time.perf_counter()
                page.send(f'{{"type":"offer","session":"{session}","trickle":true,'
                          f'"sdp":{offer(number)}}}')
                page.send(f'{{"type":"candidate","session":"{session}","candidate":""}}')
            elif '"type":"answer"' in kind:
                self.times.done[number] = came
                answered.set_result(None)
            elif not answered.done():
                answered.set_exception(ConnectionError(text))

        page = await self._connect(self._viewer_port, lambda: Socket(
            path, take, protocol='rtc-bridge.v1'))
        page.send('{"type":"watch"}')
        try:
            async with asyncio.timeout(20):
                await answered
        finally:
            page.close()
