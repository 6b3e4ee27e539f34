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

"""The robot's sound in real browsers: a tone that a topic has is heard in the page."""

import pytest
from support.browsers import until
from support.heard import frequency_in, HEARD
from support.microphone import FREQUENCY, Microphone, PARAMETERS
from support.pages import fresh_page
from support.stack import ColourCamera, Robot


@pytest.fixture(scope='module')
def robot():
    """Run a robot with a camera and a microphone."""
    robot = Robot(relay=False, guard=None, **{'teleop.enabled': False, **PARAMETERS})
    parts = [ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200)),
             Microphone(robot.probe)]
    yield robot
    for part in parts:
        part.close()
    robot.close()


@pytest.fixture
def page(robot, browser):
    """Open the page in a browser that has never seen the robot."""
    with fresh_page(browser) as page:
        page.load(robot.url)
        page.wait_state('live')
        page.wait("!document.getElementById('sound').hidden")
        yield page


def listeners(robot, count):
    """Wait until so many listen."""
    robot.diagnostics('sound', lambda values, _: values['listeners'] == str(count))


def test_the_robot_is_heard_after_a_press_and_no_more_after_another(page, robot):
    assert page.evaluate("document.getElementById('sound').ariaPressed") == 'false'
    listeners(robot, 0)
    page.click('#sound')
    page.wait("document.getElementById('sound').ariaPressed === 'true'")
    listeners(robot, 1)
    until(lambda: abs(frequency_in(page.evaluate(f'({HEARD})()')) - FREQUENCY) < 5, 'the tone')
    page.click('#sound')
    listeners(robot, 0)
    assert page.evaluate("document.getElementById('speaker').srcObject === null")


def test_the_choice_is_kept_and_a_browser_that_waits_for_a_press_says_so(page, robot):
    page.click('#sound')
    listeners(robot, 1)
    page.load('about:blank')
    listeners(robot, 0)
    page.load(robot.url)
    page.wait_state('live')
    listeners(robot, 1)
    page.wait("document.getElementById('sound').title === 'Play the sound' "
              "|| document.getElementById('sound').ariaPressed === 'true'")
    if page.evaluate("document.getElementById('sound').title") == 'Play the sound':
        page.click('#sound')
    page.wait("document.getElementById('sound').ariaPressed === 'true'")
    until(lambda: abs(frequency_in(page.evaluate(f'({HEARD})()')) - FREQUENCY) < 5, 'the tone')
