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

"""Credentials of TURN servers that a service issues by HTTP: the request, the answer, the end."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
import json
import random
import re
from typing import Any, Callable
from urllib.parse import quote, urlsplit

from .ice_servers import Login
from .ice_urls import IceUrl, parse_ice_url
from ..clock import boot_time, Clock
from ..errors import ParameterError, ProtocolError
from ..limits.text_limits import MAX_LENGTHS
from ..protocol.ice import MAX_ICE_SERVERS, MAX_ICE_URLS
from ..protocol.strict_json import shorten

# Bytes of an answer. Twilio's has 1 kB.
MAX_ANSWER = 64 * 1024
# Stands for the token in a URL.
PLACEHOLDER = '{token}'
# Seconds. Credentials that end sooner are of no use; none are kept for longer.
_MIN_TTL_S, _MAX_TTL_S = 30.0, 7 * 86400.0
# Seconds until the next request after one that failed: the first time, and at most.
_FIRST_RETRY_S, _LONGEST_RETRY_S = 5.0, 300.0
# Browsers refuse it (Fetch standard, port blocking), and would wait for a timeout.
_BLOCKED_PORT = 53
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;={}%-]+")
_SECRET_IN_QUERY = re.compile(r'(?:^|&)(?:api_?key|key|token|secret|auth\w*)=[^&{]', re.I)


@dataclass(frozen=True)
class CredentialService:
    """
    The service that ``ice.credentials_url`` names.

    :ivar url: with ``{token}`` where the token belongs, if it belongs into the URL
    :ivar token: a bearer token, or ``USER:PASSWORD``, or empty
    :ivar method: ``GET`` or ``POST``
    :ivar ttl: seconds for which credentials are asked for
    """

    url: str
    token: str = field(repr=False)
    method: str
    ttl: float

    @property
    def place(self) -> str:
        """Return scheme, host and port for people: paths and queries may have secrets."""
        return '{0.scheme}://{0.netloc}'.format(urlsplit(self.url))

    @property
    def host(self) -> str:
        """Return the name or address to connect to."""
        return urlsplit(self.url).hostname or ''

    def full_url(self) -> str:
        """Return the URL with the token in it, if it belongs there."""
        return self.url.replace(PLACEHOLDER, quote(self.token, safe=''))

    def headers(self) -> dict[str, str]:
        """Return the headers that authorize the request."""
        if not self.token or PLACEHOLDER in self.url:
            return {}
        if ':' in self.token:
            return {'Authorization': f'Basic {b64encode(self.token.encode()).decode()}'}
        return {'Authorization': f'Bearer {self.token}'}

    def body(self) -> tuple[str, str] | None:
        """
        Return content type and text of the body that asks for a time to live, for ``POST``.

        Services that authorize by user and password (Twilio) take forms, others JSON (Cloudflare).
        """
        if self.method != 'POST':
            return None
        if ':' in self.token:
            return 'application/x-www-form-urlencoded', f'Ttl={self.ttl:.0f}'
        return 'application/json', json.dumps({'ttl': int(self.ttl)})


def make_service(url: str, token: str, method: str, ttl: float) -> CredentialService:
    """
    Return the service of ``ice.credentials_url`` after checking the URL.

    :param method: ``auto``, ``get`` or ``post``; ``auto``: ``POST`` if the token is sent in a
        header, ``GET`` if it is part of the URL, or if there is none
    :raises ParameterError: the URL is not usable, or does not fit the token
    """
    named = f'parameter ice.credentials_url is {shorten(url)}'
    try:
        parts = urlsplit(url.replace(PLACEHOLDER, 'token'))
        host = parts.hostname or ''
        host.encode('idna')
        good = parts.port != 0 and bool(host) and bool(_URL_CHARACTERS.fullmatch(url))
    except ValueError:
        good = False
    if not good or parts.scheme not in ('https', 'http') or '@' in parts.netloc or (
            PLACEHOLDER in url.partition('://')[2].partition('/')[0]):
        raise ParameterError(f'{named}, allowed is https://HOST/PATH?QUERY, with {PLACEHOLDER} '
                             'where the token belongs if it belongs into the URL')
    if parts.scheme == 'http' and not _is_loopback(host):
        raise ParameterError(f'{named}: http is allowed for this host itself (127.0.0.1) only, '
                             'since the token must not cross a network in clear text: use https')
    if _SECRET_IN_QUERY.search(parts.query) and PLACEHOLDER not in url:
        raise ParameterError(
            'parameter ice.credentials_url has a key in its query, and every node can read '
            f'parameters: write {PLACEHOLDER} in its place, and the key into the file of '
            'ice.credentials_token_file')
    if PLACEHOLDER in url and not token:
        raise ParameterError(f'{named}, and there is no token for its {PLACEHOLDER}: '
                             'ice.credentials_token_file, or RTC_BRIDGE_TURN_API_TOKEN, has to '
                             'hold it')
    if method == 'auto':
        method = 'post' if token and PLACEHOLDER not in url else 'get'
    return CredentialService(url, token, method.upper(), ttl)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost' or host.endswith('.localhost')


@dataclass(frozen=True)
class IssuedCredentials:
    """What a service has issued; ``left_out`` has its URLs that cannot be used here."""

    servers: Mapping[IceUrl, Login | None] = field(repr=False)
    ttl: float
    left_out: tuple[str, ...] = ()


def parse_credentials(text: str | bytes, ttl: float,
                      configured: tuple[IceUrl, ...] = ()) -> IssuedCredentials:
    """
    Read the answer of a service, in any of the usual forms.

    These are ``iceServers`` or ``ice_servers`` with a server or a list of servers (Cloudflare,
    Twilio), a list of servers (Metered), one server, and ``username``, ``password``, ``ttl`` and
    ``uris`` (draft-uberti-behave-turn-rest-00, section 2.2).

    :param ttl: seconds until the end of credentials whose answer does not tell it
    :param configured: URLs that the credentials are for if the answer names none
    :raises ProtocolError: it is none of these; the text quotes no value
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError('it is not JSON') from None
    outer = answer if isinstance(answer, dict) else {}
    servers = outer.get('iceServers', outer.get('ice_servers', answer))
    servers = servers if isinstance(servers, list) else [servers]
    if len(servers) > MAX_ICE_SERVERS:
        raise ProtocolError(f'it has {len(servers)} servers, at most {MAX_ICE_SERVERS} are '
                            'allowed')
    issued: dict[IceUrl, Login | None] = {}
    left_out: list[str] = []
    for server in servers:
        if not isinstance(server, dict):
            raise ProtocolError('it has a server that is no object')
        login = _login(server)
        urls = _urls(server)
        if not urls and login is not None:
            issued |= {url: login for url in configured if url.scheme != 'stun'}
        for name in urls:
            try:
                url = parse_ice_url(name, 'the answer')
            except ParameterError:
                left_out.append(shorten(name))
                continue
            if url.port == _BLOCKED_PORT or (url.scheme != 'stun' and login is None):
                left_out.append(name)
            else:
                issued[url] = None if url.scheme == 'stun' else login
    if not issued:
        raise ProtocolError(
            'it names no server that can be used'
            + (f' (left out: {", ".join(left_out[:4])})' if left_out else
               ', and ice.servers has no TURN server that its login could be for'))
    return IssuedCredentials(issued, _ttl(outer, ttl), tuple(left_out))


def _urls(server: dict[str, Any]) -> list[str]:
    urls: object = next((server[name] for name in ('urls', 'uris', 'url') if server.get(name)), [])
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ProtocolError('the URLs of a server are neither a text nor a list of texts')
    if len(urls) > MAX_ICE_URLS:
        raise ProtocolError(f'a server has {len(urls)} URLs, at most {MAX_ICE_URLS} are allowed')
    # An older form names the same URL as "url" and "urls".
    return list(dict.fromkeys(urls))


def _login(server: dict[str, Any]) -> Login | None:
    username = server.get('username')
    password = server.get('credential') or server.get('password')
    if not username or not password:
        return None
    for value, kind in ((username, 'username'), (password, 'credential')):
        if not isinstance(value, str) or len(value) > MAX_LENGTHS[kind] or (
                not value.isprintable()):
            raise ProtocolError(f'the {kind} of a server is no text of at most '
                                f'{MAX_LENGTHS[kind]} printable characters')
    return str(username), str(password)


def _ttl(answer: dict[str, Any], default: float) -> float:
    value = answer.get('ttl', default)
    if isinstance(value, str) and re.fullmatch('[0-9]{1,9}', value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ProtocolError('its ttl is no number of seconds')
    # Not >=, so that NaN is refused, too.
    if not value >= _MIN_TTL_S:
        raise ProtocolError(f'its ttl is below {_MIN_TTL_S:g} s')
    return min(float(value), _MAX_TTL_S)


class CredentialLife:
    """
    When to ask a service again, and when what it has issued ends.

    :param random_number: returns numbers from 0 to 1
    """

    def __init__(self, clock: Clock = boot_time,
                 random_number: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._random = random_number
        self._retry = _FIRST_RETRY_S
        self._ask_at = clock()
        # Boot time.
        self._ends_at = float('-inf')

    def succeeded(self, ttl: float) -> None:
        """Note that credentials have come, which are valid for ``ttl`` seconds."""
        now = self._clock()
        self._retry = _FIRST_RETRY_S
        # Half of their time is left for requests that fail, and for sessions that begin.
        self._ask_at, self._ends_at = now + ttl / 2, now + ttl

    def failed(self) -> None:
        """Note that a request has failed."""
        # Robots that lost the service together are not to come back together.
        self._ask_at = self._clock() + self._retry * (0.5 + 0.5 * self._random())
        self._retry = min(2 * self._retry, _LONGEST_RETRY_S)

    def ask_now(self) -> None:
        """Ask at once, since the network is another one, if the last request has failed."""
        if self._retry > _FIRST_RETRY_S:
            self._retry, self._ask_at = _FIRST_RETRY_S, self._clock()

    @property
    def left(self) -> float:
        """Return for how many seconds what was issued is still valid, 0 if it is not."""
        return max(0.0, self._ends_at - self._clock())

    @property
    def is_due(self) -> bool:
        """Return whether it is time for the next request."""
        return self._clock() >= self._ask_at

    @property
    def pause(self) -> float:
        """Return the seconds until the next request, or until the credentials end."""
        pause = max(0.0, self._ask_at - self._clock())
        return min(pause, self.left) if self.left else pause
