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

"""STUN and TURN servers of a robot: their URLs, expiring credentials, and who gets which."""

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
from ..protocol.ice import IceServer
from ..protocol.strict_json import shorten

# Seconds. A viewer gets credentials before its proof, so anybody may have them: they are valid
# while a page allocates an address. coturn does not check the time again for an allocation in use.
VIEWER_TTL_S = 60.0
# Seconds. A relay hands credentials on, and gets new ones before half of their time is over.
VIEWER_RENEWAL_S = 20.0
# New credentials for viewers, per second and at once. Viewers beyond that share the newest ones,
# until these are _MAX_SHARED_S old.
_NEW_CREDENTIALS_HZ, _NEW_CREDENTIALS_BURST = 1.0, 10.0
_MAX_SHARED_S = 10.0
# Random bytes that tell one use of the credentials from another, in the TURN server's logs.
_TAG_BYTES = 4

# RFC 7064 and 7065 without what aiortc cannot use: stuns, turns over UDP, IPv6 literals.
_URL = re.compile(r'(stun|turns?):([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::([0-9]{1,5}))?'
                  r'(?:\?transport=(udp|tcp))?')
_ALLOWED = ('stun:HOST:PORT, turn:HOST:PORT?transport=udp (or tcp) and '
            'turns:HOST:PORT?transport=tcp')
# RFC 7064, section 3.2, and RFC 7065, section 3.2.
_PORT, _TLS_PORT = 3478, 5349

# Username and password of a TURN server, or neither.
Credentials = tuple[str, str] | tuple[None, None]


@dataclass(frozen=True)
class IceUrl:
    """The URL of a STUN or TURN server in parts. ``scheme`` is ``stun``, ``turn`` or ``turns``."""

    text: str
    scheme: str
    host: str
    port: int
    transport: str


def parse_ice_url(text: str) -> IceUrl:
    """
    Parse the URL of a server. The default port is 3478, for turns 5349.

    :raises ParameterError: robot or browsers cannot use the URL
    """
    match = _URL.fullmatch(text)
    if match:
        scheme, host, port, transport = match.groups()
        number = int(port) if port else _TLS_PORT if scheme == 'turns' else _PORT
        fits = transport is None or (scheme, transport) == ('turns', 'tcp') or scheme == 'turn'
        if fits and 0 < number < 65536:
            try:
                # The resolver does this, too, and would fail at each use of the server.
                host.encode('idna')
            except UnicodeError:
                raise ParameterError(
                    f'parameter ice.servers has {shorten(text)}, and {shorten(host)} is no host '
                    'name: allowed are names of 1 to 63 characters between single dots, or an '
                    'IPv4 address') from None
            default = 'tcp' if scheme == 'turns' else 'udp'
            return IceUrl(text, scheme, host, number, transport or default)
    raise ParameterError(f'parameter ice.servers has {shorten(text)}, allowed are {_ALLOWED}')


def turn_rest_credentials(secret: str, name: str, expiry: int) -> tuple[str, str]:
    """
    Return a username and password for a TURN server with coturn's ``use-auth-secret``.

    Source: draft-uberti-behave-turn-rest-00, section 2.2.

    :param secret: what the TURN server shares with the robot
    :param expiry: seconds since 1970
    """
    username = f'{expiry}:{name}'
    mac = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(mac).decode()


class IceServerPool:
    """
    The STUN and TURN servers of one robot.

    ``reachable`` has the URLs that answered the robot's last probe, or is ``None`` before the
    first: then every server counts as reachable.

    :param urls: in order of preference
    :param login: username and password of the TURN servers, if they are fixed
    :param secret: what the TURN servers share with the robot to derive credentials, if not
    :param ttl: seconds for which the robot's own credentials are valid
    :param wall: seconds since 1970
    :param make_tag: returns a text that tells one use of the credentials from the others
    """

    def __init__(self, urls: tuple[IceUrl, ...] = (), login: tuple[str, str] | None = None,
                 secret: str = '', ttl: float = 3600.0, wall: Clock = time.time,
                 make_tag: Callable[[], str] = lambda: secrets.token_hex(_TAG_BYTES),
                 clock: Clock = boot_time) -> None:
        self.urls = urls
        self.ttl = ttl
        self.reachable: frozenset[str] | None = None
        self._login = login
        self._secret = secret
        self._wall = wall
        self._make_tag = make_tag
        self._clock = clock
        self._new_credentials = RateLimiter(_NEW_CREDENTIALS_HZ, _NEW_CREDENTIALS_BURST, clock)
        # The newest credentials for viewers, and when they were made.
        self._newest: tuple[str, str] | None = None
        self._newest_made = float('-inf')

    @property
    def credentials_expire(self) -> bool:
        """Return whether viewers' credentials expire, so that a relay needs new ones in time."""
        return bool(self._secret) and any(url.scheme != 'stun' for url in self.urls)

    def robot_credentials(self, name: str) -> Credentials:
        """Return credentials for the robot itself, which are valid for ``ttl`` seconds."""
        if self._secret:
            return self._derive(name, self.ttl)
        return self._login or (None, None)

    def probe_credentials(self, name: str) -> Credentials:
        """Return credentials for a probe, which are valid for as long as a viewer's."""
        if self._secret:
            return self._derive(name, min(self.ttl, VIEWER_TTL_S))
        return self._login or (None, None)

    def viewer_credentials(self, name: str) -> Credentials:
        """Return credentials for a viewer, who may be anybody."""
        if not self._secret:
            return self._login or (None, None)
        now = self._clock()
        if (self._newest is None or self._new_credentials.allow()
                or now - self._newest_made > _MAX_SHARED_S):
            self._newest = self._derive(name, min(self.ttl, VIEWER_TTL_S))
            self._newest_made = now
        return self._newest

    def _derive(self, name: str, ttl: float) -> tuple[str, str]:
        # The server's quotas and logs are by username.
        return turn_rest_credentials(self._secret, f'{name}.{self._make_tag()}',
                                     int(self._wall() + ttl))

    def for_robot(self, name: str) -> tuple[IceServer, ...]:
        """Return the first reachable STUN and TURN server: aiortc uses one of each."""
        usable = [url for url in self.urls if self._is_reachable(url)]
        stun = [url for url in usable if url.scheme == 'stun'][:1]
        turn = [url for url in usable if url.scheme != 'stun'][:1]
        return self._servers(stun + turn, self.robot_credentials, name)

    def for_viewer(self, name: str) -> tuple[IceServer, ...]:
        """
        Return the servers that a viewer should use.

        A network may let the viewer pass where it stops the robot, so these are all URLs of each
        host of which one URL is reachable, or all URLs if no URL is.
        """
        hosts = {url.host for url in self.urls if self._is_reachable(url)}
        return self._servers([url for url in self.urls if url.host in hosts or not hosts],
                             self.viewer_credentials, name)

    def _is_reachable(self, url: IceUrl) -> bool:
        return self.reachable is None or url.text in self.reachable

    @staticmethod
    def _servers(urls: list[IceUrl], credentials: Callable[[str], Credentials],
                 name: str) -> tuple[IceServer, ...]:
        stun = tuple(url.text for url in urls if url.scheme == 'stun')
        turn = tuple(url.text for url in urls if url.scheme != 'stun')
        servers = [IceServer(stun)] if stun else []
        if turn:
            servers.append(IceServer(turn, *credentials(name)))
        return tuple(servers)
