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

"""The outline of the robot, in the forms of Nav2's parameters: a radius, or a polygon."""

import json
import math

from .sectors import sector_of, SECTOR_RAD, SECTORS

FOOTPRINT_FORMS = ("empty, a radius in m: '0.22', or corners in m around base_link: "
                   "'[[0.3, 0.2], [0.3, -0.2], [-0.3, -0.2], [-0.3, 0.2]]'")
_MAX_CORNERS = 32
# Largest coordinate and radius, m.
_MAX_SIZE = 20.0
# Directions that are looked at in each sector, its edges too.
_RAYS = 5

Point = tuple[float, float]


def footprint_text(value: object) -> str:
    """
    Return a parameter's value as a text that :func:`sector_radii` reads.

    :raises ValueError: it is no footprint
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # People write a radius without quotes.
        value = repr(value)
    if not isinstance(value, str):
        raise ValueError(value)
    sector_radii(value)
    return value.strip()


def sector_radii(text: str) -> list[float]:
    """
    Return how far the robot reaches from the middle of its frame in each sector, in m.

    :param text: empty for a robot without extent
    :raises ValueError: it is no footprint, or the frame's middle is outside of the polygon
    """
    shape = _parse(text.strip())
    if isinstance(shape, float):
        return [shape] * SECTORS
    radii = [max(_reach(shape, (sector + ray / (_RAYS - 1)) * SECTOR_RAD) for ray in range(_RAYS))
             for sector in range(SECTORS)]
    for x, y in shape:
        sector = sector_of(math.atan2(y, x))
        radii[sector] = max(radii[sector], math.hypot(x, y))
    return radii


def _parse(text: str) -> float | list[Point]:
    try:
        shape = json.loads(text or '0.0')
    except RecursionError:
        raise ValueError(text) from None
    if _is_number(shape) and 0 <= shape <= _MAX_SIZE:
        return float(shape)
    if not isinstance(shape, list) or not 3 <= len(shape) <= _MAX_CORNERS:
        raise ValueError(text)
    for corner in shape:
        if not (isinstance(corner, list) and len(corner) == 2 and all(
                _is_number(one) and abs(one) <= _MAX_SIZE for one in corner)):
            raise ValueError(text)
    corners = [(float(x), float(y)) for x, y in shape]
    if any(not _reach(corners, sector * SECTOR_RAD) for sector in range(SECTORS)):
        raise ValueError(text)
    return corners


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _reach(corners: list[Point], angle: float) -> float:
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
