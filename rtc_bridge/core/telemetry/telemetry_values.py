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

"""ROS messages as JSON values of bounded size, for pages. Messages are read by their members."""

import math
from typing import Any

from ..protocol.strict_json import dump

# Bytes of a serialised message. Larger ones, such as images, point clouds and maps, are not read.
MAX_MESSAGE = 64 * 1024
# Bytes of a value's JSON text.
MAX_VALUE = 4096
# Items of an array, and characters of a text, that are shown.
MAX_ITEMS = 16
MAX_TEXT = 200
# Values of one message that are read.
_MAX_LEAVES = 256
# Numbers of JavaScript hold integers exactly up to here.
_MAX_INTEGER = 2 ** 53
# Marks what was cut off.
_CUT = '\u2026'
# A larger share is in percent. Drivers that send 0 to 1 may exceed 1 by a little.
_LARGEST_SHARE = 1.01


class Battery:
    """Reads the ``sensor_msgs/BatteryState`` of one topic."""

    def __init__(self) -> None:
        # The message definition says 0 to 1, and many drivers send 0 to 100. A driver that has
        # sent more than 1 does not mean 90 % by 0.9.
        self._in_percent = False

    def read(self, message: Any) -> dict[str, Any]:
        """
        Return what matters of a message.

        ``percentage`` is 0 to 1, ``voltage`` in V, ``charging`` true or false; ``None``: not
        known.
        """
        share = finite(message.percentage)
        if share is not None:
            self._in_percent |= share > _LARGEST_SHARE
            share = min(max(share / 100 if self._in_percent else share, 0.0), 1.0)
        return {'percentage': share, 'voltage': finite(message.voltage),
                'charging': _charging(message)}


def _charging(message: Any) -> bool | None:
    status = {message.POWER_SUPPLY_STATUS_CHARGING: True, message.POWER_SUPPLY_STATUS_FULL: True,
              message.POWER_SUPPLY_STATUS_DISCHARGING: False,
              message.POWER_SUPPLY_STATUS_NOT_CHARGING: False}
    return status.get(message.power_supply_status)


def attitude(q: Any) -> tuple[float, float, float] | None:
    """Return roll, pitch and yaw in rad of a quaternion (REP 103); ``None``: it is none."""
    if not 0 < q.x ** 2 + q.y ** 2 + q.z ** 2 + q.w ** 2 < math.inf:
        return None
    return (math.atan2(2 * (q.w * q.x + q.y * q.z), 1 - 2 * (q.x ** 2 + q.y ** 2)),
            math.asin(max(-1.0, min(1.0, 2 * (q.w * q.y - q.z * q.x)))),
            math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y ** 2 + q.z ** 2)))


def odometry(message: Any) -> dict[str, Any]:
    """
    Return what matters of a ``nav_msgs/Odometry``.

    ``speed`` in m/s, negative when it goes back, ``turn`` in rad/s, ``heading`` in rad, both
    counter-clockwise (REP 103), ``x`` and ``y`` in m; ``None``: not known.
    """
    position = message.pose.pose.position
    twist = message.twist.twist
    x, turn = finite(twist.linear.x), finite(twist.angular.z)
    y = finite(twist.linear.y)
    speed = None if x is None or y is None else math.copysign(math.hypot(x, y), x)
    angles = attitude(message.pose.pose.orientation)
    return {'speed': speed, 'turn': turn, 'heading': angles and angles[2],
            'x': finite(position.x), 'y': finite(position.y)}


def to_json(message: Any) -> Any:
    """
    Return a message of any type as a JSON value of at most ``MAX_VALUE`` bytes.

    Arrays are cut after ``MAX_ITEMS`` items and texts after ``MAX_TEXT`` characters, with a mark.
    Numbers that are not finite become ``None``. A message that does not fit becomes a text that
    says so.
    """
    value = _Reader().read(message)
    size = len(dump({'': value}))
    return value if size <= MAX_VALUE else too_large(size)


def too_large(size: int) -> str:
    """Return the text that stands for a message of that many bytes."""
    return f'too large to show: {size} bytes'


class _Reader:
    """Reads one message, up to ``_MAX_LEAVES`` of its values."""

    def __init__(self) -> None:
        self._left = _MAX_LEAVES

    def read(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            return _CUT
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if abs(value) <= _MAX_INTEGER else str(value)
        if isinstance(value, float):
            return finite(value)
        if isinstance(value, str):
            return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + _CUT
        if isinstance(value, bytes):
            return self._items(list(value[:MAX_ITEMS]), len(value))
        fields = getattr(value, 'get_fields_and_field_types', None)
        if fields is not None:
            return {name: self.read(getattr(value, name)) for name in fields()}
        # A list, an array or one of numpy's.
        head = value[:MAX_ITEMS]
        return self._items(head.tolist() if hasattr(head, 'tolist') else head, len(value))

    def _items(self, head: Any, length: int) -> list[Any]:
        items = [self.read(item) for item in head]
        return items if length <= MAX_ITEMS else [*items, f'{_CUT} {length - MAX_ITEMS} more']


def finite(value: float) -> float | None:
    """Return a number, ``None`` if it is not finite."""
    return float(value) if math.isfinite(value) else None
