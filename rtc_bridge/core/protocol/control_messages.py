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
Messages from the page on a session's data channels, as ``docs/protocol.md`` specifies them.

Messages to the page are made where they are sent, in ``peer/channels/``.

To add a message, write one dataclass here, see :mod:`.json_messages`.
"""

from dataclasses import dataclass
from functools import partial
import re
from typing import Annotated, Any

from .json_messages import Counter, JsonMember, Message
from .strict_json import member, shorten
from .. import base64url
from ..access.invite import MAX_PAYLOAD
from ..access.proof import MAC_BYTES, NONCE_BYTES
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.text_limits import MAX_LENGTHS

# Bytes.
MAX_MESSAGE = 64 * 1024
# No delay, bitrate or size is larger, in whatever unit; a page may send any number.
_MAX_STATISTIC = 1e7
_ROUTES = ('', 'direct', 'relay')
# Caps in kbit/s. Below the least no picture is of use.
MIN_CAP_KBIT, MAX_CAP_KBIT = 150, 100_000
_QUALITY_MODES = ('auto', 'save', 'best')
_CODEC = re.compile(r'[A-Za-z0-9-]{0,16}')


class ControlMessage(Message):
    """Base of what a page says on the channel ``control``."""

    MAX_BYTES = MAX_MESSAGE


parse_control = ControlMessage.parse


# What the viewer sees

@dataclass(frozen=True)
class Select(ControlMessage):
    """Show ``camera`` in ``slot``; ``None`` empties it."""

    TYPE = 'select'
    slot: int
    camera: str | None = None


def _mode_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    mode: str = member(obj, name, str, default)
    if mode not in _QUALITY_MODES:
        raise ProtocolError(f'member "{name}" must be one of {", ".join(_QUALITY_MODES)}, got '
                            f'{shorten(mode)}')
    return mode


@dataclass(frozen=True)
class ChooseQuality(ControlMessage):
    """
    Send this viewer pictures of another quality; no other viewer's picture changes by it.

    :ivar mode: ``auto``, ``save`` (at most ``max_kbit_per_s``) or ``best`` (no smaller pictures)
    :ivar max_kbit_per_s: of all that the viewer gets, with ``save`` only
    :ivar smooth: pictures may come later, so that they come more evenly
    :raises ProtocolError: the cap is missing, out of its range, or given without ``save``
    """

    TYPE = 'quality'
    mode: Annotated[str, JsonMember(read=_mode_member)]
    max_kbit_per_s: float | None = None
    smooth: bool = False

    def __post_init__(self) -> None:
        cap = self.max_kbit_per_s
        if (self.mode == 'save') != (cap is not None):
            raise ProtocolError('"max_kbit_per_s" belongs to the mode "save", which needs it')
        if cap is not None and not MIN_CAP_KBIT <= cap <= MAX_CAP_KBIT:
            raise ProtocolError(f'member "max_kbit_per_s" must be from {MIN_CAP_KBIT} to '
                                f'{MAX_CAP_KBIT}, got {shorten(cap)}')


@dataclass(frozen=True)
class Listen(ControlMessage):
    """Send the robot's sound, or send it no more."""

    TYPE = 'listen'
    on: bool


@dataclass(frozen=True)
class Talk(ControlMessage):
    """Let this viewer be heard on the robot, or no more."""

    TYPE = 'talk'
    on: bool


@dataclass(frozen=True)
class ShowCamera(ControlMessage):
    """Let this viewer's camera or screen be seen on the robot, or no more."""

    TYPE = 'show_camera'
    on: bool


@dataclass(frozen=True)
class Shown(ControlMessage):
    """What the page has decoded and received in a slot so far, while it is looked at."""

    TYPE = 'shown'
    slot: int
    frames: Counter
    packets: Counter


def _statistic_member(obj: dict[str, Any], name: str, *, default: Any, kind: type = float) -> Any:
    value = member(obj, name, kind, None)
    if value is not None and not 0 <= value <= _MAX_STATISTIC:
        raise ProtocolError(f'member "{name}" must be from 0 to {_MAX_STATISTIC:.0f}, got '
                            f'{shorten(value)}')
    return value


def _codec_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    codec: str = member(obj, name, str, '')
    if not _CODEC.fullmatch(codec):
        raise ProtocolError(f'member "{name}" is {shorten(codec)}, which is no codec')
    return codec


def _route_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    route: str = member(obj, name, str, '')
    if route not in _ROUTES:
        raise ProtocolError(f'member "{name}" must be direct or relay, got {shorten(route)}')
    return route


_Statistic = Annotated[float | None, JsonMember(read=_statistic_member)]
_Pixels = Annotated[int | None, JsonMember(read=partial(_statistic_member, kind=int))]


@dataclass(frozen=True)
class ViewerStats(ControlMessage):
    """
    The last second of the main picture, as its page saw it; ``None`` where it cannot tell.

    :ivar delay_ms: from capture to screen
    :ivar command_ms: from a command's way out of the page to its acceptance by the robot
    :ivar clock_error_ms: how wrong these two can be at most, by the alignment of the clocks
    :ivar width: in pixels
    :ivar height: in pixels
    :ivar codec: as the browser names it, such as ``H264``
    :ivar route: ``direct``, ``relay`` (by a TURN server) or '' if it is not known
    """

    TYPE = 'figures'
    delay_ms: _Statistic = None
    command_ms: _Statistic = None
    clock_error_ms: _Statistic = None
    round_trip_ms: _Statistic = None
    fps: _Statistic = None
    kbit_per_s: _Statistic = None
    lost_percent: _Statistic = None
    width: _Pixels = None
    height: _Pixels = None
    codec: Annotated[str, JsonMember(read=_codec_member)] = ''
    route: Annotated[str, JsonMember(read=_route_member)] = ''

    def texts(self) -> dict[str, str]:
        """Return what is known as texts by name."""
        return {name: f'{value:.1f}' if isinstance(value, float) else str(value)
                for name, value in vars(self).items() if value not in (None, '')}


# The session

@dataclass(frozen=True)
class Ping(ControlMessage):
    """The sign of life; to be echoed."""

    TYPE = 'ping'
    token: Annotated[float, JsonMember('id')]


def _base64_member(obj: dict[str, Any], name: str, *, default: Any) -> bytes:
    return base64url.decode(member(obj, name, str, default))


def _payload_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    payload: str = member(obj, name, str, default)
    base64url.decode(payload)
    return payload


@dataclass(frozen=True)
class InviteProof(ControlMessage):
    """
    The page's proof that it holds an invite: bytes, and the payload's characters.

    :raises ProtocolError: a length is wrong
    """

    TYPE = 'prove'
    nonce: Annotated[bytes, JsonMember(read=_base64_member)]
    payload: Annotated[str, JsonMember(read=_payload_member)]
    mac: Annotated[bytes, JsonMember(read=_base64_member)]

    def __post_init__(self) -> None:
        if (len(self.nonce), len(self.mac)) != (NONCE_BYTES, MAC_BYTES) or (
                len(self.payload) > MAX_PAYLOAD):
            raise ProtocolError(
                f'nonce, mac and payload have {len(self.nonce)} bytes, {len(self.mac)} bytes and '
                f'{len(self.payload)} characters, which is no proof')


def _reason_member(obj: dict[str, Any], name: str, *, default: Any) -> str:
    return escape(member(obj, name, str, ''), MAX_LENGTHS[name])


@dataclass(frozen=True)
class Bye(ControlMessage):
    """The viewer ends the session. It is never refused for its text, which is cut instead."""

    TYPE = 'bye'
    reason: Annotated[str, JsonMember(read=_reason_member)] = ''


# The application

@dataclass(frozen=True)
class AppMessage(ControlMessage):
    """A value for the application's topic."""

    TYPE = 'message'
    data: Any


@dataclass(frozen=True)
class CallService(ControlMessage):
    """Call the service ``name``, with ``value``, ``text`` or ``arguments`` if it takes one."""

    TYPE = 'call'
    request: Counter
    name: str
    value: bool | None = None
    text: str | None = None
    arguments: Any = None


# The lease and the emergency stop

@dataclass(frozen=True)
class RequestLease(ControlMessage):
    """Ask for the lease, or give it back; with ``take`` the lease ends for its holder."""

    TYPE = 'want'
    lease: bool
    take: bool = False


@dataclass(frozen=True)
class YieldLease(ControlMessage):
    """The driver hands the lease over to the viewer that asked for it."""

    TYPE = 'yield'
    request: int | None = None


@dataclass(frozen=True)
class KeepLease(ControlMessage):
    """The driver refuses to hand over the lease."""

    TYPE = 'refuse'
    request: int | None = None


@dataclass(frozen=True)
class ReleaseStop(ControlMessage):
    """End the emergency stop of this id."""

    TYPE = 'release'
    stop: Annotated[str, JsonMember('id')]
