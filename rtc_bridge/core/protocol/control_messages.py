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

"""Messages on a session's data channels, as ``docs/protocol.md`` specifies them."""

from dataclasses import dataclass
from typing import Any

from .strict_json import load_object, member, shorten
from .. import base64url
from ..access.invite import MAX_PAYLOAD
from ..access.proof import MAC_BYTES, NONCE_BYTES
from ..driving.velocity import Velocity
from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..limits.text_limits import MAX_LENGTHS, text_member
from ..video.viewer_stats import parse_viewer_stats, ViewerStats

MAX_MESSAGE = 64 * 1024
_MAX_JOY = 32


@dataclass(frozen=True)
class Select:
    """Show ``camera`` in ``slot``; ``None`` empties it."""

    slot: int
    camera: str | None


@dataclass(frozen=True)
class Shown:
    """What the page, while it is looked at, has decoded and received in a slot in all so far."""

    slot: int
    frames: int
    packets: int


@dataclass(frozen=True)
class Ping:
    """The sign of life; to be echoed."""

    token: float


@dataclass(frozen=True)
class Want:
    """Ask for the lease, or give it back; ``take`` asks nobody."""

    lease: bool
    take: bool = False


@dataclass(frozen=True)
class Answer:
    """The driver's answer to who asks for the lease: he hands it over, or refuses."""

    yields: bool
    request: int | None = None


@dataclass(frozen=True)
class Release:
    """End the emergency stop of this id."""

    stop: str


@dataclass(frozen=True)
class Prove:
    """The page's proof that it holds an invite; bytes, and the payload's characters."""

    nonce: bytes
    payload: str
    mac: bytes


@dataclass(frozen=True)
class AppMessage:
    """A value for the application's topic."""

    data: Any


@dataclass(frozen=True)
class Call:
    """Call the service ``name``, with ``value`` if it takes one."""

    request: int
    name: str
    value: bool | None


@dataclass(frozen=True)
class Bye:
    """The viewer ends the session."""

    reason: str


@dataclass(frozen=True)
class Drive:
    """A driver's command: m/s and rad/s."""

    epoch: int
    seq: int
    nonce: int
    velocity: Velocity
    # RTP timestamp of the newest picture that the driver saw in slot 0.
    frame: int | None = None


@dataclass(frozen=True)
class Joy:
    """A gamepad's state in the Gamepad API's standard mapping."""

    epoch: int
    seq: int
    nonce: int
    axes: tuple[float, ...]
    buttons: tuple[float, ...]
    frame: int | None = None

    def is_neutral(self) -> bool:
        """Tell whether no stick and no button is moved."""
        return not any(self.axes) and not any(self.buttons)


@dataclass(frozen=True)
class Stop:
    """The emergency stop; ``request`` is for the confirmation."""

    request: int


ControlMessage = (Select | Shown | ViewerStats | Ping | Want | Answer | Release | Prove
                  | AppMessage
                  | Call | Bye)
TeleopMessage = Drive | Joy | Stop


def _any(obj: dict[str, Any], name: str) -> Any:
    if name not in obj:
        raise ProtocolError(f'member "{name}" is missing')
    return obj[name]


def _prove(obj: dict[str, Any]) -> Prove:
    nonce = base64url.decode(member(obj, 'nonce', str))
    mac = base64url.decode(member(obj, 'mac', str))
    payload = member(obj, 'payload', str)
    base64url.decode(payload)
    if (len(nonce), len(mac)) != (NONCE_BYTES, MAC_BYTES) or len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f'nonce, mac and payload have {len(nonce)} bytes, {len(mac)} bytes '
                            f'and {len(payload)} characters, which is no proof')
    return Prove(nonce, payload, mac)


_CONTROL = {
    'select': lambda o: Select(member(o, 'slot', int), text_member(o, 'camera', default=None)),
    'shown': lambda o: Shown(member(o, 'slot', int), _counter(o, 'frames'),
                             _counter(o, 'packets')),
    'figures': parse_viewer_stats,
    'ping': lambda o: Ping(member(o, 'id', float)),
    'want': lambda o: Want(member(o, 'lease', bool), member(o, 'take', bool, False)),
    'yield': lambda o: Answer(True, member(o, 'request', int, None)),
    'refuse': lambda o: Answer(False, member(o, 'request', int, None)),
    'release': lambda o: Release(text_member(o, 'id')),
    'prove': _prove,
    'message': lambda o: AppMessage(_any(o, 'data')),
    'call': lambda o: Call(_counter(o, 'request'), text_member(o, 'name'),
                           member(o, 'value', bool, None)),
    # Never refused: somebody goes.
    'bye': lambda o: Bye(escape(member(o, 'reason', str, ''), MAX_LENGTHS['reason'])),
}


def _counter(obj: dict[str, Any], name: str) -> int:
    value = member(obj, name, int)
    # 2**53 is the last integer that a browser counts to.
    if not 0 <= value <= 2 ** 53:
        raise ProtocolError(f'member "{name}" must be from 0 to 2**53, got {shorten(value)}')
    return value


def _numbers(obj: dict[str, Any], name: str) -> tuple[float, ...]:
    values = member(obj, name, list)
    if len(values) > _MAX_JOY:
        raise ProtocolError(f'member "{name}" has {len(values)} items, at most {_MAX_JOY} '
                            'are allowed')
    return tuple(member({name: value}, name, float) for value in values)


def _drive(obj: dict[str, Any]) -> Drive:
    return Drive(_counter(obj, 'epoch'), _counter(obj, 'seq'), _counter(obj, 'tick'),
                 Velocity(member(obj, 'linear_x', float), member(obj, 'linear_y', float, 0.0),
                          member(obj, 'angular_z', float)), member(obj, 'frame', int, None))


def _joy(obj: dict[str, Any]) -> Joy:
    return Joy(_counter(obj, 'epoch'), _counter(obj, 'seq'), _counter(obj, 'tick'),
               _numbers(obj, 'axes'), _numbers(obj, 'buttons'), member(obj, 'frame', int, None))


_TELEOP = {'drive': _drive, 'joy': _joy, 'stop': lambda o: Stop(_counter(o, 'request'))}


def _parse(text: str | bytes, parsers: dict[str, Any]) -> Any:
    obj = load_object(text, MAX_MESSAGE)
    kind = member(obj, 'type', str)
    if kind not in parsers:
        raise ProtocolError(f'unknown message type {shorten(kind)}')
    return parsers[kind](obj)


def parse_control(text: str | bytes) -> ControlMessage:
    """
    Parse a message from the page on ``control``.

    :raises ProtocolError: the text names what is wrong
    """
    return _parse(text, _CONTROL)


def parse_teleop(text: str | bytes) -> TeleopMessage:
    """
    Parse a message from the page on ``teleop``.

    :raises ProtocolError: the text names what is wrong
    """
    return _parse(text, _TELEOP)
