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
What K-Scale's apps and robots say on a WebSocket, read strictly; nothing is sent from here.

An app speaks to three programs at once: signaling (``role``), gateway (``token``,
``service``) and stream (``Negotiate``, ``sdp``, ``ice``); some know the last one only.
"""

from dataclasses import dataclass, field
import json

from .robot_link import Candidate, check_cameras, read_candidate
from .signaling_messages import MAX_MESSAGE, MAX_WRITTEN
from .strict_json import check_depth, dump, dump_frame, load_object, member, shorten
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.sdp_limits import check_sdp
from ..limits.text_limits import check_text, sdp_member, text_member

SERVICE = 'video'
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
# An older app's first frame, for the first camera.
_HELLO = 'HELLO'


@dataclass(frozen=True)
class Hello:
    """Who has come, ``robot`` or ``app``, and the robot that it is or wants."""

    role: str
    robot_id: str


@dataclass(frozen=True)
class Token:
    """The gateway's password."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Negotiate:
    """An offer, please; cameras by name, or number in the robot's order."""

    cameras: tuple[str | int, ...]


@dataclass(frozen=True)
class Answer:
    """The app's answer to the robot's offer."""

    sdp: str


@dataclass(frozen=True)
class Ice:
    """One more candidate of the app's, ``None`` after the last."""

    candidate: Candidate | None


Message = Token | Negotiate | Answer | Ice


def read_hello(text: str) -> Hello | None:
    """
    Read a first frame; ``None``: an app that does without signaling.

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


def read(text: str) -> Message:
    """
    Read what an app says after the first frame.

    :raises ProtocolError: the text names what is wrong
    """
    if text == _HELLO:
        return Negotiate(())
    obj = load_object(text, MAX_MESSAGE)
    if 'token' in obj:
        return Token(text_member(obj, 'token'))
    camera = _camera(text_member(obj, 'service', 'camera', SERVICE))
    if 'sdp' in obj:
        description = member(obj, 'sdp', dict)
        if member(description, 'type', str) != 'answer':
            raise ProtocolError(f'type {shorten(description["type"])} where an answer was due')
        return Answer(sdp_member(description))
    if 'ice' in obj:
        return Ice(read_candidate(member(obj, 'ice', dict)))
    if obj.get('type') == 'Negotiate':
        cameras = check_cameras(member(obj, 'cameras', list, []))
        return Negotiate(cameras if camera is None else (camera,))
    raise ProtocolError(f'{shorten(obj)} has none of: token, sdp, ice, type Negotiate')


def _camera(service: str) -> str | None:
    """Return the camera that a service's name has behind ``video/``, ``None`` for ``video``."""
    kind, _, camera = service.partition('/')
    if kind != SERVICE:
        raise ProtocolError(f'Unknown service {shorten(service)}, there is: {SERVICE}, and '
                            f'{SERVICE}/NAME for a camera by its name')
    return camera or None


def check_frame(text: str) -> None:
    """
    Do nothing if a frame may pass from an app to a robot of K-Scale's, or the other way.

    K-Scale's relay passes JSON on, whatever it says. What describes a session is bounded as
    everywhere: the peers have parsers that trust each other.

    :raises ProtocolError: no JSON, or nested too deep, or a candidate that is none
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


def write_refusal(text: str) -> str:
    """Return an answer to a first frame that cannot be taken."""
    if text in (NO_ID, NO_ROLE):
        return dump({'error': text})
    return dump({'type': 'error', 'error': escape(text)})


def write_offer(sdp: str) -> list[str]:
    """
    Return the frames of the robot's offer, whose candidates come in it and then by themselves.

    K-Scale's robots do the latter; twice is once, for apps that take candidates from either.

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
