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

"""ICE servers and candidates as browsers write them in JSON (W3C webrtc-pc)."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from .json_messages import decode, encode, JsonMember
from .strict_json import member, shorten
from ..errors import ProtocolError
from ..limits.text_limits import check_text

# ICE servers of a robot, and URLs of one server.
MAX_ICE_SERVERS, MAX_ICE_URLS = 16, 16
# The largest index of a candidate's media section: more than any description has.
MAX_M_LINE_INDEX = 255


def _urls_member(obj: dict[str, Any], name: str, *, default: Any) -> tuple[str, ...]:
    urls = obj.get(name)
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ProtocolError(f'member "{name}" must be a string or strings, got {shorten(urls)}')
    if len(urls) > MAX_ICE_URLS:
        raise ProtocolError(f'{len(urls)} URLs of an ICE server, at most {MAX_ICE_URLS} are '
                            'allowed')
    for url in urls:
        if not check_text(url, 'url').isascii():
            raise ProtocolError(f'{shorten(url)} is no URL of an ICE server')
    return tuple(urls)


@dataclass(frozen=True)
class IceServer:
    """One ``RTCIceServer`` dictionary (W3C webrtc-pc, section 4.2.4)."""

    urls: Annotated[tuple[str, ...], JsonMember(read=_urls_member, write=list)]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


def _ice_servers_member(obj: dict[str, Any], name: str, *, default: Any
                        ) -> tuple[IceServer, ...]:
    servers = member(obj, name, list, [])
    if len(servers) > MAX_ICE_SERVERS:
        raise ProtocolError(f'{len(servers)} ICE servers, at most {MAX_ICE_SERVERS} are allowed')
    for server in servers:
        if not isinstance(server, dict):
            raise ProtocolError(f'an ICE server must be an object, got {shorten(server)}')
    return tuple(decode(IceServer, server) for server in servers)


# A missing member is read as no servers.
IceServers = Annotated[tuple[IceServer, ...], JsonMember(
    read=_ice_servers_member, write=lambda servers: [encode(server) for server in servers])]


def _m_line_index_member(obj: dict[str, Any], name: str, *, default: Any) -> int | None:
    index: int | None = member(obj, name, int, default)
    _check_m_line_index(index)
    return index


def _check_m_line_index(index: int | None) -> None:
    if index is not None and not 0 <= index <= MAX_M_LINE_INDEX:
        raise ProtocolError(f'member "sdpMLineIndex" must be from 0 to {MAX_M_LINE_INDEX}, got '
                            f'{shorten(index)}')


@dataclass(frozen=True)
class Candidate:
    """One ICE candidate as browsers give it (W3C webrtc-pc, section 4.8.1)."""

    candidate: str
    sdp_mid: Annotated[str | None, JsonMember('sdpMid', text='mid')] = None
    sdp_m_line_index: Annotated[int | None, JsonMember(
        'sdpMLineIndex', read=_m_line_index_member)] = None


def read_candidate(obj: dict[str, Any]) -> Candidate | None:
    """
    Return a candidate that came as browsers write it, ``None`` for the end of candidates.

    :raises ProtocolError: a member is missing or wrong
    """
    candidate = decode(Candidate, obj)
    return candidate if candidate.candidate else None


def write_candidate(candidate: Candidate | None) -> dict[str, Any]:
    """Return a candidate, or the end of candidates, as members of a JSON object."""
    return encode(Candidate('') if candidate is None else candidate)


def check_candidate(session: str, candidate: Candidate | None) -> None:
    """
    Check a candidate that did not come as JSON against the bounds of one that did.

    :raises ProtocolError: a text or the index is beyond its bound
    """
    check_text(session, 'session')
    if candidate is not None:
        check_text(candidate.candidate, 'candidate')
        check_text(candidate.sdp_mid or '', 'mid')
        _check_m_line_index(candidate.sdp_m_line_index)
