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

"""Gathering of candidates: this host's addresses, STUN and TURN servers."""

import asyncio
import contextlib

from aioice import stun
import aioice.ice
from aioice.turn import create_turn_endpoint

GATHERING_S = 2
STUN_RETRY_S = 0.3


def _install_gathering_limit() -> bool:
    """Wait 2 s at most, not 5, for a STUN or TURN server that died since it was probed."""
    connection = getattr(aioice.ice, 'Connection', None)
    if not hasattr(connection, 'get_component_candidates'):
        return False
    gather = connection.get_component_candidates

    async def gather_briefly(self, component, addresses, timeout=GATHERING_S):
        return await gather(self, component, addresses, timeout)

    connection.get_component_candidates = gather_briefly
    return True


def host_addresses() -> list[str]:
    """Return this host's IP addresses, without loopback, as aioice finds them."""
    find = getattr(aioice.ice, 'get_host_addresses', None)
    return find(use_ipv4=True, use_ipv6=True) if find else []


class _Binding(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        with contextlib.suppress(ValueError):
            if stun.parse_message(data).transaction_id == self.request.transaction_id:
                self.answered.set()


async def ask_stun(host: str, port: int) -> None:
    """
    Wait until a STUN server answers a binding request (RFC 8489, section 2).

    :raises OSError: it cannot be found or reached
    """
    transport, binding = await asyncio.get_running_loop().create_datagram_endpoint(
        _Binding, remote_addr=(host, port))
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

    :raises OSError: that is not possible
    """
    try:
        endpoint, _ = await create_turn_endpoint(
            asyncio.DatagramProtocol, (host, port), username=username, password=password,
            ssl=tls or None, transport=transport)
    except stun.TransactionError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    endpoint.close()


HAS_GATHERING_LIMIT = _install_gathering_limit()
