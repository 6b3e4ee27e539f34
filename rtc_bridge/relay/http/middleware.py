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

"""What every request passes: its client's address, the rate limit, and headers of the answer."""

import base64
from collections.abc import Awaitable, Callable
import logging
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from .connection_limits import CONNECTION_LIMITS, limited_connection
from .page_files import protect
from ..event_log import log_event
from ..metrics import Metrics
from ...core.access.origins import (
    host_port, HostNames, is_address, is_loopback_name, page_origin,
)
from ...core.failure_log import failures
from ...core.limits.address_limits import client_key, is_loopback, KeyedRateLimiter, Networks
from ...core.protocol.strict_json import shorten
from ...core.settings.relay_settings import RelaySettings

_FORWARDED = ('X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host')
# What tells of any proxy (RFC 7239; RFC 9110, section 7.6.3).
_PROXY_SIGNS = (*_FORWARDED, 'X-Real-IP', 'Forwarded', 'Via')
# Headers of answers that pages of other origins may read (Fetch, section 3.2.4).
_EXPOSED = 'ETag, Link, Location, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate'
_FOR_ALL_PAGES = ('/whep/', '/signaling/')
# Characters of a Host header in a log line or an error: a name has up to 253.
_MAX_HOST = 300


def registration_token(request: web.Request) -> str | None:
    """
    Return the token that a robot shows: a bearer (RFC 6750), or the password in its URL.

    RTCBot's robots can send a password (RFC 7617) but no header of their own.
    """
    kind, _, text = request.headers.get('Authorization', '').partition(' ')
    if kind.lower() == 'bearer':
        return text.strip()
    if kind.lower() == 'basic':
        try:
            return base64.b64decode(text, validate=True).decode().partition(':')[2]
        except ValueError:
            # Not base64, or not UTF-8, or not ASCII.
            return None
    return None


def request_origin(request: web.Request) -> str | None:
    """Return the origin of the page that sent a request, as ``core.access.origins`` has it."""
    return page_origin(request.headers.getall('Origin', []), request.scheme,
                       request.headers.get('Host', ''))


def is_direct(request: web.Request) -> bool:
    """
    Tell whether ``request.remote`` is the client's own address, as far as can be known.

    It is not for a request of a proxy that is not trusted.
    """
    return not any(name in request.headers for name in _PROXY_SIGNS)


class Middleware:
    """
    The application's middleware.

    :param proxies: whose ``X-Forwarded-*`` headers are believed
    :param hosts: names that the server has besides those of the loopback
    :param is_exempt: tells whether a request does not count for the rate limit
    """

    def __init__(self, settings: RelaySettings, proxies: Networks, hosts: HostNames,
                 metrics: Metrics, is_exempt: Callable[[web.Request], bool]) -> None:
        self._proxies = proxies
        self._hosts = hosts
        self._metrics = metrics
        self._is_exempt = is_exempt
        self._has_warned_of_proxy = False
        self._has_warned_of_host = False
        self._rates = KeyedRateLimiter(settings.limits.requests_per_minute)

    def attach(self, app: web.Application) -> None:
        """Add this to an application."""
        app.middlewares.append(self._handle)
        app.on_response_prepare.append(add_headers)

    @web.middleware
    async def _handle(self, request: web.Request,
                      handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
                      ) -> web.StreamResponse:
        is_proxied = self._is_proxied(request)
        if is_proxied:
            request = _as_proxied(request, self._proxies)
        if (connection := limited_connection(request)) is not None:
            connection.expect('request_timeout')
        if not is_proxied and request.app[CONNECTION_LIMITS].on_loopback:
            self._check_host(request)
        if not self._is_exempt(request) and not self._rates.allow(client_key(request.remote)):
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
                # Part of an answer has been sent, so the only way to report it is to disconnect.
                raise ConnectionError('a handler failed') from error
            raise web.HTTPInternalServerError(text='The server failed at this') from error

    def _is_proxied(self, request: web.Request) -> bool:
        """Tell whether a trusted proxy passed a request on; warn of a proxy that is not listed."""
        if request.remote not in self._proxies:
            if 'X-Forwarded-For' in request.headers and not self._has_warned_of_proxy:
                # Once: any client can send the header, but most who forget the setting have one.
                self._has_warned_of_proxy = True
                log_event('a proxy is not listed in trusted_proxies, its clients count as one',
                          logging.WARNING, peer=request.remote)
            return False
        # A browser on the proxy's host sends none of these headers, unless a page sets them.
        return not self._may_be_rebound(request) and any(
            name in request.headers for name in _FORWARDED)

    def _may_be_rebound(self, request: web.Request) -> bool:
        """
        Tell whether a page may have sent a request by DNS rebinding.

        The name of such a page's site has been made to mean this host. The page can set any header
        but ``Host``, whose port is the one that its browser connects to: this server's. Clients
        of a proxy on this host send the proxy's port.
        """
        if not is_loopback(request.remote) or request.transport is None:
            return False
        own = request.transport.get_extra_info('sockname')[1]
        return any(host_port(host, request.scheme) in (own, None)
                   for host in request.headers.getall('Host', [])
                   if not (is_loopback_name(host) or is_address(host) or host in self._hosts))

    def _check_host(self, request: web.Request) -> None:
        """
        Refuse requests that a page may have sent by DNS rebinding to a server on the loopback.

        The page's browser takes this server for the page's own site, so no other check applies.

        :raises aiohttp.web.HTTPMisdirectedRequest: the host is no name of this server
        """
        hosts = request.headers.getall('Host', [])
        if all(is_loopback_name(host) or host in self._hosts for host in hosts):
            return
        self._metrics.refuse('host', request.remote)
        host = shorten(hosts[-1], _MAX_HOST)
        remedy = (f'add its name to {self._hosts.setting}, if a proxy or tunnel brings it here'
                  + ('' if self._hosts.setting != 'hosts' else
                     ', or the proxy to trusted_proxies'))
        if not self._has_warned_of_host:
            # Once: any page can cause this.
            self._has_warned_of_host = True
            log_event('a request for an unknown host was refused', logging.WARNING, host=host,
                      remedy=remedy)
        raise web.HTTPMisdirectedRequest(
            text=f'This server listens on the loopback only, and {host} is not one of its names: '
                 f'{remedy}')


def _as_proxied(request: web.Request, proxies: Networks) -> web.Request:
    """Return a request as the client of a trusted proxy made it, without signs of the proxy."""
    hops = request.headers.getall('X-Forwarded-For', [])
    remote = proxies.client_behind(request.remote, hops)
    headers = request.headers.copy()
    if ','.join(hops).partition(',')[0].strip() == remote:
        # Else there is another proxy, which is not trusted.
        for name in _PROXY_SIGNS:
            headers.popall(name, None)
    changes: dict[str, Any] = {'remote': remote, 'headers': headers}
    # Each of several proxies may append to the list; the first entry is what the client speaks.
    scheme = request.headers.get('X-Forwarded-Proto', '').partition(',')[0].strip().lower()
    if scheme in ('http', 'https'):
        changes['scheme'] = scheme
    if host := request.headers.get('X-Forwarded-Host', '').partition(',')[0].strip():
        headers['Host'] = host
        changes['host'] = host
    return request.clone(**changes)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that each answer has, errors included."""
    protect(response)
    # Viewers' pages may have any origin, and read error texts, too.
    if request.method in ('POST', 'OPTIONS') or request.path.startswith(_FOR_ALL_PAGES):
        response.headers['Access-Control-Allow-Origin'] = '*'
        response.headers['Access-Control-Expose-Headers'] = _EXPOSED
