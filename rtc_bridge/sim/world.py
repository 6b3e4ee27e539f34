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
A walled room and a differential drive in it: what ``sim_robot`` simulates.

Metres, radians and seconds; x forward, y left, counter-clockwise angles (REP 103).
"""

from dataclasses import dataclass
import math

Point = tuple[float, float]


@dataclass(frozen=True)
class Prism:
    """An upright thing on a convex base; the corners go round counter-clockwise."""

    corners: tuple[Point, ...]
    height: float
    look: str


@dataclass(frozen=True)
class Room:
    """A rectangle around the origin, with things in it. ``height`` is that of its walls."""

    length: float
    width: float
    height: float
    things: tuple[Prism, ...] = ()


@dataclass(frozen=True)
class Pose:
    """Where the robot is, in the odometry frame."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0


def box(x: float, y: float, length: float, width: float, height: float, look: str,
        yaw: float = 0.0) -> Prism:
    """Return a box around a point, turned by ``yaw``."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    corners = tuple((x + cos * a - sin * b, y + sin * a + cos * b)
                    for a, b in ((-length / 2, -width / 2), (length / 2, -width / 2),
                                 (length / 2, width / 2), (-length / 2, width / 2)))
    return Prism(corners, height, look)


def pillar(x: float, y: float, radius: float, height: float, look: str, sides: int = 14) -> Prism:
    """Return a round pillar, as a prism of many sides."""
    angles = (2 * math.pi * i / sides for i in range(sides))
    return Prism(tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles),
                 height, look)


ROOM = Room(12.0, 9.0, 1.3, (
    box(-1.6, 1.9, 0.8, 0.8, 0.8, 'crate', 0.3),
    box(-0.7, 2.6, 0.6, 0.6, 0.6, 'crate', 0.9),
    box(2.6, -0.1, 2.2, 0.9, 0.95, 'blue container', 0.15),
    box(4.6, 3.0, 0.9, 2.0, 0.95, 'red container', -0.1),
    box(-3.4, -3.4, 1.6, 0.8, 0.9, 'green container', 0.0),
    box(1.1, -3.2, 0.7, 0.7, 0.7, 'crate', -0.4),
    box(5.0, -3.5, 0.8, 0.8, 0.8, 'crate', 0.2),
    pillar(0.4, 1.1, 0.18, 1.1, 'orange pillar'),
    pillar(0.2, -1.7, 0.18, 1.1, 'orange pillar'),
    pillar(1.7, 3.3, 0.22, 1.2, 'white pillar'),
    pillar(3.9, -2.2, 0.22, 1.2, 'white pillar'),
    pillar(-4.9, 3.4, 0.22, 1.2, 'white pillar'),
))
START = Pose(-4.3, -0.3, 0.06)


def _nearest(a: Point, b: Point, p: Point) -> Point:
    """Return the point of the segment from ``a`` to ``b`` that is nearest to ``p``."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    share = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)
    share = min(max(share, 0.0), 1.0)
    return a[0] + share * dx, a[1] + share * dy


class SimWorld:
    """
    A round robot with differential drive.

    Its speeds follow the command with a first-order lag; it slides along what it touches and stops
    in front of it; a command older than ``timeout`` seconds counts as zero.
    """

    def __init__(self, room: Room = ROOM, start: Pose = START, *, radius: float = 0.2,
                 max_linear: float = 1.0, max_angular: float = 2.0, lag: float = 0.12,
                 timeout: float = 0.5) -> None:
        """Put the robot at ``start``, at rest."""
        self._room = room
        self._radius = radius
        self._max = (max_linear, max_angular)
        self._lag = lag
        self._timeout = timeout
        self._target = (0.0, 0.0)
        self._age = math.inf
        self._edges = [(a, b) for thing in room.things
                       for a, b in zip(thing.corners, thing.corners[1:] + thing.corners[:1])]
        self.pose = start
        # m/s forward and rad/s, as they are, not as commanded.
        self.linear = 0.0
        self.angular = 0.0
        # True while something is in the way.
        self.touching = False

    def command(self, linear: float, angular: float) -> None:
        """Set the wanted speeds, clamped to what the base can do; not finite means stop."""
        if not (math.isfinite(linear) and math.isfinite(angular)):
            linear = angular = 0.0
        self._target = (min(max(linear, -self._max[0]), self._max[0]),
                        min(max(angular, -self._max[1]), self._max[1]))
        self._age = 0.0

    def place(self, pose: Pose) -> None:
        """Put the robot somewhere, at rest."""
        self.pose = pose
        self._target = (0.0, 0.0)
        self.linear = self.angular = 0.0

    def step(self, dt: float) -> None:
        """Let ``dt`` seconds pass; only the first 0.2 of them move the robot."""
        if not dt > 0:
            return
        self._age += dt
        target = self._target if self._age < self._timeout else (0.0, 0.0)
        dt = min(dt, 0.2)
        # No step is longer than a fraction of the robot: nothing thin is jumped over.
        count = max(1, math.ceil(dt * self._max[0] / (self._radius / 4)))
        for _ in range(count):
            self._move(dt / count, target)

    def _move(self, dt: float, target: tuple[float, float]) -> None:
        share = 1 - math.exp(-dt / self._lag)
        linear = self.linear + (target[0] - self.linear) * share
        self.angular += (target[1] - self.angular) * share
        # An exponential never arrives; wheels do.
        if target == (0.0, 0.0) and abs(linear) < 1e-3 and abs(self.angular) < 1e-3:
            linear = self.angular = 0.0
        x, y, yaw = self.pose.x, self.pose.y, self.pose.yaw
        middle = yaw + self.angular * dt / 2
        cos, sin = math.cos(middle), math.sin(middle)
        free = (x + linear * cos * dt, y + linear * sin * dt)
        place = self._push_out(free)
        self.touching = place != free
        self.linear = linear
        if self.touching:
            # What is left of the motion along the heading; never a push backwards.
            left = ((place[0] - x) * cos + (place[1] - y) * sin) / dt
            self.linear = max(0.0, left) if linear > 0 else min(0.0, left)
        yaw = math.remainder(yaw + self.angular * dt, 2 * math.pi)
        self.pose = Pose(*place, yaw)

    def _push_out(self, place: Point) -> Point:
        """Return the nearest place that touches nothing; the present one if there is none."""
        for _ in range(4):
            pushed = self._pushed(place)
            if pushed == place:
                return place
            place = pushed
        return self.pose.x, self.pose.y

    def _pushed(self, place: Point) -> Point:
        x_limit = self._room.length / 2 - self._radius
        y_limit = self._room.width / 2 - self._radius
        x = min(max(place[0], -x_limit), x_limit)
        y = min(max(place[1], -y_limit), y_limit)
        for a, b in self._edges:
            near = _nearest(a, b, (x, y))
            dx, dy = x - near[0], y - near[1]
            distance = math.hypot(dx, dy)
            # A hair of slack, or the end of one push would be the start of the next.
            if 0 < distance < self._radius - 1e-9:
                out = self._radius / distance
                x, y = near[0] + dx * out, near[1] + dy * out
        return x, y
