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

"""Reduces ``sensor_msgs/PointCloud2`` to the nearest points of each sector."""

from collections.abc import Sequence
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import ObstacleError
from ..core.obstacles.sectors import CLEAR, Distances, SECTOR_RAD, SECTORS, UNKNOWN
from ..core.obstacles.sensor_pose import SensorPose

Floats = npt.NDArray[np.float64]

# sensor_msgs/PointField: numpy's names of FLOAT32 and FLOAT64, the types of coordinates.
_TYPES = {7: 'f4', 8: 'f8'}
# Of so many points one is enough to know that a sensor looks into a sector.
_LOOK_STEP = 16


class CloudReader:
    """
    Reduces the clouds of one sensor to sectors; one thread at a time.

    :param pose: of the sensor on the robot
    :param radii: the robot's reach in each sector, m: what is within belongs to the robot, and
        distances begin there
    :param heights: lowest and highest point that is an obstacle, m above the floor
    """

    def __init__(self, pose: SensorPose, radii: Sequence[float],
                 heights: tuple[float, float]) -> None:
        self._pose = pose
        self._radii = np.array(radii)
        self._heights = heights

    def read(self, cloud: Any) -> Distances:
        """
        Return the nearest of each sector; where it has no points nothing is known.

        :raises ObstacleError: the message is no cloud of points, or is too short
        """
        points = _points(cloud)
        found = np.full(SECTORS, UNKNOWN)
        # Coordinates that are not finite are usual, and are left out by the comparisons.
        with np.errstate(invalid='ignore', over='ignore'):
            looks = self._to_robot(points[:, ::_LOOK_STEP])
            looks = looks[:, np.isfinite(looks).all(axis=0)]
            sectors = _sectors(looks)
            # Where it sees the robot itself, that hides what is behind.
            found[sectors[np.hypot(looks[0], looks[1]) > self._radii[sectors]]] = CLEAR
            x, y, z = self._to_robot(points)
            low, high = self._heights
            solid = (z >= low) & (z <= high) & (np.abs(x) < math.inf) & (np.abs(y) < math.inf)
            x, y = x[solid], y[solid]
            sectors = _sectors((x, y))
            distances = np.hypot(x, y) - self._radii[sectors]
        outside = distances > 0
        nearest = np.full(SECTORS, CLEAR)
        np.minimum.at(nearest, sectors[outside], distances[outside])
        found = np.where(nearest < CLEAR, nearest, found)
        return [float(distance) for distance in found]

    def _to_robot(self, points: Floats) -> Floats:
        pose = self._pose
        turned = np.array(pose.rotation) @ points
        turned += np.array([[pose.x], [pose.y], [pose.z]])
        return turned


def _sectors(points: Any) -> npt.NDArray[np.intp]:
    """Return the sector of each of some points."""
    angles = np.arctan2(points[1], points[0]) % (2 * math.pi)
    sectors: npt.NDArray[np.intp] = (angles / SECTOR_RAD).astype(np.intp) % SECTORS
    return sectors


def _points(cloud: Any) -> Floats:
    """
    Return x, y and z of all points, as an array of (3, number).

    :raises ObstacleError: it has no such fields, or less data than it says
    """
    order = '>' if cloud.is_bigendian else '<'
    fields = {field.name: field for field in cloud.fields}
    missing = [name for name in 'xyz' if name not in fields]
    if missing:
        raise ObstacleError(f'it has no field {missing[0]}')
    formats, offsets = [], []
    for name in 'xyz':
        kind, offset = _TYPES.get(fields[name].datatype), fields[name].offset
        if kind is None:
            raise ObstacleError(f'its field {name} is of type {fields[name].datatype}; FLOAT32 (7)'
                                ' and FLOAT64 (8) are read')
        if offset + int(kind[1]) > cloud.point_step:
            raise ObstacleError(f'its field {name} begins at byte {offset}, its points have '
                                f'{cloud.point_step} bytes')
        formats.append(order + kind)
        offsets.append(offset)
    width, height, step = cloud.width, cloud.height, cloud.row_step
    if not width or not height:
        return np.empty((3, 0))
    # Some publishers leave it at 0 in clouds of one row.
    step = step or width * cloud.point_step
    needed = (height - 1) * step + width * cloud.point_step
    if step < width * cloud.point_step and height > 1:
        raise ObstacleError(f'its rows have {step} bytes, {width} points need '
                            f'{width * cloud.point_step}')
    if len(cloud.data) < needed:
        raise ObstacleError(f'it has {len(cloud.data)} bytes, {width} x {height} points need '
                            f'{needed}')
    layout = np.dtype({'names': ['x', 'y', 'z'], 'formats': formats, 'offsets': offsets,
                       'itemsize': cloud.point_step})
    rows: npt.NDArray[Any] = np.ndarray(
        (height, width), layout, cloud.data, strides=(step, cloud.point_step))
    return np.stack([rows[name].astype(np.float64).ravel() for name in 'xyz'])
