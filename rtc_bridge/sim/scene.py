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

"""The room as faces with textures, and in which order they hide each other."""

from dataclasses import dataclass
import math

import cv2
import numpy as np
import numpy.typing as npt

from . import textures
from .textures import Texture
from .world import Point, Pose, Prism, Room

Vector = npt.NDArray[np.float64]
# Left and right column of a face in the image, and its nearest depth in metres.
Span = tuple[float, float, float]
# From where the sun shines, as a unit vector.
_SUN = (0.55, 0.83)
# Brightness of a face that looks along the sun's rays, and its change when it faces the sun.
_SHADE, _SUNLIGHT = 0.80, 0.24
# Pixels per metre of the textures of things and walls.
_THING_SCALE, _WALL_SCALE = 220, 100
# Sizes of a texture, each half of the one before: a far face is drawn from a small one.
_LEVELS = 3
# Colour (BGR) and text of the walls.
_NORTH, _WEST, _SOUTH, _EAST = (
    ((148, 110, 60), 'north'), ((70, 96, 176), 'west'), ((92, 134, 72), 'south'),
    ((60, 140, 190), 'east'))


@dataclass(frozen=True)
class Eye:
    """Where a camera looks from, on the plane of the floor: position, ahead and to the right."""

    position: Vector
    ahead: Vector
    right: Vector

    @classmethod
    def on_robot(cls, pose: Pose, forward: float) -> 'Eye':
        """Return the eye of a camera that is mounted ahead of a robot's centre, in metres."""
        ahead = np.array((math.cos(pose.yaw), math.sin(pose.yaw)))
        return cls(np.array((pose.x, pose.y)) + forward * ahead, ahead,
                   np.array((ahead[1], -ahead[0])))


class Face:
    """
    An upright rectangle over the segment from ``start`` (left, as it is seen) to the right.

    :ivar along: vector from its left end to its right end, in metres
    :ivar scale: pixels per metre of its largest texture
    :ivar levels: its texture in several sizes, with one pixel more on each side
    :ivar index: of the face in its scene
    """

    def __init__(self, index: int, start: Point, end: Point, height: float,
                 texture: Texture) -> None:
        self.index = index
        self.start: Vector = np.array(start)
        self.along: Vector = np.array(end) - self.start
        self.height = height
        length = float(np.hypot(*self.along))
        # The normal points to the right of the way along the face, out of the thing.
        facing = (self.along[1] * _SUN[0] - self.along[0] * _SUN[1]) / length
        shaded = cv2.convertScaleAbs(texture, alpha=_SHADE + _SUNLIGHT * facing)
        self.scale = shaded.shape[1] / length
        self.levels = []
        for _ in range(_LEVELS):
            # Without the pixel on each side the background would show between two faces.
            self.levels.append(cv2.copyMakeBorder(shaded, 1, 1, 1, 1, cv2.BORDER_REPLICATE))
            shaded = cv2.resize(shaded, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def is_seen_from(self, point: Vector) -> bool:
        """Tell whether a point is on the side that the face looks to."""
        dx, dy = point - self.start
        return bool(self.along[0] * dy - self.along[1] * dx < 0)


class Scene:
    """
    The faces of a room.

    :ivar faces: all of them; walls first
    """

    def __init__(self, room: Room) -> None:
        self.faces: list[Face] = []
        self.walls = self._make_walls(room)
        self._things = [(thing, self._make_sides(thing)) for thing in room.things]
        self._separators = self._find_separators()

    def _make_walls(self, room: Room) -> list[Face]:
        x, y = room.length / 2, room.width / 2
        corners = [(-x, y), (x, y), (x, -y), (-x, -y)]
        # North is +y; seen from inside, clockwise is left to right.
        for index, look in enumerate((_NORTH, _EAST, _SOUTH, _WEST)):
            start, end = corners[index], corners[(index + 1) % 4]
            texture = textures.wall(math.dist(start, end), room.height, _WALL_SCALE, *look)
            self.faces.append(Face(len(self.faces), start, end, room.height, texture))
        return list(self.faces)

    def _make_sides(self, thing: Prism) -> list[Face]:
        sides = []
        for start, end in zip(thing.corners, thing.corners[1:] + thing.corners[:1]):
            texture = textures.side(thing.look, math.dist(start, end), thing.height, _THING_SCALE)
            sides.append(Face(len(self.faces), start, end, thing.height, texture))
            self.faces.append(sides[-1])
        return sides

    def _find_separators(self) -> dict[tuple[int, int], Face]:
        """Return for pairs of things a side of the first that the second is in front of."""
        found: dict[tuple[int, int], Face] = {}
        for i, (_, sides) in enumerate(self._things):
            for j, (other, _) in enumerate(self._things):
                for face in sides:
                    if i != j and all(face.is_seen_from(np.array(c)) for c in other.corners):
                        found[i, j] = face
                        break
        return found

    def visible_sides(self, eye: Vector, spans: list[Span | None], width: int) -> list[Face]:
        """
        Return the sides of things that are in view, hidden ones before those that hide them.

        :param spans: of all faces, ``None`` for those behind the camera
        :param width: of the image, in pixels
        """
        return [face for index in self._far_to_near(eye, spans, width)
                for face in self._things[index][1] if face.is_seen_from(eye)]

    def _far_to_near(self, eye: Vector, face_spans: list[Span | None], width: int) -> list[int]:
        """Return the indices of the things in view, hidden ones before what hides them."""
        spans: dict[int, Span] = {}
        for index, (_, sides) in enumerate(self._things):
            parts = [span for face in sides if (span := face_spans[face.index]) is not None]
            if parts:
                low, high = min(p[0] for p in parts), max(p[1] for p in parts)
                if high >= 0 and low < width:
                    spans[index] = low, high, min(p[2] for p in parts)
        order, left = [], sorted(spans, key=lambda i: -spans[i][2])
        while left:
            # One that hides no other; if they hide each other in a circle, the farthest.
            chosen = next((i for i in left if not any(
                self._hides(i, j, eye, spans) for j in left if j != i)), left[0])
            left.remove(chosen)
            order.append(chosen)
        return order

    def _hides(self, i: int, j: int, eye: Vector, spans: dict[int, Span]) -> bool:
        """Tell whether thing ``i`` may hide a part of thing ``j``."""
        if spans[i][0] > spans[j][1] or spans[j][0] > spans[i][1]:
            return False
        if (i, j) in self._separators:
            return not self._separators[i, j].is_seen_from(eye)
        return self._separators[j, i].is_seen_from(eye)
