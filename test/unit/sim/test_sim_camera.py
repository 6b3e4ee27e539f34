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

"""The simulated camera against ray casting and the pinhole's arithmetic."""

import math
import random

import cv2
import numpy as np
import pytest
from rtc_bridge.sim import textures
from rtc_bridge.sim.camera import SimCamera
from rtc_bridge.sim.world import box, Pose, ROOM, Room, SimWorld, START

WALL = (10, 10, 10)


def colour(index):
    """Return the colour of a thing in the plain room."""
    return (60 + 15 * index, 250 - 18 * index, 40 + 90 * (index % 3))


@pytest.fixture
def plain(monkeypatch):
    """Paint each thing in a colour of its own, walls black, and let no sun shine."""
    things = tuple(type(thing)(thing.corners, thing.height, str(index))
                   for index, thing in enumerate(ROOM.things))

    def side(look, *_):
        return np.full((40, 40, 3), colour(int(look)), np.uint8)

    monkeypatch.setattr(textures, 'side', side)
    monkeypatch.setattr(textures, 'wall', lambda *_: np.full((40, 40, 3), WALL, np.uint8))
    monkeypatch.setattr('rtc_bridge.sim.scene._SUN', (0.0, 0.0))
    return SimCamera(Room(ROOM.length, ROOM.width, ROOM.height, things))


def cast(eye, angle):
    """Return the index of the first thing that a ray hits, or None for a wall."""
    direction = (math.cos(angle), math.sin(angle))
    best, found = math.inf, None
    for index, thing in enumerate(ROOM.things):
        for a, b in zip(thing.corners, thing.corners[1:] + thing.corners[:1]):
            along = (b[0] - a[0], b[1] - a[1])
            det = along[0] * direction[1] - along[1] * direction[0]
            if abs(det) < 1e-12:
                continue
            dx, dy = a[0] - eye[0], a[1] - eye[1]
            distance = (along[0] * dy - along[1] * dx) / det
            share = (direction[0] * dy - direction[1] * dx) / det
            if 0 <= share <= 1 and 0 < distance < best:
                best, found = distance, index
    return found


def test_every_column_shows_what_a_ray_hits(plain):
    # Driven poses: the robot touches things and looks along them.
    world, dice = SimWorld(), random.Random(3)
    focal, cx = plain.matrix[0, 0], plain.matrix[0, 2]
    wrong = total = 0
    for _ in range(40):
        for _ in range(25):
            world.command(1.0, dice.uniform(-2, 2))
            world.step(0.1)
        row = plain.render(world.pose)[int(plain.matrix[1, 2])]
        eye = (world.pose.x + 0.1 * math.cos(world.pose.yaw),
               world.pose.y + 0.1 * math.sin(world.pose.yaw))
        for column in range(0, 640, 7):
            hit = cast(eye, world.pose.yaw - math.atan((column - cx) / focal))
            want = np.array(WALL if hit is None else colour(hit)) * 0.8
            wrong += np.abs(row[column] - want).max() > 6
            total += 1
    # Edges between two columns are a matter of taste.
    assert wrong < total * 0.01


def test_pixels_are_where_the_pinhole_puts_them(plain):
    # A corner of thing 2, the container, seen from straight ahead of it.
    pose = Pose(-1.5, -0.3, 0.0)
    frame = plain.render(pose)
    mask = np.all(np.abs(frame - np.array(colour(2)) * 0.8) < 4, axis=2)
    focal, cx, cy = plain.matrix[0, 0], plain.matrix[0, 2], plain.matrix[1, 2]
    eye_x = pose.x + 0.1
    columns = [cx - focal * (y - pose.y) / (x - eye_x) for x, y in ROOM.things[2].corners]
    nearest = min(x - eye_x for x, y in ROOM.things[2].corners)
    rows, found = np.nonzero(mask)
    assert found.min() == pytest.approx(min(columns), abs=1.5)
    assert found.max() == pytest.approx(max(columns), abs=1.5)
    assert rows.max() == pytest.approx(cy + focal * 0.32 / nearest, abs=1.5)
    assert rows.min() == pytest.approx(cy - focal * (0.95 - 0.32) / nearest, abs=1.5)


def test_the_floor_lies_where_it_should():
    camera = SimCamera(ROOM)
    texture = textures.floor(ROOM, 160)
    pose = Pose(-2.0, -0.5, 0.4)
    small = cv2.GaussianBlur(camera.render(pose), (0, 0), 2)
    blurred = cv2.GaussianBlur(texture, (0, 0), 2)
    focal, cx, cy = camera.matrix[0, 0], camera.matrix[0, 2], camera.matrix[1, 2]
    shown, painted = [], []
    for row in range(300, 476, 11):
        for column in range(4, 640, 40):
            ahead = focal * 0.32 / (row - cy)
            left = -(column - cx) * 0.32 / (row - cy)
            ahead += 0.1
            x = pose.x + math.cos(pose.yaw) * ahead - math.sin(pose.yaw) * left
            y = pose.y + math.sin(pose.yaw) * ahead + math.cos(pose.yaw) * left
            shown.append(small[row, column, 1])
            painted.append(blurred[int((4.5 - y) * 160), int((x + 6) * 160), 1])
    assert np.corrcoef(shown, painted)[0, 1] > 0.95


def test_turning_left_moves_things_right(plain):
    def middle(yaw):
        frame = plain.render(Pose(-1.5, -0.3, yaw))
        mask = np.all(np.abs(frame - np.array(colour(2)) * 0.8) < 4, axis=2)
        return np.nonzero(mask)[1].mean()

    assert middle(-0.2) < middle(0.0) < middle(0.2)


@pytest.mark.parametrize('size', [(320, 240), (1280, 720), (161, 121), (16, 16)])
def test_sizes(size):
    camera = SimCamera(Room(4, 4, 1, (box(1, 0, 0.5, 0.5, 0.5, 'crate'),)), *size)
    frame = camera.render(Pose())
    assert frame.shape == (size[1], size[0], 3) and frame.std() > 10


def test_pictures_are_arrays_of_their_own():
    camera = SimCamera(ROOM, 160, 120)
    first = camera.render(START)
    copy = first.copy()
    camera.render(Pose(0, 0, 2))
    assert np.array_equal(first, copy)
    assert np.array_equal(camera.render(START), copy)
