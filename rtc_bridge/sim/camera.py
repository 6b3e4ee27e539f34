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
The camera of the simulated robot: a perspective image of the room.

Every surface is a plane, so each is drawn by one homography, far ones first. The camera looks
level: the floor in a row of the image has one distance, and so has a wall in a column.
"""

import math
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from . import textures
from .scene import Eye, Face, Scene, Span, Vector
from .textures import Texture
from .world import Pose, Room

Matrix = npt.NDArray[np.float64]
# Metres in front of the camera; the robot's own body keeps everything farther away.
_NEAR = 0.04
# Pixels per metre of the floor's texture, and what the far floor's is scaled by.
_FLOOR_SCALE, _FAR_FLOOR_FACTOR = 160, 0.4
# Metres: farther floor is drawn with several lines for each row, and averaged, as it would flicker
# otherwise.
_FAR_FLOOR, _LINES = 2.6, 3
# Metres: nearer floor is drawn at half the size, as its texture has no more to show.
_NEAR_FLOOR, _NEAR_LINES = 1.2, 0.5
# Share of the image above the horizon: more floor than sky, as on a robot whose camera is tilted
# down.
_SKY_SHARE = 0.40
# Rows of the sky's texture at least.
_MIN_SKY_ROWS = 8


class SimCamera:
    """
    A pinhole camera on the robot; making it takes some tenths of a second, for the textures.

    :param width: of the image, in pixels
    :param height: of the image, in pixels
    :param fov: horizontal field of view, in radians
    :param above_floor: height of the lens in metres, below the top of everything
    :param forward: distance of the lens from the robot's centre, in metres
    :ivar matrix: its 3x3 intrinsic matrix K: focal lengths and principal point in pixels
    """

    def __init__(self, room: Room, width: int = 640, height: int = 480, *, fov: float = 1.25,
                 above_floor: float = 0.32, forward: float = 0.1) -> None:
        self.width, self.height = width, height
        self._above, self._forward = above_floor, forward
        self._focal = width / 2 / math.tan(fov / 2)
        self._cx = (width - 1) / 2
        self._cy = round(height * _SKY_SHARE) - 0.5
        self.matrix: Matrix = np.array(
            [[self._focal, 0, self._cx], [0, self._focal, self._cy], [0, 0, 1]])
        self._room = room
        floor = textures.floor(room, _FLOOR_SCALE)
        self._floor = floor
        self._far_floor = cast(Texture, cv2.resize(
            floor, None, fx=_FAR_FLOOR_FACTOR, fy=_FAR_FLOOR_FACTOR, interpolation=cv2.INTER_AREA))
        self._horizon = math.ceil(self._cy)
        around = round(2 * math.pi * self._focal)
        sky = textures.sky(max(self._horizon, _MIN_SKY_ROWS), around)[:self._horizon]
        # Columns are contiguous: an image takes as many of them as it is wide.
        self._sky = np.ascontiguousarray(sky.transpose(1, 0, 2))
        self._angles = np.arctan((np.arange(width) - self._cx) / self._focal)
        self._scene = Scene(room)
        self._starts = np.array([face.start for face in self._scene.faces])
        self._alongs = np.array([face.along for face in self._scene.faces])
        self._last: tuple[Pose, Texture] | None = None

    def render(self, pose: Pose) -> Texture:
        """Return what the camera sees from a robot's pose, as new BGR of (height, width, 3)."""
        # A robot that stands still costs nothing.
        if self._last is None or self._last[0] != pose:
            self._last = pose, self._draw(pose)
        return self._last[1].copy()

    def _draw(self, pose: Pose) -> Texture:
        eye = Eye.on_robot(pose, self._forward)
        image = np.empty((self.height, self.width, 3), np.uint8)
        self._draw_sky(image, pose.yaw)
        self._draw_floor(image, eye)
        spans = self._spans(eye)
        for face in (*self._scene.walls,
                     *self._scene.visible_sides(eye.position, spans, self.width)):
            span = spans[face.index]
            if span is not None:
                self._draw_face(image, face, span, eye)
        return image

    def _draw_sky(self, image: Texture, yaw: float) -> None:
        columns = ((self._angles - yaw) * self._focal).astype(np.int64) % len(self._sky)
        cv2.transpose(self._sky[columns], image[:self._horizon])

    def _draw_floor(self, image: Texture, eye: Eye) -> None:
        """Draw the floor in three parts, from far to near."""
        above, focal = self._above, self._focal
        far = min(self._horizon + int(focal * above / _FAR_FLOOR), self.height)
        near = min(self._horizon + int(focal * above / _NEAR_FLOOR), self.height)
        # From image to floor: times (y - cy), a pixel is focal * above ahead and (x - cx) * above
        # to the right.
        columns = np.array([
            eye.right * above, eye.position, eye.ahead * above * focal
            - eye.right * above * self._cx - eye.position * self._cy]).T
        to_world: Matrix = np.vstack((columns, (0, 1, -self._cy)))
        self._draw_floor_rows(image, self._far_floor, to_world, self._horizon, far, 1, _LINES)
        self._draw_floor_rows(image, self._floor, to_world, far, near, 1, 1)
        self._draw_floor_rows(image, self._floor, to_world, near, self.height, _NEAR_LINES,
                              _NEAR_LINES)

    def _draw_floor_rows(self, image: Texture, texture: Texture, to_world: Matrix, first: int,
                         last: int, columns: float, lines: float) -> None:
        """
        Draw some rows of the floor.

        :param to_world: from the image to the floor
        :param columns: that are drawn for each column of the image
        :param lines: that are drawn for each row of the image
        """
        if last <= first:
            return
        size = round(self.width * columns), max(round((last - first) * lines), 1)
        # The true ratios, for odd sizes.
        columns, lines = size[0] / self.width, size[1] / (last - first)
        scale = texture.shape[1] / self._room.length
        to_texture = np.array([[scale, 0, self._room.length / 2 * scale - 0.5],
                               [0, -scale, self._room.width / 2 * scale - 0.5], [0, 0, 1]])
        to_image = np.array([[1 / columns, 0, 0.5 / columns - 0.5],
                             [0, 1 / lines, first + 0.5 / lines - 0.5], [0, 0, 1]])
        same = columns == lines == 1
        target: dict[str, Any] = {'dst': image[first:last]} if same else {}
        # Lines that are averaged need no interpolation of their own.
        interpolation = cv2.INTER_NEAREST if lines > 1 else cv2.INTER_LINEAR
        drawn = cv2.warpPerspective(
            texture, to_texture @ to_world @ to_image, size,
            flags=interpolation | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE, **target)
        if not same:
            cv2.resize(drawn, (self.width, last - first), image[first:last],
                       interpolation=cv2.INTER_AREA if lines > 1 else cv2.INTER_LINEAR)

    def _spans(self, eye: Eye) -> list[Span | None]:
        """Return the span of each face, ``None`` for those behind the camera."""
        starts = self._starts - eye.position
        depth, slope = starts @ eye.ahead, self._alongs @ eye.ahead
        aside, drift = starts @ eye.right, self._alongs @ eye.right
        # The share of the face at which it comes through the plane of the lens.
        through = np.clip((_NEAR - depth) / np.where(slope == 0, 1, slope), 0, 1)
        columns: list[Vector] = []
        depths: list[Vector] = []
        for share in (np.where(depth < _NEAR, through, 0),
                      np.where(depth + slope < _NEAR, through, 1)):
            depths.append(np.maximum(depth + share * slope, _NEAR))
            columns.append(self._cx + self._focal * (aside + share * drift) / depths[-1])
        parts = zip(np.minimum(*columns).tolist(), np.maximum(*columns).tolist(),
                    np.minimum(*depths).tolist(), (np.maximum(depth, depth + slope) > _NEAR))
        return [(low, high, nearest) if seen else None for low, high, nearest, seen in parts]

    def _draw_face(self, image: Texture, face: Face, span: Span, eye: Eye) -> None:
        low, high, nearest = span
        focal, cy = self._focal, self._cy
        left, end = max(0, math.ceil(low)), min(self.width, math.floor(high) + 1)
        top = max(0, math.floor(cy - focal * (face.height - self._above) / nearest))
        bottom = min(self.height, math.ceil(cy + focal * self._above / nearest) + 1)
        if end <= left or bottom <= top:
            return
        level = min(int(math.log2(max(face.scale * nearest / focal, 1))), len(face.levels) - 1)
        texture = face.levels[level]
        start = face.start - eye.position
        # From (share along the face, share down it) to the image.
        to_camera = np.array([[face.along @ eye.right, 0, start @ eye.right],
                              [0, face.height, self._above - face.height],
                              [face.along @ eye.ahead, 0, start @ eye.ahead]])
        to_image = np.array([[focal, 0, self._cx - left], [0, focal, cy - top], [0, 0, 1]])
        rows, columns = texture.shape[0] - 2, texture.shape[1] - 2
        from_texture = np.array([[1 / columns, 0, -0.5 / columns], [0, 1 / rows, -0.5 / rows],
                                 [0, 0, 1]])
        cv2.warpPerspective(texture, to_image @ to_camera @ from_texture,
                            (end - left, bottom - top), dst=image[top:bottom, left:end],
                            flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
