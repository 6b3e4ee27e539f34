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
Which page a request comes from, and by which name it reached the server.

A browser tells both, and a page cannot change either: ``Origin`` (RFC 6454, section 7) and
``Host`` (RFC 9110, section 7.2). Programs that are no browsers send no ``Origin``.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
import re

from ..errors import ParameterError
from ..limits.address_limits import is_loopback
from ..protocol.strict_json import shorten

# What is told of a page of the server's own; no origin is written like this.
SAME = 'same'
# A page that has no origin: in a sandbox, or a file. It is a foreign one (RFC 6454, section 7.1).
OPAQUE = 'null'
ANY = '*'
# Characters; the longest host name has 253 (RFC 1035, section 3.1).
MAX_ORIGIN = 300
_PORTS = {'http': '80', 'https': '443'}
_ORIGIN = re.compile(
    r'(?P<scheme>[a-z][a-z0-9+.-]*)://([a-z0-9._~-]+|\[[0-9a-f:.]+\])(:\d{1,5})?')
_HOST = re.compile(r'(?P<name>[a-z0-9._~-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{0,5}))?')


def _authority(text: str, scheme: str) -> str:
    """Return host and port in one form: lower case, without the scheme's own port."""
    text = text.lower()
    return text.removesuffix(f':{_PORTS[scheme]}') if scheme in _PORTS else text


def read_origin(text: str) -> str:
    """Return an origin in the one form that browsers send; what is none is an opaque one."""
    text = text.lower()
    if len(text) > MAX_ORIGIN or not (parts := _ORIGIN.fullmatch(text)):
        return OPAQUE
    return f'{parts["scheme"]}://' + _authority(text.partition('://')[2], parts['scheme'])


def page_origin(origins: Sequence[str], scheme: str, host: str) -> str | None:
    """
    Return which page sent a request: ``None`` for none, ``same``, another origin, or ``null``.

    :param origins: the values of ``Origin``
    :param scheme: by which the server was reached, ``http`` or ``https``; a proxy that ends TLS
        and does not say so makes it ``http``, so an https page of the same host counts as the
        server's own then
    :param host: the value of ``Host``
    """
    if not origins:
        return None
    # No browser sends several.
    origin = read_origin(origins[0]) if len(origins) == 1 else OPAQUE
    own_scheme, _, authority = origin.partition('://')
    if own_scheme in (scheme, 'https') and host and authority == _authority(host, own_scheme):
        return SAME
    return origin


def read_origins(texts: Iterable[str], parameter: str) -> frozenset[str]:
    """
    Return the origins that a parameter lists, ``*`` for all.

    :raises ParameterError: one that is none
    """
    origins = {text if text == ANY else read_origin(text.removesuffix('/')) for text in texts}
    if OPAQUE in origins:
        wrong = next(text for text in texts if text != ANY
                     and read_origin(text.removesuffix('/')) == OPAQUE)
        raise ParameterError(f'parameter {parameter} has {shorten(wrong)}, allowed are origins '
                             "like https://pages.example.org or http://192.168.1.5:8000, and '*' "
                             'for all')
    return frozenset(origins)


def host_name(host: str) -> str:
    """Return the name or address in a ``Host`` without port and dot at the end, or nothing."""
    parts = _HOST.fullmatch(host.lower())
    return parts['name'].removesuffix('.').strip('[]') if parts else ''


def host_port(host: str, scheme: str) -> int | None:
    """Return the port in a ``Host``, which may leave out its scheme's own, or ``None``."""
    parts = _HOST.fullmatch(host.lower())
    return int(parts['port'] or _PORTS[scheme]) if parts else None


def is_loopback_name(host: str) -> bool:
    """Tell whether a ``Host`` means the loopback for everybody (RFC 6761, section 6.3)."""
    name = host_name(host)
    return name == 'localhost' or name.endswith('.localhost') or is_loopback(name)


def is_address(host: str) -> bool:
    """Tell whether a ``Host`` is an IP address, which DNS cannot make another host's."""
    try:
        ip_address(host_name(host))
    except ValueError:
        return False
    return True


class HostNames:
    """
    The names by which a server may be called besides those of the loopback and addresses.

    A page of a site whose name was made to mean this host (DNS rebinding) counts as the server's
    own in its browser, but its requests carry that site's name.

    :param names: as a setting lists them; ``*`` for all
    :raises ParameterError: one that is no host name
    """

    def __init__(self, setting: str, names: Iterable[str]) -> None:
        self.setting = setting
        names = list(names)
        for name in names:
            if name != ANY and not host_name(name):
                raise ParameterError(f'parameter {setting} has {shorten(name)}, allowed are host '
                                     "names like robot.example.org, and '*' for all")
        self._names = {host_name(name) for name in names if name != ANY}
        self._any = ANY in names

    def __contains__(self, host: str) -> bool:
        """Tell whether a ``Host`` is one of them."""
        return self._any or host_name(host) in self._names
