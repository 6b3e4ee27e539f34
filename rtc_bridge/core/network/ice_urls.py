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

"""The URLs of STUN and TURN servers (RFC 7064, RFC 7065)."""

from dataclasses import dataclass
from ipaddress import IPv6Address
import re

from ..errors import ParameterError
from ..protocol.strict_json import shorten

# RFC 7064 and 7065 without what aiortc cannot use: stuns, turns over UDP.
_URL = re.compile(r'(stun|turns?):([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[^\[\]\s]{0,100}\])'
                  r'(?::([0-9]{1,5}))?(?:\?transport=(udp|tcp))?')
_ALLOWED = ('stun:HOST:PORT, turn:HOST:PORT?transport=udp (or tcp) and '
            'turns:HOST:PORT?transport=tcp')
_BARE_IPV6 = re.compile(r'(?:stun|turns?):[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.%\w]*(?:\?.*)?')
# RFC 7064, section 3.2, and RFC 7065, section 3.2.
_PORT, _TLS_PORT = 3478, 5349


@dataclass(frozen=True)
class IceUrl:
    """
    The URL of a STUN or TURN server in parts.

    ``scheme`` is ``stun``, ``turn`` or ``turns``; ``host`` is a name or an address, an IPv6
    address without the brackets that it has in ``text``.
    """

    text: str
    scheme: str
    host: str
    port: int
    transport: str


def parse_ice_url(text: str, place: str = 'parameter ice.servers') -> IceUrl:
    """
    Parse the URL of a server. The default port is 3478, for turns 5349.

    :param place: where the URL is from, for the error
    :raises ParameterError: robot or browsers cannot use the URL
    """
    match = _URL.fullmatch(text)
    if match:
        scheme, host, port, transport = match.groups()
        number = int(port) if port else _TLS_PORT if scheme == 'turns' else _PORT
        fits = transport is None or (scheme, transport) == ('turns', 'tcp') or scheme == 'turn'
        if fits and 0 < number < 65536:
            host = _checked_host(host, f'{place} has {shorten(text)}')
            default = 'tcp' if scheme == 'turns' else 'udp'
            return IceUrl(text, scheme, host, number, transport or default)
    if _BARE_IPV6.fullmatch(text):
        raise ParameterError(f'{place} has {shorten(text)}: an IPv6 address needs brackets, as in '
                             'stun:[2001:db8::1]:3478')
    raise ParameterError(f'{place} has {shorten(text)}, allowed are {_ALLOWED}')


def _checked_host(host: str, which: str) -> str:
    """Return a host without brackets; ``which`` begins the error."""
    if host.startswith('['):
        return check_ipv6(host[1:-1], which)
    try:
        # The resolver does this, too, and would fail at each use of the server.
        host.encode('idna')
    except UnicodeError:
        raise ParameterError(
            f'{which}, and {shorten(host)} is no host name: allowed are names of 1 to 63 '
            'characters between single dots, or an IP address') from None
    return host


def check_ipv6(text: str, which: str) -> str:
    """
    Return an IPv6 address that others can use.

    :param which: what has it, the beginning of the error
    :raises ParameterError: it is no address, or one that means something on one host only
    """
    address, percent, zone = text.partition('%')
    if percent:
        raise ParameterError(f'{which}, whose zone %{shorten(zone)[1:-1]} means something on one '
                             'host only: give a global or unique local address without a zone')
    try:
        parsed = IPv6Address(address)
    except ValueError:
        raise ParameterError(f'{which}, and {shorten(address)} is no IPv6 address') from None
    if parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast:
        raise ParameterError(f'{which}, and {address} is no address that others reach: give a '
                             'global or unique local one')
    return address
