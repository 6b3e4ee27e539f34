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

"""
The native protocol over HTTP, for pages whose WebSocket does not get through.

Some proxies do not forward the upgrade of a WebSocket, and some browsers accept a certificate for
a page and not for its WebSocket. The page then posts its messages and polls for the answers. What
it may say and ask for is the same as on a WebSocket: :class:`.native_viewer.NativeViewer` serves
both.
"""

from contextlib import ExitStack
import logging
import re

from aiohttp import web

from .native_viewer import NativeViewer
from .polled_page import PolledPage
from .protocol import RelayContext, robot_name, SignalingProtocol
from ..directory.registry import NAMELESS
from ..event_log import log_event
from ..http.body import read_body
from ..http.middleware import is_direct, request_origin
from ...core.errors import ProtocolError, SignalingError
from ...core.protocol.signaling_messages import Error, parse, Watch
from ...core.supervision import first_of, guarded, spawn

# The page chooses its id, so that a proxy can bring all its requests to one of several relays by
# their URL. 22 characters have 128 bits: who knows the id can read the page's messages.
_ID = re.compile(r'[A-Za-z0-9_-]{22,64}')
_PATH = '/signaling/{name}/{page}'
# Seconds that a poll without news takes. Proxies end a silent request after 30 to 60 s.
POLL_S = 20.0
# Messages in one POST.
MAX_POSTED = 64
CORS = {
    'Access-Control-Allow-Methods': 'DELETE, GET, OPTIONS, POST',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': '86400',
}


class NativePolling(SignalingProtocol):
    """The pages that signal over HTTP, each below ``/signaling`` with an id of its own."""

    def __init__(self, relay: RelayContext) -> None:
        super().__init__(relay)
        self._pages: dict[tuple[str, str], PolledPage] = {}
        self._poll_s = min(POLL_S, relay.limits.request_timeout / 2)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the resource of each page."""
        router.add_route('POST', _PATH, self._post)
        router.add_route('GET', _PATH, self._get)
        router.add_route('DELETE', _PATH, self._delete)
        router.add_route('OPTIONS', _PATH, self._options)

    async def close(self) -> None:
        """End all pages, when the relay stops."""
        for page in self._pages.values():
            page.end()

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers=CORS)

    async def _post(self, request: web.Request) -> web.Response:
        """Take messages, one a line; the first one of a page is ``watch``."""
        key = _key(request)
        texts = [line for line in (await read_body(request)).split(b'\n', MAX_POSTED) if line]
        if len(texts) > MAX_POSTED:
            raise web.HTTPRequestEntityTooLarge(
                MAX_POSTED, len(texts), text=f'More than {MAX_POSTED} messages at once')
        page = self._pages.get(key)
        if page is None:
            page = self._begin(key, texts, request)
        elif page.is_over:
            raise _unknown()
        if not await page.post(texts):
            raise web.HTTPConflict(text='The POST before this one is not answered yet')
        return web.Response(status=204)

    async def _get(self, request: web.Request) -> web.Response:
        """Return the messages behind the first ``after`` ones, one a line."""
        page = self._find(request)
        after = request.query.get('after', '0')
        try:
            texts = await page.fetch(int(after) if after.isdecimal() else -1, self._poll_s)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        if page.is_over and not texts:
            raise _unknown()
        return web.Response(text=''.join(f'{text}\n' for text in texts),
                            content_type='application/x-ndjson',
                            headers={'Cache-Control': 'no-store'})

    async def _delete(self, request: web.Request) -> web.Response:
        self._find(request).leave()
        return web.Response(status=204)

    def _find(self, request: web.Request) -> PolledPage:
        """
        Return the page that a path names.

        :raises aiohttp.web.HTTPNotFound: it is not there
        """
        page = self._pages.get(_key(request))
        if page is None:
            raise _unknown()
        return page

    def _begin(self, key: tuple[str, str], texts: list[bytes], request: web.Request
               ) -> PolledPage:
        """
        Begin to serve a page, whose first message is taken out of ``texts``.

        :raises aiohttp.web.HTTPException: 400 no message, 404 another one than ``watch``, 503 no
            place
        """
        relay = self.relay
        try:
            first = parse(texts.pop(0) if texts else b'')
        except ProtocolError as error:
            relay.metrics.refuse('frames', request.remote, str(error))
            raise web.HTTPBadRequest(text=str(error)) from None
        if not isinstance(first, Watch):
            raise _unknown()
        quota = ExitStack()
        try:
            # Not each of these has a connection, which would be counted.
            if len(self._pages) >= relay.limits.connections or relay.sockets.is_stopping:
                relay.metrics.refuse('connections', request.remote)
                raise SignalingError('busy', 'There is no place for another page')
            quota.enter_context(relay.broker.page(key[0], request.remote))
        except SignalingError as error:
            raise _refused(error) from None
        page = self._pages[key] = PolledPage()
        viewer = NativeViewer(page, relay.registry, key[0], request.remote,
                              request_origin(request), relay.broker,
                              relay.limits.messages_per_second,
                              is_direct=is_direct(request))
        log_event('a page signals over HTTP', logging.DEBUG, source=request.remote)

        def done(_: object) -> None:
            page.end()
            quota.close()
            del self._pages[key]

        spawn('page over HTTP', _serve(page, viewer)).add_done_callback(
            guarded('page over HTTP', done))
        return page


async def _serve(page: PolledPage, viewer: NativeViewer) -> None:
    """Serve a page until it leaves or is sent away, and let it fetch why."""
    try:
        await first_of(viewer.serve(), page.wait_until_gone())
    except SignalingError as error:
        await page.send(Error(error.code, str(error)))
    page.end()
    await page.wait_until_read()


def _key(request: web.Request) -> tuple[str, str]:
    """
    Return the robot and the id of the page that a path names.

    :raises aiohttp.web.HTTPNotFound: the path has no name or no id
    """
    page = request.match_info['page']
    if not _ID.fullmatch(page):
        raise web.HTTPNotFound(text='The id of a page has 22 to 64 letters, digits, _ and -')
    name = request.match_info['name']
    return NAMELESS if name == NAMELESS else robot_name(request), page


def _unknown() -> web.HTTPNotFound:
    return web.HTTPNotFound(text='There is no such page, or it is over: begin with watch')


def _refused(error: SignalingError) -> web.HTTPServiceUnavailable:
    """Return an error as HTTP has it, with the message that a WebSocket would bring."""
    return web.HTTPServiceUnavailable(text=Error(error.code, str(error)).dump(),
                                      headers={'Retry-After': '5'})
