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

"""What every request passes: whose it is, how many there are, and the headers of its answer."""

import base64
from collections.abc import Awaitable, Callable
import logging

from aiohttp import web
from aiohttp.http import HttpProcessingError

from .page_files import protect
from .server import connection, DOORMAN
from ..metrics import log, Metrics
from ...core.access.origins import (
    host_port, HostNames, is_address, is_loopback_name, page_origin,
)
from ...core.failure_log import failures
from ...core.limits.address_limits import client_key, is_loopback, KeyedRateLimiter, Networks
from ...core.protocol.strict_json import shorten
from ...core.settings.relay_settings import RelaySettings

_EXPOSED = 'ETag, Link, Location, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate'


def token(request: web.Request) -> str | None:
    """
    Return what a robot shows to be let in: a bearer (RFC 6750), or the password in its URL.

    RTCBot's robots can send a password (RFC 7617) but no header of their own.
    """
    kind, _, text = request.headers.get('Authorization', '').partition(' ')
    if kind.lower() == 'bearer':
        return text.strip()
    if kind.lower() == 'basic':
        try:
            return base64.b64decode(text, validate=True).decode().partition(':')[2]
        except ValueError:
            # No base64, no UTF-8, or bytes that are no ASCII.
            return None
    return None


def origin(request: web.Request) -> str | None:
    """Return which page sent a request, as ``core.access.origins.page_origin`` does."""
    return page_origin(request.headers.getall('Origin', []), request.scheme,
                       request.headers.get('Host', ''))


class Entrance:
    """
    The application's middleware.

    :param hosts: names that the server has besides those of the loopback
    :param exempt: tells whether a request's rate does not count
    """

    def __init__(self, settings: RelaySettings, proxies: Networks, hosts: HostNames,
                 metrics: Metrics, exempt: Callable[[web.Request], bool]) -> None:
        """Start without requests."""
        self._proxies = proxies
        self._hosts = hosts
        self._metrics = metrics
        self._exempt = exempt
        self._warned = False
        self._warned_of_host = False
        self._rates = KeyedRateLimiter(settings.limits.requests_per_minute)

    def attach(self, app: web.Application) -> None:
        """Stand before an application's handlers."""
        app.middlewares.append(self._handle)
        app.on_response_prepare.append(add_headers)

    @web.middleware
    async def _handle(self, request: web.Request,
                      handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
                      ) -> web.StreamResponse:
        forwarded = request.headers.getall('X-Forwarded-For', [])
        viewer = self._proxies.client_behind(request.remote, forwarded)
        listed = request.remote in self._proxies
        # A browser on the proxy's host has none of these headers, unless a page sets them.
        proxied = listed and not self._may_be_rebound(request) and any(
            f'X-Forwarded-{what}' in request.headers for what in ('For', 'Proto', 'Host'))
        if proxied:
            request = _as_proxied(request, viewer)
        elif forwarded and not self._warned and not listed:
            # Once: anybody can send this header, but most who forget the setting have a proxy.
            self._warned = True
            log('a proxy is not listed in trusted_proxies, its clients count as one',
                logging.WARNING, peer=request.remote)
        if (under := connection(request)) is not None:
            under.expect('request_timeout')
        if not proxied and request.app[DOORMAN].on_loopback:
            self._check_host(request)
        if not self._exempt(request) and not self._rates.allow(client_key(request.remote)):
            self._metrics.refuse('requests', request.remote)
            raise web.HTTPTooManyRequests(text='There are too many requests from this address',
                                          headers={'Retry-After': '5'})
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError, HttpProcessingError, web.RequestPayloadError):
            raise
        except Exception as error:
            failures.note('request', error)
            if request.writer.output_size:
                # Something was sent already: nothing but the end of the connection is left.
                raise ConnectionError('a handler failed') from error
            raise web.HTTPInternalServerError(text='The server failed at this') from error

    def _may_be_rebound(self, request: web.Request) -> bool:
        """
        Tell whether a page may have sent a request whose site's name was made to mean this host.

        It may set any header but ``Host``. There its browser has the port that it connects to,
        which is this server's; clients of a proxy on this host have the proxy's.
        """
        if not is_loopback(request.remote) or request.transport is None:
            return False
        own = request.transport.get_extra_info('sockname')[1]
        return any(host_port(host, request.scheme) in (own, None)
                   for host in request.headers.getall('Host', [])
                   if not (is_loopback_name(host) or is_address(host) or host in self._hosts))

    def _check_host(self, request: web.Request) -> None:
        """
        Refuse what a page brings whose site's name was made to mean the loopback (DNS rebinding).

        Its browser takes this server for that site's own, so nothing else keeps the page out.

        :raises aiohttp.web.HTTPMisdirectedRequest: the host is another name
        """
        hosts = request.headers.getall('Host', [])
        if all(is_loopback_name(host) or host in self._hosts for host in hosts):
            return
        self._metrics.refuse('host', request.remote)
        remedy = (f'add its name to {self._hosts.setting}, if a proxy or tunnel brings it here'
                  + ('' if self._hosts.setting != 'hosts' else
                     ', or the proxy to trusted_proxies'))
        if not self._warned_of_host:
            # Once: strangers' pages can send this.
            self._warned_of_host = True
            log('a request for an unknown host was refused', logging.WARNING,
                host=shorten(hosts[-1], 300), remedy=remedy)
        raise web.HTTPMisdirectedRequest(
            text=f'This server listens on the loopback only, and {shorten(hosts[-1], 300)} is '
                 f'none of its names: {remedy}')


def _as_proxied(request: web.Request, viewer: str | None) -> web.Request:
    """Return a request as the client of a trusted proxy made it."""
    changes = {'remote': viewer}
    # Of several proxies each may add to the list; the first one is what the client speaks to.
    scheme = request.headers.get('X-Forwarded-Proto', '').partition(',')[0].strip().lower()
    if scheme in ('http', 'https'):
        changes['scheme'] = scheme
    if host := request.headers.get('X-Forwarded-Host', '').partition(',')[0].strip():
        headers = request.headers.copy()
        headers['Host'] = host
        changes |= {'headers': headers, 'host': host}
    return request.clone(**changes)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what each answer carries, errors too."""
    protect(response)
    # Viewers' pages come from anywhere, and read what went wrong, too.
    if request.method in ('POST', 'OPTIONS') or request.path.startswith('/whep/'):
        response.headers['Access-Control-Allow-Origin'] = '*'
        response.headers['Access-Control-Expose-Headers'] = _EXPOSED
