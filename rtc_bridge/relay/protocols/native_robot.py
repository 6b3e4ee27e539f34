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

"""A robot that speaks the native protocol over its WebSocket, with many viewers at once."""

import asyncio
from functools import partial

from aiohttp import web

from .native_socket import receive_message, send_message
from ..directory.registry import NAMELESS, Registry
from ..event_log import log_event
from ..messaging_robot import MessagingRobot
from ..metrics import Metrics
from ...core.errors import ProtocolError
from ...core.protocol.ice import IceServer
from ...core.protocol.signaling_messages import (
    Challenge, Error, IdentityProof, Register, Registered, Renew,
)
from ...core.supervision import spawn

# Seconds for a robot's proof that a registration is its own.
_PROOF_TIMEOUT_S = 10.0


class NativeRobot(MessagingRobot):
    """A robot at the other end of a WebSocket."""

    def __init__(self, ws: web.WebSocketResponse, register: Register, metrics: Metrics, *,
                 timeout: float) -> None:
        super().__init__(partial(send_message, ws), register.ice_servers, metrics,
                         timeout=timeout)
        self._ws = ws
        self._identity = register.identity
        self.knows_services = register.services
        # The servers after which others were asked for.
        self._renewed: tuple[IceServer, ...] | None = None

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use; the next one gets other passwords."""
        servers = self._ice_servers
        if servers is not self._renewed and any(server.credential for server in servers):
            # Only after these are given out, since it would cost the viewer a round trip before.
            self._renewed = servers
            await self._send(Renew())
        return list(servers)

    async def claim(self, registry: Registry, name: str) -> None:
        """
        Register the robot under a name, which must be free, or its own.

        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        key = await self._prove_identity(registry, name)
        await registry.claim(name, self, self._identity, key)

    async def serve(self, name: str) -> None:
        """Tell the robot that it is registered, and read its messages until it leaves."""
        try:
            await self._send(Registered('/' if name == NAMELESS else f'/{name}'))
            while self._is_tolerable:
                try:
                    message = await receive_message(self._ws)
                    if message is None:
                        break
                    self.handle(message)
                except ProtocolError as error:
                    self._metrics.refuse('frames', text=str(error))
                    self.blame('a robot sent what it should not', error=str(error))
                    self.reject(error)
                    await self._send(Error('bad-message', str(error), error.session))
        finally:
            self.leave()

    async def _prove_identity(self, registry: Registry, name: str) -> str:
        """
        Return the key by which the robot proves that it has the name itself.

        Its earlier connection may have died unnoticed. Without a proof it is another robot, and
        the key is empty.
        """
        holder = await registry.identity(name)
        if holder is None or self._identity is None:
            return ''
        await self._send(Challenge(holder.salt))
        try:
            async with asyncio.timeout(_PROOF_TIMEOUT_S):
                match await receive_message(self._ws):
                    case IdentityProof(key=key):
                        return key
        except (TimeoutError, ProtocolError):
            pass
        return ''

    def dismiss(self) -> None:
        """Part from the robot, which has registered again: most likely its WebSocket is dead."""
        log_event('a robot has taken its own place')
        self.leave()
        spawn('farewell', self._say_farewell())

    async def _say_farewell(self) -> None:
        # The WebSocket may be stuck; then its pings or the stall timeout end it.
        await self._send(Error('replaced', 'The same robot has registered anew'))
        await self._ws.close()
