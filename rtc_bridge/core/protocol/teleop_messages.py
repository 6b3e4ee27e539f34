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
Messages of a page on the channel ``teleop``, as ``docs/protocol.md`` specifies them.

To add a message, write one dataclass here, see :mod:`.json_messages`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, cast

from .control_messages import MAX_MESSAGE
from .json_messages import Counter, counter_member, JsonMember, Message
from .strict_json import member
from ..driving.velocity import Velocity
from ..errors import ProtocolError

# Axes, and buttons, of one gamepad: the Gamepad API's standard mapping has 4 and 17.
_MAX_JOY = 32


class TeleopMessage(Message):
    """Base of what a page says on the channel ``teleop``."""

    MAX_BYTES = MAX_MESSAGE


# Parses a message of the page; raises ProtocolError.
parse_teleop = cast(Callable[[str | bytes], 'Drive | Joy | PressStop'], TeleopMessage.parse)


@dataclass(frozen=True)
class PressStop(TeleopMessage):
    """The emergency stop; ``request`` is for the confirmation."""

    TYPE = 'stop'
    request: Counter


def _velocity_member(obj: dict[str, Any], name: str, *, default: Any) -> Velocity:
    return Velocity(member(obj, 'linear_x', float), member(obj, 'linear_y', float, 0.0),
                    member(obj, 'angular_z', float), member(obj, 'linear_z', float, 0.0))


def _numbers_member(obj: dict[str, Any], name: str, *, default: Any) -> tuple[float, ...]:
    values = member(obj, name, list)
    if len(values) > _MAX_JOY:
        raise ProtocolError(f'member "{name}" has {len(values)} items, at most {_MAX_JOY} '
                            'are allowed')
    return tuple(member({name: value}, name, float) for value in values)


_Numbers = Annotated[tuple[float, ...], JsonMember(read=_numbers_member)]
_Nonce = Annotated[int, JsonMember('tick', read=counter_member)]


@dataclass(frozen=True)
class Drive(TeleopMessage):
    """
    A driver's command: m/s and rad/s.

    ``nonce`` is the newest freshness nonce that the page got of the robot, ``frame`` the RTP
    timestamp of the newest picture that the driver saw in slot 0.
    """

    TYPE = 'drive'
    epoch: Counter
    seq: Counter
    nonce: _Nonce
    velocity: Annotated[Velocity, JsonMember(read=_velocity_member, write=vars, spread=True)]
    frame: int | None = None


@dataclass(frozen=True)
class Joy(TeleopMessage):
    """A gamepad's state in the Gamepad API's standard mapping; the rest is as in ``Drive``."""

    TYPE = 'joy'
    epoch: Counter
    seq: Counter
    nonce: _Nonce
    axes: _Numbers
    buttons: _Numbers
    frame: int | None = None

    def is_neutral(self) -> bool:
        """Tell whether no stick and no button is moved."""
        return not any(self.axes) and not any(self.buttons)
