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

"""The path that the page draws, in pictures of the simulated robot, whose camera is known."""

import json
import math
from pathlib import Path
import subprocess

import cv2
import numpy as np
import pytest
from rtc_bridge.core.cameras.camera_mount import CameraMount, Intrinsics
from rtc_bridge.core.driving.footprint import parse_footprint
from rtc_bridge.sim import textures
from rtc_bridge.sim.camera import SimCamera
from rtc_bridge.sim.world import Pose, Room, SimWorld
from support.needs import need_program
from support.patience import PATIENCE
import yaml

ROOT = Path(__file__).resolve().parents[3]
DEMO = yaml.safe_load((ROOT / 'config' / 'demo.yaml').read_text())['/**']['ros__parameters']
ROOM = Room(12.0, 9.0, 1.0)
SIZE = 640, 480
TOLERANCE_PX = 3
# Points of the ground as a robot at a pose has them, (ahead, left), in m.
DOTS = [(x, y) for x in (0.8, 1.2, 1.8) for y in (-0.4, 0.0, 0.3)]
FOOTPRINT = parse_footprint('0.4, 0.4')
SCRIPT = """
import { readFileSync } from 'node:fs';
const { mount, size, points, velocity, footprint, now, web } = JSON.parse(readFileSync(0, 'utf8'));
const { GroundCamera, readMount } = await import(`${web}/ui/ground/path_geometry.js`);
const { drawPath } = await import(`${web}/ui/ground/path_overlay.js`);
const camera = new GroundCamera(readMount(mount), ...size);
console.log(JSON.stringify({ points: points.map((point) => camera.project(point)),
  ...drawPath(camera, velocity, footprint, now) }));
"""


def page(points=(), velocity=(0.5, 0, 0), now=None, camera=None):
    """Return what the page makes of points on the ground and of a velocity, in pixels."""
    node = need_program('node', 'nodejs')
    given = DEMO['cameras']['image_raw']
    mount = CameraMount(given['mount_height'], given['mount_forward'])
    seen = Intrinsics.of_matrix((camera or SimCamera(ROOM)).matrix.ravel(), 3, *SIZE)
    told = {'mount': mount.members(seen, 0, 'none'), 'size': SIZE, 'points': points, 'now': now,
            'velocity': dict(zip(('ahead', 'left', 'turn'), velocity, strict=True)),
            'footprint': FOOTPRINT,
            'web': (ROOT / 'rtc_bridge' / 'web').as_uri()}
    done = subprocess.run([node, '--input-type=module', '-e', SCRIPT], input=json.dumps(told),
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    # The middle of the first pixel is 0.5 there, and 0 in arrays.
    found = json.loads(done.stdout)
    behind = math.nan, math.nan
    shift = {'points': np.array([point or behind for point in found['points']]) - 0.5,
             'area': np.array(found['area'], np.float32) - 0.5}
    return found | shift | {name: [np.array(line) - 0.5 for line in found[name]]
                            for name in ('lines', 'ghost')}


def placed(pose, point):
    """Return a point as seen from a pose in the room."""
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    return pose.x + cos * point[0] - sin * point[1], pose.y + sin * point[0] + cos * point[1]


def seen_from(pose, point):
    """Return a point of the room as a robot at a pose has it."""
    dx, dy = point[0] - pose.x, point[1] - pose.y
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    return cos * dx + sin * dy, cos * dy - sin * dx


def dots_in_picture(monkeypatch, pose, points):
    """Return where the simulator shows dots that are painted on its floor, in no order."""
    def floor(room, scale):
        painted = np.zeros((int(room.width * scale), int(room.length * scale), 3), np.uint8)
        for x, y in (placed(pose, point) for point in points):
            middle = (x + room.length / 2) * scale - 0.5, (room.width / 2 - y) * scale - 0.5
            # In sixteenths of a pixel.
            cv2.circle(painted, [round(value * 16) for value in middle], 16 * 4, (255, 255, 255),
                       -1, cv2.LINE_AA, 4)
        return painted
    monkeypatch.setattr(textures, 'floor', floor)
    monkeypatch.setattr(textures, 'wall', lambda *_: np.zeros((40, 40, 3), np.uint8))
    camera = SimCamera(ROOM, *SIZE)
    picture = camera.render(pose)[..., 0].copy()
    # The sky.
    picture[:math.ceil(camera.matrix[1, 2])] = 0
    count, labels = cv2.connectedComponents((picture > 0).astype(np.uint8))
    rows, columns = np.indices(picture.shape)
    return np.array([(np.average(columns[labels == label], weights=picture[labels == label]),
                      np.average(rows[labels == label], weights=picture[labels == label]))
                     for label in range(1, count)])


@pytest.mark.parametrize('pose', [Pose(-1.0, -0.5, 0.0), Pose(0.7, 0.2, 2.1)])
def test_points_of_the_ground_are_where_the_simulator_shows_them(monkeypatch, pose):
    shown = dots_in_picture(monkeypatch, pose, DOTS)
    assert len(shown) == len(DOTS)
    for place in page(DOTS)['points']:
        assert np.hypot(*(shown - place).T).min() < TOLERANCE_PX / 2


@pytest.mark.parametrize('linear, angular', [(0.5, 0.0), (0.5, 0.4), (0.6, -0.8), (0.3, 0.5)])
def test_a_robot_that_drives_on_passes_where_the_path_is(linear, angular):
    start = Pose(-2.0, 0.5, 0.7)
    world = SimWorld(ROOM, start)
    world.linear, world.angular = linear, angular
    width, length = SIZE
    drawn = page(velocity=(linear, 0, angular))
    left, right, *marks = drawn['lines']
    outside = left if angular < 0 else right
    corners = []
    for _ in range(20):
        world.command(linear, angular)
        world.step(0.1)
        corners.append([seen_from(start, placed(world.pose, corner))
                        for corner in FOOTPRINT])
    places = page([point for outline in corners for point in outline])['points']
    places = places.reshape(20, 4, 2)
    visible = [tuple(place) for place in places.reshape(-1, 2)
               if 0 <= place[0] < width and place[1] < length]
    assert len(visible) > 5
    # The body stays on the path, and its corner in front reaches the edge outside.
    assert all(cv2.pointPolygonTest(drawn['area'], place, True) >= -TOLERANCE_PX
               for place in visible)
    front = places[:, 0 if angular < 0 else 1]
    line = outside.astype(np.float32)
    for place in front:
        if 0 <= place[0] < width and place[1] < length:
            off = min(distance(place, *segment) for segment in zip(line, line[1:]))
            assert off <= TOLERANCE_PX
    if not angular:
        # After one and two seconds the front is at the marks.
        for mark, outline in zip(marks, places[[9, 19]], strict=True):
            assert np.abs(mark - outline[:2]).max() <= TOLERANCE_PX


def distance(point, a, b):
    """Return how far a point is from a segment, in pixels."""
    share = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return np.hypot(*(point - a - share * (b - a)))
