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

"""What RTCBot's clients send on their data channel, read as a wish to move."""

import json
import math
from typing import Any

from ..errors import ProtocolError
from ..protocol.strict_json import check_depth

# Keys by their W3C name, with what they push: forward, left. As in RTCBot's tutorial.
_KEYS = {'w': (1, 0), 's': (-1, 0), 'a': (0, 1), 'd': (0, -1),
         'arrowup': (1, 0), 'arrowdown': (-1, 0), 'arrowleft': (0, 1), 'arrowright': (0, -1)}
# Gamepads: the browser's events, and those of RTCBot's Python class with their full scale.
_AXES = {'axis0': ('left', -1.0), 'axis1': ('forward', -1.0),
         'ABS_X': ('left', -1 / 32768), 'ABS_Y': ('forward', -1 / 32768)}
_DEAD_ZONE = 0.1


def read_text(text: str) -> Any:
    """
    Return a message as RTCBot's Python side reads it: JSON, or else the text itself.

    ``NaN`` and ``Infinity`` are no JSON (RFC 8259, section 6), and no browser could read them.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        check_depth(value)
        return value
    except (ValueError, RecursionError, ProtocolError):
        return text


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


class Wish:
    """
    The state that a client's messages add up to.

    RTCBot's clients send changes only: keys down and up, sticks moved, or the tutorial's
    ``{"forward", "leftright"}``. ``forward`` and ``left`` are from -1 to 1.
    """

    def __init__(self) -> None:
        """Start at rest."""
        self._keys: set[str] = set()
        self._axes = {'forward': 0.0, 'left': 0.0}

    @property
    def at_rest(self) -> bool:
        """Tell whether nothing is held, not even what cancels out."""
        return not self._keys and not any(self._axes.values())

    def update(self, message: Any) -> tuple[float, float] | None:
        """Return (forward, left) after a message, or ``None`` if it is about something else."""
        if not isinstance(message, dict):
            return None
        kind = message.get('type')
        if kind in ('keydown', 'keyup'):
            if not self._key(message.get('key'), kind == 'keydown'):
                return None
        elif 'forward' in message or 'leftright' in message:
            forward = _number(message.get('forward', 0))
            right = _number(message.get('leftright', 0))
            if forward is None or right is None:
                return None
            # RTCBot's tutorial: leftright is positive to the right.
            self._axes = {'forward': forward, 'left': 0.0 - right}
        elif not self._stick(message):
            return None
        return self.total()

    def _key(self, key: Any, down: bool) -> bool:
        if not isinstance(key, str) or key.lower() not in _KEYS:
            return False
        (self._keys.add if down else self._keys.discard)(key.lower())
        return True

    def _stick(self, message: dict[str, Any]) -> bool:
        if message.get('event') == 'Absolute':
            name, value = message.get('code'), message.get('state')
        else:
            name, value = message.get('type'), message.get('value')
        number = _number(value, limit=None)
        if not isinstance(name, str) or name not in _AXES or number is None:
            return False
        axis, scale = _AXES[name]
        value = max(-1.0, min(1.0, number * scale))
        self._axes[axis] = value if abs(value) > _DEAD_ZONE else 0.0
        return True

    def total(self) -> tuple[float, float]:
        """Return (forward, left) of all that is held."""
        forward = self._axes['forward'] + sum(_KEYS[key][0] for key in self._keys)
        left = self._axes['left'] + sum(_KEYS[key][1] for key in self._keys)
        return max(-1.0, min(1.0, forward)), max(-1.0, min(1.0, left))


def _number(value: Any, limit: float | None = 1.0) -> float | None:
    """Return a finite number, within the limit, or ``None`` if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Comparisons with NaN are false, and so is this one.
    if not abs(value) <= 1e6:
        return None
    return float(value) if limit is None else max(-limit, min(limit, float(value)))


def write_json(value: Any) -> str:
    """Return a value as RTCBot's Python side sends it."""
    return json.dumps(value)


def write_text(value: Any) -> str:
    """
    Return a value as the text of a ROS message: a text as it is, the rest as JSON.

    JSON's escapes may hold halves of surrogate pairs, which UTF-8 cannot: they become ``?``.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode('utf-8', 'replace').decode()
