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

"""From which values on the page warns: ``alarms.*``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
import math

from .parameters import parameter


def _thresholds(amber: float, red: float, description: str, unit: str, high: float
                ) -> tuple[float, ...]:
    """Return a field for an amber and a red threshold; which is larger, they say themselves."""
    falls = amber > red
    words = 'from large to small' if falls else 'from small to large'
    return parameter(
        (amber, red), description, item=float, read=_reader(high, falls),
        forms=f'two numbers from 0 to {high:g}{f" {unit}" if unit else ""}, {words}: '
              f'[{amber}, {red}], or [] for no alarm')


def _reader(high: float, falls: bool) -> Callable[[object], tuple[float, ...]]:
    def read(value: object) -> tuple[float, ...]:
        # An empty list has no type in ROS.
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(value)
        numbers = tuple(map(_number, value))
        if not numbers:
            return ()
        amber, red = numbers
        if not (0 <= min(numbers) and max(numbers) <= high and amber != red
                and (amber > red) == falls):
            raise ValueError(value)
        return numbers
    return read


def _number(item: object) -> float:
    if isinstance(item, bool) or not isinstance(item, (int, float)) or not math.isfinite(item):
        raise ValueError(item)
    return float(item)


@dataclass(frozen=True)
class AlarmSettings:
    """From which values on the page warns, in amber and in red: ``alarms.*``."""

    delay: tuple[float, ...] = _thresholds(
        0.25, 0.5, 'delays of the picture, from the camera to the screen, from which on the page '
        'warns', 's', 60.0)
    fps: tuple[float, ...] = _thresholds(
        5.0, 2.0, 'frame rates of the picture below which the page warns', 'Hz', 120.0)
    loss: tuple[float, ...] = _thresholds(
        0.05, 0.15, 'shares of lost packets of the picture from which on the page warns', '', 1.0)
    battery: tuple[float, ...] = _thresholds(
        0.2, 0.1, 'charges of the battery, as shares, below which the page warns', '', 1.0)
    stale: tuple[float, ...] = _thresholds(
        2.0, 5.0, 'times without news of telemetry.battery or telemetry.odometry, beyond their '
        'usual pauses, from which on the page warns; from the first on such values are shown as '
        'old', 's', 3600.0)

    def members(self) -> Mapping[str, list[float]]:
        """Return them for the page: amber and red by name; no alarm is an empty list."""
        return {item.name: list(getattr(self, item.name)) for item in fields(self)}
