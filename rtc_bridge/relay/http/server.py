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

"""The relay's HTTP server: sockets, TLS, and aiohttp's runner."""

import asyncio
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import logging
import math
import ssl

from aiohttp import web
from aiohttp.http import HttpProcessingError

from .connection_limits import CONNECTION_LIMITS, LimitedConnection
from ...core.limits.address_limits import is_loopback
from ...core.network.listen_address import EVERY_ADDRESS


def _is_expected(record: logging.LogRecord) -> bool:
    """Tell whether a record of aiohttp's is about what a peer sent, or about the peer's end."""
    return bool(record.exc_info) and isinstance(record.exc_info[1], (  # type: ignore[index]
        HttpProcessingError, web.RequestPayloadError, ConnectionError))


# aiohttp logs each malformed request with a traceback and its first line. Clients could fill the
# log with them, and the line may hold a robot's name, which is a secret on some relays.
_http_logger = logging.getLogger('rtc_bridge.relay.http')
_http_logger.addFilter(lambda record: not _is_expected(record))

# Connections that may wait to be accepted.
_BACKLOG = 1024
# Bytes. asyncio's 256 KiB for each connection with TLS, from before its handshake on, would let
# clients fill the memory with little traffic. A record has up to 16 KiB (RFC 8446, section 5.1).
_TLS_BUFFER = 32 * 1024
# Seconds for which an idle connection is kept for a browser's next request.
_KEEP_ALIVE = 30.0


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """
    Return a server's TLS context (TLS 1.2 or newer).

    :param certificate: PEM file with the certificate and its chain
    :param key: PEM file with its private key, empty if that is in the certificate's file
    :raises OSError: a file cannot be read, or holds no certificate or key (``ssl.SSLError``)
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key or None)
    return context


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int,
                context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """
    Serve an application of :func:`~rtc_bridge.relay.app.create_app`; give the port.

    There is no access log, since the paths in it would hold names of robots, which may be secrets.

    :param host: address to bind; '::' and empty for all, of IPv4 and IPv6
    :param port: 0 for any free one
    :raises OSError: the address or port cannot be bound
    """
    if context is not None and hasattr(SSLProtocol, 'max_size'):
        SSLProtocol.max_size = _TLS_BUFFER
    shared = app[CONNECTION_LIMITS]
    # Bodies are not decompressed: 250 kB can become 250 MB, in this event loop.
    # Pings are not moved to whole seconds: those of 5000 robots at once took 0.2 s.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, auto_decompress=False,
                           keepalive_timeout=_KEEP_ALIVE, timeout_ceil_threshold=math.inf,
                           logger=_http_logger)
    await runner.setup()
    make_handler = runner.server
    assert make_handler is not None
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: LimitedConnection(shared, make_handler()),
            EVERY_ADDRESS if host == '::' else host or None, port, ssl=context,
            backlog=_BACKLOG, ssl_handshake_timeout=(
                shared.limits.header_timeout if context else None))
        shared.on_loopback = all(is_loopback(socket.getsockname()[0])
                                 for socket in server.sockets)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        # Closes the WebSockets with a reason (see ``websockets.py``).
        await runner.cleanup()
