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

"""The web server of the senders: offers in, answers out, and pages."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

CORS = {'Access-Control-Allow-Origin': '*'}


async def serve(port: int, connect: Callable[[web.Request], Awaitable[web.Response]],
                pages: Mapping[str, tuple[str, str]] = {}) -> None:
    """
    Begin to serve on this host; it goes on as long as the event loop.

    :param connect: answers ``POST /connect``
    :param pages: content type and text by path
    """
    async def page(request: web.Request) -> web.Response:
        content_type, text = pages[request.path]
        return web.Response(text=text, content_type=content_type)

    app = web.Application()
    app.router.add_post('/connect', connect)
    for path in pages:
        app.router.add_get(path, page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', port).start()
