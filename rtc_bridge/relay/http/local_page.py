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

"""The page on the viewer's own machine, for a robot at a relay that is not trusted."""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

from aiohttp import web

from .page_files import PAGE_DIR, PageFiles, protect
from .signaling_tunnel import SignalingTunnel
from ...core.access.invite_url import PageUrl
from ...core.access.origins import is_loopback_name


def create_app(page: PageUrl, path: str, page_dir: Path = PAGE_DIR) -> web.Application:
    """
    Return an application that serves the page and nothing else.

    The page connects to the relay by itself; its Content-Security-Policy allows the robot's
    signaling there and nothing else.
    If this server passed the signaling on, it would open other networks to whatever can reach its
    port. Only where the relay has an IPv6 address, which no policy can name, is the signaling
    passed on, for this page alone.

    :param path: of the page, ending with a slash; it should not be guessable
    """
    is_ipv6 = '[' in page.websocket_url.split('/')[2]
    tunnel = SignalingTunnel(page.websocket_url) if is_ipv6 else None
    files = PageFiles(page_dir)
    source = (page_dir / 'index.html').read_text()

    def signaling_url(request: web.Request) -> str:
        return page.websocket_url if tunnel is None else f'ws://{request.host}{path}signaling'

    async def index(request: web.Request) -> web.Response:
        meta = f'<meta name="signaling" content="{escape(signaling_url(request))}">\n  <title>'
        return web.Response(text=source.replace('<title>', meta, 1), content_type='text/html',
                            headers={'Cache-Control': 'no-store'})

    async def static(request: web.Request) -> web.StreamResponse:
        return files.respond(request.match_info['path'], request)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        polling = f' {page.polling_url}' if tunnel is None else ''
        protect(response, signaling_url(request) + polling)

    @web.middleware
    async def check_host(request: web.Request,
                         handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
                         ) -> web.StreamResponse:
        if not all(map(is_loopback_name, request.headers.getall('Host', []))):
            raise web.HTTPMisdirectedRequest(text='This page is at http://127.0.0.1 only')
        return await handler(request)

    app = web.Application(middlewares=[check_host])
    app.router.add_get(path, index)
    if tunnel is not None:
        app.router.add_get(path + 'signaling', tunnel.handle)
        app.on_shutdown.append(tunnel.close)
    app.router.add_get(path + 'static/{path:.+}', static)
    app.on_response_prepare.append(add_headers)
    return app
