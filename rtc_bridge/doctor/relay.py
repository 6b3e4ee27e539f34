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

"""The relay: whether it can be reached, and takes this robot's token and name."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..bridge.start_settings import read_relay_trust
from ..core.checks.result import Check
from ..core.checks.server_rules import relay_check
from ..core.errors import ProtocolError
from ..core.protocol.signaling_messages import (
    Challenge, Error, IdentityProof, parse, Register, Registered, SUBPROTOCOL,
)
from ..core.settings.robot_settings import RobotSettings
from ..signaling.dialing import dial
from ..signaling.reconnecting import ConnectionLost, disconnect_reason
from ..signaling.relay_url import dial_url, read_token

# Seconds for everything together.
_TIMEOUT_S = 15.0
_PING_S = 5.0


async def check_relay(settings: RobotSettings, robot_id: str, version: str) -> list[Check]:
    """
    Try a relay.

    :param version: of this package
    :raises ParameterError: URL, token or the file of authorities cannot be used
    """
    url = dial_url(settings.relay_url, robot_id)
    connecting = partial(dial, url, trust=read_relay_trust(settings.relay_ca_file, url))
    return [await _try_to_register(settings.relay_url, connecting, read_token(
        settings.relay_token_file), Register(robot_id, version, ()))]


async def _try_to_register(relay_url: str, connecting: Callable[..., Awaitable[ClientConnection]],
                           token: str, registration: Register) -> Check:
    """
    Register at a relay for a moment, as another robot of this name would.

    A bridge that is registered keeps its place: this registration proves nothing.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            headers = {'Authorization': f'Bearer {token}'} if token else {}
            async with await connecting(headers=headers, ping=_PING_S) as ws:
                if ws.subprotocol != SUBPROTOCOL:
                    return Check('relay', 'ok', f"{relay_url} speaks RTCBot's protocol only")
                fault, code = await _register(ws, registration)
                return relay_check(relay_url, fault, code)
    except TimeoutError:
        return relay_check(relay_url, f'no answer within {_TIMEOUT_S:g} s')
    except (ConnectionLost, ConnectionClosed) as error:
        return relay_check(relay_url, disconnect_reason(error))


async def _register(ws: ClientConnection, message: Register) -> tuple[str, str]:
    """Return why a relay does not take a registration and the code of that, or empty texts."""
    await ws.send(message.dump())
    try:
        reply = parse(await ws.recv())
        if isinstance(reply, Challenge):
            await ws.send(IdentityProof('').dump())
            reply = parse(await ws.recv())
    except ProtocolError as error:
        return f'its answer cannot be read: {error}', ''
    match reply:
        case Registered():
            return '', ''
        case Error(code=code, message=text):
            return text, code
    return f'it answers a registration with {reply.TYPE}', ''
