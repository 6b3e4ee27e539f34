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
Which of this host's addresses viewers are told of, by which ports: ``ice.ports`` and the like.

A host candidate (RFC 8445, section 5.1.1.1) is an address of this host with a UDP port.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address, IPv4Address, IPv6Address
import re

from .ice_urls import check_ipv6
from ..errors import ParameterError, RtcBridgeError
from ..protocol.strict_json import shorten

# Ports below need root, and WebRTC uses none of them (RFC 6335, section 6).
_MIN_PORT, _MAX_PORT = 1024, 65_535
# A page that connects again has two sessions for a moment.
_MIN_PORTS = 2
# Strangers may hold 8 (peer/unproven_sessions.py), and a page that connects again one more.
ENOUGH_PORTS = 10
# Local preferences (RFC 8445, section 5.1.2.1) of the first address of each kind of interface.
_PREFERENCES = {'': 65_535, 'vpn': 40_000, 'bridge': 20_000}
# Interfaces of VPNs, and of containers and virtual machines, by their usual names. The system
# tells the kind of most VPNs whatever they are called (system/network_interfaces.py).
_VPN_NAME = re.compile(r'(tun|tap|wg|tailscale|ts\d|zt|utun|ipsec|vti|nordlynx|nebula|proton|warp|'
                       r'CloudflareWARP|gpd|vpn|netbird|wt\d)', re.I)
_BRIDGE_NAME = re.compile(r'(docker|br-[0-9a-f]{12}|veth|virbr|lxc|lxd|podman|cni|flannel|cali|'
                          r'weave|vmnet|vboxnet|kube|nerdctl)')

IPAddress = IPv4Address | IPv6Address


class PortsInUse(RtcBridgeError):  # noqa: N818 - a state that passes, as BlockingIOError
    """All ports of ``ice.ports`` are in use, so no session can begin now."""


@dataclass(frozen=True)
class HostAddress:
    """An address of this host, and the interface that has it; ``kind`` as :func:`kind_of`."""

    interface: str
    address: str
    kind: str = ''

    @property
    def version(self) -> int:
        """Return 4 or 6."""
        return 6 if ':' in self.address else 4


def kind_of(interface: str) -> str:
    """Return ``vpn``, ``bridge`` (of containers and virtual machines) or nothing, by the name."""
    if _BRIDGE_NAME.match(interface):
        return 'bridge'
    return 'vpn' if _VPN_NAME.match(interface) else ''


class PortRange:
    """UDP ports, both ends included. Each use begins after the last one."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self._next = first

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f'{self.first} to {self.last}'

    def each(self) -> Iterator[int]:
        """
        Yield each port once, to be tried until one is free.

        A port that was just in use comes last: packets of its session may still be under way.
        """
        start = self._next
        for offset in range(len(self)):
            port = self.first + (start - self.first + offset) % len(self)
            self._next = port + 1 if port < self.last else self.first
            yield port


@dataclass(frozen=True)
class MappedAddress:
    """An address that leads to this host; ``private``: to this address of it, if to one only."""

    public: str
    private: str = ''

    def leads_to(self, host: HostAddress) -> bool:
        """Tell whether packets for the public address come to an address of this host."""
        if self.private:
            return ip_address(self.private) == ip_address(host.address)
        return (':' in self.public) == (':' in host.address)


class InterfaceFilter:
    """Patterns of interface names; those that begin with ``!`` leave interfaces out."""

    def __init__(self, patterns: Sequence[str] = ('*',)) -> None:
        self._out = [pattern[1:] for pattern in patterns if pattern.startswith('!')]
        self._in = [pattern for pattern in patterns if not pattern.startswith('!')] or ['*']
        self.text = ', '.join(patterns)

    def takes(self, interface: str) -> bool:
        """Tell whether an interface is to be used; an alias (``eth0:1``) is its interface."""
        interface = interface.partition(':')[0]
        return (any(fnmatchcase(interface, pattern) for pattern in self._in)
                and not any(fnmatchcase(interface, pattern) for pattern in self._out))


@dataclass(frozen=True)
class HostCandidateRules:
    """The parameters ``ice.ports``, ``ice.addresses`` and ``ice.interfaces``, checked."""

    ports: PortRange | None = None
    mapped: tuple[MappedAddress, ...] = ()
    interfaces: InterfaceFilter = InterfaceFilter()

    def usable(self, addresses: Iterable[HostAddress]) -> list[tuple[HostAddress, int]]:
        """
        Return the addresses to use with their local preferences, the best first.

        Those of the LAN come before those of VPNs, and these before bridges of containers, whose
        addresses are the same on many hosts. Each has a preference of its own, as RFC 8445,
        section 5.1.2.1, requires of a host with several addresses.
        """
        counts = dict.fromkeys(_PREFERENCES, 0)
        found = []
        for host in addresses:
            if self.interfaces.takes(host.interface):
                found.append((host, _PREFERENCES[host.kind] - counts[host.kind]))
                counts[host.kind] += 1
        return sorted(found, key=lambda pair: -pair[1])

    def advertised(self, hosts: Iterable[HostAddress]) -> list[tuple[str, HostAddress]]:
        """
        Return the public addresses, each with an address of this host that it leads to.

        One that may lead to any address counts for those of the LAN only, if there are any.
        """
        hosts = list(hosts)
        pairs = []
        for mapped in self.mapped:
            led = [host for host in hosts if mapped.leads_to(host)]
            best = [host for host in led if not host.kind] or led
            pairs += [(mapped.public, host) for host in (led if mapped.private else best)]
        return pairs

    def not_led(self, hosts: Iterable[HostAddress]) -> list[str]:
        """Return the public addresses that lead to no address of this host."""
        hosts = list(hosts)
        return [mapped.public for mapped in self.mapped
                if not any(map(mapped.leads_to, hosts))]


def read_host_candidates(ports: Sequence[int], addresses: Sequence[str],
                         interfaces: Sequence[str]) -> HostCandidateRules:
    """
    Return the rules that the parameters ``ice.ports`` and so on stand for.

    :raises ParameterError: a value is not allowed
    """
    return HostCandidateRules(_read_ports(ports), tuple(map(_read_address, addresses)),
                              _read_interfaces(interfaces))


def _read_ports(ports: Sequence[int]) -> PortRange | None:
    if not ports:
        return None
    given = f'parameter ice.ports is {list(ports)}'
    if len(ports) != 2:
        raise ParameterError(f'{given}, allowed are two numbers, the first and the last port, as '
                             '[50000, 50100], or none for any port')
    first, last = ports
    for port in ports:
        if not _MIN_PORT <= port <= _MAX_PORT:
            raise ParameterError(f'{given}, allowed are ports from {_MIN_PORT} to {_MAX_PORT}')
    if first > last:
        raise ParameterError(f'{given}, but the first port has to be the smaller one: '
                             f'[{last}, {first}]')
    if last - first + 1 < _MIN_PORTS:
        raise ParameterError(
            f'{given}, which is one port: each session takes one, and a page that connects again '
            f'has two for a moment; give {ENOUGH_PORTS} or more')
    return PortRange(first, last)


def _read_address(text: str) -> MappedAddress:
    public, slash, private = text.partition('/')
    if slash and private.isdigit():
        raise ParameterError(f'parameter ice.addresses has {shorten(text)}, a network: give one '
                             'address, or PUBLIC/PRIVATE')
    addresses = [_read_ip(part, text) for part in ((public, private) if slash else (public,))]
    if slash and addresses[0].version != addresses[1].version:
        raise ParameterError(f'parameter ice.addresses has {shorten(text)}, whose addresses are '
                             'of different kinds (IPv4 and IPv6)')
    return MappedAddress(*map(str, addresses))


def _read_ip(part: str, text: str) -> IPAddress:
    which = f'parameter ice.addresses has {shorten(text)}'
    bare = part.removeprefix('[').removesuffix(']')
    if '%' in bare or bare.count(':') > 1:
        return IPv6Address(check_ipv6(bare, which))
    try:
        address = ip_address(bare)
    except ValueError:
        what = ('an address with a port: the ports are those of ice.ports' if ':' in bare else
                'no IP address; browsers take no names here, so give the address that '
                f'"getent hosts {shorten(bare)[1:-1]}" shows' if re.search('[A-Za-z]', bare) else
                'no IP address')
        raise ParameterError(f'{which}, which is {what}') from None
    if address.is_unspecified or address.is_multicast or str(address) == '255.255.255.255':
        raise ParameterError(f'{which}, which is not the address of one host')
    return address


def _read_interfaces(patterns: Sequence[str]) -> InterfaceFilter:
    for pattern in patterns:
        name = pattern.removeprefix('!')
        if not re.fullmatch(r'[^\s/!:]{1,80}', name) or re.fullmatch(r'[0-9.]{7,}', name):
            raise ParameterError(
                f'parameter ice.interfaces has {shorten(pattern)}, allowed are names of network '
                'interfaces as "ip link" shows them, with * and ? as wildcards, and ! before '
                "those to leave out: ['*', '!docker*']")
    if '' in patterns:
        raise ParameterError('parameter ice.interfaces has an empty name')
    return InterfaceFilter(patterns or ('*',))
