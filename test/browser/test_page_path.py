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

"""The path that the page draws over the picture of a simulated robot, whose camera is known."""

import base64
import math
import signal

import cv2
import numpy as np
import pytest
from rtc_bridge.sim.camera import SimCamera
from rtc_bridge.sim.world import Room
from support.browsers import until
from support.page_driving import PATIENT
from support.pages import fresh_page
from support.stack import ColourCamera, Robot

MAX_X, MAX_Z, HALF = 0.5, 0.5, 0.2
# Of the simulated robot, see config/demo.yaml.
ABOVE, FORWARD = 0.32, 0.1
# In pixels of a picture of 640 x 480.
TOLERANCE = 3
CAMERA = SimCamera(Room(4, 4, 1))
# Of the other camera.
DOWN, FOV = 0.8, 1.25
# Of a line, whose rim is darker and less opaque.
OPAQUE = 230
PATH = """(() => {
  const canvas = document.getElementById('groundpath');
  const row = rtcBridge.statsHistory.at(-1);
  return row && canvas && !canvas.hidden && canvas.checkVisibility() ? {
    png: canvas.toDataURL('image/png').split(',')[1], row,
  } : null;
})()"""
PLACES = """(() => {
  const [path, video] = ['groundpath', 'video0'].map((id) => document.getElementById(id));
  const place = (one) => [one.offsetLeft, one.offsetTop, one.offsetWidth, one.offsetHeight];
  return [[...place(path), path.width / path.height],
    [...place(video), video.videoWidth / video.videoHeight]];
})()"""
HIDDEN = "document.getElementById('groundpath')?.hidden === true"
SHOWN = "document.getElementById('groundpath')?.hidden === false"


@pytest.fixture(scope='module')
def robot():
    """Run a simulated robot, and beside its camera others: one of which nothing is known."""
    robot = Robot(relay=False, guard={'teleop.timeout': PATIENT['teleop.timeout']}, **{
        **PATIENT, 'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z,
        'teleop.footprint': '0.4, 0.4', 'cameras.names': ['sim', 'rear', 'other'],
        'cameras.sim.mount_height': ABOVE, 'cameras.sim.mount_forward': FORWARD,
        # As if it looked at the robot from behind.
        'cameras.rear.topic': '/sim/image_raw', 'cameras.rear.mount_height': 1.0,
        'cameras.rear.mount_forward': -1.0, 'cameras.rear.mount_pitch': DOWN,
        'cameras.rear.fov': FOV, 'cameras.other.mount_height': 0.3})
    camera = None
    try:
        robot.sim = robot.start('sim_robot', camera='sim', rate=12.0)
        camera = ColourCamera(robot.probe, 'other/image_raw', (0, 0, 200))
        yield robot
    finally:
        if camera:
            camera.close()
        robot.close()


def column(x, y):
    """Return in which column and row of the picture the simulator has a point of the ground."""
    depth = x - FORWARD
    focal, cx, cy = CAMERA.matrix[0, 0], CAMERA.matrix[0, 2], CAMERA.matrix[1, 2]
    # The middle of its first pixel is 0, that of a canvas 0.5.
    return np.array((cx - focal * y / depth, cy + focal * ABOVE / depth)) + 0.5


def drive(page, keys='w'):
    """Press Drive and some keys, until there is a path; a busy robot may have stopped before."""
    def drawn():
        for key in keys:
            page.up(key)
        page.arm()
        for key in keys:
            page.down(key)
        return page.look(SHOWN)
    until(drawn, 'a path')


def look(page, keys='w'):
    """
    Return what the page draws while keys are down.

    :return: opaqueness by row and column, columns for each pixel of the picture, newest statistics
    """
    def drawn():
        found = page.evaluate(PATH)
        return found or drive(page, keys)
    found = until(drawn, 'a path')
    png = np.frombuffer(base64.b64decode(found['png']), np.uint8)
    opaque = cv2.imdecode(png, cv2.IMREAD_UNCHANGED)[..., 3]
    return opaque, opaque.shape[1] / 640, found['row']


def delay_of(row):
    """Return from when to when the robot has gone on, in s."""
    return sum((row or {}).get(name) or 0 for name in ('delay_ms', 'command_ms')) / 1000


def lines_in(values, scale):
    """Return the middles of the lines that cross a row or a column, in pixels of the picture."""
    edges = np.flatnonzero(np.diff(np.pad(values > OPAQUE, 1).astype(int)))
    return edges.reshape(-1, 2).mean(axis=1) / scale


def edges_are_at(page, keys, *edges):
    """
    Wait until lines are where the ground has them, but for TOLERANCE.

    :param keys: that are down
    :param edges: points of each
    """
    def wrong():
        opaque, scale, _ = look(page, keys)
        off = []
        for x, y in (point for edge in edges for point in edge):
            where, row = column(x, y)
            if 0 < where < 640 and row < 480:
                found = lines_in(opaque[int(row * scale)], scale)
                off.append(min((abs(found - where)), default=math.inf))
        return off
    until(lambda: (off := wrong()) and max(off) <= TOLERANCE, lambda: wrong())


def straight(y):
    """Return points of the edge of a straight path."""
    return [(x, y) for x in (0.7, 0.8, 0.95)]


def curve(radius, side):
    """Return points of an edge around a centre on the left; it is beside the robot."""
    size = radius - side
    return [(size * math.sin(angle), radius - size * math.cos(angle))
            for angle in (0.8, 0.9, 1.0)]


def test_the_path_lies_where_the_robot_goes(robot, browse):
    page = browse(f'{robot.own_url}/testbot?camera=sim')
    page.wait_state('live')
    page.wait(HIDDEN)
    page.down('w')
    page.wait(HIDDEN)
    page.up('w')
    page.arm()
    page.wait(HIDDEN)
    drive(page)
    edges_are_at(page, 'w', straight(HALF), straight(-HALF))

    # Where the front is after one second, from where it is by now.
    def mark():
        opaque, scale, row = look(page)
        ahead = HALF + MAX_X * (1 + delay_of(row))
        where, wanted = column(ahead, 0)
        found = lines_in(opaque[:, int(where * scale)], scale)
        return abs(found - wanted).min(initial=math.inf) <= TOLERANCE
    until(mark, 'a mark')
    # The outline of the robot of now is below the picture, and nothing is above the horizon.
    opaque, scale, _ = look(page)
    assert not opaque[:int((CAMERA.matrix[1, 2] + 0.5) * scale)].any()
    page.down('a')
    # The corner in front goes round outside.
    outside = math.hypot(1 + HALF, HALF) - 1
    edges_are_at(page, 'wa', curve(1, HALF), curve(1, -outside))
    page.up('a')
    for size in ((1440, 900), (390, 844), (1024, 640)):
        page.resize(*size)
        until(lambda: look(page) and len({*map(tuple, page.evaluate(PLACES))}) == 1,
              lambda: page.evaluate(PLACES))
    assert page.errors == []


def row_of(x):
    """Return in which row the camera behind has a point of the ground, in its middle."""
    depth = (x + 1) * math.cos(DOWN) + math.sin(DOWN)
    below = math.cos(DOWN) - (x + 1) * math.sin(DOWN)
    return 240 + 320 / math.tan(FOV / 2) * below / depth


def test_the_robot_of_now_is_drawn_where_it_is_after_the_delay(robot, browse):
    page = browse(f'{robot.own_url}/testbot?camera=rear')
    page.wait_state('live')
    drive(page)

    def wrong():
        opaque, scale, row = look(page)
        now = MAX_X * delay_of(row)
        middle = opaque[:, int(280 * scale):int(360 * scale)] > OPAQUE
        # Six tenths of a dashed line are drawn.
        crossing = np.where(middle.mean(axis=1) > 0.4, 255, 0)
        found = lines_in(crossing, scale)
        return [off for x in (-HALF, HALF, HALF + MAX_X, HALF + 2 * MAX_X)
                if (off := np.abs(found - row_of(now + x)).min(initial=999)) > TOLERANCE]
    until(lambda: not wrong(), wrong)
    assert page.errors == []


def test_there_is_a_path_only_while_somebody_drives_by_a_camera_whose_place_is_known(
        robot, browser):
    with fresh_page(browser) as page:
        page.load(f'{robot.own_url}/testbot?camera=sim')
        page.wait_state('live')
        drive(page)
        page.up('w')
        page.wait(HIDDEN)
        drive(page)
        edges_are_at(page, 'w', straight(HALF), straight(-HALF))
        # A person does not want it.
        page.evaluate("rtcBridge.settings.set('path', false)")
        page.wait(HIDDEN)
        page.evaluate("rtcBridge.settings.set('path', true)")
        drive(page)
        # The picture is of before.
        robot.sim.send(signal.SIGSTOP)
        page.wait(HIDDEN)
        robot.sim.send(signal.SIGCONT)
        page.wait_state('live')
        drive(page)
        page.evaluate("document.getElementById('release').click()")
        page.wait(HIDDEN)
        page.up('w')
        page.click('[data-camera="other"]')
        page.wait_state('live')
        page.arm()
        page.down('w')
        # Nothing more is to be waited for than that it drives.
        page.wait('parseFloat(document.querySelector('
                  "'#hud [data-part=speed] b')?.textContent ?? '0') > 0.1")
        assert page.evaluate(HIDDEN)
        page.up('w')


def test_the_options_say_why_there_is_no_path(robot, browse):
    page = browse(f'{robot.own_url}/testbot?camera=other')
    page.wait_state('live')

    def options():
        page.evaluate("document.getElementById('options').click()")
        page.wait("!!document.querySelector('dialog')")
        text = page.evaluate("document.querySelector('dialog').textContent")
        page.evaluate("document.querySelector('dialog').close()")
        page.wait("!document.querySelector('dialog')")
        return text
    # After some seconds, as there may be a camera_info.
    until(lambda: 'No path is drawn: /other/camera_info sends no message' in options(), options)
    assert page.errors == []
