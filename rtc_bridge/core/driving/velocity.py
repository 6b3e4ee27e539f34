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

"""Velocities (linear x, y and z, angular z) and their limits."""

from dataclasses import dataclass
import math


@dataclass(frozen=True)
class Velocity:
    """
    A velocity in the robot's frame (REP-103).

    ``linear_x`` forward, ``linear_y`` left and ``linear_z`` up in m/s, ``angular_z``
    counter-clockwise in rad/s.
    """

    linear_x: float = 0.0
    linear_y: float = 0.0
    angular_z: float = 0.0
    linear_z: float = 0.0

    def is_zero(self) -> bool:
        """Tell whether every component is zero."""
        return not (self.linear_x or self.linear_y or self.angular_z or self.linear_z)

    def scaled(self, factor: float) -> 'Velocity':
        """Return the same direction at another speed."""
        return Velocity(self.linear_x * factor, self.linear_y * factor, self.angular_z * factor,
                        self.linear_z * factor)


ZERO = Velocity()


@dataclass(frozen=True)
class VelocityLimits:
    """Largest magnitudes: speeds in m/s and rad/s, accelerations in m/s2 and rad/s2."""

    linear_x: float
    linear_y: float
    angular_z: float
    linear_acceleration: float
    angular_acceleration: float
    linear_z: float = 0.0

    def clamp(self, velocity: Velocity) -> Velocity:
        """Return the velocity with each component within its limit."""
        return Velocity(max(-self.linear_x, min(self.linear_x, velocity.linear_x)),
                        max(-self.linear_y, min(self.linear_y, velocity.linear_y)),
                        max(-self.angular_z, min(self.angular_z, velocity.angular_z)),
                        max(-self.linear_z, min(self.linear_z, velocity.linear_z)))

    def approach(self, now: Velocity, target: Velocity, seconds: float) -> Velocity:
        """
        Return the velocity that is reached within a time on the way from ``now`` to ``target``.

        A component whose target is zero becomes zero at once: stopping is never delayed.

        :param now: the present velocity, within the limits
        :param target: the wanted velocity, within the limits
        """
        linear, angular = self.linear_acceleration * seconds, self.angular_acceleration * seconds
        reached = []
        for present, wanted, change in (
                (now.linear_x, target.linear_x, linear), (now.linear_y, target.linear_y, linear),
                (now.angular_z, target.angular_z, angular),
                (now.linear_z, target.linear_z, linear)):
            if not wanted:
                # Not -0.0, which it may be.
                reached.append(0.0)
            elif abs(wanted - present) <= change:
                reached.append(wanted)
            else:
                reached.append(present + math.copysign(change, wanted - present))
        return Velocity(*reached)
