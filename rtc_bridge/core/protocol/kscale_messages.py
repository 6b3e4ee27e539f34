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
What K-Scale's apps and robots say on a WebSocket, read strictly.

An app speaks to three programs at once: signaling (``role``), gateway (``token``, ``service``) and
stream (``Negotiate``, ``sdp``, ``ice``); some apps know the last one only. Their frames have no
common ``type``: the members that are there tell them apart.
"""

from dataclasses import dataclass, field
import json
from typing import Any

from .ice import Candidate, read_candidate
from .signaling_messages import check_cameras, MAX_MESSAGE, MAX_WRITTEN, ServiceReply
from .strict_json import check_depth, dump, dump_frame, load_object, member, shorten
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.sdp_limits import check_sdp
from ..limits.text_limits import check_text, MAX_LENGTHS, sdp_member, text_member

SERVICE = 'video'
# Bytes of a message to a program or of one.
MAX_PROGRAM_TEXT = 64 * 1024
# K-Scale's own words, which programs may look for.
NO_ID = 'robot_id required'
NO_ROLE = "Unknown role. Use 'robot' or 'app'"
NO_ROBOT = 'Robot is not available'
IN_USE = 'Robot connected to different app'
GONE = 'Robot disconnected'
WRONG_TOKEN = 'Invalid authentication token'
AVAILABLE = dump({'type': 'robot_available'})
LEFT = dump({'type': 'connection_closed'})
WELCOME = dump({'type': 'auth_success', 'message': 'Authentication successful'})
# An older app's first frame, which asks for the first camera.
_HELLO = 'HELLO'


@dataclass(frozen=True)
class Hello:
    """The first frame: ``robot`` or ``app``, and the robot that it is or wants."""

    role: str
    robot_id: str


@dataclass(frozen=True)
class GatewayToken:
    """The gateway's password."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Negotiate:
    """
    The app asks for an offer; cameras by name, or by number in the robot's order.

    :ivar audio: it wants to hear the robot, too
    """

    cameras: tuple[str | int, ...]
    audio: bool = False


@dataclass(frozen=True)
class AppAnswer:
    """The app's answer to the robot's offer."""

    sdp: str


@dataclass(frozen=True)
class AppCandidate:
    """One more candidate of the app's, ``None`` after the last."""

    candidate: Candidate | None


@dataclass(frozen=True)
class ProgramMessage:
    """
    What the app says to a program on the robot, as a whole.

    :ivar size: characters of its text
    """

    service: str
    payload: dict[str, Any]
    size: int = field(default=0, compare=False)


AppMessage = GatewayToken | Negotiate | AppAnswer | AppCandidate | ProgramMessage


def read_hello(text: str) -> Hello | None:
    """
    Read a first frame; return ``None`` for that of an app that does without signaling.

    :raises ProtocolError: neither; the text is K-Scale's where it has one
    """
    if text == _HELLO:
        return None
    obj = load_object(text, MAX_MESSAGE)
    if 'role' not in obj and 'robot_id' not in obj and {'token', 'service', 'type'} & set(obj):
        return None
    robot_id = obj.get('robot_id')
    if not isinstance(robot_id, str) or not robot_id:
        raise ProtocolError(NO_ID)
    check_text(robot_id, 'name', 'robot_id')
    if obj.get('role') not in ('robot', 'app'):
        raise ProtocolError(NO_ROLE)
    return Hello(obj['role'], robot_id)


def read_app_message(text: str) -> AppMessage:
    """
    Read what an app says after the first frame.

    :raises ProtocolError: the text names what is wrong
    """
    if text == _HELLO:
        return Negotiate(())
    obj = load_object(text, MAX_MESSAGE)
    service = text_member(obj, 'service', 'name', SERVICE)
    kind, _, camera = service.partition('/')
    if kind != SERVICE:
        if len(text) > MAX_PROGRAM_TEXT:
            raise ProtocolError(f'a message of {len(text)} characters to a program, at most '
                                f'{MAX_PROGRAM_TEXT} are allowed')
        # The robot gets it as a member of a message, which must not be nested too deep for it.
        check_depth({'payload': obj})
        return ProgramMessage(service, obj, len(text))
    if 'token' in obj:
        return GatewayToken(text_member(obj, 'token'))
    if 'sdp' in obj:
        return AppAnswer(_answer_sdp(member(obj, 'sdp', dict)))
    if 'ice' in obj:
        return AppCandidate(read_candidate(member(obj, 'ice', dict)))
    if obj.get('type') == 'Negotiate':
        cameras = check_cameras(member(obj, 'cameras', list, []))
        return Negotiate((camera,) if camera else cameras,
                         member(obj, 'audio', bool, False))
    raise ProtocolError(f'{shorten(obj)} has none of: token, sdp, ice, type Negotiate')


def _answer_sdp(description: dict[str, Any]) -> str:
    if member(description, 'type', str) != 'answer':
        raise ProtocolError(f'type {shorten(description["type"])} where an answer was due')
    return sdp_member(description)


def check_frame(text: str) -> None:
    """
    Check whether a frame may pass between an app and a robot that are both K-Scale's.

    K-Scale's relay passes JSON on, whatever it says. What describes a session is bounded as
    everywhere, since the peers' parsers trust each other.

    :raises ProtocolError: not JSON, nested too deep, or with a wrong candidate
    :raises SignalingError: a session description beyond a bound
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ProtocolError(f'not JSON: {shorten(text)} ({error})') from None
    except RecursionError:
        raise ProtocolError('JSON nested too deep') from None
    check_depth(value)
    if not isinstance(value, dict):
        return
    description, candidate = value.get('sdp'), value.get('ice')
    if isinstance(description, dict) and 'sdp' in description:
        check_sdp(sdp_member(description))
    elif isinstance(description, str):
        check_sdp(sdp_member(value))
    if isinstance(candidate, dict) and 'candidate' in candidate:
        read_candidate(candidate)


def write_error(text: str) -> str:
    """Return an error as K-Scale's relay (``error``) and gateway (``message``) name it."""
    text = escape(text)
    return dump({'type': 'error', 'error': text, 'message': text})


def write_reply(reply: ServiceReply) -> str:
    """
    Return what a program says, with its service: K-Scale's own gateway leaves that out.

    What is too long, or cannot be written, becomes an error. A fault may name no service.
    """
    tag = {'service': reply.service} if reply.service else {}
    fault = reply.fault
    if fault is None:
        payload = reply.payload if isinstance(reply.payload, dict) else {'data': reply.payload}
        try:
            return dump_frame({**payload, **tag}, MAX_PROGRAM_TEXT + MAX_LENGTHS['name'],
                              keep_none=True)
        except ProtocolError as error:
            fault = f'what the program says cannot be passed on: {error}'
    return dump({'type': 'error', **tag, 'error': fault, 'message': fault})


def write_refusal(text: str) -> str:
    """Return an answer to a first frame that is refused."""
    if text in (NO_ID, NO_ROLE):
        return dump({'error': text})
    return dump({'type': 'error', 'error': escape(text)})


def write_offer(sdp: str) -> list[str]:
    """
    Return the frames of the robot's offer: the description, then each of its candidates again.

    Some apps take candidates from the description, others from frames of their own, as K-Scale's
    robots send them. A candidate that comes twice has no effect.

    :param sdp: within the bounds
    :raises ProtocolError: longer than a frame may be
    """
    frames = [dump_frame({'sdp': {'type': 'offer', 'sdp': sdp}}, MAX_WRITTEN)]
    section = -1
    for line in sdp.split('\r\n'):
        section += line.startswith('m=')
        if line.startswith('a=candidate:'):
            frames.append(dump({'ice': {'candidate': line[2:], 'sdpMLineIndex': section}}))
    return frames
