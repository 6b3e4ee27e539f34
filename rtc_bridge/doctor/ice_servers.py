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

"""The STUN and TURN servers, each asked as the bridge asks them."""

import asyncio

from ..bridge.network.turn_credential_client import TurnCredentialClient
from ..core.checks.result import Check
from ..core.checks.server_rules import ice_check
from ..core.settings.robot_settings import IceSettings
from ..peer.ice_server_monitor import probe_server
from ..system.files.secret_files import read_credential_service, read_ice


async def _nothing() -> None:
    pass


async def check_ice_servers(settings: IceSettings) -> list[Check]:
    """
    Ask all servers at once, TURN servers with a login.

    :raises ParameterError: a parameter ``ice.*`` cannot be used
    """
    pool, service, checks = read_ice(settings), read_credential_service(settings), []
    if service is not None:
        client = TurnCredentialClient(service, pool, _nothing)
        await client.ask()
        checks.append(ice_check(f'credentials of {client.place}', client.fault))
    if not pool.urls and not checks:
        return [Check('ICE servers', 'skipped', 'ice.servers is empty: robot and viewers need a '
                      'direct path')]
    faults = await asyncio.gather(*(probe_server(url, pool) for url in pool.urls))
    return checks + [ice_check(url.text, fault) for url, fault in zip(pool.urls, faults)]
