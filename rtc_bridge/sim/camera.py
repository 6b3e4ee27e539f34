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
The camera of the simulated robot: a perspective picture of the room.

Every surface is a plane, so each is drawn by one homography, far ones first. The camera looks
level: the floor in a row of the picture has one distance, and so has a wall in a column.
"""

import math

import cv2
import numpy as np

from . import textures
from .world import Point, Pose, Prism, Room

# Metres in front of the camera; the robot's own body keeps everything farther away.
_NEAR = 0.04
_FLOOR_SCALE = 160
# Farther floor is drawn with several lines for each, and averaged: it would flicker otherwise.
# Nearer floor is drawn at half the size: its texture has no more to show.
_FAR_FLOOR, _LINES = 2.6, 3
_NEAR_FLOOR = 1.2
_SUN = (0.55, 0.83)
_WALLS = (((148, 110, 60), 'north'), ((70, 96, 176), 'west'), ((92, 134, 72), 'south'),
          ((60, 140, 190), 'east'))


class _Face:
    """An upright rectangle over the segment from ``a`` (left, as it is seen) to ``b``."""

    def __init__(self, a: Point, b: Point, height: float, texture: np.ndarray) -> None:
        """Shade the texture by the sun and keep it in three sizes."""
        self.a = np.array(a)
        self.along = np.array(b) - self.a
        self.height = height
        self.index = 0
        length = float(np.hypot(*self.along))
        # The normal points to the right of the way from a to b, out of the thing.
        facing = (self.along[1] * _SUN[0] - self.along[0] * _SUN[1]) / length
        shade = 0.80 + 0.24 * facing
        texture = cv2.convertScaleAbs(texture, alpha=shade)
        # Pixels a metre of the largest size.
        self.scale = texture.shape[1] / length
        self.levels = []
        for _ in range(3):
            # One pixel more all around, or the background would show between two faces.
            padded = cv2.copyMakeBorder(texture, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
            self.levels.append(padded)
            texture = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def seen_from(self, eye: np.ndarray) -> bool:
        """Return whether the eye is on the side that the face looks to."""
        dx, dy = eye - self.a
        return self.along[0] * dy - self.along[1] * dx < 0


def _thing_faces(thing: Prism) -> list[_Face]:
    faces = []
    for a, b in zip(thing.corners, thing.corners[1:] + thing.corners[:1]):
        texture = textures.side(thing.look, math.dist(a, b), thing.height, 220)
        faces.append(_Face(a, b, thing.height, texture))
    return faces


def _wall_faces(room: Room) -> list[_Face]:
    x, y = room.length / 2, room.width / 2
    corners = [(-x, y), (x, y), (x, -y), (-x, -y)]
    faces = []
    # North is +y; from inside, clockwise is left to right.
    for index, name in ((0, 0), (1, 3), (2, 2), (3, 1)):
        a, b = corners[index], corners[(index + 1) % 4]
        texture = textures.wall(math.dist(a, b), room.height, 100, *_WALLS[name])
        faces.append(_Face(a, b, room.height, texture))
    return faces


class SimCamera:
    """
    A pinhole camera on the robot.

    ``matrix`` is its 3x3 intrinsic matrix K: focal lengths and principal point in pixels.
    """

    def __init__(self, room: Room, width: int = 640, height: int = 480, *, fov: float = 1.25,
                 above_floor: float = 0.32, forward: float = 0.1) -> None:
        """
        Make the textures, which takes some tenths of a second.

        :param fov: horizontal field of view, in radians
        :param above_floor: height of the lens, in metres, below the top of everything
        :param forward: distance of the lens from the robot's centre, in metres
        """
        self.width, self.height = width, height
        self._above, self._forward = above_floor, forward
        self._focal = width / 2 / math.tan(fov / 2)
        self._cx = (width - 1) / 2
        # More floor than sky: the lens is shifted, as it would be tilted on a real robot.
        self._cy = round(height * 0.40) - 0.5
        self.matrix = np.array([[self._focal, 0, self._cx], [0, self._focal, self._cy], [0, 0, 1]])
        self._room = room
        near = textures.floor(room, _FLOOR_SCALE)
        self._floor = near, cv2.resize(near, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
        self._horizon = math.ceil(self._cy)
        around = round(2 * math.pi * self._focal)
        sky = textures.sky(max(self._horizon, 8), around)[:self._horizon]
        # Columns are contiguous: a picture takes as many of them as it is wide.
        self._sky = np.ascontiguousarray(sky.transpose(1, 0, 2))
        self._angles = np.arctan((np.arange(width) - self._cx) / self._focal)
        self._walls = _wall_faces(room)
        self._things = [(thing, _thing_faces(thing)) for thing in room.things]
        self._separators = self._find_separators()
        self._last: tuple[Pose, np.ndarray] | None = None
        everything = self._walls + [face for _, faces in self._things for face in faces]
        for index, face in enumerate(everything):
            face.index = index
        self._starts = np.array([face.a for face in everything])
        self._alongs = np.array([face.along for face in everything])

    def render(self, pose: Pose) -> np.ndarray:
        """Return what the camera sees from a robot's pose, as a new (height, width, 3) BGR."""
        # A robot that stands still costs nothing.
        if self._last is None or self._last[0] != pose:
            self._last = pose, self._rendered(pose)
        return self._last[1].copy()

    def _rendered(self, pose: Pose) -> np.ndarray:
        ahead = np.array((math.cos(pose.yaw), math.sin(pose.yaw)))
        eye = np.array((pose.x, pose.y)) + self._forward * ahead
        right = np.array((ahead[1], -ahead[0]))
        frame = np.empty((self.height, self.width, 3), np.uint8)
        self._draw_sky(frame, pose.yaw)
        self._draw_floor(frame, eye, ahead, right)
        spans = self._spans(eye, ahead, right)
        for face in self._walls:
            self._draw_face(frame, face, spans[face.index], eye, ahead, right)
        for index in self._far_to_near(eye, spans):
            for face in self._things[index][1]:
                if face.seen_from(eye):
                    self._draw_face(frame, face, spans[face.index], eye, ahead, right)
        return frame

    def _draw_sky(self, frame: np.ndarray, yaw: float) -> None:
        columns = ((self._angles - yaw) * self._focal).astype(np.int64) % len(self._sky)
        cv2.transpose(self._sky[columns], frame[:self._horizon])

    def _draw_floor(self, frame: np.ndarray, eye: np.ndarray, ahead: np.ndarray,
                    right: np.ndarray) -> None:
        h, f = self._above, self._focal
        far = min(self._horizon + int(f * h / _FAR_FLOOR), self.height)
        near = min(self._horizon + int(f * h / _NEAR_FLOOR), self.height)
        # From picture to floor: times (y - cy), a pixel is f h ahead and (x - cx) h to the right.
        columns = np.array([right * h, eye, ahead * f * h - right * h * self._cx
                            - eye * self._cy]).T
        to_world = np.vstack((columns, (0, 1, -self._cy)))
        # Texture, rows, and how many columns and lines are drawn for each of the picture.
        for image, first, last, wide, lines in (
                (self._floor[1], self._horizon, far, 1, _LINES),
                (self._floor[0], far, near, 1, 1), (self._floor[0], near, self.height, 0.5, 0.5)):
            if last <= first:
                continue
            size = round(self.width * wide), max(round((last - first) * lines), 1)
            # The true ratios, for odd sizes.
            wide, lines = size[0] / self.width, size[1] / (last - first)
            scale = image.shape[1] / self._room.length
            to_texture = np.array([[scale, 0, self._room.length / 2 * scale - 0.5],
                                   [0, -scale, self._room.width / 2 * scale - 0.5], [0, 0, 1]])
            rows = np.array([[1 / wide, 0, 0.5 / wide - 0.5],
                             [0, 1 / lines, first + 0.5 / lines - 0.5], [0, 0, 1]])
            same = wide == lines == 1
            # Lines that are averaged need no interpolation of their own.
            flag = cv2.INTER_NEAREST if lines > 1 else cv2.INTER_LINEAR
            drawn = cv2.warpPerspective(
                image, to_texture @ to_world @ rows, size, dst=frame[first:last] if same else None,
                flags=flag | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
            if not same:
                cv2.resize(drawn, (self.width, last - first), frame[first:last],
                           interpolation=cv2.INTER_AREA if lines > 1 else cv2.INTER_LINEAR)

    def _spans(self, eye: np.ndarray, ahead: np.ndarray,
               right: np.ndarray) -> list[tuple[float, float, float] | None]:
        """Return left and right column and nearest depth of each face, None for those behind."""
        starts = self._starts - eye
        depth = starts @ ahead
        slope = self._alongs @ ahead
        aside, drift = starts @ right, self._alongs @ right
        # The share of the face at which it comes through the plane of the lens.
        through = np.clip((_NEAR - depth) / np.where(slope == 0, 1, slope), 0, 1)
        columns, depths = [], []
        for share in (np.where(depth < _NEAR, through, 0),
                      np.where(depth + slope < _NEAR, through, 1)):
            depths.append(np.maximum(depth + share * slope, _NEAR))
            columns.append(self._cx + self._focal * (aside + share * drift) / depths[-1])
        parts = zip(np.minimum(*columns).tolist(), np.maximum(*columns).tolist(),
                    np.minimum(*depths).tolist(), (np.maximum(depth, depth + slope) > _NEAR))
        return [(low, high, nearest) if seen else None for low, high, nearest, seen in parts]

    def _draw_face(self, frame: np.ndarray, face: _Face, span: tuple[float, float, float] | None,
                   eye: np.ndarray, ahead: np.ndarray, right: np.ndarray) -> None:
        if span is None:
            return
        low, high, nearest = span
        f, cy = self._focal, self._cy
        left, end = max(0, math.ceil(low)), min(self.width, math.floor(high) + 1)
        top = max(0, math.floor(cy - f * (face.height - self._above) / nearest))
        bottom = min(self.height, math.ceil(cy + f * self._above / nearest) + 1)
        if end <= left or bottom <= top:
            return
        level = min(int(math.log2(max(face.scale * nearest / f, 1))), 2)
        image = face.levels[level]
        start = face.a - eye
        # From (share along the face, share down it) to the picture.
        rows = np.array([[face.along @ right, 0, start @ right],
                         [0, face.height, self._above - face.height],
                         [face.along @ ahead, 0, start @ ahead]])
        view = np.array([[f, 0, self._cx - left], [0, f, cy - top], [0, 0, 1]])
        h, w = image.shape[0] - 2, image.shape[1] - 2
        from_texture = np.array([[1 / w, 0, -0.5 / w], [0, 1 / h, -0.5 / h], [0, 0, 1]])
        cv2.warpPerspective(image, view @ rows @ from_texture, (end - left, bottom - top),
                            dst=frame[top:bottom, left:end], flags=cv2.INTER_LINEAR,
                            borderMode=cv2.BORDER_TRANSPARENT)

    def _find_separators(self) -> dict[tuple[int, int], _Face]:
        """Return for pairs of things a side of the first that the second is in front of."""
        found = {}
        for i, (_, faces) in enumerate(self._things):
            for j, (other, _) in enumerate(self._things):
                for face in faces:
                    if i != j and all(face.seen_from(np.array(c)) for c in other.corners):
                        found[i, j] = face
                        break
        return found

    def _far_to_near(self, eye: np.ndarray, face_spans: list) -> list[int]:
        """Return the indices of the things in view, hidden ones before what hides them."""
        spans = {}
        for index, (_, faces) in enumerate(self._things):
            parts = [face_spans[face.index] for face in faces if face_spans[face.index]]
            if parts:
                low, high = min(p[0] for p in parts), max(p[1] for p in parts)
                if high >= 0 and low < self.width:
                    spans[index] = low, high, min(p[2] for p in parts)
        order, left = [], sorted(spans, key=lambda i: -spans[i][2])
        while left:
            # One that covers no other; if they go round in a circle, the farthest.
            chosen = next((i for i in left if not any(
                self._covers(i, j, eye, spans) for j in left if j != i)), left[0])
            left.remove(chosen)
            order.append(chosen)
        return order

    def _covers(self, i: int, j: int, eye: np.ndarray, spans: dict) -> bool:
        """Return whether thing ``i`` may hide a part of thing ``j``."""
        if spans[i][0] > spans[j][1] or spans[j][0] > spans[i][1]:
            return False
        if (i, j) in self._separators:
            return not self._separators[i, j].seen_from(eye)
        return self._separators[j, i].seen_from(eye)
