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

from dataclasses import dataclass
import re
from typing import Any, ClassVar

from .errors import ProtocolError
from .identity import Identity
from .link import (Call, Candidate, check_cameras, ice_members, IceServer, Offer,
                   read_ice_server)
from .wire import dump, load_object, show, take

SUBPROTOCOL = 'rtc-bridge.v1'
# A Chromium offer with audio, four video slots and data is about 25 kB.
MAX_MESSAGE = 256 * 1024
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
        raise ProtocolError(f'{show(name)} is no robot name: 1 to 64 letters, digits, _ . ~ - '
                            'are allowed, the first a letter or digit')
    if name in RESERVED_NAMES:
        raise ProtocolError(f'{show(name)} is a reserved name')
    return name


class Message:
    """Base of all messages."""

    TYPE: ClassVar[str]

    def members(self) -> dict[str, Any]:
        """Return the members of the JSON object besides ``type``."""
        return dict(vars(self))

    def dump(self) -> str:
        """Return the message as JSON text."""
        return dump({'type': self.TYPE, **self.members()})


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
    identity: Identity | None = None

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


def _candidate(obj: dict[str, Any]) -> Candidate | None:
    text = take(obj, 'candidate', str)
    if not text:
        return None
    return Candidate(text, take(obj, 'sdpMid', str, None), take(obj, 'sdpMLineIndex', int, None))


def _ice_servers(obj: dict[str, Any]) -> tuple[IceServer, ...]:
    return tuple(read_ice_server(server) for server in take(obj, 'ice_servers', list, []))


def _offer(obj: dict[str, Any]) -> OfferMessage:
    return OfferMessage(Offer(
        session=take(obj, 'session', str), sdp=take(obj, 'sdp', str),
        door=take(obj, 'door', str, 'v1'), trickle=take(obj, 'trickle', bool, False),
        camera=take(obj, 'camera', str, None), source=take(obj, 'source', str, None),
        bearer=take(obj, 'bearer', str, None)))


def _identity(obj: dict[str, Any]) -> Identity | None:
    identity = take(obj, 'identity', dict, None)
    if identity is None:
        return None
    return Identity(take(identity, 'salt', str), take(identity, 'digest', str))


def _call(obj: dict[str, Any]) -> Call:
    return Call(take(obj, 'session', str), take(obj, 'door', str, 'kscale'),
                check_cameras(take(obj, 'cameras', list, [])), take(obj, 'source', str, None),
                take(obj, 'bearer', str, None))


_PARSERS = {
    'register': lambda o: Register(check_name(take(o, 'robot_id', str)),
                                   take(o, 'version', str, ''), _ice_servers(o), _identity(o)),
    'challenge': lambda o: Challenge(take(o, 'salt', str)),
    'prove': lambda o: Prove(take(o, 'key', str)),
    'registered': lambda o: Registered(take(o, 'url', str)),
    'servers': lambda o: Servers(_ice_servers(o)),
    'watch': lambda o: Watch(),
    'renew': lambda o: Renew(),
    'ready': lambda o: Ready(take(o, 'session', str), take(o, 'kind', str, 'v1'),
                             take(o, 'trickle', bool, False), _ice_servers(o)),
    'offer': _offer,
    'look': lambda o: Look(take(o, 'session', str)),
    'admit': lambda o: Admit(_call(o)),
    'call': lambda o: CallMessage(_call(o)),
    'done': lambda o: Done(take(o, 'session', str)),
    'answer': lambda o: Answer(take(o, 'session', str), take(o, 'sdp', str)),
    'candidate': lambda o: CandidateMessage(take(o, 'session', str), _candidate(o)),
    'close': lambda o: Close(take(o, 'session', str)),
    'error': lambda o: Error(take(o, 'code', str), take(o, 'message', str),
                             take(o, 'session', str, None)),
}


def parse(text: str | bytes) -> Message:
    """
    Parse one frame.

    :raises ProtocolError: not JSON, not an object, an unknown type, or a wrong member
    """
    obj = load_object(text, MAX_MESSAGE)
    kind = take(obj, 'type', str)
    if kind not in _PARSERS:
        raise ProtocolError(f'unknown message type {show(kind)}')
    return _PARSERS[kind](obj)
