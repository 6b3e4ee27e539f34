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

"""ICE servers: what their URLs say, credentials that expire, and who is told of which."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import hmac
import re
import secrets
import time

from ..clock import boot_time, Clock
from ..errors import ParameterError
from ..limits.rate_limit import RateLimiter
from ..protocol.robot_link import IceServer
from ..protocol.strict_json import shorten

# Anybody may have a viewer's credentials, before a proof: they hold for the time in which a page
# gets an address, and coturn does not look at the time again while that address is in use.
VIEWER_TTL_S = 60.0
# A relay, which hands them on, has others before half of that time is over.
VIEWER_RENEWAL_S = 20.0
# New ones a second and at once. Who comes above that gets the newest ones.
_MINTS_HZ, _MINTS = 1.0, 10.0
_REUSE_S = 10.0

# RFC 7064 and 7065, without what aiortc cannot use: stuns, turns over UDP, IPv6 literals.
_URL = re.compile(r'(stun|turns?):([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::([0-9]{1,5}))?'
                  r'(?:\?transport=(udp|tcp))?')
_ALLOWED = ('stun:HOST:PORT, turn:HOST:PORT?transport=udp (or tcp) and '
            'turns:HOST:PORT?transport=tcp')


@dataclass(frozen=True)
class IceUrl:
    """The URL of a STUN or TURN server, in parts; ``scheme`` is stun, turn or turns."""

    text: str
    scheme: str
    host: str
    port: int
    transport: str


def read_url(text: str) -> IceUrl:
    """
    Read the URL of a server; port 3478, or 5349 for turns, unless it has one.

    :raises ParameterError: not one that robot and browsers can use
    """
    match = _URL.fullmatch(text)
    if match:
        scheme, host, port, transport = match.groups()
        number = int(port) if port else 5349 if scheme == 'turns' else 3478
        fits = transport is None or (scheme, transport) == ('turns', 'tcp') or scheme == 'turn'
        if fits and 0 < number < 65536:
            try:
                # As the resolver does, which would fail at each look at the server.
                host.encode('idna')
            except UnicodeError:
                raise ParameterError(
                    f'parameter ice.servers has {shorten(text)}, and {shorten(host)} is no host '
                    'name: allowed are names of 1 to 63 characters between single dots, or an '
                    'IPv4 address') from None
            default = 'tcp' if scheme == 'turns' else 'udp'
            return IceUrl(text, scheme, host, number, transport or default)
    raise ParameterError(f'parameter ice.servers has {shorten(text)}, allowed are {_ALLOWED}')


def mint(secret: str, name: str, expiry: int) -> tuple[str, str]:
    """
    Return a username and password that coturn's ``use-auth-secret`` takes.

    The form is that of draft-uberti-behave-turn-rest-00, section 2.2.

    :param expiry: when they end, in seconds since 1970
    """
    username = f'{expiry}:{name}'
    mac = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(mac).decode()


class Ice:
    """
    The servers of one robot.

    :param urls: in order of preference
    :param login: username and password of the TURN servers, if they are fixed
    :param secret: what the TURN servers share with us to make them with, if not
    :param ttl: seconds that the robot's own hold; those of viewers hold for a minute
    :param tag: tells one use of them from the others
    """

    def __init__(self, urls: tuple[IceUrl, ...] = (), login: tuple[str, str] | None = None,
                 secret: str = '', ttl: float = 3600.0, wall: Clock = time.time,
                 tag: Callable[[], str] = lambda: secrets.token_hex(4),
                 clock: Clock = boot_time) -> None:
        """Take every server for a living one until ``living`` is set."""
        self.urls = urls
        self.ttl = ttl
        # The URLs that answered the robot's last probe; None before the first.
        self.living: frozenset[str] | None = None
        self._login = login
        self._secret = secret
        self._wall = wall
        self._tag = tag
        self._clock = clock
        self._mints = RateLimiter(_MINTS_HZ, _MINTS, clock)
        # The newest credentials of a viewer, and when they were made.
        self._newest: tuple[str, str] | None = None
        self._made = float('-inf')

    @property
    def expires(self) -> bool:
        """Tell whether viewers' credentials end, so that a relay needs others in time."""
        return bool(self._secret) and any(url.scheme != 'stun' for url in self.urls)

    def credentials(self, name: str) -> tuple[str | None, str | None]:
        """Return a username and password for the TURN servers, made for one use by a name."""
        if self._secret:
            return self._mint(name, self.ttl)
        return self._login or (None, None)

    def viewer_credentials(self, name: str) -> tuple[str | None, str | None]:
        """Return a username and password for somebody who may be anybody."""
        if not self._secret:
            return self._login or (None, None)
        now = self._clock()
        if self._newest is None or self._mints.allow() or now - self._made > _REUSE_S:
            self._newest, self._made = self._mint(name, min(self.ttl, VIEWER_TTL_S)), now
        return self._newest

    def probe_credentials(self, name: str) -> tuple[str | None, str | None]:
        """Return a username and password that hold for as long as a viewer's, for a look."""
        if self._secret:
            return self._mint(name, min(self.ttl, VIEWER_TTL_S))
        return self._login or (None, None)

    def _mint(self, name: str, seconds: float) -> tuple[str, str]:
        # Quotas and logs of the server are by username.
        return mint(self._secret, f'{name}.{self._tag()}', int(self._wall() + seconds))

    def for_robot(self, name: str) -> tuple[IceServer, ...]:
        """Return the first STUN and the first TURN server that live: aiortc uses no more."""
        living = [u for u in self.urls if self.living is None or u.text in self.living]
        stun = [u for u in living if u.scheme == 'stun'][:1]
        turn = [u for u in living if u.scheme != 'stun'][:1]
        return self._servers(stun + turn, self.credentials, name)

    def for_viewer(self, name: str) -> tuple[IceServer, ...]:
        """
        Return the servers that a viewer should use.

        A network may let the viewer through where it stops the robot, so all URLs of a host
        of which one lives are there; and all of them if none does. Credentials that are made
        hold for a minute.
        """
        alive = {u.host for u in self.urls if self.living is None or u.text in self.living}
        return self._servers([u for u in self.urls if u.host in alive or not alive],
                             self.viewer_credentials, name)

    def _servers(self, urls: list[IceUrl],
                 credentials: Callable[[str], tuple[str | None, str | None]],
                 name: str) -> tuple[IceServer, ...]:
        stun = tuple(u.text for u in urls if u.scheme == 'stun')
        turn = tuple(u.text for u in urls if u.scheme != 'stun')
        servers = [IceServer(stun)] if stun else []
        if turn:
            servers.append(IceServer(turn, *credentials(name)))
        return tuple(servers)
