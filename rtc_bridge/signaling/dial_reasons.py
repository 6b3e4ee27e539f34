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

"""Why a relay could not be dialed: each cause in a sentence of its own, with the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
import os
import re
import ssl
from urllib.parse import urlsplit

from websockets.exceptions import (
    InvalidHandshake, InvalidMessage, InvalidStatus, InvalidUpgrade, InvalidURI, SecurityError,
)
from websockets.uri import parse_uri

from ..core.network.connection_reasons import connection_reason
from ..system.tls_trust import trust_remedy

# Characters of an HTTP error's body that are shown.
_MAX_BODY = 100
# For a robot whose name is taken.
NAME_REMEDY = ('another robot, or a bridge with another secret, has this name there; end it, or '
               'take another name: the last part of relay_url')
_TOKEN = 'the token of this robot is in relay_token_file, or in RTC_BRIDGE_RELAY_TOKEN'
_NO_UPGRADE = ('the server takes no WebSocket here: a proxy before the relay has to pass the '
               'headers Upgrade and Connection, and the path')
_BEHIND_PROXY = 'the server before the relay does not reach it: does the relay run?'
# What to do about the status of an HTTP answer to a robot.
_STATUS = {
    400: _NO_UPGRADE, 405: _NO_UPGRADE, 426: _NO_UPGRADE,
    401: f'the relay asks for a token; {_TOKEN}',
    403: f'the relay, or a proxy before it, refuses this robot; {_TOKEN}, and has to be the one '
         'for this name',
    404: 'no relay is at this path: relay_url needs the path prefix of the reverse proxy, if it '
         'has one',
    409: NAME_REMEDY,
    421: "the relay does not know this host name: it belongs into the relay's setting hosts",
    429: "too many requests from this address: see the limits in the relay's settings",
    500: "the server has failed: see the relay's log",
    502: _BEHIND_PROXY, 503: _BEHIND_PROXY, 504: _BEHIND_PROXY,
}
_NO_RELAY = ('this is a web page, not a relay: relay_url has to name a relay, with the path '
             'prefix of its reverse proxy if it has one')
# In the error of websockets for an answer in another version of HTTP.
_OLD_HTTP = 'expected HTTP/1.1: HTTP/'
_WEBSOCKET_URL = re.compile(r'(?P<scheme>wss?)://(?:[^/\s?#@]*@)?(?P<place>[^/\s?#@]+)')
_PROXY_ERRORS = {'ProxyError', 'InvalidProxy', 'InvalidProxyMessage', 'InvalidProxyStatus'}
# What nginx and others answer to plain HTTP on a port of TLS.
_WANTS_TLS = (b'sent to HTTPS port', b'HTTP request to an HTTPS server')
_USE_TLS = 'this port speaks TLS: relay_url has to begin with https'


@dataclass(frozen=True)
class EnvironmentProxy:
    """A proxy that a variable of the environment names; ``place`` is without its login."""

    variable: str
    place: str

    def __str__(self) -> str:
        return f'the proxy {self.place} (environment variable {self.variable})'


def environment_proxy(url: str, environment: Mapping[str, str] = os.environ
                      ) -> EnvironmentProxy | None:
    """Return the proxy by which websockets dials a URL, ``None`` if it goes there directly."""
    try:
        from websockets.proxy import get_proxy
    except ImportError:
        # Before websockets 15 no proxy is used.
        return None
    try:
        proxy = get_proxy(parse_uri(url))
    except InvalidURI:
        return None
    if proxy is None:
        return None
    scheme, _, rest = proxy.rpartition('://')
    variable = next((name for name, value in environment.items()
                     if name.lower().endswith('_proxy') and value.rpartition('://')[2] == rest),
                    '..._proxy')
    return EnvironmentProxy(variable, f'{scheme or "http"}://{rest.rpartition("@")[2]}')


def dial_reason(error: BaseException, url: str, proxy: EnvironmentProxy | None = None) -> str:
    """
    Return in one line why a relay could not be dialed, and what to do.

    :param error: what websockets or asyncio has raised
    :param url: that was dialed; its path may be a secret, and is not in the result
    :param proxy: by which it was dialed
    """
    host = urlsplit(url).hostname or ''
    if proxy is not None and _is_of_proxy(error):
        return _proxy_reason(error, host, proxy)
    if isinstance(error, InvalidStatus):
        return _status_reason(error.response.status_code, bytes(error.response.body or b''),
                              error.response.headers.get('Location'))
    if isinstance(error, InvalidMessage):
        if _OLD_HTTP in str(error.__cause__):
            return f'it answers in HTTP/1.0, as no relay does: {_NO_RELAY}'
        # Nothing came before the end of the connection, or something that is not HTTP.
        return ('it does not answer in HTTP: is this the port of a relay, and does relay_url '
                'begin with https where it has a certificate, and with http where it has none?')
    if isinstance(error, InvalidUpgrade):
        return _NO_UPGRADE
    if isinstance(error, InvalidURI):
        return 'it redirects to a URL that is invalid'
    if isinstance(error, SecurityError) and 'redirect' in str(error):
        # Its text has the URL, whose path and login may be secrets.
        found = _WEBSOCKET_URL.search(str(error))
        target = f' to {found["scheme"]}://{found["place"]}' if found else ''
        return f'it redirects{target}: from https to http, or too often, which is not followed'
    if isinstance(error, InvalidHandshake):
        return f'it is no relay, or a proxy on the way changes its answer: {_line(error)}'
    reason = connection_reason(error, host, trust_remedy('relay_ca_file'))
    if isinstance(error, ssl.SSLError) and proxy is not None:
        reason += f'; the way there leads through {proxy}, which may show its own certificate'
    return reason


def _status_reason(status: int, body: bytes, location: str | None) -> str:
    if any(words in body for words in _WANTS_TLS):
        return _USE_TLS
    text = body.decode('utf-8', 'replace').strip()
    answer = f'HTTP {status}' + (f' {text[:_MAX_BODY]}' if text and '\n' not in text else '')
    if 300 <= status < 400 and location:
        return f'HTTP {status}, which leads to {_without_path(location)}: is relay_url to be that?'
    remedy = _STATUS.get(status, _NO_RELAY if status < 400 else '')
    return f'{answer}; {remedy}' if remedy else answer


def _without_path(location: str) -> str:
    """Return where a redirect leads, without its path, which may be a secret."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return 'an invalid URL'
    place = parts.netloc.rpartition('@')[2][:_MAX_BODY]
    return f'{parts.scheme}://{place}' if place else 'another path'


def _is_of_proxy(error: BaseException) -> bool:
    """Tell whether an error that came on the way through a proxy is about the proxy."""
    # The classes of websockets 15 and newer. TLS is spoken with the relay, through the tunnel.
    return type(error).__name__ in _PROXY_ERRORS or (
        isinstance(error, (OSError, EOFError, ImportError))
        and not isinstance(error, ssl.SSLError))


def _proxy_reason(error: BaseException, host: str, proxy: EnvironmentProxy) -> str:
    around = f'add {host} to no_proxy to go there without it'
    response = getattr(error, 'response', None)
    if response is not None:
        status = response.status_code
        what = {407: 'it asks for a login: http://USER:PASSWORD@HOST:PORT',
                502: 'it does not reach the relay', 503: 'it does not reach the relay',
                504: 'it does not reach the relay'}.get(status, 'it does not allow this host')
        return f'{proxy} refuses to connect to {host}, HTTP {status}: {what}; or {around}'
    if isinstance(error, ImportError):
        return (f'{proxy} is a SOCKS proxy, for which python-socks is missing: install it, or '
                f'{around}')
    if isinstance(error, TimeoutError):
        return f'no answer in time through {proxy}: it may not reach the relay; or {around}'
    if isinstance(error, OSError):
        reason = connection_reason(error, urlsplit(proxy.place).hostname or '')
        return f'{proxy} cannot be reached, {reason}; start it, or {around}'
    if type(error).__name__ == 'InvalidProxy':
        return f'{proxy} has an invalid URL: {getattr(error, "msg", "")}'
    cause = error.__cause__ or error
    return f'{proxy} does not connect to {host}: {_line(cause)}; or {around}'


def _line(error: BaseException) -> str:
    return str(error).split('\n')[0] or type(error).__name__
