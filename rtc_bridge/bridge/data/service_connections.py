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

"""Connections to programs on the robot's computer, as sessions of viewers use them."""

import asyncio
from collections import Counter
import contextlib
from inspect import signature
import socket
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from ...core.gateway.connection import ServiceError
from ...core.gateway.frames import Kind, MAX_DATA, MAX_MESSAGE
from ...core.gateway.service_rules import ServiceRule
from ...core.limits.rate_limit import RateLimiter

# Seconds that a program gets for what it has not taken when its connection is closed.
_CLOSE_TIMEOUT_S = 2.0
# Bytes that the system takes for a program which does not read.
_SEND_BUFFER = 64 * 1024
# Bytes that are read of a program at once.
_READ = 4 * MAX_DATA
# Programs of this computer are no proxy's. Before websockets 15 no proxy is used.
_NO_PROXY: dict[str, Any] = {'proxy': None} if 'proxy' in signature(connect).parameters else {}


class ServiceRates:
    """What all connections of a service may send: to the viewers, and to the program."""

    def __init__(self, rate: int) -> None:
        # A tenth of a second at once.
        self.out = RateLimiter(rate, rate / 10)
        self.to_program = RateLimiter(rate, rate / 10)


class _Connect(connect):
    """Connects to what the parameter names, and to nothing that it redirects to."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Take a redirection for the error that it is."""
        return exc


def failure_text(error: BaseException) -> str:
    """Return what a program's connection has failed of, for people."""
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error)


class _Service:
    """What both kinds have in common."""

    def __init__(self, rates: ServiceRates, opened: Counter[str], name: str) -> None:
        self._rates = rates
        self._opened = opened
        self._name = name
        self._closed = False

    def _forget(self) -> None:
        """Count the connection no more."""
        if not self._closed:
            self._closed = True
            self._opened[self._name] -= 1


class StreamService(_Service):
    """A connection over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                 rates: ServiceRates, opened: Counter[str], name: str) -> None:
        super().__init__(rates, opened, name)
        self._reader = reader
        self._writer = writer

    async def read(self) -> tuple[Kind, bytes] | None:
        try:
            data = await self._reader.read(_READ)
        except OSError as error:
            raise ServiceError('broken', f'the program broke off: {failure_text(error)}') from None
        await asyncio.sleep(self._rates.out.spend(len(data)))
        return (Kind.BYTES, data) if data else None

    async def write(self, kind: Kind, data: bytes) -> None:
        await asyncio.sleep(self._rates.to_program.spend(len(data)))
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise ServiceError('broken', f'the program broke off: {failure_text(error)}') from None

    async def end(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    async def close(self) -> None:
        try:
            self._writer.close()
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            pass
        finally:
            self._writer.transport.abort()
            self._forget()


class WebSocketService(_Service):
    """A connection by WebSocket; it ends both ways at once."""

    def __init__(self, ws: Connection, rates: ServiceRates, opened: Counter[str],
                 name: str) -> None:
        super().__init__(rates, opened, name)
        self._ws = ws

    async def read(self) -> tuple[Kind, bytes] | None:
        try:
            message = await self._ws.recv()
        except ConnectionClosed:
            return None
        data = message.encode() if isinstance(message, str) else message
        await asyncio.sleep(self._rates.out.spend(len(data)))
        return Kind.TEXT if isinstance(message, str) else Kind.BINARY, data

    async def write(self, kind: Kind, data: bytes) -> None:
        if kind is Kind.BYTES:
            raise ServiceError('bad-message', f'{self._name} takes messages, not a stream of '
                                              'bytes: give it the url http://HOST:PORT for that')
        await asyncio.sleep(self._rates.to_program.spend(len(data)))
        try:
            await self._ws.send(data.decode() if kind is Kind.TEXT else data)
        except UnicodeDecodeError:
            raise ServiceError('bad-message', 'a text that is not UTF-8') from None
        except ConnectionClosed as error:
            raise ServiceError('broken', f'the program broke off: {error}') from None

    async def end(self) -> None:
        await self._ws.close()

    async def close(self) -> None:
        try:
            await self._ws.close()
        finally:
            self._forget()


async def open_stream(rule: ServiceRule, rates: ServiceRates, opened: Counter[str]
                      ) -> StreamService:
    """
    Connect to a program over TCP.

    :raises OSError: it takes no connection
    """
    reader, writer = await asyncio.open_connection(rule.host, rule.port)
    # Or the system would take megabytes for a program that does not read.
    writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    writer.transport.set_write_buffer_limits(_SEND_BUFFER)
    return StreamService(reader, writer, rates, opened, rule.name)


async def open_websocket(rule: ServiceRule, rates: ServiceRates, opened: Counter[str]
                         ) -> WebSocketService:
    """
    Connect to a program by WebSocket.

    :raises OSError: it takes no connection
    :raises WebSocketException: or no WebSocket
    """
    # A program that does not read, or a viewer, is waited for and not cut off by pings.
    ws = await _Connect(rule.url, max_size=MAX_MESSAGE, max_queue=1,
                        ping_interval=None, close_timeout=_CLOSE_TIMEOUT_S, **_NO_PROXY)
    return WebSocketService(ws, rates, opened, rule.name)
