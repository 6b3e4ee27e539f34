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

"""The address that a server listens on, as people write it."""

from ipaddress import ip_address

from ..errors import ParameterError
from ..protocol.strict_json import shorten

# All addresses of a host, of both kinds: asyncio takes the IPv6 wildcard for IPv6 alone.
EVERY_ADDRESS = ('::', '0.0.0.0')


def listen_host(text: str, setting: str) -> str:
    """
    Return the name or address to listen on, an IPv6 address without brackets.

    :param setting: the name of the setting, for errors
    :raises ParameterError: it has a zone, a port, or is an address of many hosts
    """
    host = text.removeprefix('[').removesuffix(']')
    given = f'parameter {setting} is {shorten(text)}'
    if '%' in host:
        raise ParameterError(f'{given}: browsers take no zone ({shorten(host[host.index("%"):])}) '
                             "in a URL; give a global or unique local address, or '::' for all")
    try:
        address = ip_address(host)
    except ValueError:
        if ':' in host or '/' in host:
            raise ParameterError(f'{given}, allowed is an address or a host name of this host, '
                                 'without a port and without http://') from None
        return host
    if address.is_link_local and address.version == 6:
        raise ParameterError(f'{given}, a link-local address, which browsers cannot reach; give a '
                             "global or unique local address, or '::' for all")
    if address.is_multicast:
        raise ParameterError(f'{given}, the address of a group and not of this host')
    return host
