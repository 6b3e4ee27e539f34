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

"""Where a sensor is on the robot, as ``static_transform_publisher`` says it."""

from dataclasses import dataclass
from functools import cached_property
import math

from ..protocol.strict_json import shorten

_LENGTHS, _ANGLES = ('x', 'y', 'z'), ('roll', 'pitch', 'yaw')
# Largest offset, m: more is an error of the unit.
_MAX_OFFSET = 100.0
POSE_FORMS = ('TOPIC, or TOPIC with where the sensor is: x=, y=, z= in m, roll=, pitch=, yaw= in '
              "rad, optical: 'scan x=0.2 yaw=3.14'")

Row = tuple[float, float, float]


@dataclass(frozen=True)
class SensorPose:
    """
    A sensor's place and direction in the robot's frame.

    :param x: m forward
    :param y: m left
    :param z: m up from the floor
    :param roll: rad around x, first of all, then pitch around y, then yaw around z
    :param pitch: rad, positive looks down
    :param yaw: rad, positive looks left
    :param optical: its messages are in an optical frame: z ahead, x right, y down (REP 103)
    """

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    optical: bool = False

    @cached_property
    def rotation(self) -> tuple[Row, Row, Row]:
        """Return the matrix that turns the sensor's axes into the robot's."""
        (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a))
                                        for a in (self.roll, self.pitch, self.yaw))
        rows = ((cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
                (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
                (-sp, cp * sr, cp * cr))
        if not self.optical:
            return rows
        # Ahead is z, left is -x, up is -y.
        first, second, third = ((-row[1], -row[2], row[0]) for row in rows)
        return first, second, third

    def direction(self, angle: float) -> tuple[float, float]:
        """Return x and y in the robot's frame of one metre at an angle in the sensor's plane."""
        cos, sin = math.cos(angle), math.sin(angle)
        ahead, left, _ = self.rotation
        return ahead[0] * cos + ahead[1] * sin, left[0] * cos + left[1] * sin


def parse_sensor(text: str) -> tuple[str, SensorPose]:
    """
    Return topic and pose of an entry such as ``scan x=0.2 yaw=3.14``.

    :raises ValueError: it is none
    """
    topic, *words = text.split()
    values: dict[str, float] = {}
    optical = False
    for word in words:
        name, equals, number = word.partition('=')
        if word == 'optical' and not optical:
            optical = True
            continue
        if name not in _LENGTHS + _ANGLES or not equals or name in values:
            raise ValueError(f'{shorten(word)} is none of these')
        values[name] = float(number)
        limit = _MAX_OFFSET if name in _LENGTHS else 2 * math.pi
        if not abs(values[name]) <= limit:
            raise ValueError(f'{shorten(word)} is more than {limit:.4g}')
    return topic, SensorPose(**values, optical=optical)
