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

"""The relay's routes: the page, all doors, and errors that a person can read."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
import logging
from pathlib import Path
import secrets

from aiohttp import web, WSCloseCode

from .directory.registry import NAMELESS, Registry, TAKEN
from .http.middleware import Entrance, origin, token
from .http.page_files import PAGE_DIR, PageFiles
from .http.server import connection, DOORMAN, Doorman
from .metrics import log, Metrics
from .protocols.kscale import KScaleDoor
from .protocols.native_robots import receive, send, serve_robot
from .protocols.native_viewers import PageSocket
from .protocols.rtcbot import exchange, read_offer, RTCBotRobot
from .protocols.whep import WhepDoor
from .session_broker import Desk
from ..core.access.origins import HostNames, is_address, is_loopback_name
from ..core.access.registration_tokens import RegistrationTokens
from ..core.errors import ProtocolError, SignalingError
from ..core.limits.address_limits import client_key, Networks
from ..core.limits.log_limits import LogSampler
from ..core.protocol.signaling_messages import (
    check_name, Error, MAX_MESSAGE, Register, SUBPROTOCOL, Watch,
)
from ..core.protocol.strict_json import shorten
from ..core.settings.relay_settings import RelaySettings

FIRST_FRAME_TIMEOUT = 10.0
# RTCBot's own words, which programs may look for.
NO_ROBOT = 'There is no robot connected'
NO_ROOM = 'No connection is active here'


def create_app(registry: Registry, settings: RelaySettings = RelaySettings(), *,
               robots: RegistrationTokens | None = None, page_dir: Path | None = None,
               setting_of_hosts: str = 'hosts') -> web.Application:
    """
    Return the relay as an aiohttp application, to be run by :func:`~.server.serve`.

    :param registry: the robots; one under ``NAMELESS`` is found at ``/``, ``/connect``, ``/ws``
    :param robots: which robots may register over WebSockets; ``None`` for none at all
    :param page_dir: folder of the page, by default the package's own
    :param setting_of_hosts: what people call the setting ``hosts``
    """
    return _Relay(registry, settings, robots or RegistrationTokens(),
                  page_dir or PAGE_DIR, setting_of_hosts).app()


class _Relay:

    def __init__(self, registry: Registry, settings: RelaySettings, tokens: RegistrationTokens,
                 page_dir: Path, setting_of_hosts: str) -> None:
        self._registry = registry
        self._settings = settings
        self._tokens = tokens
        self._files = PageFiles(page_dir)
        self._metrics = Metrics()
        self._metrics.gauge('robots', 'Robots', lambda: len(registry))
        self._metrics_for = Networks('metrics_for', settings.metrics_for)
        self._proxies = Networks('trusted_proxies', settings.trusted_proxies)
        self._hosts = HostNames(setting_of_hosts, settings.hosts)
        self._desk = Desk(settings, self._metrics)
        self._kscale_door = KScaleDoor(
            registry, self._desk, settings.limits.messages_per_second,
            refuse=self._refuse_robot, came=self._robot_came, went=self._robot_went)
        self._repeats = LogSampler()
        self._sockets: set[web.WebSocketResponse] = set()
        self._stopping = False
        self._salt = secrets.token_bytes(16)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_MESSAGE)
        app[DOORMAN] = Doorman(self._settings, self._proxies, self._metrics)
        Entrance(self._settings, self._proxies, self._hosts, self._metrics,
                 self._is_known_robot).attach(app)
        app.cleanup_ctx.append(self._join)
        app.on_shutdown.append(self._shut_down)
        app.router.add_get('/', self._get)
        app.router.add_post('/connect', self._post)
        app.router.add_get('/healthz', self._health)
        app.router.add_get('/metrics', self._show_metrics)
        app.router.add_get('/rtcbot.js', self._script)
        app.router.add_get('/static/{path:.+}', self._static)
        WhepDoor(self._registry, self._desk).add_routes(app.router)
        app.router.add_get('/{name}', self._get)
        app.router.add_post('/{name}', self._post)
        app.router.add_route('OPTIONS', '/{name}', self._options)
        return app

    def _is_known_robot(self, request: web.Request) -> bool:
        shown = token(request)
        return shown is not None and self._tokens.matches(
            request.match_info.get('name', NAMELESS), shown)

    def _label(self, name: str) -> str:
        """Return a robot's name for logs; where names are secrets, a mark of it."""
        if name == NAMELESS or not self._tokens.open_names:
            return name
        return '#' + sha256(self._salt + name.encode()).hexdigest()[:8]

    async def _join(self, app: web.Application) -> AsyncIterator[None]:
        async with self._registry.joined(self._desk, self._settings.limits.answer_timeout):
            yield

    async def _shut_down(self, app: web.Application) -> None:
        self._stopping = True
        # Each close waits a second at most for a peer that does not answer it.
        await asyncio.gather(*map(self._end, list(self._sockets)), return_exceptions=True)

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response(
            {'status': 'stopping' if self._stopping else 'ok', 'robots': len(self._registry),
             **self._registry.health()},
            status=503 if self._stopping else 200)

    async def _show_metrics(self, request: web.Request) -> web.Response:
        if request.remote not in self._metrics_for:
            raise web.HTTPForbidden(text='The metrics are not for this address')
        hosts = request.headers.getall('Host', [])
        if not all(is_address(host) or is_loopback_name(host) or host in self._hosts
                   for host in hosts):
            # A page whose site's name was made to mean this server could read them.
            raise web.HTTPForbidden(
                text='The metrics are for requests by IP address or by a name in '
                     f'{self._hosts.setting}, which {shorten(hosts[-1], 300)} is not')
        return self._metrics.response()

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers={
            'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
            'Access-Control-Allow-Headers': 'Content-Type', 'Access-Control-Max-Age': '86400'})

    async def _script(self, request: web.Request) -> web.StreamResponse:
        return self._files.respond('rtcbot.js', request)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._files.respond(request.match_info['path'], request)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get('Upgrade', '').lower() == 'websocket':
            return await self._websocket(request)
        if 'name' in request.match_info:
            _room(request)
        response = self._files.respond('index.html', request)
        response.headers['Cache-Control'] = 'no-store'
        return response

    async def _post(self, request: web.Request) -> web.Response:
        name = _room(request) if 'name' in request.match_info else NAMELESS
        offer = await read_offer(request)
        robot = await self._registry.find(name)
        if robot is None:
            if name == NAMELESS:
                raise web.HTTPInternalServerError(text=NO_ROBOT)
            raise web.HTTPNotFound(text=NO_ROOM)
        return await exchange(self._desk, robot, offer)

    def _refuse_robot(self, name: str, request: web.Request) -> str | None:
        if not self._tokens:
            return 'No robots may register here'
        if not self._tokens.admits(name, token(request)):
            self._metrics.refuse('token', request.remote)
            if count := self._repeats.count(client_key(request.remote)):
                log('a robot was refused', logging.WARNING, name=self._label(name),
                    source=request.remote, reason='token', count=count)
            return 'A robot needs the token of its name here'
        if (self._registry.get(name) is None
                and self._registry.count >= self._settings.limits.robots):
            self._metrics.refuse('robots', request.remote)
            return 'There is no room for more robots here'
        return None

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get('name', NAMELESS)
        if name != NAMELESS:
            _room(request)
        protocols = request.headers.get('Sec-WebSocket-Protocol')
        if protocols is None:
            return await (self._rtcbot_robot(request, name) if 'name' in request.match_info
                          else self._kscale(request))
        if SUBPROTOCOL not in [protocol.strip() for protocol in protocols.split(',')]:
            raise web.HTTPBadRequest(text=f'The WebSocket subprotocol here is {SUBPROTOCOL}')
        ws = self._new_socket(protocols=(SUBPROTOCOL,))
        await self._prepare(ws, request)
        try:
            await self._v1(ws, name, request)
        finally:
            await self._close(ws)
        return ws

    async def _prepare(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        await ws.prepare(request)
        self._sockets.add(ws)
        if (under := connection(request)) is not None:
            # From here on pings tell whether somebody is there.
            under.expect(None)

    async def _v1(self, ws: web.WebSocketResponse, name: str, request: web.Request) -> None:
        try:
            async with asyncio.timeout(FIRST_FRAME_TIMEOUT):
                first = await receive(ws)
        except TimeoutError:
            await send(ws, Error('bad-message', 'The first message did not come'))
            return
        except ProtocolError as error:
            await send(ws, Error('bad-message', str(error)))
            return
        match first:
            case None:
                pass
            case Watch():
                await self._page(ws, name, request)
            case Register():
                await self._v1_robot(ws, name, first, request)
            case _:
                await send(ws, Error('bad-message', 'The first message must be register or watch'))

    async def _page(self, ws: web.WebSocketResponse, name: str, request: web.Request) -> None:
        source = request.remote
        try:
            with self._desk.page(name, source):
                await PageSocket(ws, self._registry, name, source, origin(request), self._desk,
                                 self._settings.limits.messages_per_second).run()
        except SignalingError as error:
            await send(ws, Error(error.code, str(error)))

    async def _v1_robot(self, ws: web.WebSocketResponse, name: str, register: Register,
                        request: web.Request) -> None:
        if reason := self._refuse_robot(name, request):
            await send(ws, Error('denied', reason))
            return
        self._robot_came(name, request, 'v1')
        await serve_robot(ws, self._registry, name, register, self._metrics,
                          timeout=self._settings.limits.answer_timeout)
        self._robot_went(name)

    def _robot_came(self, name: str, request: web.Request, form: str) -> None:
        log('a robot came', name=self._label(name), source=request.remote, form=form)
        if (under := connection(request)) is not None and self._tokens.matches(
                name, token(request) or ''):
            # A site may have many robots.
            under.leave_crowd()

    def _robot_went(self, name: str) -> None:
        log('a robot went', name=self._label(name))

    async def _kscale(self, request: web.Request) -> web.StreamResponse:
        ws = self._new_socket()
        await self._prepare(ws, request)
        try:
            await self._kscale_door.serve(ws, request)
        finally:
            await self._close(ws)
        return ws

    async def _rtcbot_robot(self, request: web.Request, name: str) -> web.StreamResponse:
        if reason := self._refuse_robot(name, request):
            raise web.HTTPForbidden(text=reason)
        if await self._registry.find(name) is not None:
            raise web.HTTPConflict(text=TAKEN)
        ws = self._new_socket()
        robot = RTCBotRobot(ws, once=name != NAMELESS,
                            timeout=self._settings.limits.answer_timeout)
        await self._prepare(ws, request)
        try:
            await self._registry.claim(name, robot)
            self._robot_came(name, request, 'rtcbot')
            try:
                await robot.run()
            finally:
                self._registry.remove(name, robot)
                self._robot_went(name)
        except SignalingError:
            # Another robot came while this one's handshake was under way.
            pass
        finally:
            await self._close(ws)
        return ws

    def _new_socket(self, protocols: tuple[str, ...] = ()) -> web.WebSocketResponse:
        return web.WebSocketResponse(
            protocols=protocols, heartbeat=self._settings.limits.heartbeat, timeout=1.0,
            max_msg_size=MAX_MESSAGE, compress=False)

    async def _close(self, ws: web.WebSocketResponse) -> None:
        self._sockets.discard(ws)
        await self._end(ws)

    async def _end(self, ws: web.WebSocketResponse) -> None:
        if self._stopping:
            await ws.close(code=WSCloseCode.GOING_AWAY, message=b'the relay stops')
        else:
            await ws.close()


def _room(request: web.Request) -> str:
    try:
        return check_name(request.match_info['name'])
    except ProtocolError as error:
        raise web.HTTPNotFound(text=str(error)) from None
