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
The outline of the robot on the ground: ``teleop.footprint``.

A radius, or length and width, are enough for most robots. A polygon, in the words of Nav2's
``footprint``, has its corners anywhere around the robot's centre.
"""

from collections.abc import Iterable, Sequence
import json
import math
import re
from typing import TypeAlias

# Corners in metres, x ahead and y to the left of the robot's centre (REP 103).
Footprint: TypeAlias = tuple[tuple[float, float], ...]
FOOTPRINT_FORMS = ("empty (not known), a radius: '0.22', length and width: '0.6, 0.4', or a "
                   "polygon: '[[0.4, 0.2], [0.4, -0.2], [-0.2, -0.2], [-0.2, 0.2]]' [m]")
MAX_CORNERS = 32
# Of the polygon that stands for a circle: it is nowhere smaller by more than 1 %.
_CIRCLE_CORNERS = 24
# Metres.
_MAX_COORDINATE = 100.0
_SEPARATORS = re.compile(r'\s*[,;x\s]\s*')


def footprint_text(value: object) -> str:
    """
    Return a parameter's value as a text: ``''``, radius, length and width, or a polygon in JSON.

    :param value: such a text, a number, or one or two of them in a sequence
    :raises ValueError: neither of these, not finite, too large, or no area
    """
    corners = _read(value)
    if not corners:
        return ''
    if isinstance(value, str) and value.count('[') > 1:
        return json.dumps(corners)
    if len(corners) == _CIRCLE_CORNERS:
        return f'{corners[0][0]:.12g}'
    length, width = 2 * corners[0][0], 2 * corners[0][1]
    return f'{length:.12g}, {width:.12g}'


def parse_footprint(text: str) -> Footprint:
    """
    Return the corners that a text of :func:`footprint_text` means; none for an empty one.

    :raises ValueError: no such text
    """
    return _read(text)


def _read(value: object) -> Footprint:
    if isinstance(value, str) and value.count('[') > 1:
        return _polygon(json.loads(value))
    if isinstance(value, str):
        text = value.strip().strip('[]()').strip()
        parts: Sequence[object] = _SEPARATORS.split(text) if text else ()
    elif value is None:
        parts = ()
    elif isinstance(value, (int, float)):
        # People write a radius without quotes.
        parts = (value,)
    elif isinstance(value, Iterable):
        parts = list(value)
    else:
        raise ValueError(value)
    if not parts:
        return ()
    if len(parts) == 1:
        return _circle(_number(parts[0]))
    length, width = map(_number, parts)
    if length <= 0 or width <= 0:
        raise ValueError(value)
    x, y = length / 2, width / 2
    return (x, y), (x, -y), (-x, -y), (-x, y)


def _circle(radius: float) -> Footprint:
    if radius <= 0:
        raise ValueError(radius)
    angles = [2 * math.pi * corner / _CIRCLE_CORNERS for corner in range(_CIRCLE_CORNERS)]
    return tuple((radius * math.cos(angle), radius * math.sin(angle)) for angle in angles)


def _polygon(value: object) -> Footprint:
    if not isinstance(value, list) or not 3 <= len(value) <= MAX_CORNERS:
        raise ValueError(value)
    corners = []
    for corner in value:
        if not isinstance(corner, list):
            raise ValueError(corner)
        x, y = map(_number, corner)
        corners.append((x, y))
    # The shoelace formula.
    if not sum(x * after_y - after_x * y for (x, y), (after_x, after_y) in zip(
            corners, corners[1:] + corners[:1])):
        raise ValueError(value)
    return tuple(corners)


def _number(part: object) -> float:
    if isinstance(part, bool) or not isinstance(part, (int, float, str)):
        raise ValueError(part)
    number = float(part)
    if not (math.isfinite(number) and abs(number) <= _MAX_COORDINATE):
        raise ValueError(part)
    return number
