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

aioice opens a socket on any port of each address, all with one priority, and asks STUN servers by
IPv4 only. Here :class:`~rtc_bridge.core.network.host_candidates.HostCandidateRules` decide on
ports, addresses and priorities; aioice still gathers the relayed candidate.

Private parts used (aioice, as of aiortc 1.14 to 1.16): ``Connection.get_component_candidates``
with its argument ``timeout``, ``Connection._protocols`` and ``stun_server``; ``StunProtocol`` with
``local_candidate``, ``request`` and ``transport``; ``Candidate``, ``candidate_foundation`` and
``candidate_priority``; ``stun.Message``; ``get_host_addresses``, and ``ifaddr`` as imported there.
aiortc makes the connections itself, so rules reach them by a context variable, as in
``peer_limits.py``. Without these parts aioice gathers in its own way: an answer waits 5 s for a
STUN server that has died, and ``ice.ports`` and the like have no effect.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
import errno
import logging
import socket
from typing import Any

from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
import aioice.ice

from ..hooks import available
from ....core.network.host_candidates import HostAddress, HostCandidateRules, PortsInUse
from ....system.network_interfaces import interface_kind

logger = logging.getLogger(__name__)

# Seconds to wait for STUN and TURN servers. They are probed every 30 s, see ice_server_monitor.py:
# only one that died since does not answer. aioice waits 5 s.
GATHERING_TIMEOUT_S = 2
# Bytes. Audio and video of other peers come in bursts; Linux' default is 208 KiB.
_RECEIVE_BUFFER = 262_144

_current: ContextVar[HostCandidateRules | None] = ContextVar('host_candidate_rules', default=None)


@contextmanager
def gathering_by(rules: HostCandidateRules) -> Iterator[None]:
    """Give rules for host candidates to all ICE connections that are made in the block."""
    token = _current.set(rules)
    try:
        yield
    finally:
        _current.reset(token)


def host_interfaces(addresses: list[str] | None = None) -> list[HostAddress]:
    """
    Return this host's IP addresses with their interfaces, without loopback and link-local.

    :param addresses: as :func:`host_addresses` gives them, if they were found already
    """
    if addresses is None:
        addresses = host_addresses()
    ifaddr: Any = getattr(aioice.ice, 'ifaddr', None)
    if ifaddr is None:
        return [HostAddress('', address) for address in addresses]
    names: dict[str, str] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            names[ip.ip if isinstance(ip.ip, str) else ip.ip[0]] = adapter.name
    return [HostAddress(name, address, interface_kind(name))
            for address in addresses for name in [names.get(address, '')]]


def host_addresses() -> list[str]:
    """Return this host's IP addresses, without loopback, as aioice finds them."""
    find = getattr(aioice.ice, 'get_host_addresses', None)
    return list(find(use_ipv4=True, use_ipv6=True)) if find else []


def _install_gathering() -> None:
    connection: Any = getattr(aioice.ice, 'Connection', None)
    if not available('choosing ports, addresses and interfaces for ICE',
                     (connection, ['get_component_candidates']),
                     (getattr(aioice.ice, 'StunProtocol', None), ['request']),
                     (stun, ['Message', 'Method', 'Class', 'TransactionError'])):
        return
    construct, gather = connection.__init__, connection.get_component_candidates

    def construct_with_rules(self: Any, *args: Any, **kwargs: Any) -> None:
        self.host_candidate_rules = _current.get() or HostCandidateRules()
        construct(self, *args, **kwargs)

    async def gather_by_rules(self: Any, component: int, addresses: list[str],
                              timeout: float = GATHERING_TIMEOUT_S) -> list[Any]:
        rules: HostCandidateRules = self.host_candidate_rules
        found = host_interfaces(addresses)
        opened = await _open_hosts(self, component, rules, rules.usable(found))
        if getattr(self, '_closing', False):
            # Another connection of the session had no port, and all were closed.
            await _close(opened)
            return []
        # From here on the connection closes them.
        self._protocols += [protocol for _, protocol in opened]
        hosts: list[Any] = [protocol.local_candidate for _, protocol in opened]
        if rules.mapped:
            hosts += _advertised(rules, opened)
        if rules.mapped or not opened:
            _warn_of_missing(rules, found, [host for host, _ in opened])
        reflexive, relayed = await asyncio.gather(
            _ask_stun_server(self.stun_server, [protocol for _, protocol in opened], timeout),
            # Without addresses, which it would open itself.
            gather(self, component, [], timeout))
        return [*hosts, *reflexive, *relayed]

    connection.__init__, connection.get_component_candidates = (
        construct_with_rules, gather_by_rules)


async def _open_hosts(connection: Any, component: int, rules: HostCandidateRules,
                      usable: list[tuple[HostAddress, int]]) -> list[tuple[HostAddress, Any]]:
    """
    Open a socket on each address; return the protocols, with their candidates.

    :raises PortsInUse: an address has no free port in the range; then none is left open
    """
    opened: list[tuple[HostAddress, Any]] = []
    try:
        for host, preference in usable:
            protocol = await _open_host(connection, host, rules)
            if protocol is not None:
                address, port = protocol.transport.get_extra_info('sockname')[:2]
                protocol.local_candidate = _candidate(
                    component, 'host', address, port, preference)
                opened.append((host, protocol))
    except BaseException:
        await _close(opened)
        raise
    return opened


async def _close(opened: list[tuple[HostAddress, Any]]) -> None:
    for _, protocol in opened:
        await protocol.close()


async def _open_host(connection: Any, host: HostAddress, rules: HostCandidateRules) -> Any | None:
    """Return a protocol on a free port of an address; ``None`` if the address is not usable."""
    loop = asyncio.get_running_loop()
    for port in rules.ports.each() if rules.ports is not None else (0,):
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: aioice.ice.StunProtocol(connection), local_addr=(host.address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            # One that has just gone, or an IPv6 address that is still being checked (DAD).
            logger.debug('no candidate on %s: %s', host.address, error)
            return None
        with suppress(AttributeError, OSError):
            transport.get_extra_info('socket').setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        return protocol
    raise PortsInUse(f'all UDP ports from {rules.ports} on {host.address} are in use (parameter '
                     'ice.ports)')


def _candidate(component: int, kind: str, address: str, port: int, preference: int,
               related: tuple[str, int] | None = None, base: str = '') -> Any:
    related_address, related_port = related or (None, None)
    return Candidate(
        foundation=candidate_foundation(kind, 'udp', base or address),
        component=component, transport='udp',
        priority=candidate_priority(component, kind, preference),
        host=address, port=port, type=kind, related_address=related_address,
        related_port=related_port)


def _preference(candidate: Any) -> int:
    """Return the local preference in a candidate's priority (RFC 8445, section 5.1.2.1)."""
    return int(candidate.priority) >> 8 & 0xFFFF


def _advertised(rules: HostCandidateRules, opened: list[tuple[HostAddress, Any]]) -> list[Any]:
    """Return candidates for the public addresses that lead to those of this host."""
    candidates = {host: protocol.local_candidate for host, protocol in opened}
    return [_candidate(base.component, 'host', public, base.port, _preference(base))
            for public, host in rules.advertised(candidates)
            for base in [candidates[host]] if public != base.host]


async def _ask_stun_server(server: tuple[str, int] | None, protocols: list[Any],
                           timeout: float) -> list[Any]:
    """Return the addresses under which a STUN server sees the sockets, as candidates."""
    if server is None:
        return []
    found: list[Any] = []

    async def ask(protocol: Any, address: Any) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        with suppress(stun.TransactionError, OSError):
            response, _ = await protocol.request(request, address)
            seen, base = response.attributes.get('XOR-MAPPED-ADDRESS'), protocol.local_candidate
            # Without NAT, as with IPv6 mostly, it is the host candidate once more (RFC 8445,
            # section 5.1.3).
            if seen is not None and tuple(seen) != (base.host, base.port):
                found.append(_candidate(base.component, 'srflx', seen[0], seen[1],
                                        _preference(base), (base.host, base.port), base.host))

    with suppress(TimeoutError, OSError, UnicodeError):
        async with asyncio.timeout(timeout):
            addresses = await asyncio.get_running_loop().getaddrinfo(
                *server, type=socket.SOCK_DGRAM)
            by_version = {6 if family == socket.AF_INET6 else 4: address[:2]
                          for family, _, _, _, address in reversed(addresses)}
            await asyncio.gather(*(
                ask(protocol, by_version[version]) for protocol in protocols
                for version in [6 if ':' in protocol.local_candidate.host else 4]
                if version in by_version))
    return found


_warned: set[str] = set()


def _warn_of_missing(rules: HostCandidateRules, found: list[HostAddress],
                     used: list[HostAddress]) -> None:
    """Warn, once for each reason, of rules that leave viewers without an address."""
    reasons = [f'ice.addresses has {public}, which leads to no address of this host: '
               f'{", ".join(host.address for host in used) or "it has none"}'
               for public in rules.not_led(used)]
    if not used:
        there = ', '.join(dict.fromkeys(host.interface for host in found))
        reasons.append(
            f'ice.interfaces ({rules.interfaces.text}) leaves no interface with an address; there '
            f'are: {there}' if found else 'this host has no network: viewers on other hosts '
            'cannot connect')
    for reason in reasons:
        if reason not in _warned:
            _warned.add(reason)
            logger.warning('%s', reason)


_install_gathering()
