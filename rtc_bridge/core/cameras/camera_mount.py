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
Where a camera is on its robot and what it sees.

``cameras.NAME.mount_*`` and ``cameras.NAME.fov`` tell it, or frames and ``camera_info``. By it
pages draw on the ground of the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

from .frame_tree import Place

# Digits after the point that pages are told: a tenth of a millimetre, a hundredth of a pixel.
_DIGITS = 5


@dataclass(frozen=True)
class CameraMount:
    """
    Where the lens is, and how the picture looks that is shown: upright, after its rotation.

    :ivar height: above the ground, in metres, 0: not known
    :ivar forward: ahead of the robot's centre, in metres
    :ivar left: of the robot's centre, in metres
    :ivar pitch: how far it looks down, in radians
    :ivar yaw: how far it looks to the left, in radians
    :ivar roll: how far it leans to the right, in radians
    :ivar fov: horizontal field of view, in radians, 0: as ``camera_info`` says
    """

    height: float = 0.0
    forward: float = 0.0
    left: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    fov: float = 0.0

    @classmethod
    def of_place(cls, place: Place, rotate: int, flip: str) -> 'CameraMount | None':
        """
        Return where a camera is, ``None`` if that is not above the ground.

        :param place: of its optical frame in a frame on the ground below the robot's centre,
            which has x ahead and z up (REP 103)
        :param rotate: clockwise, as the images are shown, in degrees
        :param flip: as they are mirrored after that: a value of ``cameras.NAME.flip``
        """
        forward, left, height = place.position
        if height <= 0:
            return None
        # An optical frame has x to the right, y down and z ahead.
        right, down, ahead = (place.turn(axis) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0),
                                                            (0.0, 0.0, 1.0)))
        turned = rotate + (180 if flip in ('vertical', 'both') else 0)
        roll = math.atan2(-right[2], -down[2]) - math.radians(turned)
        return cls(height, forward, left, pitch=math.asin(max(-1.0, min(1.0, -ahead[2]))),
                   yaw=math.atan2(ahead[1], ahead[0]),
                   roll=math.remainder(roll, 2 * math.pi))

    @property
    def needs_camera_info(self) -> bool:
        """Tell whether only ``camera_info`` can say what the camera sees."""
        return self.height > 0 and not self.fov

    def members(self, calibrated: 'Intrinsics | None', rotate: int,
                flip: str) -> dict[str, float] | None:
        """
        Return what a page is told, ``None`` if it is not enough to draw by.

        :param calibrated: of the camera's own images, as ``camera_info`` says
        :param rotate: clockwise, as the images are shown, in degrees
        :param flip: as they are mirrored after that: a value of ``cameras.NAME.flip``
        """
        if not self.height:
            return None
        if self.fov:
            # It is that of the picture that is shown.
            seen = Intrinsics(0.5 / math.tan(self.fov / 2)).flipped(flip)
        elif calibrated is not None:
            seen = calibrated.rotated(rotate).flipped(flip)
        else:
            return None
        members = {'x': self.forward, 'y': self.left, 'z': self.height, 'roll': self.roll,
                   'pitch': self.pitch, 'yaw': self.yaw, 'fx': seen.fx, 'cx': seen.cx,
                   'cy': seen.cy}
        if seen.fy is not None:
            members['fy'] = seen.fy
        return {name: round(value, _DIGITS) for name, value in members.items()}


@dataclass(frozen=True)
class Intrinsics:
    """
    A pinhole camera, in shares of the width and the height of its images, whatever their size.

    :ivar fx: focal length, as a share of the width; negative: the picture is mirrored
    :ivar fy: the same of the height; ``None``: pixels are square
    :ivar cx: place of the optical axis, as a share of the width
    :ivar cy: the same of the height
    """

    fx: float
    fy: float | None = None
    cx: float = 0.5
    cy: float = 0.5

    @classmethod
    def of_matrix(cls, matrix: Sequence[float], columns: int, width: int, height: int,
                  offset: tuple[int, int] = (0, 0)) -> 'Intrinsics | None':
        """
        Return those of a matrix K or P of ``sensor_msgs/CameraInfo``, ``None`` if it is no camera.

        :param columns: of the matrix, 3 or 4
        :param width: of the images, in pixels of the matrix
        :param height: the same
        :param offset: of the images' first pixel, where they are a part of the sensor's
        """
        fx, cx, fy, cy = (matrix[i] for i in (0, 2, columns + 1, columns + 2))
        if not all(map(math.isfinite, (fx, cx, fy, cy))) or min(fx, fy, width, height) <= 0:
            return None
        # The middle of the first pixel is 0, 0.
        return cls(fx / width, fy / height, (cx + 0.5 - offset[0]) / width,
                   (cy + 0.5 - offset[1]) / height)

    def rotated(self, degrees: int) -> 'Intrinsics':
        """Return those of the image turned clockwise; it is upright then."""
        if degrees == 180:
            return replace(self, cx=1 - self.cx, cy=1 - self.cy)
        if not degrees or self.fy is None:
            return self
        if degrees == 90:
            return Intrinsics(self.fy, self.fx, 1 - self.cy, self.cx)
        return Intrinsics(self.fy, self.fx, self.cy, 1 - self.cx)

    def flipped(self, flip: str) -> 'Intrinsics':
        """
        Return those of the image mirrored.

        From left to right it is a rear-view mirror then. Otherwise it stood upside down before.
        """
        cx = 1 - self.cx if flip in ('horizontal', 'both') else self.cx
        cy = 1 - self.cy if flip in ('vertical', 'both') else self.cy
        return replace(self, fx=-self.fx if flip == 'horizontal' else self.fx, cx=cx, cy=cy)
