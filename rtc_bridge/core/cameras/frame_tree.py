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

"""Frames and where they are in each other (REP 105), as ``tf_static`` tells it. Pure."""

from dataclasses import dataclass
import math
from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]
# A rotation as x, y, z, w.
Quaternion: TypeAlias = tuple[float, float, float, float]

# More than any robot has; names come from other nodes.
_MAX_FRAMES = 10_000


@dataclass(frozen=True)
class Place:
    """
    Where a frame is in another one.

    :ivar position: in metres
    :ivar rotation: of length 1
    """

    position: Vector = (0.0, 0.0, 0.0)
    rotation: Quaternion = (0.0, 0.0, 0.0, 1.0)

    def turn(self, vector: Vector) -> Vector:
        """Return a direction of the frame as one of the other."""
        x, y, z, w = self.rotation
        a, b, c = vector
        # Twice the cross product of the rotation's axis and the vector.
        d, e, f = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
        return (a + w * d + y * f - z * e, b + w * e + z * d - x * f, c + w * f + x * e - y * d)

    def of(self, inner: 'Place') -> 'Place':
        """Return the place of what is in the frame."""
        (a, b, c), (d, e, f) = self.position, self.turn(inner.position)
        x, y, z, w = self.rotation
        i, j, k, h = inner.rotation
        return Place((a + d, b + e, c + f), (
            w * i + x * h + y * k - z * j, w * j - x * k + y * h + z * i,
            w * k + x * j - y * i + z * h, w * h - x * i - y * j - z * k))

    def inverse(self) -> 'Place':
        """Return where the other is in the frame."""
        x, y, z, w = self.rotation
        back = Place(rotation=(-x, -y, -z, w))
        a, b, c = back.turn(self.position)
        return Place((-a, -b, -c), back.rotation)


class FrameTree:
    """Where frames are that do not move; of one thread."""

    def __init__(self) -> None:
        # Of each frame its parent, and its place there.
        self._parents: dict[str, tuple[str, Place]] = {}

    def add(self, parent: str, frame: str, position: Vector, rotation: Quaternion) -> None:
        """
        Note where a frame is; what is no place is left out.

        :param position: in the parent, in metres
        :param rotation: of any length
        """
        length = math.hypot(*rotation)
        if not (all(map(math.isfinite, (*position, length))) and length > 1e-6):
            return
        frame = _plain(frame)
        if frame in self._parents or len(self._parents) < _MAX_FRAMES:
            x, y, z, w = rotation
            self._parents[frame] = _plain(parent), Place(
                position, (x / length, y / length, z / length, w / length))

    def place(self, frame: str, base: str) -> Place | None:
        """Return where a frame is in another, ``None`` if nothing tells that."""
        seen = self._ancestors(_plain(frame))
        for ancestor, base_there in self._ancestors(_plain(base)).items():
            if (frame_there := seen.get(ancestor)) is not None:
                return base_there.inverse().of(frame_there)
        return None

    def _ancestors(self, frame: str) -> dict[str, Place]:
        """Return where a frame is in itself and in all that it is a part of, nearest first."""
        places = {frame: Place()}
        while (above := self._parents.get(frame)) is not None and above[0] not in places:
            places[above[0]] = above[1].of(places[frame])
            frame = above[0]
        return places


def _plain(frame: str) -> str:
    """Return a frame's name without the slash that it began with in ROS 1."""
    return frame.removeprefix('/')
