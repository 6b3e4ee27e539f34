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

"""From a camera's topic to the picture in real browsers."""

from array import array
import signal

import cv2
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from rtc_bridge.sim.clips import open_source
from support.browsers import PATIENCE, until
from support.stack import ColourCamera, finish, ROBOT, Robot, usage

TOPIC = 'video/image_raw'
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RED, BLUE = (0, 0, 200), (200, 0, 0)


@pytest.fixture(scope='module')
def source(clip):
    """Return the clip's frames, BGR, and small copies to look them up by."""
    frames = list(open_source(clip).images())
    return frames, [small(frame) for frame in frames]


def small(frame):
    """Return a thumbnail."""
    return cv2.resize(frame, (80, 45), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope='module')
def robot():
    """Run a robot that shows every camera that there is; at first there is none."""
    # One quality only: how many there are on a busy machine is not what is tested here.
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def player(robot, clip):
    """Play the clip as a camera, at a quarter of its rate: it is large, and shown thrice."""
    player = robot.start('play_video', path=str(clip), camera='video', rate=6.0)
    yield player
    finish(player)


@pytest.fixture
def page(robot, chromium, player):
    """Open a page that shows the clip."""
    page = chromium.show(f'{robot.url}?camera={TOPIC}')
    page.wait_state('live')
    yield page
    page.leave()


def psnr(page, source):
    """Return the PSNR in dB of luma and of all colours of what a page shows."""
    shown = page.grab()
    frames, thumbnails = source
    assert shown.shape == frames[0].shape
    look = small(shown)
    likely = np.argsort([cv2.norm(look, thumbnail) for thumbnail in thumbnails])[:3]
    frame = max((frames[number] for number in likely), key=lambda f: cv2.PSNR(shown, f))
    luma = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (shown, frame)]
    return cv2.PSNR(*luma), cv2.PSNR(shown, frame)


def shows_clip(page, source):
    """Check that a page shows the clip as it is."""
    seen = []

    def good():
        seen.append(psnr(page, source))
        return min(seen[-1]) > 33 and min(psnr(page, source)[0] for _ in range(3)) > 28
    # It gets better as the bitrate grows. A wrong colour matrix costs 10 dB.
    until(good, lambda: f'pictures above 33 dB: {seen}, {page.texts()}')


def shows_colour(page, colour, selector='#video0'):
    """Wait until a video shows one colour, within what codecs lose."""
    def near():
        return np.abs(page.grab(selector).mean(axis=(0, 1)) - colour).max() < 40
    until(near, f'{selector} shows {colour}')


def gone(robot):
    """Wait until nobody watches, and nothing is subscribed to for anybody."""
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    robot.probe.wait_for(lambda: robot.probe.node.count_subscribers(TOPIC) == 0, PATIENCE)


def test_texts_while_there_is_nothing_to_see(robot, chromium):
    page = chromium.show(robot.url.replace(ROBOT, 'nobody'))
    assert page.wait_state('no-robot') == 'No robot'
    page.load(robot.url)
    assert page.wait_state('no-camera') == 'No camera'
    # It comes by itself.
    camera = ColourCamera(robot.probe, 'late/image_raw', BLUE)
    page.wait_state('live')
    shows_colour(page, BLUE)
    assert page.errors == []
    page.leave()
    camera.close()
    robot.probe.wait_for(lambda: robot.probe.node.count_subscribers('late/image_raw') == 0)


def test_picture_is_the_source(page, source, robot):
    shows_clip(page, source)
    robot.diagnostics(f'camera {TOPIC}', lambda values, _: (
        values.get('state'), values.get('h264.size')) == ('live', '1280x720'))
    assert page.errors == []


def test_three_viewers_share_one_encoder(page, source, robot, chromium):
    others = [chromium.show(f'{robot.url}?camera={TOPIC}') for _ in range(2)]
    for other in others:
        other.wait_state('live')
    # One encoding for all: as many pictures come out as come in, but for the second in which the
    # first came, and one in which a busy host had the camera wait and viewers ask for keyframes.
    values = robot.diagnostics(
        f'camera {TOPIC}', lambda v, _: v['viewers'] == '3' and float(v['fps_in']) > 2.5
        and 0 < float(v['h264.fps_out']) <= float(v['fps_in']) * 1.2 + 1)
    assert not any(key.startswith('vp8.') for key in values)
    viewers = robot.diagnostics('viewers')
    assert viewers['count'] == '3'
    assert [v for k, v in viewers.items() if k.endswith('.codec')] == ['h264'] * 3
    for viewer in (page, *others):
        shows_clip(viewer, source)
    for other in others:
        other.leave()
    robot.diagnostics('viewers', lambda values, _: values['count'] == '1')
    shows_clip(page, source)


def test_firefox_gets_vp8(page, source, robot, firefox):
    firefox.load(f'{robot.url}?camera={TOPIC}')
    firefox.wait_state('live')
    shows_clip(firefox, source)
    # Beside Chromium's H.264, each encoded once.
    robot.diagnostics(f'camera {TOPIC}', lambda v, _: v['viewers'] == '2'
                      and 'vp8.size' in v and 'h264.size' in v)
    assert firefox.errors == []


def test_refreshing_leaves_nothing_behind(page, robot):
    page.load('about:blank')
    gone(robot)
    threads, descriptors = usage(robot.bridge.pid)
    relay_descriptors = usage(robot.relay.pid)[1]
    page.load(f'{robot.url}?camera={TOPIC}')
    for _ in range(8):
        page.refresh()
        page.wait_state('live')
    robot.probe.wait_for(lambda: robot.probe.node.count_subscribers(TOPIC) == 1)
    page.load('about:blank')
    gone(robot)

    def before():
        now = usage(robot.bridge.pid)
        return now[0] <= threads and now[1] <= descriptors + 2
    until(before, f'as few as {threads} threads and {descriptors} descriptors')
    until(lambda: usage(robot.relay.pid)[1] <= relay_descriptors + 2, "the relay's descriptors")


def test_choosing_a_camera_needs_no_new_session(page, robot):
    cameras = [ColourCamera(robot.probe, f'{name}/image_raw', colour)
               for name, colour in (('red', RED), ('blue', BLUE))]
    try:
        # They appear in a page that is open.
        page.wait('rtcBridge.cameras.length === 3')
        session = page.evaluate('rtcBridge.hello.session')
        for name, colour in (('red', RED), ('blue', BLUE), ('red', RED)):
            page.choose(f'{name}/image_raw')
            shows_colour(page, colour)
        robot.probe.wait_for(lambda: robot.probe.node.count_subscribers(TOPIC) == 0, PATIENCE)
        # Two at once, in slots.
        page.evaluate("rtcBridge.select(1, 'blue/image_raw')")
        shows_colour(page, BLUE, '#video1')
        shows_colour(page, RED)
        page.evaluate('rtcBridge.select(1, null)')
        page.choose(TOPIC)
        page.wait("document.querySelector('#video0').videoWidth === 1280")
        assert page.evaluate('rtcBridge.hello.session') == session
        assert page.errors == []
    finally:
        for camera in cameras:
            camera.close()
    page.wait('rtcBridge.cameras.length === 1')


def test_a_camera_that_falls_silent(page, robot):
    # Not by stopping its process: Fast DDS gives up the shared memory of one that is.
    camera = ColourCamera(robot.probe, 'red/image_raw', RED)
    try:
        page.wait('rtcBridge.cameras.length === 2')
        page.choose('red/image_raw')
        shows_colour(page, RED)
        # Of a camera that has sent a few images nobody knows whether it is a slow one.
        robot.diagnostics('camera red/image_raw', lambda v, _: float(v['fps_in']) > 3)
        camera.pause()
        assert page.wait_state('camera-lost') == 'Camera lost'
        camera.go_on()
        page.wait_state('live')
    finally:
        camera.close()
    page.choose(TOPIC)
    page.wait('rtcBridge.cameras.length === 1')


def test_a_single_picture_is_still_and_not_lost(page, robot, chromium):
    """As a map is published: once, and kept for whoever comes later."""
    camera = ColourCamera(robot.probe, 'map/image_raw', BLUE, qos=LATCHED)
    camera.pause()
    camera.publisher.publish(camera.image)
    later = None
    try:
        page.wait('rtcBridge.cameras.length === 2')
        states = "window.states = []; rtcBridge.addEventListener('state', () => " \
            'states.push(rtcBridge.state)); 0'
        page.evaluate(states)
        page.choose('map/image_raw')
        page.wait_state('still')
        shows_colour(page, BLUE)
        later = chromium.show(f'{robot.url}?camera=map/image_raw')
        later.wait_state('still')
        shows_colour(later, BLUE)
        # For long enough to be called lost, or stalled.
        status = "document.querySelector('#status').textContent"
        page.wait(f'/Still, ([4-9]|\\d\\d+) s old/.test({status})')
        assert 'lost' not in ' '.join(page.evaluate('states'))
        assert 'stalled' not in page.evaluate('states')
        values = robot.diagnostics('camera map/image_raw', lambda v, text: 'still' in text)
        assert values['state'] == 'still'
        # The next one is shown as well.
        camera.image.data = array('B', np.full((240, 320, 3), RED, np.uint8).tobytes())
        camera.publisher.publish(camera.image)
        for viewer in (page, later):
            shows_colour(viewer, RED)
            viewer.wait_state('still')
    finally:
        camera.close()
        if later:
            later.leave()
    page.choose(TOPIC)
    page.wait('rtcBridge.cameras.length === 1')


def test_picture_returns_with_the_robot(page, source, robot):
    page.evaluate('window.marker = 1')
    robot.bridge.send(signal.SIGKILL)
    assert page.wait_state('robot-gone') == 'Robot gone'
    robot.start_bridge()
    page.wait_state('live')
    shows_clip(page, source)
    # Without loading the page anew.
    assert page.evaluate('window.marker') == 1
    page.evaluate('window.marker = 2')
    assert finish(robot.bridge) == 0
    assert page.wait_state('robot-gone') == 'Robot gone'
    robot.start_bridge()
    page.wait_state('live')
    assert page.evaluate('window.marker') == 2
