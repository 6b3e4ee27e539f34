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
Signaling messages of ``rtc-bridge.v1``, as ``docs/protocol.md`` specifies them.

One JSON object in each WebSocket text frame; ``type`` tells them apart.
"""

from contextlib import suppress
from dataclasses import dataclass
import re
from typing import Any, ClassVar

from .robot_link import (
    Call, Candidate, check_cameras, ice_members, IceServer, Offer, read_candidate,
    read_ice_servers,
)
from .strict_json import dump_frame, load_object, member, shorten
from ..access.robot_identity import RobotIdentity
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.text_limits import MAX_LENGTHS, sdp_member, text_member

SUBPROTOCOL = 'rtc-bridge.v1'
# A Chromium offer with audio, four video slots and data is about 25 kB.
MAX_MESSAGE = 256 * 1024
# What is written is shorter: aiohttp refuses a frame of exactly its limit.
MAX_WRITTEN = MAX_MESSAGE - 1
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.~-]{0,63}')
RESERVED_NAMES = frozenset({'ws', 'connect', 'whep', 'api', 'static', 'metrics', 'healthz',
                            'rtcbot.js', 'favicon.ico'})


def check_name(name: str) -> str:
    """
    Return a robot's or room's name if it is one.

    :raises ProtocolError: not one URL path segment of 1 to 64 letters, digits, ``_ . ~ -``, or
        reserved
    """
    if not _NAME.fullmatch(name):
        raise ProtocolError(f'{shorten(name)} is no robot name: 1 to 64 letters, digits, _ . ~ - '
                            'are allowed, the first a letter or digit')
    if name in RESERVED_NAMES:
        raise ProtocolError(f'{shorten(name)} is a reserved name')
    return name


class Message:
    """Base of all messages."""

    TYPE: ClassVar[str]

    def members(self) -> dict[str, Any]:
        """Return the members of the JSON object besides ``type``."""
        return dict(vars(self))

    def dump(self) -> str:
        """
        Return the message as JSON text.

        :raises ProtocolError: it is longer than a frame may be
        """
        return dump_frame({'type': self.TYPE, **self.members()}, MAX_WRITTEN)


@dataclass(frozen=True)
class Register(Message):
    """
    Robot to relay, first frame: this robot takes offers.

    ``ice_servers`` are those that its viewers should use, ``identity`` is by what the robot can
    show later that this registration was its own.
    """

    TYPE = 'register'
    robot_id: str
    version: str
    ice_servers: tuple[IceServer, ...] = ()
    identity: RobotIdentity | None = None

    def members(self) -> dict[str, Any]:
        """Write the ICE servers as browsers take them."""
        return {**vars(self), 'ice_servers': ice_members(self.ice_servers),
                'identity': self.identity and vars(self.identity)}


@dataclass(frozen=True)
class Challenge(Message):
    """Relay to robot: the name is taken; if you left this ``salt`` there, prove it."""

    TYPE = 'challenge'
    salt: str


@dataclass(frozen=True)
class Prove(Message):
    """Robot to relay: the ``key`` that belongs to the salt."""

    TYPE = 'prove'
    key: str


@dataclass(frozen=True)
class Registered(Message):
    """Relay to robot: the name is yours. ``url`` is the path of its page on the relay."""

    TYPE = 'registered'
    url: str


@dataclass(frozen=True)
class Servers(Message):
    """Robot to relay: from now on these ICE servers, or credentials."""

    TYPE = 'servers'
    ice_servers: tuple[IceServer, ...]

    def members(self) -> dict[str, Any]:
        """Write the ICE servers as browsers take them."""
        return {'ice_servers': ice_members(self.ice_servers)}


@dataclass(frozen=True)
class Watch(Message):
    """Page to relay, first frame: a session with this robot, please."""

    TYPE = 'watch'


@dataclass(frozen=True)
class Renew(Message):
    """
    Once more, please.

    Page to relay: a fresh session id, answered by ``ready``. Relay to robot: fresh credentials for
    ICE servers, as a page got the last ones; answered by ``servers``.
    """

    TYPE = 'renew'


@dataclass(frozen=True)
class Ready(Message):
    """
    Relay to page: the robot is there; offer now.

    Sent again, with a new session, when the robot comes back.
    """

    TYPE = 'ready'
    session: str
    kind: str
    trickle: bool
    ice_servers: tuple[IceServer, ...]

    def members(self) -> dict[str, Any]:
        """Write the ICE servers as browsers take them."""
        return {**vars(self), 'ice_servers': ice_members(self.ice_servers)}


@dataclass(frozen=True)
class OfferMessage(Message):
    """Page to relay to robot, or after a call robot to relay: an SDP offer."""

    TYPE = 'offer'
    offer: Offer

    def members(self) -> dict[str, Any]:
        """Write the offer's fields as members."""
        return dict(vars(self.offer))


@dataclass(frozen=True)
class Look(Message):
    """Relay to relay: the offer of a session, please; answered by ``offer`` or ``close``."""

    TYPE = 'look'
    session: str


@dataclass(frozen=True)
class Answer(Message):
    """The SDP answer to an offer, the other way."""

    TYPE = 'answer'
    session: str
    sdp: str


@dataclass(frozen=True)
class Admit(Message):
    """Relay to robot: may this viewer call? Answered by ``done`` or ``error``."""

    TYPE = 'admit'
    call: Call

    def members(self) -> dict[str, Any]:
        """Write the call's fields as members."""
        return dict(vars(self.call))


@dataclass(frozen=True)
class CallMessage(Admit):
    """Relay to robot: a viewer wants the robot's offer."""

    TYPE = 'call'


@dataclass(frozen=True)
class Done(Message):
    """Robot to relay: what was asked about a session is done."""

    TYPE = 'done'
    session: str


@dataclass(frozen=True)
class CandidateMessage(Message):
    """Page to relay to robot: one more candidate, or with ``None`` the end of them."""

    TYPE = 'candidate'
    session: str
    candidate: Candidate | None

    def members(self) -> dict[str, Any]:
        """Write the candidate with the browser's member names."""
        if self.candidate is None:
            return {'session': self.session, 'candidate': ''}
        return {'session': self.session, 'candidate': self.candidate.candidate,
                'sdpMid': self.candidate.sdp_mid,
                'sdpMLineIndex': self.candidate.sdp_m_line_index}


@dataclass(frozen=True)
class Close(Message):
    """Either way: the session is over."""

    TYPE = 'close'
    session: str


@dataclass(frozen=True)
class Error(Message):
    """To page or robot: what failed, as a code for programs and a sentence for people."""

    TYPE = 'error'
    code: str
    message: str
    session: str | None = None


def _offer(obj: dict[str, Any]) -> OfferMessage:
    return OfferMessage(Offer(
        session=text_member(obj, 'session'), sdp=sdp_member(obj),
        door=text_member(obj, 'door', default='v1'), trickle=member(obj, 'trickle', bool, False),
        camera=text_member(obj, 'camera', default=None),
        source=text_member(obj, 'source', default=None),
        bearer=text_member(obj, 'bearer', default=None),
        origin=text_member(obj, 'origin', default=None)))


def _identity(obj: dict[str, Any]) -> RobotIdentity | None:
    identity = member(obj, 'identity', dict, None)
    if identity is None:
        return None
    return RobotIdentity(text_member(identity, 'salt'), text_member(identity, 'digest'))


def _call(obj: dict[str, Any]) -> Call:
    return Call(text_member(obj, 'session'), text_member(obj, 'door', default='kscale'),
                check_cameras(member(obj, 'cameras', list, [])),
                text_member(obj, 'source', default=None), text_member(obj, 'bearer', default=None),
                text_member(obj, 'origin', default=None))


def _error(obj: dict[str, Any]) -> Error:
    # An error is never refused: whoever waits for it would wait in vain.
    return Error(escape(member(obj, 'code', str), MAX_LENGTHS['code']),
                 escape(member(obj, 'message', str), MAX_LENGTHS['message']),
                 text_member(obj, 'session', default=None))


_PARSERS = {
    'register': lambda o: Register(check_name(member(o, 'robot_id', str)),
                                   text_member(o, 'version', default=''), read_ice_servers(o),
                                   _identity(o)),
    'challenge': lambda o: Challenge(text_member(o, 'salt')),
    'prove': lambda o: Prove(text_member(o, 'key')),
    'registered': lambda o: Registered(text_member(o, 'url')),
    'servers': lambda o: Servers(read_ice_servers(o)),
    'watch': lambda o: Watch(),
    'renew': lambda o: Renew(),
    'ready': lambda o: Ready(text_member(o, 'session'), text_member(o, 'kind', default='v1'),
                             member(o, 'trickle', bool, False), read_ice_servers(o)),
    'offer': _offer,
    'look': lambda o: Look(text_member(o, 'session')),
    'admit': lambda o: Admit(_call(o)),
    'call': lambda o: CallMessage(_call(o)),
    'done': lambda o: Done(text_member(o, 'session')),
    'answer': lambda o: Answer(text_member(o, 'session'), sdp_member(o)),
    'candidate': lambda o: CandidateMessage(text_member(o, 'session'), read_candidate(o)),
    'close': lambda o: Close(text_member(o, 'session')),
    'error': _error,
}


def parse(text: str | bytes) -> Message:
    """
    Parse one frame.

    :raises ProtocolError: not JSON, not an object, an unknown type, or a wrong member; it has
        the session that a message of a known type is about
    """
    obj = load_object(text, MAX_MESSAGE)
    kind = member(obj, 'type', str)
    if kind not in _PARSERS:
        raise ProtocolError(f'unknown message type {shorten(kind)}')
    try:
        return _PARSERS[kind](obj)
    except ProtocolError as error:
        with suppress(ProtocolError):
            error.session = text_member(obj, 'session', default=None)
        raise
