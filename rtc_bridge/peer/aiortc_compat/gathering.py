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
Gathering of the robot's own candidates (RFC 8445, section 5.1.1).

Private parts used (aioice, as of aiortc 1.14 to 1.16):
``Connection.get_component_candidates`` with its argument ``timeout``, and ``get_host_addresses``
of the module. Without the first one an answer waits 5 s for a STUN server that has died; without
the second one the robot does not know its own addresses, and its certificate names none.
"""

from typing import Any

import aioice.ice

from .hooks import available

# Seconds to wait for STUN and TURN servers. They are probed every 30 s, see ice_server_monitor.py:
# only one that died since does not answer. aioice waits 5 s.
GATHERING_TIMEOUT_S = 2


def _install_gathering_timeout() -> None:
    connection: Any = getattr(aioice.ice, 'Connection', None)
    if not available('the time limit for gathering candidates',
                     (connection, ['get_component_candidates'])):
        return
    gather = connection.get_component_candidates

    async def gather_briefly(self: Any, component: int, addresses: Any,
                             timeout: float = GATHERING_TIMEOUT_S) -> Any:
        return await gather(self, component, addresses, timeout)

    connection.get_component_candidates = gather_briefly


def host_addresses() -> list[str]:
    """Return this host's IP addresses, without loopback, as aioice finds them."""
    find = getattr(aioice.ice, 'get_host_addresses', None)
    return list(find(use_ipv4=True, use_ipv6=True)) if find else []


_install_gathering_timeout()
