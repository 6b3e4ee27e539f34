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

import math

import numpy as np
import numpy.typing as npt

# The place of a frame in another: a matrix of shape (4, 4) that takes points there.
Place = npt.NDArray[np.float64]

# More than any robot has; names come from other nodes.
_MAX_FRAMES = 10_000


class FrameTree:
    """Where frames are that do not move; of one thread."""

    def __init__(self) -> None:
        # Of each frame its parent, and its place there.
        self._parents: dict[str, tuple[str, Place]] = {}

    def add(self, parent: str, frame: str, position: tuple[float, float, float],
            rotation: tuple[float, float, float, float]) -> None:
        """
        Note where a frame is; what is no place is left out.

        :param position: in the parent, in metres
        :param rotation: a quaternion x, y, z, w of any length
        """
        length = math.hypot(*rotation)
        if not (all(map(math.isfinite, (*position, length))) and length > 1e-6):
            return
        if frame in self._parents or len(self._parents) < _MAX_FRAMES:
            self._parents[_plain(frame)] = _plain(parent), _place(
                position, [value / length for value in rotation])

    def place(self, frame: str, base: str) -> Place | None:
        """Return where a frame is in another, ``None`` if nothing tells that."""
        seen = self._ancestors(_plain(frame))
        for ancestor, base_there in self._ancestors(_plain(base)).items():
            if (frame_there := seen.get(ancestor)) is not None:
                return np.linalg.inv(base_there) @ frame_there
        return None

    def _ancestors(self, frame: str) -> dict[str, Place]:
        """Return where a frame is in itself and in all that it is a part of, nearest first."""
        places = {frame: np.eye(4)}
        while (above := self._parents.get(frame)) is not None and above[0] not in places:
            places[above[0]] = above[1] @ places[frame]
            frame = above[0]
        return places


def _plain(frame: str) -> str:
    """Return a frame's name without the slash that it began with in ROS 1."""
    return frame.removeprefix('/')


def _place(position: tuple[float, float, float], rotation: list[float]) -> Place:
    x, y, z, w = rotation
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w), position[0]],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w), position[1]],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y), position[2]],
        [0, 0, 0, 1]])
