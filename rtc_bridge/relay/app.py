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

"""The relay as an aiohttp application: page, protocols, health and metrics."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from .directory.registry import Registry
from .http.connection_limits import CONNECTION_LIMITS, ConnectionLimits
from .http.middleware import Middleware
from .http.page_files import PAGE_DIR, PageFiles
from .http.websockets import WebSockets
from .metrics import Metrics
from .protocols import PROTOCOLS
from .protocols.protocol import is_websocket, RelayContext, robot_name, SocketProtocol
from .robot_admission import RobotAdmission
from .session_broker import SessionBroker
from ..core.access.origins import HostNames, is_address, is_loopback_name
from ..core.access.registration_tokens import RegistrationTokens
from ..core.limits.address_limits import Networks
from ..core.protocol.signaling_messages import MAX_MESSAGE
from ..core.protocol.strict_json import shorten
from ..core.settings.relay_settings import RelaySettings


def create_app(registry: Registry, settings: RelaySettings = RelaySettings(), *,
               robots: RegistrationTokens | None = None, page_dir: Path | None = None,
               program: str = 'relay', setting_of_hosts: str = 'hosts') -> web.Application:
    """
    Return the relay as an aiohttp application, to be run by :func:`~.http.server.serve`.

    :param registry: the robots; one under ``NAMELESS`` is found at ``/``, ``/connect``, ``/ws``
    :param robots: which robots may register over WebSockets; ``None`` for none at all
    :param page_dir: folder of the page, by default the package's own
    :param program: which program this is, as ``/healthz`` says
    :param setting_of_hosts: the name of the setting ``hosts``, for errors
    :raises ParameterError: a setting is not what it should be
    """
    metrics = Metrics()
    metrics.gauge('robots', 'Robots', lambda: len(registry))
    proxies = Networks('trusted_proxies', settings.trusted_proxies)
    hosts = HostNames(setting_of_hosts, settings.hosts)
    admission = RobotAdmission(registry, robots or RegistrationTokens(), settings.limits.robots,
                               metrics)
    sockets = WebSockets(settings.limits.heartbeat)
    broker = SessionBroker(settings, metrics)
    relay = RelayContext(registry, broker, admission, sockets, metrics, settings.limits)

    async def join(app: web.Application) -> AsyncIterator[None]:
        async with registry.joined(broker, settings.limits.answer_timeout):
            yield

    app = web.Application(client_max_size=MAX_MESSAGE)
    app[CONNECTION_LIMITS] = ConnectionLimits(settings, proxies, metrics)
    Middleware(settings, proxies, hosts, metrics, admission.is_known).attach(app)
    app.cleanup_ctx.append(join)
    app.on_shutdown.append(sockets.close_all)
    _MonitoringRoutes(relay, program, hosts, Networks(
        'metrics_for', settings.metrics_for)).add_routes(app.router)
    page = _PageRoutes(relay, PageFiles(page_dir or PAGE_DIR))
    page.add_routes(app.router)
    app.on_shutdown.append(page.close)
    return app


class _MonitoringRoutes:
    """``/healthz`` and ``/metrics``."""

    def __init__(self, relay: RelayContext, program: str, hosts: HostNames, readers: Networks
                 ) -> None:
        self._relay = relay
        self._program = program
        self._hosts = hosts
        self._readers = readers

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get('/healthz', self._get_health)
        router.add_get('/metrics', self._get_metrics)

    async def _get_health(self, request: web.Request) -> web.Response:
        registry, is_stopping = self._relay.registry, self._relay.sockets.is_stopping
        return web.json_response(
            {'status': 'stopping' if is_stopping else 'ok', 'program': self._program,
             'robots': len(registry), **registry.health()},
            status=503 if is_stopping else 200)

    async def _get_metrics(self, request: web.Request) -> web.Response:
        if request.remote not in self._readers:
            raise web.HTTPForbidden(text='The metrics are not for this address')
        hosts = request.headers.getall('Host', [])
        if not all(is_address(host) or is_loopback_name(host) or host in self._hosts
                   for host in hosts):
            # A page could read them by DNS rebinding.
            raise web.HTTPForbidden(
                text='The metrics are for requests by IP address or by a name in '
                     f'{self._hosts.setting}, which {shorten(hosts[-1], 300)} is not')
        return self._relay.metrics.response()


class _PageRoutes:
    """The page and its files, and the protocols, which have WebSockets at the same paths."""

    def __init__(self, relay: RelayContext, files: PageFiles) -> None:
        self._files = files
        self._protocols = [protocol(relay) for protocol in PROTOCOLS]

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get('/', self._get)
        router.add_get('/rtcbot.js', self._get_rtcbot)
        router.add_get('/static/{path:.+}', self._get_static)
        for protocol in self._protocols:
            protocol.add_routes(router)
        router.add_get('/{name}', self._get)

    async def close(self, app: web.Application) -> None:
        """End what the protocols do beside requests."""
        for protocol in self._protocols:
            await protocol.close()

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if is_websocket(request):
            for protocol in self._protocols:
                if isinstance(protocol, SocketProtocol) and protocol.takes_socket(request):
                    return await protocol.serve_socket(request)
        robot_name(request)
        response = self._files.respond('index.html', request)
        response.headers['Cache-Control'] = 'no-store'
        return response

    async def _get_rtcbot(self, request: web.Request) -> web.StreamResponse:
        return self._files.respond('rtcbot.js', request)

    async def _get_static(self, request: web.Request) -> web.StreamResponse:
        return self._files.respond(request.match_info['path'], request)
