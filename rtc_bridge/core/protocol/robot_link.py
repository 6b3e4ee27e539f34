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
The one small protocol between a signaling door and a robot.

The serving doors in ``relay`` hold a ``RobotLink`` for each robot they know; the dialing doors in
``signaling`` drive one. In one process the two meet without a wire between them.
"""

from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from .strict_json import member, shorten
from ..errors import ProtocolError
from ..limits.text_limits import check_text, text_member

MAX_CAMERAS = 16
# Cameras of a robot that can be named by their number.
MAX_CAMERA = 10_000
# ICE servers of a robot, and URLs of one server.
MAX_ICE_SERVERS, MAX_ICE_URLS = 16, 16
# Where a candidate's media section is counted: more than any description has.
MAX_M_LINE_INDEX = 255


@dataclass(frozen=True)
class IceServer:
    """One ``RTCIceServer`` dictionary (W3C webrtc-pc, section 4.2.4)."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


def ice_members(servers: tuple[IceServer, ...]) -> list[dict[str, Any]]:
    """Return ICE servers as browsers take them."""
    return [{k: v for k, v in (('urls', list(s.urls)), ('username', s.username),
                               ('credential', s.credential)) if v is not None}
            for s in servers]


def read_ice_server(obj: Any) -> IceServer:
    """
    Return an ICE server that came as browsers take it.

    :raises ProtocolError: it is none
    """
    if not isinstance(obj, dict):
        raise ProtocolError(f'an ICE server must be an object, got {shorten(obj)}')
    urls = obj.get('urls')
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ProtocolError(f'member "urls" must be a string or strings, got {shorten(urls)}')
    if len(urls) > MAX_ICE_URLS:
        raise ProtocolError(f'{len(urls)} URLs of an ICE server, at most {MAX_ICE_URLS} are '
                            'allowed')
    for url in urls:
        if not check_text(url, 'url').isascii():
            raise ProtocolError(f'{shorten(url)} is no URL of an ICE server')
    return IceServer(tuple(urls), text_member(obj, 'username', default=None),
                     text_member(obj, 'credential', default=None))


def read_ice_servers(obj: dict[str, Any]) -> tuple[IceServer, ...]:
    """
    Return member ``ice_servers`` of a JSON object, none if it is missing.

    :raises ProtocolError: too many, or one that is none
    """
    servers = member(obj, 'ice_servers', list, [])
    if len(servers) > MAX_ICE_SERVERS:
        raise ProtocolError(f'{len(servers)} ICE servers, at most {MAX_ICE_SERVERS} are allowed')
    return tuple(read_ice_server(server) for server in servers)


@dataclass(frozen=True)
class Candidate:
    """One ICE candidate as browsers give it (W3C webrtc-pc, section 4.8.1)."""

    candidate: str
    sdp_mid: str | None = None
    sdp_m_line_index: int | None = None


def read_candidate(obj: dict[str, Any]) -> Candidate | None:
    """
    Return a candidate that came as browsers write it, ``None`` for the end of them.

    :raises ProtocolError: it is none
    """
    text = text_member(obj, 'candidate')
    mid = text_member(obj, 'sdpMid', 'mid', None)
    index = member(obj, 'sdpMLineIndex', int, None)
    check_m_line_index(index)
    return Candidate(text, mid, index) if text else None


def check_m_line_index(index: int | None) -> None:
    """
    Do nothing if a number can be that of a media section, or is none.

    :raises ProtocolError: it cannot
    """
    if index is not None and not 0 <= index <= MAX_M_LINE_INDEX:
        raise ProtocolError(f'member "sdpMLineIndex" must be from 0 to {MAX_M_LINE_INDEX}, got '
                            f'{shorten(index)}')


@dataclass(frozen=True)
class Offer:
    """
    A viewer's offer.

    ``trickle`` is true when candidates follow the offer, false when it holds all of them.
    ``camera`` names the camera of the first slot; ``None`` means the robot's first.
    ``door`` is the form the viewer came by: ``v1``, ``rtcbot``, ``whep`` or ``kscale``.
    ``source`` is the viewer's address, as far as the door knows it.
    ``bearer`` is what the viewer of a WHEP door showed to be let in; the robot judges it.
    ``origin`` is that of the viewer's page: ``None`` for a program that is no browser, ``same``
    for a page of the server's own, see :mod:`~rtc_bridge.core.access.origins`.
    """

    session: str
    sdp: str
    door: str = 'v1'
    trickle: bool = False
    camera: str | None = None
    source: str | None = None
    bearer: str | None = field(default=None, repr=False)
    origin: str | None = None


@dataclass(frozen=True)
class Call:
    """
    A viewer that has the robot make the offer, as K-Scale's apps do.

    ``cameras`` are names, or numbers in the robot's order; none means its first one.
    ``bearer`` is K-Scale's token, if the viewer has sent one. The rest is as in an ``Offer``.
    """

    session: str
    door: str = 'kscale'
    cameras: tuple[str | int, ...] = ()
    source: str | None = None
    bearer: str | None = field(default=None, repr=False)
    origin: str | None = None


def check_texts(ask: Offer | Call) -> None:
    """
    Do nothing if the texts of an offer or a call, but for its SDP, are within their bounds.

    :raises ProtocolError: one is not
    """
    texts = {'session': ask.session, 'door': ask.door, 'source': ask.source, 'bearer': ask.bearer,
             'origin': ask.origin}
    if isinstance(ask, Offer):
        texts['camera'] = ask.camera
    for name, text in texts.items():
        if text is not None:
            check_text(text, name)


def check_candidate(session: str, candidate: Candidate | None) -> None:
    """
    Do nothing if the texts and the number of a candidate are within their bounds.

    :raises ProtocolError: one is not
    """
    check_text(session, 'session')
    if candidate is not None:
        check_text(candidate.candidate, 'candidate')
        check_text(candidate.sdp_mid or '', 'mid')
        check_m_line_index(candidate.sdp_m_line_index)


def check_cameras(cameras: list[Any]) -> tuple[str | int, ...]:
    """
    Return what names the cameras of a call.

    :raises ProtocolError: too many, or one that is no name and no number
    """
    if len(cameras) > MAX_CAMERAS or not all(
            isinstance(c, str) or (type(c) is int and 0 <= c < MAX_CAMERA) for c in cameras):
        raise ProtocolError(f'cameras must be at most {MAX_CAMERAS} names, or numbers from 0, '
                            f'got {shorten(cameras)}')
    for camera in cameras:
        if isinstance(camera, str):
            check_text(camera, 'camera')
    return tuple(cameras)


class RobotLink(Protocol):
    """A robot, as a signaling door sees it."""

    # False: every offer must hold all its candidates, and add_candidate() does nothing.
    trickle: bool
    # The form the robot speaks: 'v1', or 'rtcbot' and 'kscale' for robots of those, which do not
    # have what concerns calls.
    kind: str
    # What to call once a session is over, whoever ended it: doors put it here by session id when
    # they have the answer. Robots of other kinds cannot tell.
    ends: dict[str, Callable[[], None]]

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use."""

    async def answer(self, offer: Offer) -> str:
        """
        Return the SDP answer to an offer.

        :raises SignalingError: refused, timed out, or the robot went away
        """

    async def admit(self, call: Call) -> None:
        """
        Do nothing if somebody may call.

        :raises SignalingError: ``denied``
        """

    async def offer(self, call: Call) -> str:
        """
        Return the robot's own SDP offer, with all its candidates.

        :raises SignalingError: refused, timed out, or the robot went away
        """

    async def accept(self, session: str, sdp: str) -> None:
        """
        Take the viewer's answer to the robot's offer.

        :raises SignalingError: it cannot be used; the session is over
        """

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a trickled candidate on; ``None`` ends them. Unknown sessions are ignored."""

    async def close_session(self, session: str) -> None:
        """End a session. Unknown sessions are ignored."""
