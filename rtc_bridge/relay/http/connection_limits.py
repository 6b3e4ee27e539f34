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

"""Limits of connections below HTTP: how many, and how long a peer may take for each step."""

import asyncio
import logging

from aiohttp import web

from ..event_log import log_event
from ..metrics import Metrics
from ...core.limits.address_limits import client_key, ConcurrencyQuota, Networks
from ...core.settings.relay_settings import RelayLimits, RelaySettings
from ...core.supervision import call_guarded


class ConnectionLimits:
    """What all connections of a server share. Belongs to one event loop."""

    def __init__(self, settings: RelaySettings, proxies: Networks, metrics: Metrics) -> None:
        self.limits: RelayLimits = settings.limits
        self.metrics = metrics
        self.quota = ConcurrencyQuota(settings.limits.connections,
                                      settings.limits.connections_per_address)
        # Whether all of the server's sockets are bound to the loopback.
        self.on_loopback = False
        self._proxies = proxies
        metrics.gauge('connections', 'Connections', lambda: self.quota.in_use)

    def key(self, peer: str | None) -> object:
        """Return the key that a connection counts under; those of a proxy have one each."""
        return object() if peer in self._proxies else client_key(peer)


CONNECTION_LIMITS = web.AppKey('connection_limits', ConnectionLimits)


class LimitedConnection(asyncio.Protocol):
    """
    Passes a connection on to aiohttp's protocol, and cuts it when its peer takes too long.

    aiohttp waits without end for a first request that drips in, and for a peer that reads nothing.

    :param handler: aiohttp's protocol
    """

    def __init__(self, shared: ConnectionLimits, handler: asyncio.Protocol) -> None:
        self._shared = shared
        self._handler: asyncio.Protocol | None = handler
        self._transport: asyncio.Transport | None = None
        # Under which the connection counts, None if it does not.
        self._key: object = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if the quotas allow it; else cut the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = self._peer()
        key = self._shared.key(peer)
        if not self._shared.quota.acquire(key):
            self._handler = None
            self._shared.metrics.refuse('connections', peer)
            transport.abort()
            return
        self._key = key
        self.expect('header_timeout')
        if self._handler is not None:
            self._handler.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        self.exempt()
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
        """Start the stall timeout, since the peer does not read what it is sent."""
        if self._handler is not None:
            self._stall = self._cut_later('stall_timeout')
            self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Stop the stall timeout."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            if self._handler is not None:
                self._handler.resume_writing()

    def expect(self, limit: str | None) -> None:
        """
        Cut the connection unless this is called again in time.

        :param limit: the setting that has the time, ``None`` for no limit
        """
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if limit is None else self._cut_later(limit)

    def exempt(self) -> None:
        """Count no more against the quotas: the peer has shown a robot's token, or is gone."""
        if self._key is not None:
            self._shared.quota.release(self._key)
            self._key = None

    def _cut_later(self, limit: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(
            getattr(self._shared.limits, limit), call_guarded, 'connection', self._cut, limit)

    def _cut(self, limit: str) -> None:
        self._shared.metrics.refused.labels(limit).inc()
        log_event('a connection was cut', logging.DEBUG, reason=limit, peer=self._peer())
        if self._transport is not None:
            self._transport.abort()

    def _peer(self) -> str | None:
        peer = self._transport.get_extra_info('peername') if self._transport is not None else None
        return peer[0] if peer else None


def limited_connection(request: web.Request) -> LimitedConnection | None:
    """Return a request's connection, if it came through a :class:`LimitedConnection`."""
    protocol = request.transport.get_protocol() if request.transport is not None else None
    return protocol if isinstance(protocol, LimitedConnection) else None
