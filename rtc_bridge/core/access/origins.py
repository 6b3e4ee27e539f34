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
Which page sends a request (``Origin``), and by which name it reaches the server (``Host``).

Browsers set both headers and no page can change them (RFC 6454, section 7; RFC 9110, section 7.2).
Programs other than browsers send no ``Origin``.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
import re

from ..errors import ParameterError
from ..limits.address_limits import is_loopback
from ..protocol.strict_json import shorten

# Stands for the origin of the server's own page. No real origin looks like this.
SAME = 'same'
# What browsers send for a page without an origin, as in a sandbox or from a file. Such a page
# counts as foreign (RFC 6454, section 7.1).
OPAQUE = 'null'
ANY = '*'
# Characters: a scheme, a host name of up to 253 (RFC 1035, section 3.1) and a port.
MAX_ORIGIN = 300
_DEFAULT_PORTS = {'http': '80', 'https': '443'}
_ORIGIN = re.compile(
    r'(?P<scheme>[a-z][a-z0-9+.-]*)://([a-z0-9._~-]+|\[[0-9a-f:.]+\])(:\d{1,5})?')
_HOST = re.compile(r'(?P<name>[a-z0-9._~-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{0,5}))?')


def _normalize_authority(text: str, scheme: str) -> str:
    """Return host and port in lower case, without the scheme's default port."""
    text = text.lower()
    if scheme in _DEFAULT_PORTS:
        text = text.removesuffix(f':{_DEFAULT_PORTS[scheme]}')
    return text


def normalize_origin(text: str) -> str:
    """Return an origin in the form that browsers send, or ``OPAQUE`` for any other text."""
    text = text.lower()
    if len(text) > MAX_ORIGIN or not (parts := _ORIGIN.fullmatch(text)):
        return OPAQUE
    authority = text.partition('://')[2]
    return f'{parts["scheme"]}://' + _normalize_authority(authority, parts['scheme'])


def page_origin(origins: Sequence[str], scheme: str, host: str) -> str | None:
    """
    Return the origin of the page that sent a request.

    It is ``None`` for a request of no page, ``SAME`` for one of the server's own page, else the
    page's origin or ``OPAQUE``.

    :param origins: the values of the ``Origin`` headers
    :param scheme: by which the server was reached, ``http`` or ``https``. A proxy that ends TLS
        and does not say so makes it ``http``; therefore an https page of the same host counts as
        the server's own
    :param host: the value of ``Host``
    """
    if not origins:
        return None
    # No browser sends several.
    origin = normalize_origin(origins[0]) if len(origins) == 1 else OPAQUE
    page_scheme, _, authority = origin.partition('://')
    if page_scheme in (scheme, 'https') and host and (
            authority == _normalize_authority(host, page_scheme)):
        return SAME
    return origin


def parse_origins(texts: Iterable[str], parameter: str) -> frozenset[str]:
    """
    Return the origins that a parameter lists, ``*`` for all.

    :raises ParameterError: a text is not an origin
    """
    origins = set()
    for text in texts:
        origin = text if text == ANY else normalize_origin(text.removesuffix('/'))
        if origin == OPAQUE:
            raise ParameterError(
                f'parameter {parameter} has {shorten(text)}, allowed are origins like '
                "https://pages.example.org or http://192.168.1.5:8000, and '*' for all")
        origins.add(origin)
    return frozenset(origins)


def host_name(host: str) -> str:
    """Return the name or address in a ``Host`` header, or an empty text if it is malformed."""
    parts = _HOST.fullmatch(host.lower())
    return parts['name'].removesuffix('.').strip('[]') if parts else ''


def host_port(host: str, scheme: str) -> int | None:
    """Return the port in a ``Host`` header or the scheme's own, ``None`` if it is malformed."""
    parts = _HOST.fullmatch(host.lower())
    return int(parts['port'] or _DEFAULT_PORTS[scheme]) if parts else None


def is_loopback_name(host: str) -> bool:
    """Return whether a ``Host`` means the loopback for everybody (RFC 6761, section 6.3)."""
    name = host_name(host)
    return name == 'localhost' or name.endswith('.localhost') or is_loopback(name)


def is_address(host: str) -> bool:
    """Return whether a ``Host`` is an IP address, which DNS cannot give to another host."""
    try:
        ip_address(host_name(host))
    except ValueError:
        return False
    return True


class HostNames:
    """
    The names that clients may call a server by, besides addresses and names of the loopback.

    They prevent DNS rebinding: a site can make its name point at this host, and its page then
    counts as the server's own in the browser, but its requests carry the site's name in ``Host``.

    :param setting: the name of the setting that lists the names, for errors
    :param names: host names; ``*`` for all
    :raises ParameterError: a text is not a host name
    """

    def __init__(self, setting: str, names: Iterable[str]) -> None:
        self.setting = setting
        self._names: set[str] = set()
        self._any = False
        for text in names:
            name = host_name(text)
            if text == ANY:
                self._any = True
            elif name:
                self._names.add(name)
            else:
                raise ParameterError(f'parameter {setting} has {shorten(text)}, allowed are host '
                                     "names like robot.example.org, and '*' for all")

    def __contains__(self, host: str) -> bool:
        """Return whether a ``Host`` is one of the names."""
        return self._any or host_name(host) in self._names
