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

"""Connections below HTTP: how many, and how long each may take for what it is at."""

import asyncio
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import logging
import ssl

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ..metrics import log, Metrics
from ...core.limits.address_limits import client_key, ConcurrencyQuota, is_loopback, Networks
from ...core.settings.relay_settings import RelaySettings
from ...core.supervision import call_guarded

# aiohttp logs each request that is none with a traceback and its first line, in which the name of
# a room may be: a stranger could fill the log.
_http_logger = logging.getLogger('rtc_bridge.relay.http')
_http_logger.addFilter(lambda record: not (record.exc_info and isinstance(
    record.exc_info[1], (HttpProcessingError, web.RequestPayloadError, ConnectionError))))

_BACKLOG = 1024
# Bytes: asyncio's own 256 KiB for each connection with TLS, from before its handshake on, let a
# stranger take a lot of memory for little. A record has 16 KiB.
_TLS_BUFFER = 32 * 1024
# Idle connections are kept for a browser's next request only.
_KEEP_ALIVE = 30.0


class Doorman:
    """What all connections of a server share."""

    def __init__(self, settings: RelaySettings, proxies: Networks, metrics: Metrics) -> None:
        """Start without connections."""
        self.settings = settings
        self.metrics = metrics
        self.places = ConcurrencyQuota(settings.limits.connections,
                                       settings.limits.connections_per_address)
        self._proxies = proxies
        self._robots = 0
        # Whether all of the server's sockets are on the loopback.
        self.on_loopback = False
        metrics.gauge('connections', 'Connections', lambda: self.places.in_use)

    def key(self, peer: str | None) -> object:
        """Return what a connection is counted under; those of a proxy are many people's."""
        return object() if peer in self._proxies else client_key(peer)


DOORMAN = web.AppKey('doorman', Doorman)


class Connection(asyncio.Protocol):
    """
    Stands before aiohttp's own protocol and cuts what takes too long.

    aiohttp waits without end for a first request that drips in, and for a peer that reads nothing.
    """

    def __init__(self, doorman: Doorman, handler: asyncio.Protocol) -> None:
        """Stand before a handler."""
        self._doorman = doorman
        self._handler: asyncio.Protocol | None = handler
        self._transport: asyncio.Transport | None = None
        self._key: object = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin, if there is room."""
        self._transport = transport
        peer = transport.get_extra_info('peername')
        key = self._doorman.key(peer[0] if peer else None)
        if not self._doorman.places.acquire(key):
            self._handler = None
            self._doorman.metrics.refuse('connections', peer[0] if peer else None)
            transport.abort()
            return
        self._key = key
        self.expect('header_timeout')
        self._handler.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        self.leave_crowd()
        self.expect(None)
        self.resume_writing()
        if self._handler is not None:
            self._handler.connection_lost(error)
            self._handler = None

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        if self._handler is not None:
            self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._handler.eof_received() if self._handler is not None else None

    def pause_writing(self) -> None:
        """Begin to lose patience: the peer does not take what it is sent."""
        if self._handler is not None:
            self._stall = self._later('stall_timeout')
            self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Be patient again."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            if self._handler is not None:
                self._handler.resume_writing()

    def expect(self, limit: str | None) -> None:
        """Give the peer as long as a setting says for what comes now; with ``None`` for ever."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if limit is None else self._later(limit)

    def leave_crowd(self) -> None:
        """Count no more against its address: it has shown who it is, or is gone."""
        if self._key is not None:
            self._doorman.places.release(self._key)
            self._key = None

    def _later(self, limit: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(
            getattr(self._doorman.settings.limits, limit), call_guarded, 'connection', self._cut,
            limit)

    def _cut(self, limit: str) -> None:
        self._doorman.metrics.refused.labels(limit).inc()
        peer = self._transport.get_extra_info('peername')
        log('a connection was cut', logging.DEBUG, reason=limit, peer=peer[0] if peer else None)
        self._transport.abort()


def connection(request: web.Request) -> Connection | None:
    """Return a request's connection, if it came through one of these."""
    protocol = request.transport.get_protocol() if request.transport is not None else None
    return protocol if isinstance(protocol, Connection) else None


def tls(certificate: str, key: str) -> ssl.SSLContext:
    """
    Return a server's TLS context (TLS 1.2 or newer).

    :raises OSError: a file cannot be read, or is no certificate or key (``ssl.SSLError``)
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key or None)
    return context


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int,
                context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """
    Serve a relay's application; give the port.

    No access log: a room's name in a log would be a secret in a log.

    :raises OSError: the address or port cannot be had
    """
    if context is not None and hasattr(SSLProtocol, 'max_size'):
        SSLProtocol.max_size = _TLS_BUFFER
    doorman = app[DOORMAN]
    # No body is unpacked: 250 kB can become 250 MB, in this event loop.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, auto_decompress=False,
                           keepalive_timeout=_KEEP_ALIVE, logger=_http_logger)
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(doorman, runner.server()), host or None, port, ssl=context,
            backlog=_BACKLOG, ssl_handshake_timeout=(
                doorman.settings.limits.header_timeout if context else None))
        doorman.on_loopback = all(
            is_loopback(socket.getsockname()[0]) for socket in server.sockets)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        # Says good-bye to those that are connected.
        await runner.cleanup()
