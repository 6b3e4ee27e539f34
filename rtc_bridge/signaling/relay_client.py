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
Keeps a robot connected to a relay.

A relay that accepts the subprotocol ``rtc-bridge.v1`` is spoken to in it, any other one in
RTCBot's protocol, one offer and one answer at a time.
"""

import asyncio
from collections.abc import Callable
import contextlib
import logging
import ssl
from typing import NoReturn
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from .dialing import dial
from .native import NativeConnection
from .network_changes import source_address, WORLD
from .reconnecting import (
    ConnectionLost, disconnect_reason, reconnect_delays, RelayMisbehaves, remaining_delay,
)
from .registration import Registration
from .rtcbot import answer_offer
from ..core.clock import boot_time
from ..core.failure_log import failures
from ..core.limits.log_limits import escape
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import SUBPROTOCOL
from ..core.supervision import first_of, spawn

_logger = logging.getLogger('rtc_bridge.signaling')

# Characters of a reason, with its remedy.
_MAX_REASON = 500
# Seconds that a relay has to answer a ping after a change of the network.
_PROBE_TIMEOUT_S = 2.0
# Seconds. A connection in RTCBot's protocol that lasted this long was a good one: the delays
# before further connections start anew.
_STEADY_S = 10.0


class RelayClient:
    """
    Keeps a robot reachable at a relay. Belongs to one event loop.

    :param url: what to dial, from ``dial_url``
    :param robot_id: the robot's name
    :param link: the robot
    :param token: what the relay asks of its robots, if it does
    :param secret: by which it shows the relay that it is the same robot; ``None``: not at all
    :param on_state: called with the state whenever it changes
    :param ping: seconds between pings, and to wait for each answer
    :param trust: whose certificates are trusted; ``None``: those of the system's authorities
    """

    def __init__(self, url: str, robot_id: str, link: RobotLink, *,
                 token: str = '', secret: bytes | None = None,
                 on_state: Callable[[str], None] | None = None, ping: float = 5.0,
                 trust: ssl.SSLContext | None = None) -> None:
        self._url = url
        # For people: without the path, which may be a secret.
        self._address = '{0.scheme}://{0.netloc}'.format(urlsplit(url))
        self._link = link
        self._headers = {'Authorization': f'Bearer {token}'} if token else {}
        self._registration = Registration(robot_id, url, secret)
        self._on_state = on_state
        self._ping = ping
        self._trust = trust
        self._state = 'connecting'
        # The reason that was logged last.
        self._reason: str | None = None
        # Whether the present connection, or the last one, was good enough to reset the delays.
        self._was_good = False
        self._ws: ClientConnection | None = None
        self._connection: NativeConnection | None = None
        # The relay's address, and the own ones from which it and the world were reached.
        self._peer: tuple[str | int, ...] = WORLD[0]
        self._source_addresses: list[str | None] = []
        self._has_moved = asyncio.Event()

    @property
    def state(self) -> str:
        """Return ``connecting``, ``connected`` or ``lost: <reason>``."""
        return self._state

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            if self._on_state:
                self._on_state(state)

    def _set_connected(self, protocol: str) -> None:
        if self._state != 'connected':
            _logger.info('connected to relay %s (%s)', self._address, protocol)
        self._reason = None
        self._set_state('connected')

    def _set_lost(self, reason: str) -> None:
        reason = escape(reason, _MAX_REASON)
        # Each reason is logged once, not at each try: a relay may be down for a night.
        if reason != self._reason:
            _logger.warning('relay %s: %s; trying again', self._address, reason)
        self._reason = reason
        self._set_state(f'lost: {reason}')

    def network_changed(self) -> None:
        """Dial again at once if the way to the relay has changed, or none was found yet."""
        ws = self._ws
        if ws is not None:
            if source_address(ws.remote_address) == ws.local_address[0]:
                # A container's interface, or another network that gave out the same address.
                spawn('relay client', self._probe(ws))
                return
            # A closing handshake would wait for a relay that cannot be reached any more.
            ws.transport.abort()
        elif self._find_source_addresses() == self._source_addresses:
            # The change concerns something else on this host, such as a container's interface.
            return
        _logger.debug('the way to relay %s has changed: dialing again', self._address)
        self._has_moved.set()

    async def _probe(self, ws: ClientConnection) -> None:
        """Dial again if the relay does not answer a ping."""
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_S):
                await (await ws.ping())
        except TimeoutError:
            if self._ws is ws:
                ws.transport.abort()
                self._has_moved.set()
        except ConnectionClosed:
            # The task that reads the WebSocket notices it, too.
            pass

    async def renew(self) -> None:
        """Tell the relay of other ICE servers, or fresh credentials, for the viewers."""
        if self._connection is not None:
            await self._connection.renew()

    async def run(self) -> NoReturn:
        """Dial, serve, and dial again, for ever."""
        delays = reconnect_delays()
        while True:
            self._was_good = False
            dials_at_once = False
            self._has_moved.clear()
            began = boot_time()
            try:
                dials_at_once = await self._serve_until_moved()
            except ConnectionLost as lost:
                if isinstance(lost, RelayMisbehaves):
                    self._was_good = False
                self._set_lost(str(lost))
            except (OSError, EOFError, WebSocketException) as error:
                self._set_lost(disconnect_reason(error))
            except Exception as error:
                # Whatever a relay brings about, the next try may go well.
                failures.note('relay client', error, 'it dials again')
                self._set_lost(disconnect_reason(error))
            if dials_at_once:
                continue
            if self._was_good:
                delays, began = reconnect_delays(), boot_time()
            delay = remaining_delay(next(delays), boot_time() - began)
            _logger.debug('dialing relay %s again in %.1f s', self._address, delay)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._has_moved.wait()
            if self._has_moved.is_set():
                delays = reconnect_delays()

    async def _serve_until_moved(self) -> bool:
        """Serve one connection as ``_serve``; end it when the network changes."""
        self._source_addresses = self._find_source_addresses()

        async def end_when_moved() -> NoReturn:
            await self._has_moved.wait()
            raise ConnectionLost('the network has changed')

        return await first_of(end_when_moved(), self._serve())

    def _find_source_addresses(self) -> list[str | None]:
        """Return from which addresses this host reaches the relay and the world."""
        return [source_address(peer) for peer in (self._peer, *WORLD)]

    async def _serve(self) -> bool:
        """Serve one connection; return whether to dial again at once."""
        async with await dial(self._url, self._headers, self._ping, self._trust) as ws:
            self._ws, self._peer = ws, ws.remote_address
            try:
                if ws.subprotocol != SUBPROTOCOL:
                    return await self._serve_rtcbot(ws)
                await self._registration.register(ws, self._link)
                self._was_good = True
                self._connection = NativeConnection(ws, self._link, self._registration,
                                                    self._address)
                self._set_connected('native protocol')
                await self._connection.serve()
            except ConnectionClosed as error:
                raise ConnectionLost(disconnect_reason(error)) from None
            finally:
                connection, self._connection, self._ws = self._connection, None, None
                if connection is not None:
                    await connection.close()

    async def _serve_rtcbot(self, ws: ClientConnection) -> bool:
        self._set_connected("RTCBot's protocol")
        has_answered = False
        steady_at = boot_time() + _STEADY_S
        try:
            while True:
                await answer_offer(ws, self._link, await ws.recv())
                has_answered = self._was_good = True
        except ConnectionClosed as error:
            self._was_good = self._was_good or boot_time() >= steady_at
            # A room ends with its answer: come back for the next viewer.
            if has_answered and error.rcvd is not None:
                return True
            raise
