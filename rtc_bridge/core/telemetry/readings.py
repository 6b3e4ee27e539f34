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
Messages of well-known types as readings: small JSON objects that say in ``$`` what they are.

No member of a ROS message has the name ``$``. A reading may have a ``level``: ``ok``, ``amber`` or
``red``.
"""

from collections.abc import Callable
import math
from typing import Any

from .diagnostics_summary import DiagnosticsSummary, level_of, LEVELS
from .telemetry_values import attitude, Battery, finite

Read = Callable[[Any], Any]
# What a sensor_msgs/NavSatStatus says, and its level.
_FIXES = {-2: ('unknown', 'amber'), -1: ('no fix', 'red'), 0: ('fix', 'ok'), 1: ('SBAS', 'ok'),
          2: ('GBAS', 'ok')}
# Kelvin has no place on the page; pascal are shown as hectopascal.
_PA_PER_HPA = 100


def type_name(message: Any) -> str:
    """Return the type of a message, as ``sensor_msgs/msg/Range``."""
    kind = type(message)
    return f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}'


def _number(value: float, unit: str, digits: int) -> dict[str, Any]:
    return {'$': 'value', 'value': finite(value), 'unit': unit, 'digits': digits}


def _nav_sat_fix(message: Any) -> dict[str, Any]:
    """Return position in degrees and m, and the accuracy: one standard deviation on the ground."""
    word, level = _FIXES.get(message.status.status, ('unknown', 'amber'))
    accuracy = None
    if message.position_covariance_type != message.COVARIANCE_TYPE_UNKNOWN:
        variance = (message.position_covariance[0] + message.position_covariance[4]) / 2
        accuracy = math.sqrt(variance) if 0 <= variance < math.inf else None
    latitude, longitude = finite(message.latitude), finite(message.longitude)
    return {'$': 'fix', 'latitude': latitude, 'longitude': longitude,
            'altitude': finite(message.altitude), 'accuracy': accuracy, 'fix': word,
            'level': level}


def _imu(message: Any) -> dict[str, Any]:
    # -1: the sensor has no estimate of the orientation (sensor_msgs/Imu).
    angles = attitude(message.orientation) if message.orientation_covariance[0] != -1 else None
    roll, pitch, heading = angles or (None, None, None)
    return {'$': 'imu', 'heading': heading, 'roll': roll, 'pitch': pitch,
            'turn': finite(message.angular_velocity.z)}


def _range(message: Any) -> dict[str, Any]:
    """Return the distance; REP 117: minus infinity is too near, infinity is nothing in range."""
    if message.range == math.inf or message.range > message.max_range:
        return {'$': 'value', 'value': f'nothing within {message.max_range:.4g} m'}
    if message.range == -math.inf or message.range < message.min_range:
        return {'$': 'value', 'value': f'nearer than {message.min_range:.4g} m'}
    return _number(message.range, 'm', 2)


def _status(message: Any) -> dict[str, Any]:
    return {'$': 'value', 'value': f'{message.name}: {message.message}'[:200],
            'level': LEVELS[level_of(message)]}


def _battery() -> Read:
    battery = Battery()
    return lambda message: {'$': 'battery', **battery.read(message)}


# Makes the reader of each well-known type.
_READERS: dict[str, Callable[[], Read]] = {
    'sensor_msgs/msg/NavSatFix': lambda: _nav_sat_fix,
    'sensor_msgs/msg/Imu': lambda: _imu,
    'sensor_msgs/msg/Range': lambda: _range,
    'sensor_msgs/msg/BatteryState': _battery,
    'sensor_msgs/msg/Temperature': lambda: lambda m: _number(m.temperature, '°C', 1),
    'sensor_msgs/msg/RelativeHumidity': lambda: lambda m: _number(
        m.relative_humidity * 100, '%', 0),
    'sensor_msgs/msg/FluidPressure': lambda: lambda m: _number(
        m.fluid_pressure / _PA_PER_HPA, 'hPa', 1),
    'sensor_msgs/msg/Illuminance': lambda: lambda m: _number(m.illuminance, 'lx', 0),
    'diagnostic_msgs/msg/DiagnosticArray': lambda: DiagnosticsSummary().read,
    'diagnostic_msgs/msg/DiagnosticStatus': lambda: _status}
# Types of which each message counts, and how many of them may wait: nodes take turns on the topic.
KEPT_MESSAGES = {'diagnostic_msgs/msg/DiagnosticArray': 64}


def reader_of(name: str) -> Read | None:
    """Return a reader of a type, ``None`` if it is not well known."""
    make = _READERS.get(name)
    return make() if make is not None else None
