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

"""The relay's routes: the page, both doors, and errors that a person can read."""

import asyncio
import logging
from pathlib import Path

from aiohttp import web, WSCloseCode

from .desk import Desk
from .registry import NAMELESS, Registry
from .rtcbot import exchange, read_offer, RTCBotRobot
from .v1 import PageSocket, receive, send, serve_robot
from .whep import EXPOSED, WhepDoor
from ..core.errors import ProtocolError, SignalingError
from ..core.messages import check_name, Error, MAX_MESSAGE, Register, SUBPROTOCOL, Watch

_logger = logging.getLogger('rtc_bridge.relay')

PAGE_DIR = Path(__file__).parent.parent / 'web'
FIRST_FRAME_TIMEOUT = 10.0
# RTCBot's own words, which programs may look for.
NO_ROBOT = 'There is no robot connected'
NO_ROOM = 'No connection is active here'
TAKEN = 'Already have a connection here'
# Python's table of types depends on the machine; a module of the wrong type does not run.
_TYPES = {'.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
          '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8',
          '.svg': 'image/svg+xml', '.png': 'image/png'}


def create_app(registry: Registry, *, page_dir: Path | None = None, allow_robots: bool = True,
               answer_timeout: float = 10.0, heartbeat: float = 10.0) -> web.Application:
    """
    Return the relay as an aiohttp application.

    Run it with ``access_log=None``: a room's name in a log would be a secret in a log.

    :param registry: the robots; one under ``NAMELESS`` is found at ``/``, ``/connect``, ``/ws``
    :param page_dir: folder of the page, by default the package's own
    :param allow_robots: whether robots may register over WebSockets
    :param answer_timeout: seconds a robot has for its answer
    :param heartbeat: seconds between pings; a dead peer is noticed after one and a half of them
    """
    return _Relay(registry, page_dir or PAGE_DIR, allow_robots, answer_timeout, heartbeat).app()


class _Relay:

    def __init__(self, registry: Registry, page_dir: Path, allow_robots: bool,
                 answer_timeout: float, heartbeat: float) -> None:
        self._registry = registry
        self._page_dir = page_dir
        self._allow_robots = allow_robots
        self._answer_timeout = answer_timeout
        # An RTCBot robot's viewer may have to wait for others first, and both have their time.
        self._desk = Desk(2 * answer_timeout + 1)
        self._heartbeat = heartbeat
        self._sockets: set[web.WebSocketResponse] = set()
        self._stopping = False

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_MESSAGE)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._shut_down)
        app.router.add_get('/', self._get)
        app.router.add_post('/connect', self._post)
        app.router.add_get('/healthz', self._health)
        app.router.add_get('/rtcbot.js', self._script)
        app.router.add_get('/static/{path:.+}', self._static)
        WhepDoor(self._registry, self._desk).add_routes(app.router)
        app.router.add_get('/{name}', self._get)
        app.router.add_post('/{name}', self._post)
        app.router.add_route('OPTIONS', '/{name}', self._options)
        return app

    async def _shut_down(self, app: web.Application) -> None:
        self._stopping = True
        # Each close waits a second at most for a peer that does not answer it.
        await asyncio.gather(*map(self._end, list(self._sockets)), return_exceptions=True)

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({'status': 'ok', 'robots': len(self._registry)})

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers={
            'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
            'Access-Control-Allow-Headers': 'Content-Type', 'Access-Control-Max-Age': '86400'})

    async def _script(self, request: web.Request) -> web.StreamResponse:
        return self._file('rtcbot.js')

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info['path'])

    def _file(self, path: str) -> web.StreamResponse:
        parts = path.split('/')
        # Neither out of the folder nor into what is hidden in it.
        if any(not part or part.startswith('.') or '\\' in part or '\0' in part
               for part in parts):
            raise web.HTTPNotFound(text='There is no such file')
        file = self._page_dir.joinpath(*parts)
        try:
            found = file.is_file()
        except OSError:
            found = False  # Too long a name.
        if not found:
            raise web.HTTPNotFound(text='There is no such file')
        headers = {'Cache-Control': 'no-cache'}
        if file.suffix in _TYPES:
            headers['Content-Type'] = _TYPES[file.suffix]
        return web.FileResponse(file, headers=headers)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get('Upgrade', '').lower() == 'websocket':
            return await self._websocket(request)
        if 'name' in request.match_info:
            _room(request)
        response = self._file('index.html')
        response.headers['Cache-Control'] = 'no-store'
        return response

    async def _post(self, request: web.Request) -> web.Response:
        name = _room(request) if 'name' in request.match_info else NAMELESS
        offer = await read_offer(request)
        robot = self._registry.get(name)
        if robot is None:
            if name == NAMELESS:
                raise web.HTTPInternalServerError(text=NO_ROBOT)
            raise web.HTTPNotFound(text=NO_ROOM)
        return await exchange(self._desk, robot, offer)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get('name', NAMELESS)
        if name != NAMELESS:
            _room(request)
        protocols = request.headers.get('Sec-WebSocket-Protocol')
        if protocols is None:
            return await self._rtcbot_robot(request, name)
        if SUBPROTOCOL not in [protocol.strip() for protocol in protocols.split(',')]:
            raise web.HTTPBadRequest(text=f'The WebSocket subprotocol here is {SUBPROTOCOL}')
        ws = self._new_socket(protocols=(SUBPROTOCOL,))
        await ws.prepare(request)
        self._sockets.add(ws)
        try:
            await self._v1(ws, name, request.remote)
        finally:
            await self._close(ws)
        return ws

    async def _v1(self, ws: web.WebSocketResponse, name: str, source: str | None) -> None:
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
                await PageSocket(ws, self._registry, name, source, self._desk).run()
            case Register() if not self._allow_robots:
                await send(ws, Error('denied', 'No robots may register here'))
            case Register():
                _logger.info('a robot came')
                await serve_robot(ws, self._registry, name, first,
                                  timeout=self._answer_timeout)
                _logger.info('a robot went')
            case _:
                await send(ws, Error('bad-message', 'The first message must be register or watch'))

    async def _rtcbot_robot(self, request: web.Request, name: str) -> web.StreamResponse:
        if not self._allow_robots:
            raise web.HTTPForbidden(text='No robots may register here')
        if self._registry.get(name) is not None:
            raise web.HTTPConflict(text=TAKEN)
        ws = self._new_socket()
        robot = RTCBotRobot(ws, once=name != NAMELESS, timeout=self._answer_timeout)
        await ws.prepare(request)
        self._sockets.add(ws)
        try:
            self._registry.add(name, robot)
            try:
                await robot.run()
            finally:
                self._registry.remove(name, robot)
        except SignalingError:
            # Another robot came while this one's handshake was under way.
            pass
        finally:
            await self._close(ws)
        return ws

    def _new_socket(self, protocols: tuple[str, ...] = ()) -> web.WebSocketResponse:
        return web.WebSocketResponse(protocols=protocols, heartbeat=self._heartbeat, timeout=1.0,
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


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers['X-Content-Type-Options'] = 'nosniff'
    # Viewers' pages come from anywhere, and read what went wrong, too.
    if request.method in ('POST', 'OPTIONS') or request.path.startswith('/whep/'):
        response.headers['Access-Control-Allow-Origin'] = '*'
        response.headers['Access-Control-Expose-Headers'] = EXPOSED
