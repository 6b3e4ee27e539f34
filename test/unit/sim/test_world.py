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

"""The simulated room and robot."""

import math

import pytest
from rtc_bridge.sim.world import box, pillar, Pose, ROOM, Room, SimWorld, START

EMPTY = Room(20, 20, 1)


def drive(world, linear, angular, seconds, dt=0.02):
    """Command and step for a while."""
    for _ in range(round(seconds / dt)):
        world.command(linear, angular)
        world.step(dt)


def test_drives_straight():
    world = SimWorld(EMPTY, Pose(0, 0, math.pi / 2))
    drive(world, 0.5, 0, 4)
    assert world.pose.x == pytest.approx(0, abs=1e-9)
    # The lag costs speed times lag.
    assert world.pose.y == pytest.approx(0.5 * (4 - 0.12), rel=0.01)
    assert world.linear == pytest.approx(0.5) and not world.touching


def test_positive_angular_turns_left():
    world = SimWorld(EMPTY, Pose())
    drive(world, 0, 1.0, 1)
    assert world.pose.yaw == pytest.approx(1.0 * (1 - 0.12), rel=0.02)
    assert (world.pose.x, world.pose.y) == (0, 0)


def test_drives_a_circle():
    world = SimWorld(EMPTY, Pose(0, 0, 0))
    drive(world, 0.5, 0.5, 2)
    start = world.pose
    drive(world, 0.5, 0.5, 4 * math.pi, dt=4 * math.pi / 600)
    assert world.pose.x == pytest.approx(start.x, abs=0.01)
    assert world.pose.y == pytest.approx(start.y, abs=0.01)


def test_speed_follows_with_a_lag():
    world = SimWorld(EMPTY, Pose(), lag=0.1)
    world.command(1.0, 0)
    for _ in range(10):
        world.step(0.01)
    assert world.linear == pytest.approx(1 - math.exp(-1), rel=1e-6)


def test_stops_when_commands_stop():
    world = SimWorld(EMPTY, Pose())
    drive(world, 0.8, 0.5, 1)
    # The last step of drive() has passed already.
    for _ in range(23):
        world.step(0.02)
    assert world.linear == pytest.approx(0.8, abs=0.01)
    for _ in range(100):
        world.step(0.02)
    assert world.linear == 0 and world.angular == 0
    place = world.pose
    world.step(0.02)
    assert world.pose == place


def test_a_new_command_starts_the_time_anew():
    world = SimWorld(EMPTY, Pose())
    drive(world, 0.8, 0, 1)
    for _ in range(5):
        for _ in range(24):
            world.step(0.02)
        world.command(0.8, 0)
    assert world.linear == pytest.approx(0.8, abs=0.01)


def test_rests_before_the_first_command():
    world = SimWorld()
    world.step(0.1)
    assert world.pose == START and world.linear == 0


def test_speeds_are_clamped():
    world = SimWorld(EMPTY, Pose(), max_linear=0.5, max_angular=1.5)
    drive(world, 50, -50, 2)
    assert world.linear == pytest.approx(0.5) and world.angular == pytest.approx(-1.5)


@pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf])
def test_a_command_that_is_not_finite_stops(bad):
    world = SimWorld(EMPTY, Pose())
    drive(world, 0.5, 0, 1)
    drive(world, bad, 0, 2)
    assert world.linear == 0
    drive(world, 0.5, bad, 2)
    assert world.linear == 0 and world.angular == 0


@pytest.mark.parametrize('dt', [0, -1, math.nan])
def test_no_time_no_motion(dt):
    world = SimWorld(EMPTY, Pose())
    world.command(1, 1)
    world.step(dt)
    assert world.pose == Pose()


def test_a_long_pause_moves_no_more_than_a_short_one():
    world = SimWorld(EMPTY, Pose(), timeout=100)
    drive(world, 1.0, 0, 1)
    before = world.pose.x
    world.step(30)
    assert world.pose.x - before == pytest.approx(0.2, abs=0.01)
    # And the pause counts as age.
    world = SimWorld(EMPTY, Pose())
    drive(world, 1.0, 0, 1)
    world.step(30)
    assert world.linear < 0.3


@pytest.mark.parametrize('yaw', [0, math.pi / 2, math.pi, -math.pi / 2])
def test_walls_stop_it(yaw):
    world = SimWorld(Room(4, 4, 1), Pose(0, 0, yaw), radius=0.25)
    drive(world, 1.0, 0, 5)
    assert max(abs(world.pose.x), abs(world.pose.y)) == pytest.approx(1.75)
    assert world.linear == pytest.approx(0, abs=1e-9) and world.touching
    drive(world, -1.0, 0, 0.5)
    assert max(abs(world.pose.x), abs(world.pose.y)) < 1.6 and not world.touching


def test_slides_along_walls():
    world = SimWorld(Room(20, 4, 1), Pose(-5, 0, 0.4), radius=0.25)
    drive(world, 0.5, 0, 12)
    assert world.pose.y == pytest.approx(1.75)
    assert world.pose.x > -3 and 0 < world.linear < 0.5


def test_corners_hold_it():
    world = SimWorld(Room(4, 4, 1), Pose(0, 0, math.pi / 4))
    drive(world, 1.0, 0, 5)
    assert (world.pose.x, world.pose.y) == pytest.approx((1.8, 1.8))


@pytest.mark.parametrize('thing', [box(2, 0, 1, 1, 1, 'crate'), box(2, 0, 1, 1, 1, 'crate', 0.7),
                                   box(2, 0, 0.02, 3, 1, 'crate'), pillar(2, 0, 0.3, 1, 'pillar')])
def test_things_stop_it(thing):
    world = SimWorld(Room(10, 1, 1, (thing,)), Pose(), radius=0.2, max_linear=3.0)
    drive(world, 3.0, 0, 6, dt=0.1)
    assert 0.5 < world.pose.x < 2
    for a, b in zip(thing.corners, thing.corners[1:] + thing.corners[:1]):
        for i in range(101):
            point = (a[0] + (b[0] - a[0]) * i / 100, a[1] + (b[1] - a[1]) * i / 100)
            assert math.dist(point, (world.pose.x, world.pose.y)) > 0.199


def test_it_never_gets_into_anything():
    world = SimWorld()
    for index in range(3000):
        world.command(1.0, math.sin(index * index) * 2)
        world.step(0.05)
        place = (world.pose.x, world.pose.y)
        assert abs(place[0]) <= ROOM.length / 2 - 0.199
        assert abs(place[1]) <= ROOM.width / 2 - 0.199
        for thing in ROOM.things:
            sides = zip(thing.corners, thing.corners[1:] + thing.corners[:1])
            inside = all((b[0] - a[0]) * (place[1] - a[1]) > (b[1] - a[1]) * (place[0] - a[0])
                         for a, b in sides)
            assert not inside


def test_things_stand_apart_in_the_room():
    # The camera's painter needs things that do not touch, and the robot a way between them.
    for index, thing in enumerate(ROOM.things):
        assert all(abs(x) < ROOM.length / 2 and abs(y) < ROOM.width / 2 for x, y in thing.corners)
        for other in ROOM.things[index + 1:]:
            assert min(math.dist(a, b) for a in thing.corners for b in other.corners) > 0.1
