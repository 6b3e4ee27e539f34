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

"""Which STUN and TURN servers are reachable: the robot asks each of them every 30 s."""

import asyncio
import contextlib
import errno
from ipaddress import ip_address
import logging
import re
from typing import Awaitable, Callable

from .aiortc_compat import ask_stun, ask_turn, host_interfaces
from ..core.failure_log import failures
from ..core.network.connection_reasons import connection_reason
from ..core.network.ice_servers import IceServerPool, VIEWER_RENEWAL_S, VIEWER_TTL_S
from ..core.network.ice_urls import IceUrl
from ..core.supervision import first_of
from ..system.tls_trust import trust_remedy

logger = logging.getLogger(__name__)

# Seconds for an answer: an allocation over TLS takes five round trips, of 0.3 s each on 4G.
PROBE_TIMEOUT_S = 2.0
PROBE_PERIOD_S = 30.0
# The name in the credentials of a probe.
_NAME = 'probe'
_NO_NETWORK = 'no network'
_SILENT = 'no answer: it does not run, or a firewall drops {}'
# The server works, but viewers would be refused there.
_WRONG_CLOCK = (
    f'refuses credentials that are valid for {VIEWER_TTL_S:g} s, and takes longer ones: the '
    "robot's clock is slow, or the server's fast, and pages get no address there; set the clock "
    '(timedatectl)')
# What to do about errors of TURN servers (RFC 8656, section 19; RFC 8489, section 14.8).
_TURN_ERRORS = {
    '401': 'the login or secret is wrong, or a clock is: compare ice.login_file or '
           'ice.secret_file with the server, and both clocks (timedatectl)',
    '403': 'the server forbids it: see its denied addresses and users',
    '440': 'it gives out no addresses of this kind (IPv4 or IPv6); with coturn: '
           'allocation-default-address-family=keep, and a relay-ip of each kind',
    '486': 'its quota is used up: with coturn, user-quota or total-quota',
    '508': 'it has no free address or port: with coturn, min-port and max-port',
}
_ERROR_CODE = re.compile(r'\((\d{3}) - ')


async def probe_server(url: IceUrl, pool: IceServerPool) -> str:
    """Return '' if a server does for viewers what it is there for, otherwise what is wrong."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            if url.scheme == 'stun':
                await ask_stun(url.host, url.port)
                return ''
            return await _probe_turn(url, pool)
    except TimeoutError:
        return _SILENT.format(f'{"TCP" if url.transport == "tcp" else "UDP"} port {url.port}')
    except OSError as error:
        if error.errno == errno.ENETUNREACH:
            return _lacking_version(url) or _NO_NETWORK
        # A wrong password, a server without free addresses, an invalid certificate, ...
        code = _ERROR_CODE.search(str(error))
        remedy = _TURN_ERRORS.get(code[1]) if code else None
        reason = connection_reason(error, url.host, trust_remedy())
        return f'{reason}: {remedy}' if remedy else reason
    except Exception as error:
        # The other servers are used all the same.
        failures.note('ICE server', error)
        return f'{type(error).__name__}: {error}'


def _lacking_version(url: IceUrl) -> str:
    """Return that this host has no address of the kind that a URL needs, '' if it has."""
    try:
        version = ip_address(url.host).version
    except ValueError:
        return ''
    versions = {host.version for host in host_interfaces()}
    if not versions or version in versions:
        return ''
    return f'it has an IPv{version} address, and this robot has none of this kind'


async def _probe_turn(url: IceUrl, pool: IceServerPool) -> str:
    """
    Return '' if a TURN server takes a viewer's credentials, or that only the clock is wrong.

    :raises OSError: it takes no credentials of ours
    """
    server = url.host, url.port, url.transport, url.scheme == 'turns'
    try:
        await ask_turn(*server, *pool.probe_credentials(_NAME, url))
    except OSError as error:
        # coturn answers 401 (RFC 8656, section 7.2) to a password that has expired, too.
        if not pool.derives(url) or '401' not in str(error):
            raise
        await ask_turn(*server, *pool.robot_credentials(_NAME, url))
        return _WRONG_CLOCK
    return ''


class IceServerMonitor:
    """
    Keeps ``reachable`` of the servers up to date.

    :param on_change: awaited when viewers have to be told of other servers, or of fresh
        credentials
    """

    def __init__(self, pool: IceServerPool, on_change: Callable[[], Awaitable[None]]) -> None:
        self._pool = pool
        self._on_change = on_change
        self._probe_now = asyncio.Event()
        # What was wrong with each server at the last probe, '' if nothing.
        self._faults: dict[str, str] = {}

    @property
    def faults(self) -> dict[str, str]:
        """Return what was wrong with each server at the last probe by URL, '' if nothing."""
        return dict(self._faults)

    async def probe(self) -> bool:
        """Ask all servers once; tell whether something has changed."""
        urls = self._pool.urls
        faults = await asyncio.gather(*(probe_server(url, self._pool) for url in urls))
        if faults and all(fault == _NO_NETWORK for fault in faults):
            # The robot changes networks: this says nothing about any server.
            logger.debug('ICE servers: no network')
            return False
        found = {url.text: fault for url, fault in zip(urls, faults)}
        for url, fault in found.items():
            if fault != self._faults.get(url, ''):
                logger.log(logging.WARNING if fault else logging.INFO, 'ICE server %s: %s', url,
                           fault or 'answers again')
        self._faults = self._pool.faults = found
        reachable = frozenset(url for url, fault in found.items() if fault in ('', _WRONG_CLOCK))
        changed, self._pool.reachable = reachable != self._pool.reachable, reachable
        if changed:
            logger.debug('ICE servers: %d of %d are reachable', len(reachable), len(found))
        return changed

    def network_changed(self) -> None:
        """Ask all servers now, since another network may reach others."""
        self._probe_now.set()

    async def servers_changed(self) -> None:
        """Tell viewers of other servers or credentials, and ask all servers now."""
        self._probe_now.set()
        await self._on_change()

    async def run(self) -> None:
        """Ask all servers every ``PROBE_PERIOD_S``, for ever."""
        clock = asyncio.get_running_loop().time
        probed = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                # Without servers there is nothing to do until a service issues some.
                async with asyncio.timeout(
                        VIEWER_RENEWAL_S if self._pool.credentials_expire else
                        PROBE_PERIOD_S if self._pool.urls else None):
                    await self._probe_now.wait()
            changed = False
            if self._probe_now.is_set() or clock() - probed >= PROBE_PERIOD_S - 1:
                changed = await self._probe_in_this_network()
                probed = clock()
            if changed or self._pool.credentials_expire:
                await self._on_change()

    async def _probe_in_this_network(self) -> bool:
        """Ask all servers, and anew if the network changes meanwhile; tell what probe() tells."""
        while True:
            self._probe_now.clear()
            changed: bool | None = await first_of(self.probe(), self._wait_for_change())
            if changed is not None:
                return changed

    async def _wait_for_change(self) -> None:
        await self._probe_now.wait()
