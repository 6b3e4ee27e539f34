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

"""Registers a robot at a relay, and proves that an earlier registration was its own."""

import asyncio
from collections import deque
import logging

from websockets.asyncio.client import ClientConnection

from .dial_reasons import NAME_REMEDY
from .reconnecting import ConnectionLost
from .. import __version__
from ..core.access.robot_identity import IdentityProver
from ..core.errors import ProtocolError
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Challenge, Error, IdentityProof, parse, Register, Registered,
)

_logger = logging.getLogger('rtc_bridge.signaling')

# Seconds, for the whole exchange.
_TIMEOUT_S = 10.0
# Registrations without an answer that are remembered, since the relay may have taken them.
_MAX_SALTS = 64


class Registration:
    """
    What a robot knows of its registrations at one relay, across connections.

    :param secret: proves that it is the same robot; ``None``: nothing does
    """

    def __init__(self, robot_id: str, url: str, secret: bytes | None) -> None:
        # Another process with the same secret has the name now. The robot does not take it back,
        # since the two would take it from each other for ever.
        self.was_replaced = False
        self._robot_id = robot_id
        self._prover = IdentityProver(secret, url, robot_id) if secret else None
        self._has_registered = False
        # Salts of the last registration that succeeded, and of later ones without an answer.
        self._salts: deque[str] = deque(maxlen=_MAX_SALTS)

    async def register(self, ws: ClientConnection, link: RobotLink) -> None:
        """
        Register on an open WebSocket.

        :raises ConnectionLost: the relay refuses, or does not answer
        """
        identity = self._prover.new_identity() if self._prover else None
        if identity:
            self._salts.append(identity.salt)
        try:
            text = Register(self._robot_id, __version__, tuple(await link.ice_servers()),
                            identity, services=True).dump()
        except ProtocolError as error:
            raise ConnectionLost(f'the registration cannot be sent: {error}') from None
        await ws.send(text)
        is_newly_replaced = False
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reply = parse(await ws.recv())
                if isinstance(reply, Challenge) and self._prover:
                    is_newly_replaced = self._is_another_process(reply.salt)
                    self.was_replaced = self.was_replaced or is_newly_replaced
                    _logger.debug('the name %s is taken, %s', self._robot_id,
                                  'by another process' if self.was_replaced else
                                  'this robot proves that it is its own')
                    key = '' if self.was_replaced else self._prover.key(reply.salt)
                    await ws.send(IdentityProof(key).dump())
                    reply = parse(await ws.recv())
        except TimeoutError:
            raise ConnectionLost('the relay did not take the registration') from None
        except ProtocolError as error:
            raise ConnectionLost(str(error)) from None
        match reply:
            case Registered():
                self._has_registered, self.was_replaced = True, False
                self._salts.clear()
                if identity:
                    self._salts.append(identity.salt)
            case Error(code=code, message=text):
                if identity:
                    self._salts.remove(identity.salt)
                if is_newly_replaced and code == 'robot-exists':
                    raise ConnectionLost('replaced: another process with the secret of this robot '
                                         'has registered since')
                remedy = f': {NAME_REMEDY}' if code == 'robot-exists' else ''
                raise ConnectionLost(f'{code}: {text}{remedy}')
            case _:
                raise ConnectionLost(f'the relay answered the registration with {reply.TYPE}')

    def _is_another_process(self, salt: str) -> bool:
        """
        Tell whether another process with the secret took the name from this robot.

        The relay's word of it was lost with the connection, as for a process that hung.
        """
        return not self.was_replaced and self._has_registered and salt not in self._salts
