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

"""The simulated laser scanner."""

import math

import numpy as np
import pytest
from rtc_bridge.sim.scanner import SimScanner
from rtc_bridge.sim.world import box, Pose, ROOM, Room, SimWorld, START

# Ten by six metres, with a cube of one metre three metres ahead of the middle.
WITH_BOX = Room(10, 6, 1, (box(3.5, 0, 1, 1, 1, 'crate'),))


def test_walls_and_things_are_seen_from_ahead_to_the_left():
    ranges = SimScanner(WITH_BOX, 8, 20.0).scan(Pose())
    diagonal = 3 * math.sqrt(2)
    assert ranges == pytest.approx([3, diagonal, 3, diagonal, 5, diagonal, 3, diagonal])


def test_the_robot_turns_and_moves_with_it():
    ranges = SimScanner(WITH_BOX, 4, 20.0).scan(Pose(1, 1.5, math.pi / 2))
    # Left wall ahead, the far end behind it to the left, right wall behind, no cube to the right.
    assert ranges == pytest.approx([1.5, 6, 4.5, 4])
    assert SimScanner(WITH_BOX, 4, 20.0).scan(Pose(1, 0, 0))[0] == pytest.approx(2)


def test_what_is_too_far_is_infinite():
    assert list(SimScanner(WITH_BOX, 4, 3.5).scan(Pose())) == pytest.approx(
        [3, 3, math.inf, 3])


def test_a_robot_at_a_wall_sees_it_at_its_own_radius():
    world = SimWorld()
    scanner = SimScanner(ROOM)
    for _ in range(400):
        world.command(-1.0, 0.0)
        world.step(0.02)
    assert world.touching
    assert np.min(scanner.scan(world.pose)) == pytest.approx(0.2, abs=0.001)
    assert np.min(scanner.scan(START)) > 1
