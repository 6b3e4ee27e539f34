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

"""A person reads why a camera shows nothing, and never sees another camera under its name."""

import os
from pathlib import Path

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import String
from support.accessibility import faults, out_of_reach, STILL
from support.browsers import until
from support.pages import BLUE, foreign_pictures, RED, shows, text, WATCH_PICTURES
from support.stack import ColourCamera, Robot

NAMES = ['front', 'rear', 'odd', 'mute', 'ghost', 'words', 'slow']


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two good cameras, and one for each thing that can be wrong."""
    robot = Robot(relay=False, **{'cameras.names': NAMES, 'access.view_may_stop': True})
    node, cameras = robot.probe.node, []
    try:
        cameras += [ColourCamera(robot.probe, f'{name}/image_raw', colour)
                    for name, colour in (('front', RED), ('rear', BLUE), ('odd', RED),
                                         ('slow', BLUE))]
        cameras[2].image.encoding = 'strange8'
        # One image when it is asked for.
        robot.slow = cameras[3]
        robot.slow.pause()
        robot.keep = [node.create_publisher(Image, 'mute/image_raw', 1),
                      node.create_publisher(String, 'words/image_raw', 1)]
        yield robot
    finally:
        for camera in cameras:
            camera.close()
        robot.close()


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Return where the screenshots go, for people to look at."""
    return Path(os.environ.get('RTC_BRIDGE_SHOTS') or tmp_path_factory.mktemp('shots'))


@pytest.fixture
def page(robot, chromium):
    page = chromium.page(viewport={'width': 1280, 'height': 800})
    page.load(f'{robot.url}?camera=front')
    page.wait_state('live')
    yield page
    assert page.errors == []
    page.leave()


def shoot(page, folder, name):
    """Take screenshots; check that all can be read and reached."""
    page.wait(STILL)
    for size, dimensions in (('desktop', (1280, 800)), ('phone', (390, 844))):
        page.screenshot(folder / f'reason-{name}-{size}.png', dimensions)
        # Of names over the picture the contrast cannot be told.
        found = [fault for fault in faults(page) if 'could not be determined' not in fault]
        assert out_of_reach(page) == [] and found == [], (name, size)


@pytest.mark.parametrize('camera, title, words', [
    ('odd', 'Image encoding not known', ('/odd/image_raw', 'strange8', 'cameras.odd.encoding')),
    ('ghost', 'Camera not published', ('/ghost', 'ROS_DOMAIN_ID')),
    ('words', 'Topic has another type', ('/words/image_raw', 'std_msgs/msg/String')),
    ('mute', 'Nothing arrives', ('/mute/image_raw', '--ipc host'))])
def test_the_page_says_why_a_camera_shows_nothing(page, robot, folder, camera, title, words):
    page.choose(camera)
    page.wait_state('no-picture')
    shows(page, '#title', title)
    for word in words:
        assert word in text(page, '#detail')
    # Not even a trace of the camera before, and no picture to save.
    assert page.evaluate("!document.getElementById('blank').hidden")
    assert page.evaluate("document.getElementById('snapshot').disabled")
    assert np.abs(page.pixels()[300:320, 100:120].mean((0, 1)) - RED).max() > 100
    shoot(page, folder, camera)
    # The same in the diagnostics, and once in the log.
    reason = page.evaluate("document.getElementById('detail').textContent")
    values = robot.diagnostics(f'camera {camera}', lambda v, message: message == reason)
    assert values['reason_text'] == reason and values['reason']
    assert sum(reason in line for line in robot.bridge.lines) == 1
    page.choose('front')
    page.wait_state('live')


def test_a_switch_never_shows_the_camera_before(page):
    page.evaluate(WATCH_PICTURES, 0)
    for name in ('rear', 'front') * 3:
        page.choose(name)
        page.wait_state('live')
    # Back before the first picture has come.
    page.evaluate("rtcBridge.select(0, 'rear'); rtcBridge.select(0, 'front'); 0")
    page.wait_state('live')
    assert foreign_pictures(page) == []


def test_a_slow_camera_keeps_its_picture_with_its_age(page, robot, folder):
    page.choose('slow')
    shows(page, '#title', 'Nothing arrives')

    def still():
        if page.evaluate('rtcBridge.state') == 'still':
            return True
        # Seldom enough not to be a camera of its own rate, and again, as a subscription that is
        # just made anew hears nothing.
        robot.slow.publisher.publish(robot.slow.image)
        return False
    until(still, 'a picture that stands still', period=2.5)
    status = "document.querySelector('#status').textContent"
    page.wait(f'/Still, ([2-9]|\\d\\d+) s old/.test({status})')
    shoot(page, folder, 'slow')
    # Also for one that comes later, although nobody watched meanwhile.
    page.choose('front')
    page.wait_state('live')
    robot.diagnostics('camera slow', lambda values, _: values['viewers'] == '0')
    page.choose('slow')
    page.wait_state('still')
    until(lambda: np.abs(page.grab().mean(axis=(0, 1)) - BLUE).max() < 40, 'its last picture')
    page.choose('front')
    page.wait_state('live')


def test_small_pictures_say_why_they_show_nothing(page, folder):
    page.evaluate("""() => ['odd', 'ghost', 'rear'].forEach(
      (name, index) => rtcBridge.select(index + 1, name))""")
    tiles = """Object.fromEntries([...document.querySelectorAll('.thumb:not([hidden])')].map(
      (tile) => [tile.lastElementChild.textContent, tile.children[1].hidden ? ''
        : tile.children[1].textContent]))"""
    page.wait(f"({tiles}).rear === ''")
    until(lambda: 'strange8' in page.evaluate(tiles).get('odd', ''), 'the reason of odd')
    until(lambda: 'Nothing publishes' in page.evaluate(tiles).get('ghost', ''), 'that of ghost')
    assert 'strange8' in page.evaluate("document.querySelector('.thumb[title^=odd]').title")
    shoot(page, folder, 'grid')
    # Two that change their places show nothing of each other.
    page.evaluate(WATCH_PICTURES, 0)
    page.click('.thumb[title=rear]')
    page.wait_state('live')
    assert foreign_pictures(page) == []
