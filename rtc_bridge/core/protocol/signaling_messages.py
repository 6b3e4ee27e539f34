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
Messages of the native protocol ``rtc-bridge.v1``, as ``docs/protocol.md`` specifies them.

Each is one JSON object in one WebSocket text frame; ``type`` tells them apart. To add a message,
write one dataclass here, see :mod:`.json_messages`.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from .ice import Candidate, IceServers, read_candidate, write_candidate
from .json_messages import encode, JsonMember, Message, Sdp
from .robot_names import check_name
from .strict_json import dump_frame, member, shorten
from ..access.robot_identity import RobotIdentity
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.text_limits import check_text, MAX_LENGTHS

# The protocols, by the words that stand for them on the wire.
NATIVE, RTCBOT, WHEP, KSCALE = 'v1', 'rtcbot', 'whep', 'kscale'
# Of the WebSocket (RFC 6455, section 1.9).
SUBPROTOCOL = 'rtc-bridge.v1'
# Bytes. A Chromium offer with audio, four video slots and data has about 25 kB.
MAX_MESSAGE = 256 * 1024
# What is written is shorter: aiohttp refuses a frame of exactly its limit.
MAX_WRITTEN = MAX_MESSAGE - 1
# Cameras in one request for an offer, and numbers that a camera may be named by.
MAX_CAMERAS, MAX_CAMERA = 16, 10_000


def check_cameras(cameras: list[Any]) -> tuple[str | int, ...]:
    """
    Return what names the cameras in a request for an offer.

    :raises ProtocolError: too many, or one that is neither a name nor a number
    """
    if len(cameras) > MAX_CAMERAS or not all(
            isinstance(c, str) or (type(c) is int and 0 <= c < MAX_CAMERA) for c in cameras):
        raise ProtocolError(f'cameras must be at most {MAX_CAMERAS} names, or numbers from 0, '
                            f'got {shorten(cameras)}')
    for camera in cameras:
        if isinstance(camera, str):
            check_text(camera, 'camera')
    return tuple(cameras)


def _name_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    return check_name(member(obj, name, str, default))


def _cameras_member(obj: dict[str, Any], name: str, *, default: Any) -> tuple[str | int, ...]:
    return check_cameras(member(obj, name, list, []))


def _cut_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    """Return a text of any length, cut to its bound: its message is never refused for it."""
    return escape(member(obj, name, str, default), MAX_LENGTHS[name])


def _candidate_member(obj: dict[str, Any], name: str, *, default: Any) -> Candidate | None:
    return read_candidate(obj)


class SignalingMessage(Message):
    """Base of all messages of the native protocol."""

    MAX_BYTES = MAX_MESSAGE

    def dump(self) -> str:
        """
        Return the message as JSON text; members that are ``None`` are left out.

        :raises ProtocolError: it is longer than a frame may be, or cannot be written as UTF-8
        """
        return dump_frame({'type': self.TYPE, **encode(self)}, MAX_WRITTEN)


parse = SignalingMessage.parse


# Registration: robot and relay

@dataclass(frozen=True)
class Register(SignalingMessage):
    """
    Robot to relay, first frame: this robot takes offers.

    ``ice_servers`` are those that its viewers should use. By ``identity`` the robot can show later
    that this registration was its own. ``services``: it knows the message ``service``, which older
    robots take for an error of the relay.
    """

    TYPE = 'register'
    robot_id: Annotated[str, JsonMember(read=_name_member)]
    version: str = ''
    ice_servers: IceServers = ()
    identity: RobotIdentity | None = None
    services: bool = False


@dataclass(frozen=True)
class Challenge(SignalingMessage):
    """Relay to robot: the name is taken; if you left this ``salt`` there, prove it."""

    TYPE = 'challenge'
    salt: str


@dataclass(frozen=True)
class IdentityProof(SignalingMessage):
    """Robot to relay: the ``key`` that belongs to the salt."""

    TYPE = 'prove'
    key: str


@dataclass(frozen=True)
class Registered(SignalingMessage):
    """Relay to robot: the name is yours. ``url`` is the path of its page on the relay."""

    TYPE = 'registered'
    url: str


@dataclass(frozen=True)
class Servers(SignalingMessage):
    """Robot to relay: from now on these ICE servers, or credentials."""

    TYPE = 'servers'
    ice_servers: IceServers = ()


# Finding the robot: page and relay

@dataclass(frozen=True)
class Watch(SignalingMessage):
    """Page to relay, first frame: tell me when this robot is there."""

    TYPE = 'watch'


@dataclass(frozen=True)
class Renew(SignalingMessage):
    """
    Page to relay: give me a fresh session id; answered by ``ready``.

    Relay to robot: give me fresh credentials for ICE servers, as a page got the last ones;
    answered by ``servers``.
    """

    TYPE = 'renew'


@dataclass(frozen=True)
class Ready(SignalingMessage):
    """
    Relay to page: the robot is there; offer now.

    Sent again, with a new session, when the robot comes back.
    """

    TYPE = 'ready'
    session: str
    protocol: Annotated[str, JsonMember('kind')] = NATIVE
    trickle: bool = False
    ice_servers: IceServers = ()


# One session: viewer to relay to robot, and back

@dataclass(frozen=True)
class Offer(SignalingMessage):
    """
    A viewer's SDP offer. As the answer to an ``OfferRequest``: the robot's.

    ``protocol`` is the one that the viewer came by.
    ``trickle`` is true when candidates follow the offer, false when it holds all of them.
    ``camera`` names the camera of the first slot; ``None`` means the robot's first.
    ``source`` is the viewer's address, as far as the relay knows it.
    ``bearer`` is the token of a WHEP player, which the robot verifies.
    ``origin`` is that of the viewer's page: ``None`` for a program that is no browser, ``same``
    for a page of the server's own, see :mod:`~rtc_bridge.core.access.origins`.
    ``is_direct`` is true if ``source`` is the viewer's own address, and not that of a proxy.
    """

    TYPE = 'offer'
    session: str
    sdp: Sdp
    protocol: Annotated[str, JsonMember('door')] = NATIVE
    trickle: bool = False
    camera: str | None = None
    source: str | None = None
    bearer: str | None = field(default=None, repr=False)
    origin: str | None = None
    is_direct: Annotated[bool, JsonMember('direct')] = False


@dataclass(frozen=True)
class OfferRequest(SignalingMessage):
    """
    Relay to robot: a viewer wants the robot's offer, as K-Scale's apps do.

    ``cameras`` are names, or numbers in the robot's order; none means its first one.
    ``audio``: the viewer wants to hear the robot.
    ``bearer`` is K-Scale's token, if the viewer has sent one. The rest is as in an ``Offer``.
    """

    TYPE = 'call'
    session: str
    protocol: Annotated[str, JsonMember('door')] = KSCALE
    cameras: Annotated[tuple[str | int, ...], JsonMember(
        read=_cameras_member, write=list)] = ()
    source: str | None = None
    bearer: str | None = field(default=None, repr=False)
    origin: str | None = None
    audio: bool = False


@dataclass(frozen=True)
class Admit(SignalingMessage):
    """Relay to robot: may this viewer ask for an offer? Answered by ``done`` or ``error``."""

    TYPE = 'admit'
    request: Annotated[OfferRequest, JsonMember(spread=True)]


@dataclass(frozen=True)
class ServiceRequest(SignalingMessage):
    """
    Relay to robot: what an app says to a program on the robot; answered by ``service-reply``.

    ``request`` is as in an ``Admit``; its session stands for the app. ``payload`` is any JSON.
    """

    TYPE = 'service'
    request: Annotated[OfferRequest, JsonMember(spread=True)]
    service: Annotated[str, JsonMember(text='name')]
    payload: Any


@dataclass(frozen=True)
class ServiceReply(SignalingMessage):
    """Robot to relay: what the program says, or as ``fault`` why it says nothing."""

    TYPE = 'service-reply'
    session: str
    service: Annotated[str, JsonMember(text='name')]
    payload: Any = None
    fault: Annotated[str | None, JsonMember(text='message')] = None


@dataclass(frozen=True)
class Answer(SignalingMessage):
    """The SDP answer to an offer, the other way."""

    TYPE = 'answer'
    session: str
    sdp: Sdp


@dataclass(frozen=True)
class Done(SignalingMessage):
    """Robot to relay: what was asked about a session is done."""

    TYPE = 'done'
    session: str


@dataclass(frozen=True)
class CandidateMessage(SignalingMessage):
    """Page to relay to robot: one more candidate, or with ``None`` the end of them."""

    TYPE = 'candidate'
    session: str
    candidate: Annotated[Candidate | None, JsonMember(
        read=_candidate_member, write=write_candidate, spread=True)]


@dataclass(frozen=True)
class Close(SignalingMessage):
    """Either way: the session is over."""

    TYPE = 'close'
    session: str


@dataclass(frozen=True)
class Look(SignalingMessage):
    """Relay to relay: what was the offer of this session? Answered by ``offer`` or ``close``."""

    TYPE = 'look'
    session: str


@dataclass(frozen=True)
class Error(SignalingMessage):
    """
    To page or robot: what failed, as a code for programs and a sentence for people.

    It is never refused for its texts, since its receiver would wait in vain for another one.
    """

    TYPE = 'error'
    code: Annotated[str, JsonMember(read=_cut_member)]
    message: Annotated[str, JsonMember(read=_cut_member)]
    session: str | None = None
