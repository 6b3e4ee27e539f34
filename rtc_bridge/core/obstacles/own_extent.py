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

"""How far the robot's own body reaches in each direction."""

import math

from .sectors import sector_of, SECTOR_RAD, SECTORS
from ..driving.footprint import Footprint

# Directions that are looked at in each sector, its edges too.
_RAYS = 5


def sector_radii(corners: Footprint) -> list[float]:
    """
    Return how far the robot reaches from its centre in each sector, in m.

    :param corners: see :mod:`rtc_bridge.core.driving.footprint`; none for a robot without extent
    """
    radii = [max(_reach(corners, (sector + ray / (_RAYS - 1)) * SECTOR_RAD)
                 for ray in range(_RAYS)) for sector in range(SECTORS)]
    for x, y in corners:
        sector = sector_of(math.atan2(y, x))
        radii[sector] = max(radii[sector], math.hypot(x, y))
    return radii


def _reach(corners: Footprint, angle: float) -> float:
    """Return how far a polygon reaches in a direction, 0 if it does not."""
    dx, dy = math.cos(angle), math.sin(angle)
    farthest = 0.0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]):
        # Distances of both ends from the ray's line: the edge meets it between.
        left, right = dx * ay - dy * ax, dx * by - dy * bx
        if left == right or (left > 0) == (right > 0) and left and right:
            continue
        share = left / (left - right)
        farthest = max(farthest, dx * (ax + share * (bx - ax)) + dy * (ay + share * (by - ay)))
    return farthest
