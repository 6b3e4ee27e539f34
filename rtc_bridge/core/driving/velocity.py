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

"""Planar velocities and their limits."""

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

    def is_finite(self) -> bool:
        """Tell whether every component is a number that is neither infinite nor NaN."""
        return all(map(math.isfinite, (
            self.linear_x, self.linear_y, self.angular_z, self.linear_z)))

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
        return Velocity(_within(velocity.linear_x, self.linear_x),
                        _within(velocity.linear_y, self.linear_y),
                        _within(velocity.angular_z, self.angular_z),
                        _within(velocity.linear_z, self.linear_z))

    def approach(self, now: Velocity, target: Velocity, seconds: float) -> Velocity:
        """
        Return the velocity that is reached within a time on the way from ``now`` to ``target``.

        A component whose target is zero becomes zero at once: stopping is never delayed.

        :param now: the present velocity, within the limits
        :param target: the wanted velocity, within the limits
        """
        linear, angular = self.linear_acceleration * seconds, self.angular_acceleration * seconds
        return Velocity(_step(now.linear_x, target.linear_x, linear),
                        _step(now.linear_y, target.linear_y, linear),
                        _step(now.angular_z, target.angular_z, angular),
                        _step(now.linear_z, target.linear_z, linear))


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _step(now: float, target: float, change: float) -> float:
    """Return ``now`` moved towards ``target`` by at most ``change``; a target of zero at once."""
    if not target:
        return 0.0
    if abs(target - now) <= change:
        return target
    return now + math.copysign(change, target - now)
