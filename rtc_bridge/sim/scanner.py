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

"""The laser scanner of the simulated robot: it sees the walls and things that the camera sees."""

import math

import numpy as np
import numpy.typing as npt

from .world import Pose, Room

Floats = npt.NDArray[np.float64]


class SimScanner:
    """
    A scanner in the middle of the robot, all around: beam 0 looks ahead, then to the left.

    :param beams: number of them in a full turn
    :param max_range: m; what is farther away is infinity
    """

    def __init__(self, room: Room, beams: int = 360, max_range: float = 8.0) -> None:
        self.beams = beams
        self.step = 2 * math.pi / beams
        self.max_range = max_range
        x, y = room.length / 2, room.width / 2
        outlines = [((-x, -y), (x, -y), (x, y), (-x, y)), *(one.corners for one in room.things)]
        self._starts = np.array([corner for outline in outlines for corner in outline])
        ends = np.array([corner for outline in outlines
                         for corner in outline[1:] + outline[:1]])
        self._alongs = ends - self._starts
        self._angles = np.arange(beams) * self.step

    def scan(self, pose: Pose) -> Floats:
        """Return the distance of each beam in m."""
        angles = self._angles + pose.yaw
        dx, dy = np.cos(angles)[:, None], np.sin(angles)[:, None]
        start_x, start_y = (self._starts - (pose.x, pose.y)).T
        along_x, along_y = self._alongs.T
        # Where the ray p = t (dx, dy) meets the edge start + s along.
        with np.errstate(divide='ignore', invalid='ignore'):
            across = dx * along_y - dy * along_x
            reach = (start_x * along_y - start_y * along_x) / across
            share = (start_x * dy - start_y * dx) / across
            reach = np.where((reach > 0) & (share >= 0) & (share <= 1), reach, math.inf)
        nearest: Floats = reach.min(axis=1)
        return np.where(nearest <= self.max_range, nearest, math.inf)
