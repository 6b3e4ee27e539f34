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


@dataclass(frozen=True)
class Velocity:
    """
    A planar velocity in the robot's frame (REP-103).

    ``linear_x`` forward and ``linear_y`` left in m/s, ``angular_z`` counter-clockwise in rad/s.
    """

    linear_x: float = 0.0
    linear_y: float = 0.0
    angular_z: float = 0.0

    def is_zero(self) -> bool:
        """Tell whether every component is zero."""
        return not (self.linear_x or self.linear_y or self.angular_z)

    def scaled(self, factor: float) -> 'Velocity':
        """Return the same direction at another speed."""
        return Velocity(self.linear_x * factor, self.linear_y * factor, self.angular_z * factor)


ZERO = Velocity()


@dataclass(frozen=True)
class Limits:
    """Largest magnitudes: m/s, rad/s, m/s2 and rad/s2."""

    linear_x: float = 0.5
    linear_y: float = 0.0
    angular_z: float = 1.5
    linear_acceleration: float = 2.5
    angular_acceleration: float = 8.0

    def clamp(self, velocity: Velocity) -> Velocity:
        """Return the velocity with each component within its limit."""
        return Velocity(_clamp(velocity.linear_x, self.linear_x),
                        _clamp(velocity.linear_y, self.linear_y),
                        _clamp(velocity.angular_z, self.angular_z))

    def approach(self, now: Velocity, target: Velocity, dt: float) -> Velocity:
        """
        Return the velocity ``dt`` seconds on the way from ``now`` to ``target``.

        A component whose target is zero becomes zero at once: stopping is never delayed.
        """
        linear, angular = self.linear_acceleration * dt, self.angular_acceleration * dt
        return self.clamp(Velocity(_step(now.linear_x, target.linear_x, linear),
                                   _step(now.linear_y, target.linear_y, linear),
                                   _step(now.angular_z, target.angular_z, angular)))


def _clamp(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _step(now: float, target: float, change: float) -> float:
    return now + _clamp(target - now, change) if target else 0.0
