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
Requests to STUN and TURN servers, to learn whether they work.

Parts of aioice used (as of aiortc 1.14 to 1.16), none of them documented: ``stun.Message``,
``stun.parse_message`` and ``turn.create_turn_endpoint``. If they change, the probe of ICE servers
fails with a traceback in the log and takes every server for dead; sessions still use them.
"""

import asyncio
import contextlib
from typing import Any

from aioice import stun
from aioice.turn import create_turn_endpoint

# Seconds until a binding request is repeated. RFC 8489 starts with 0.5 s and doubles it, but a
# probe has 2 s in all.
STUN_RETRY_S = 0.3


class _BindingRequest(asyncio.DatagramProtocol):
    """One STUN transaction; ``answered`` is set when its response comes."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        with contextlib.suppress(ValueError):
            if stun.parse_message(data).transaction_id == self.request.transaction_id:
                self.answered.set()


async def ask_stun(host: str, port: int) -> None:
    """
    Wait until a STUN server answers a binding request (RFC 8489, section 2).

    :raises OSError: the server cannot be found or reached
    """
    transport, binding = await asyncio.get_running_loop().create_datagram_endpoint(
        _BindingRequest, remote_addr=(host, port))
    try:
        while not binding.answered.is_set():
            transport.sendto(bytes(binding.request))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STUN_RETRY_S):
                    await binding.answered.wait()
    finally:
        transport.close()


async def ask_turn(host: str, port: int, transport: str, tls: bool, username: str | None,
                   password: str | None) -> None:
    """
    Allocate an address at a TURN server (RFC 8656), and free it again.

    :param transport: ``udp`` or ``tcp``
    :raises OSError: the server gives no address
    """
    try:
        endpoint, _ = await create_turn_endpoint(
            asyncio.DatagramProtocol, (host, port), username=username, password=password,
            ssl=tls or None, transport=transport)
    except stun.TransactionError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    endpoint.close()
