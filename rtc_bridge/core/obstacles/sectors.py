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
How far away obstacles are all around the robot: 72 sectors of 5 degrees.

Metres and radians in the robot's frame: x forward, y left, angles counter-clockwise (REP 103).
Sector 0 begins straight ahead and goes to the left, sector 71 ends straight ahead.
"""

from collections.abc import Iterable, Sequence
import math
from typing import Protocol, TypeAlias

from .sensor_pose import SensorPose
from ..errors import ObstacleError

SECTORS = 72
SECTOR_RAD = 2 * math.pi / SECTORS
# In place of a distance: the sensor sees that nothing is there, as far as it reaches; or it does
# not look there, so that nothing is known.
CLEAR, UNKNOWN = math.inf, math.nan
# The same in messages, where distances are whole centimetres.
CLEAR_CM, UNKNOWN_CM = -1, -2
# Farther away is sent as this: a driver needs no more.
MAX_CM = 9999
# Beams of one scan. The finest scanners have 0.05 degrees: 7200 of a full turn.
MAX_BEAMS = 20_000
# Largest angle of all beams: some scanners repeat a part of the turn.
_MAX_TURN = 4 * math.pi
# A beam that stands for more than half a sector is taken as several, so that no sector between two
# beams of a coarse scanner is left out.
_BEAM_STEP = SECTOR_RAD / 2
# Beams that stand for one, at most: those of single sonars may be any angle apart.
_MAX_PARTS = 12
# A beam that meets nothing, of a scanner that names no range, is clear in the direction of this
# distance, in m.
_FAR = 100.0

# A distance of each sector, m, or CLEAR, or UNKNOWN.
Distances: TypeAlias = list[float]


class LaserScan(Protocol):
    """What is read of a ``sensor_msgs/LaserScan``."""

    angle_min: float
    angle_increment: float
    range_min: float
    range_max: float
    ranges: Sequence[float]


def sector_of(angle: float) -> int:
    """Return the sector of an angle, which may be any finite one."""
    return int(angle % (2 * math.pi) / SECTOR_RAD) % SECTORS


def nothing_known() -> Distances:
    """Return distances of which none is known."""
    return [UNKNOWN] * SECTORS


def nearest_of(all_distances: Iterable[Distances]) -> Distances:
    """Return what several sensors see together: the nearest, and unknown where none looks."""
    found = nothing_known()
    for distances in all_distances:
        for sector, distance in enumerate(distances):
            # Not (a >= b), since UNKNOWN compares as false.
            if not distance >= found[sector] and not math.isnan(distance):
                found[sector] = distance
    return found


def to_cm(distances: Distances) -> list[int]:
    """Return distances as a message has them."""
    return [UNKNOWN_CM if math.isnan(distance) else CLEAR_CM if distance == CLEAR
            else min(max(round(distance * 100), 0), MAX_CM) for distance in distances]


class ScanReader:
    """
    Reduces the scans of one scanner to sectors; one thread at a time.

    :param pose: of the scanner on the robot
    :param radii: the robot's reach in each sector, m: what is within belongs to the robot, and
        distances begin there
    """

    def __init__(self, pose: SensorPose, radii: Sequence[float]) -> None:
        self._pose = pose
        self._radii = radii
        # Directions of the beams in the robot's plane, for scans that begin and step so.
        self._key: tuple[float, float, int] | None = None
        self._directions: list[tuple[int, float, float]] = []

    def read(self, scan: LaserScan) -> Distances:
        """
        Return the nearest of each sector.

        As in REP 117 a range of +inf means that nothing is there, of -inf that something is nearer
        than the scanner can measure, of NaN nothing. What is below ``range_min`` means nothing,
        either, since many scanners send 0 for a beam that did not come back.

        :raises ObstacleError: the scan is none
        """
        low, high = scan.range_min, scan.range_max
        low = low if 0 < low < math.inf else 0.0
        high = high if 0 < high < math.inf else math.inf
        ranges = scan.ranges
        x0, y0 = self._pose.x, self._pose.y
        far = high if high < math.inf else _FAR
        found = nothing_known()
        for beam, dx, dy in self._beams(scan):
            reach = ranges[beam]
            clear = reach > high or reach == math.inf
            if clear:
                reach = far
            elif reach == -math.inf:
                reach = low
            elif not reach >= low or reach == 0:
                continue
            x, y = x0 + reach * dx, y0 + reach * dy
            sector = int(math.atan2(y, x) % (2 * math.pi) / SECTOR_RAD) % SECTORS
            distance = CLEAR if clear else math.hypot(x, y) - self._radii[sector]
            if distance > 0 and not distance >= found[sector]:
                found[sector] = distance
        return found

    def _beams(self, scan: LaserScan) -> list[tuple[int, float, float]]:
        """Return number and direction of each beam; a wide one comes several times."""
        start, step, count = scan.angle_min, scan.angle_increment, len(scan.ranges)
        key = start, step, count
        if key != self._key:
            if not (math.isfinite(start) and math.isfinite(step)):
                raise ObstacleError(f'its angles begin at {start} and step by {step}')
            if count > MAX_BEAMS:
                raise ObstacleError(f'it has {count} beams, at most {MAX_BEAMS} are read')
            if abs(step) * (count - 1) > _MAX_TURN:
                raise ObstacleError(f'{count} beams with a step of {step:g} rad go round more '
                                    'than twice')
            parts = min(max(math.ceil(abs(step) / _BEAM_STEP), 1), _MAX_PARTS)
            # A single beam stands for a direction, whatever its step is.
            parts = parts if count > 1 else 1
            offsets = [((part + 0.5) / parts - 0.5) * min(abs(step), _MAX_PARTS * _BEAM_STEP)
                       for part in range(parts)]
            self._directions = [(beam, *self._pose.direction(start + beam * step + offset))
                                for beam in range(count) for offset in offsets]
            self._key = key
        return self._directions
