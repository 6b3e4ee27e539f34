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

"""What people drive with: gamepads of the Gamepad API, and the controls of RTCBot's clients."""

from typing import Any, Sequence

# For each button of joy's game_controller_node its index in the standard mapping of the W3C's
# Gamepad API: A B X Y, BACK GUIDE START, left and right stick, left and right shoulder, D-pad up
# down left right.
_JOY_BUTTONS = (0, 1, 2, 3, 8, 16, 9, 10, 11, 4, 5, 12, 13, 14, 15)
# W3C has the triggers among the buttons, ROS among the axes: left, right.
_TRIGGERS = (6, 7)
# A gamepad's button counts as pressed above half of its way.
_PRESSED = 0.5

# Keys by their W3C name with the direction that they push in, (forward, left), as in RTCBot's
# tutorial.
_KEYS = {'w': (1, 0), 's': (-1, 0), 'a': (0, 1), 'd': (0, -1),
         'arrowup': (1, 0), 'arrowdown': (-1, 0), 'arrowleft': (0, 1), 'arrowright': (0, -1)}
# Sticks by the name of their axis with the direction and the factor that makes the value a share:
# the events of RTCBot's page, and those of its Python class Gamepad, whose full scale is 32768.
_STICKS = {'axis0': ('left', -1.0), 'axis1': ('forward', -1.0),
           'ABS_X': ('left', -1 / 32768), 'ABS_Y': ('forward', -1 / 32768)}
# A stick that is let go does not return to exactly zero: shares up to this are zero.
_DEAD_ZONE = 0.1
# Larger numbers come from no stick.
_MAX_NUMBER = 1e6


def gamepad_to_joy(axes: Sequence[float], buttons: Sequence[float]
                   ) -> tuple[list[float], list[int]]:
    """
    Return axes and buttons of ``sensor_msgs/Joy`` as ``joy``'s ``game_controller_node`` has them.

    The axes are left x and y, right x and y, from -1 to 1, positive to the left and up, then the
    triggers, from 0 to 1. What the gamepad does not have is zero.

    :param axes: those of the Gamepad API's standard mapping, positive to the right and down
    :param buttons: those of the standard mapping, from 0 to 1
    """
    def at(values: Sequence[float], index: int) -> float:
        return float(values[index]) if index < len(values) else 0.0

    # 0.0 - x, not -x: a stick at rest is 0.0, never -0.0.
    joy_axes = [max(-1.0, min(1.0, 0.0 - at(axes, index))) for index in range(4)]
    joy_axes += [max(0.0, min(1.0, at(buttons, index))) for index in _TRIGGERS]
    return joy_axes, [int(at(buttons, index) > _PRESSED) for index in _JOY_BUTTONS]


class RTCBotControls:
    """
    What an RTCBot client's messages add up to: keys and sticks that it holds.

    Such clients send changes only: keys down and up, sticks moved, or the tutorial's
    ``{"forward", "leftright"}``.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._sticks = {'forward': 0.0, 'left': 0.0}

    @property
    def is_neutral(self) -> bool:
        """Tell whether nothing is held, not even what cancels out."""
        return not self._keys and not any(self._sticks.values())

    @property
    def total(self) -> tuple[float, float]:
        """Return the shares (forward, left) of all that is held, each from -1 to 1."""
        forward = self._sticks['forward'] + sum(_KEYS[key][0] for key in self._keys)
        left = self._sticks['left'] + sum(_KEYS[key][1] for key in self._keys)
        return max(-1.0, min(1.0, forward)), max(-1.0, min(1.0, left))

    def update(self, message: Any) -> bool:
        """Take a message, any JSON value; return whether it was about controls."""
        if not isinstance(message, dict):
            return False
        kind = message.get('type')
        if kind in ('keydown', 'keyup'):
            return self._take_key(message.get('key'), kind == 'keydown')
        if 'forward' in message or 'leftright' in message:
            return self._take_shares(message.get('forward', 0), message.get('leftright', 0))
        if message.get('event') == 'Absolute':
            return self._take_stick(message.get('code'), message.get('state'))
        return self._take_stick(kind, message.get('value'))

    def _take_key(self, key: Any, down: bool) -> bool:
        if not isinstance(key, str) or key.lower() not in _KEYS:
            return False
        if down:
            self._keys.add(key.lower())
        else:
            self._keys.discard(key.lower())
        return True

    def _take_shares(self, forward: Any, right: Any) -> bool:
        if not _is_number(forward) or not _is_number(right):
            return False
        # RTCBot's leftright is positive to the right. 0.0 - x is never -0.0.
        self._sticks = {'forward': max(-1.0, min(1.0, float(forward))),
                        'left': max(-1.0, min(1.0, 0.0 - right))}
        return True

    def _take_stick(self, axis: Any, value: Any) -> bool:
        if not isinstance(axis, str) or axis not in _STICKS or not _is_number(value):
            return False
        direction, factor = _STICKS[axis]
        share = max(-1.0, min(1.0, value * factor))
        self._sticks[direction] = share if abs(share) > _DEAD_ZONE else 0.0
        return True


def _is_number(value: Any) -> bool:
    """Tell whether a JSON value is a number of a possible size; NaN is not."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and abs(value) <= _MAX_NUMBER)
