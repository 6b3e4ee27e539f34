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
WHEP (draft-ietf-wish-whep-03), for players that receive only.

Players differ, so more is accepted of them than the draft asks for: see ``docs/protocol.md``.
"""

import secrets

from aiohttp import web

from .protocol import SignalingProtocol
from ..http.body import error_text, read_body, STATUS
from ..http.middleware import is_direct, request_origin
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.sdp_limits import crlf_lines
from ...core.protocol.ice import IceServer
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.robot_names import check_name
from ...core.protocol.sdpfrag import parse_fragment, ufrags
from ...core.protocol.signaling_messages import NATIVE, Offer, WHEP

SDP = 'application/sdp'
FRAGMENT = 'application/trickle-ice-sdpfrag'
# ICE never restarts in a session, so there is one state of it to tag.
ETAG = '"1"'
# A common player understands 400 as the wish to make the offer itself, so 400 is only for what is
# no SDP at all. It understands 406 as a missing codec (RFC 9110, section 15.5.7).
_STATUS = {**STATUS, 'bad-offer': 422, 'no-codec': 406,
           **dict.fromkeys(('denied', 'expired', 'revoked', 'clock'), 401)}
# Paths of sessions, and of robots, whose names never begin with a dash.
_SESSION = '/whep/-/{session}'
_ROBOT = '/whep/{robot:[^/-][^/]*}'
CORS = {
    'Access-Control-Allow-Methods': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
    'Access-Control-Max-Age': '86400',
}


class WhepProtocol(SignalingProtocol):
    """The resources below ``/whep``."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the resources below ``/whep``."""
        router.add_route('GET', _SESSION, self._get_session)
        router.add_route('HEAD', _SESSION, self._get_session)
        router.add_route('OPTIONS', _SESSION, self._session_options)
        router.add_route('PATCH', _SESSION, self._patch)
        router.add_route('DELETE', _SESSION, self._delete)
        for path in (_ROBOT, _ROBOT + '/{camera:.*}'):
            router.add_route('POST', path, self._post)
            router.add_route('OPTIONS', path, self._options)
            router.add_route('GET', path, self._get)
            router.add_route('HEAD', path, self._get)

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(headers={**CORS, 'Accept-Post': SDP})

    async def _session_options(self, request: web.Request) -> web.Response:
        return web.Response(headers={**CORS, 'Accept-Patch': FRAGMENT})

    async def _get(self, request: web.Request) -> web.Response:
        await self._robot(request)
        return _nothing(request, {'Accept-Post': SDP})

    async def _get_session(self, request: web.Request) -> web.Response:
        await self._session(request)
        return _nothing(request, {'Accept-Patch': FRAGMENT, 'ETag': ETAG})

    async def _robot(self, request: web.Request) -> RobotLink:
        """
        Return the robot that a path names.

        :raises aiohttp.web.HTTPNotFound: it is not there, or takes no WHEP players
        """
        try:
            robot = await self.relay.registry.find(check_name(request.match_info['robot']))
        except ProtocolError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        if robot is None:
            raise web.HTTPNotFound(text='There is no robot connected')
        if robot.protocol != NATIVE:
            # A player could not end its session.
            raise web.HTTPNotFound(text='This robot does not take WHEP players')
        return robot

    async def _session(self, request: web.Request) -> tuple[RobotLink, Offer]:
        """
        Return the robot and the offer of the session that a path names.

        :raises aiohttp.web.HTTPNotFound: it is not there
        """
        name = request.match_info['session']
        if session := self.relay.broker.sessions.get(name):
            robot, offer = session.robot, session.offer
            if isinstance(offer, Offer) and offer.protocol == WHEP:
                return robot, offer
        elif found := await self.relay.registry.find_session(name):
            if found[1].protocol == WHEP:
                return found
        raise web.HTTPNotFound(text='There is no such session, or it is over')

    async def _post(self, request: web.Request) -> web.Response:
        robot = await self._robot(request)
        # Players may end lines with LF, and begin with an empty one.
        sdp = crlf_lines((await _text(request, SDP, 'Accept-Post')).lstrip())
        if not sdp.startswith('v='):
            raise web.HTTPBadRequest(text='This is no SDP offer')
        prefix = self.relay.registry.session_prefix(request.match_info['robot'], robot)
        offer = Offer(
            # 192 random bits: who knows the id can end the session.
            session=prefix + secrets.token_urlsafe(24), sdp=sdp, protocol=WHEP, trickle=True,
            camera=request.match_info.get('camera', '').strip('/') or None,
            source=request.remote, bearer=_bearer(request), origin=request_origin(request),
            is_direct=is_direct(request))
        try:
            servers = await robot.ice_servers()
            answer = await self.relay.broker.ask(robot, offer)
        except SignalingError as error:
            return _failed(error, offer.bearer)
        self.relay.metrics.forwarded('answer', offer.session)
        response = web.Response(status=201, text=answer, content_type=SDP, headers={
            'Location': _location(request, offer.session), 'ETag': ETAG,
            'Accept-Patch': FRAGMENT})
        for link in filter(None, (_link(url, server) for server in servers
                                  for url in server.urls)):
            response.headers.add('Link', link)
        return response

    async def _patch(self, request: web.Request) -> web.Response:
        robot, offer = await self._session(request)
        text = await _text(request, FRAGMENT, 'Accept-Patch')
        tags = request.headers.get('If-Match')
        if tags is not None and not {'*', ETAG} & {
                tag.strip().removeprefix('W/') for tag in tags.split(',')}:
            raise web.HTTPPreconditionFailed(text='The session has another ETag')
        try:
            fragment = parse_fragment(text)
        except ProtocolError as error:
            raise web.HTTPBadRequest(text=f'This is no SDP fragment: {error}') from None
        if not fragment.ufrags <= ufrags(offer.sdp):
            raise web.HTTPUnprocessableEntity(text='ICE cannot be restarted here: begin anew')
        for candidate in fragment.candidates:
            if not self.relay.broker.allows_candidate(offer.session):
                raise web.HTTPTooManyRequests(text='There are too many candidates')
            await robot.add_candidate(offer.session, candidate)
        return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.Response:
        robot, offer = await self._session(request)
        # Over for the player at once, even if it takes the robot a while.
        self.relay.broker.end(offer.session)
        await robot.close_session(offer.session)
        return web.Response(text='The session is over')


def _location(request: web.Request, session: str) -> str:
    """
    Return the URL of a session, relative to that of a request for a new one.

    So it is right behind a proxy that has taken a prefix off the path (RFC 9110, section 10.2.2).
    """
    # Of the path as it came: a camera's name may have slashes, as such or escaped.
    below_robots = request.rel_url.raw_path.count('/') - _ROBOT.count('/', 0, _ROBOT.index('{'))
    return '../' * below_robots + '-/' + session


def _nothing(request: web.Request, headers: dict[str, str]) -> web.Response:
    if request.method == 'HEAD':
        return web.Response(headers=headers, content_type=SDP)
    return web.Response(status=204, headers=headers)


async def _text(request: web.Request, kind: str, accept: str) -> str:
    if request.content_type != kind:
        raise web.HTTPUnsupportedMediaType(text=f'The content type here is {kind}',
                                           headers={accept: kind})
    try:
        return (await read_body(request)).decode()
    except UnicodeDecodeError:
        raise web.HTTPBadRequest(text='The body is not UTF-8') from None


def _bearer(request: web.Request) -> str | None:
    """Return the bearer (RFC 6750); one player sends it without the word ``Bearer``."""
    words = request.headers.get('Authorization', '').split()
    return words[-1] if words and (len(words) == 1 or words[0].lower() == 'bearer') else None


def _failed(error: SignalingError, bearer: str | None) -> web.Response:
    status = _STATUS.get(error.code, 502)
    headers = {}
    if status == 401:
        headers['WWW-Authenticate'] = 'Bearer' if bearer is None else (
            'Bearer error="invalid_token"')
    elif status in (429, 503):
        headers['Retry-After'] = '5'
    return web.Response(status=status, text=error_text(error), headers=headers)


def _link(url: str, server: IceServer) -> str | None:
    """Return an ICE server as a Link header's value, if it can be one (RFC 9725, section 4.6)."""
    parts = [f'<{url}>', 'rel="ice-server"']
    if server.username is not None and server.credential is not None:
        parts += [f'username={_quoted(server.username)}',
                  f'credential={_quoted(server.credential)}', 'credential-type="password"']
    link = '; '.join(parts)
    good = link.isascii() and link.isprintable() and not {'<', '>', ' '} & set(url)
    return link if good else None


def _quoted(text: str) -> str:
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'
