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
from collections.abc import Callable, Mapping
import hashlib
import hmac
import secrets
import time
from types import MappingProxyType

from .ice_urls import IceUrl
from ..clock import boot_time, Clock
from ..limits.rate_limit import RateLimiter
from ..protocol.ice import IceServer, MAX_ICE_SERVERS

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

# Username and password of a TURN server.
Login = tuple[str, str]
# The same, or neither.
Credentials = Login | tuple[None, None]


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

    A TURN server has one of three kinds of credentials: a login that is fixed, one that a service
    has issued (:meth:`use_issued`), or one that is derived from a secret for each use.

    ``reachable`` has the URLs that answered the robot's last probe, or is ``None`` before the
    first: then every server counts as reachable. ``faults`` has what was wrong with each URL at
    that probe, '' if nothing.

    :param urls: in order of preference
    :param login: username and password of all TURN servers, if they are fixed
    :param secret: what the TURN servers share with the robot to derive credentials, if not
    :param ttl: seconds for which the robot's own credentials are valid
    :param wall: seconds since 1970
    :param make_tag: returns a text that tells one use of the credentials from the others
    :param logins: username and password of single hosts
    """

    def __init__(self, urls: tuple[IceUrl, ...] = (), login: Login | None = None,
                 secret: str = '', ttl: float = 3600.0, wall: Clock = time.time,
                 make_tag: Callable[[], str] = lambda: secrets.token_hex(_TAG_BYTES),
                 clock: Clock = boot_time,
                 logins: Mapping[str, Login] = MappingProxyType({})) -> None:
        self.configured = urls
        self.ttl = ttl
        self.reachable: frozenset[str] | None = None
        self.faults: dict[str, str] = dict.fromkeys((url.text for url in urls), '')
        # Why a service issues no credentials, by its address after CREDENTIALS.
        self.service_faults: dict[str, str] = {}
        self._login = login
        self._logins = logins
        self._secret = secret
        # By URL; None for a STUN server. Of a service, in its order.
        self._issued: dict[IceUrl, Login | None] = {}
        self._wall = wall
        self._make_tag = make_tag
        self._clock = clock
        self._new_credentials = RateLimiter(_NEW_CREDENTIALS_HZ, _NEW_CREDENTIALS_BURST, clock)
        # The newest credentials for viewers, and when they were made.
        self._newest: Login | None = None
        self._newest_made = float('-inf')

    @property
    def urls(self) -> tuple[IceUrl, ...]:
        """Return the URLs that can be used now: a TURN server without a login is left out."""
        own = tuple(url for url in self.configured if url not in self._issued and (
            url.scheme == 'stun' or self.derives(url) or self._fixed_login(url) is not None))
        return own + tuple(self._issued)

    @property
    def all_faults(self) -> dict[str, str]:
        """Return ``faults``, and why a service issues no credentials, if it issues none."""
        return {**self.faults, **self.service_faults}

    def use_issued(self, issued: Mapping[IceUrl, Login | None]) -> bool:
        """
        Use what a service has issued from now on, instead of what it issued before.

        :param issued: its URLs with their logins; empty when what it has issued has ended
        :return: whether anything is another than before
        """
        changed = list(issued.items()) != list(self._issued.items())
        if self.reachable is not None:
            # A new one counts as reachable until it is probed.
            self.reachable |= {url.text for url in issued if url not in self._issued}
        self._issued = dict(issued)
        return changed

    @property
    def credentials_expire(self) -> bool:
        """Return whether viewers' credentials expire, so that a relay needs new ones in time."""
        return any(map(self.derives, self.urls))

    def derives(self, url: IceUrl) -> bool:
        """Return whether credentials for a server are derived from the secret, for each use."""
        return (bool(self._secret) and url.scheme != 'stun' and url not in self._issued
                and self._fixed_login(url) is None)

    def robot_credentials(self, name: str, url: IceUrl) -> Credentials:
        """Return credentials for the robot itself; derived ones are valid for ``ttl`` seconds."""
        return self._known_login(url) or self._derive(name, self.ttl)

    def probe_credentials(self, name: str, url: IceUrl) -> Credentials:
        """Return credentials for a probe, which are valid for as long as a viewer's."""
        return self._known_login(url) or self._derive(name, min(self.ttl, VIEWER_TTL_S))

    def viewer_credentials(self, name: str, url: IceUrl) -> Credentials:
        """Return credentials for a viewer, who may be anybody."""
        login = self._known_login(url)
        if login or not self._secret:
            return login or (None, None)
        now = self._clock()
        if (self._newest is None or self._new_credentials.allow()
                or now - self._newest_made > _MAX_SHARED_S):
            self._newest = self._derived(name, min(self.ttl, VIEWER_TTL_S))
            self._newest_made = now
        return self._newest

    def _fixed_login(self, url: IceUrl) -> Login | None:
        return self._logins.get(url.host, self._login)

    def _known_login(self, url: IceUrl) -> Login | None:
        """Return a login that is not derived."""
        return self._issued[url] if url in self._issued else self._fixed_login(url)

    def _derive(self, name: str, ttl: float) -> Credentials:
        return self._derived(name, ttl) if self._secret else (None, None)

    def _derived(self, name: str, ttl: float) -> Login:
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
        Return the servers that a viewer should use, those with one login together.

        A network may let the viewer pass where it stops the robot, so these are all URLs of each
        host of which one URL is reachable, or all URLs if no URL is.
        """
        urls = self.urls
        hosts = {url.host for url in urls if self._is_reachable(url)}
        return self._servers([url for url in urls if url.host in hosts or not hosts],
                             self.viewer_credentials, name)

    def _is_reachable(self, url: IceUrl) -> bool:
        return self.reachable is None or url.text in self.reachable

    def _servers(self, urls: list[IceUrl], credentials: Callable[[str, IceUrl], Credentials],
                 name: str) -> tuple[IceServer, ...]:
        stun = tuple(url.text for url in urls if url.scheme == 'stun')
        turn: dict[Credentials, list[str]] = {}
        # One use of the secret for all servers that share it.
        derived: Credentials | None = None
        for url in urls:
            if url.scheme == 'stun':
                continue
            if self.derives(url):
                login = derived = derived or credentials(name, url)
            else:
                login = credentials(name, url)
            turn.setdefault(login, []).append(url.text)
        servers = [IceServer(stun)] if stun else []
        servers += [IceServer(tuple(texts), *login) for login, texts in turn.items()]
        return tuple(servers[:MAX_ICE_SERVERS])
