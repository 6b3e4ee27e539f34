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

"""A person talks from the page: a WAV file stands for the microphone of a real Chromium."""

import pytest
from support.chromium import Chromium
from support.loudspeaker import Loudspeaker
from support.pages import page_with
from support.stack import ColourCamera, Robot
from support.tones import microphone_flags

FREQUENCY = 440
# As by the keyboard: the time between down and up of a mouse says whether it is held.
PRESS = "document.getElementById('talk').click()"
HEARD = "document.getElementById('talk').hasAttribute('data-held')"


@pytest.fixture(scope='module')
def loudspeaker(tmp_path_factory):
    """Return the robot's loudspeaker."""
    loudspeaker = Loudspeaker(tmp_path_factory.mktemp('loudspeaker'))
    yield loudspeaker
    loudspeaker.close()


@pytest.fixture(scope='module')
def robot(loudspeaker):
    """Run a robot that lets all talk who may drive."""
    robot = Robot(relay=False, guard=None, **{
        'teleop.enabled': False, 'audio.talk': 'role', 'audio.talk_device': loudspeaker.device})
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture(scope='module')
def browser(chromium_path, tmp_path_factory):
    """Run a Chromium whose microphone hears a tone."""
    file = tmp_path_factory.mktemp('voice') / 'tone.wav'
    browser = Chromium(chromium_path, flags=microphone_flags(file, FREQUENCY))
    yield browser
    browser.close()


@pytest.fixture
def page(robot, browser):
    """Open the page."""
    with page_with(browser, robot.url, 'talk') as page:
        yield page


def heard(robot, count):
    """Wait until more packets than that were played on the robot; return how many."""
    return int(robot.diagnostics(
        'voices', lambda values, _: int(values['blocks']) > count)['blocks'])


def test_a_person_is_heard_from_press_to_press(page, robot, loudspeaker):
    page.evaluate(PRESS)
    page.wait(HEARD)
    loudspeaker.wait_tone(FREQUENCY)
    page.evaluate(PRESS)
    page.wait(f'!({HEARD})')
    robot.diagnostics('voices', lambda _, message: message == 'nobody talks')


def test_the_others_see_who_talks_and_wait(robot, browser):
    page, other = browser.show(robot.url), browser.show(robot.url)
    for one in (page, other):
        one.wait_state('live')
        one.wait("!document.getElementById('talk').hidden")
    page.evaluate(PRESS)
    page.wait(HEARD)
    other.wait("document.getElementById('talker').textContent === 'Somebody talks'")
    other.evaluate(PRESS)
    other.wait("document.getElementById('toast').textContent.includes('somebody else talks')")
    assert other.evaluate("document.getElementById('talk').ariaPressed") == 'false'
    page.leave()
    other.wait("document.getElementById('talker').textContent === ''")
    other.evaluate(PRESS)
    other.wait(HEARD)
    other.leave()


def test_a_key_talks_as_long_as_it_is_held(page, robot):
    page.evaluate("""
      window.key = (type) => document.body.dispatchEvent(
        new KeyboardEvent(type, { code: 'KeyV', key: 'v', bubbles: true }));
      window.pressed = performance.now();
      key('keydown');""")
    page.wait(HEARD)
    heard(robot, heard(robot, 0))
    # A short press would keep the line open.
    page.wait('performance.now() - pressed > 400')
    page.evaluate("key('keyup')")
    page.wait(f'!({HEARD})')
    # Whoever types a text talks about something else.
    page.evaluate("""
      const field = document.createElement('textarea');
      document.body.append(field);
      field.dispatchEvent(new KeyboardEvent(
        'keydown', { code: 'KeyV', key: 'v', bubbles: true }));
      field.remove();""")
    assert page.evaluate("document.getElementById('talk').ariaPressed") == 'false'
