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

"""A person's camera on the robot: the fake device of a real Chromium."""

import numpy as np
import pytest
from sensor_msgs.msg import Image
from support.chromium import Chromium
from support.pages import page_with
from support.patience import PATIENCE
from support.stack import ColourCamera, Robot

SHOWN = "document.getElementById('showcamera').hasAttribute('data-held')"
HELD = "document.getElementById('showcamera').title.includes('Press to end')"


@pytest.fixture(scope='module')
def robot():
    """Run a robot that shows cameras of up to 320x240."""
    robot = Robot(relay=False, guard=None, **{
        'teleop.enabled': False, 'operator_camera.enabled': True,
        'operator_camera.max_width': 320, 'operator_camera.max_height': 240})
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture(scope='module')
def browser(chromium_path):
    """Run a Chromium with a camera that shows a moving test picture."""
    browser = Chromium(chromium_path, flags=[
        '--use-fake-device-for-media-stream=display-media-type=monitor',
        '--use-fake-ui-for-media-stream'])
    yield browser
    browser.close()


@pytest.fixture
def page(robot, browser):
    """Open the page."""
    with page_with(browser, robot.url, 'showcamera') as page:
        yield page


def test_a_camera_is_shown_while_somebody_there_looks(page, robot):
    page.click('#showcamera')
    page.wait("document.getElementById('showcamera').title.includes('nobody watches there')")
    images = []
    subscription = robot.probe.node.create_subscription(
        Image, '/rtc_bridge/operator/image_raw', images.append, 1)
    page.wait(SHOWN)
    robot.probe.wait_for(lambda: len(images) > 10, PATIENCE)
    image = images[-1]
    assert (image.encoding, image.width, image.height) == ('bgr8', 320, 240)
    # The fake device shows green, and what moves.
    pixels = np.frombuffer(image.data, np.uint8).reshape(240, 320, 3)
    blue, green, red = pixels.reshape(-1, 3).mean(axis=0)
    assert green > max(blue, red) + 40
    page.wait("document.getElementById('owncamera').videoWidth > 0")
    page.click('#showcamera')
    page.wait(f'!({HELD})')
    page.wait("document.getElementById('owncamera').hidden")
    robot.diagnostics('operator camera', lambda _, message: message == 'nobody shows a camera')
    robot.probe.node.destroy_subscription(subscription)


def test_the_screen_is_shown_in_place_of_a_camera(page):
    page.click('#options')
    page.wait("""(() => {
      const choice = [...document.querySelectorAll('select')].find(
        ({ options }) => [...options].some(({ value }) => value === 'screen'));
      if (choice) choice.value = 'screen';
      choice?.dispatchEvent(new Event('change'));
      return choice;
    })()""")
    page.click('dialog .main')
    page.click('#showcamera')
    page.wait("""document.getElementById('owncamera').srcObject?.getTracks()[0]
        .getSettings().displaySurface === 'monitor'""")
    page.click('#showcamera')
    page.wait(f'!({HELD})')


def test_a_denied_camera_is_told(page):
    page.evaluate("""navigator.mediaDevices.getUserMedia = () => Promise.reject(
        new DOMException('', 'NotAllowedError')); 0""")
    page.click('#showcamera')
    page.wait("document.getElementById('toast').textContent.includes('allow it')")
    assert page.evaluate("document.getElementById('showcamera').ariaPressed") == 'false'


def test_the_others_see_who_shows_a_camera(robot, browser):
    page, other = browser.show(robot.url), browser.show(robot.url)
    for one in (page, other):
        one.wait_state('live')
        one.wait("!document.getElementById('showcamera').hidden")
    page.click('#showcamera')
    page.wait(HELD)
    other.wait("document.getElementById('cameraholder').textContent === 'Somebody shows a camera'")
    other.click('#showcamera')
    other.wait("document.getElementById('toast').textContent.includes('somebody else')")
    page.leave()
    other.wait("document.getElementById('cameraholder').textContent === ''")
    other.leave()
