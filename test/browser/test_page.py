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

"""The page's controls in a real browser: focus, keys, sticks, gamepad, cameras, files."""

import numpy as np
import pytest
from support.accessibility import faults, out_of_reach
from support.browsers import PATIENCE, until
from support.pages import (
    BLUE, HIDE, MAX_X, MAX_Y, MAX_Z, no_motion, pages_of, PHONE, RED, sideways_robot, spot,
    take, thumbs, velocity,
)
from support.saved_pictures import check_snapshot_and_recording

# Of what shows the picture, its state and STOP; and of all that is loaded before anybody asks.
MAX_FIRST_BYTES = 35_000
MAX_BYTES = 150_000
# The page has drawn what it had to.
TWO_FRAMES = 'new Promise((end) => requestAnimationFrame(() => requestAnimationFrame(end)))'


@pytest.fixture(scope='module')
def robot():
    """Run a robot that goes sideways, too, with two cameras."""
    with sideways_robot() as robot:
        yield robot


@pytest.fixture
def show(robot, chromium):
    """Open the robot's page; it has a picture, and both cameras to choose from."""
    with pages_of(robot, chromium) as show:
        yield show


@pytest.fixture
def page(show):
    """Open the robot's page as a desktop shows it."""
    return show()


def test_what_is_loaded_is_small(page):
    # What a button opens is there before it is pressed.
    page.wait("""['recording.js', 'snapshot.js', 'options_dialog.js', 'sound_and_camera.js'].every(
      (name) => performance.getEntriesByType('resource').some(
        (one) => one.name.endsWith(name)))""")
    sizes = page.evaluate("""() => Object.fromEntries(performance.getEntriesByType('resource')
      .map(({ name, encodedBodySize }) => [name.split('/').at(-1).split('?')[0],
        encodedBodySize]))""")
    page_bytes = page.evaluate(
        "performance.getEntriesByType('navigation')[0].encodedBodySize")
    first = {name: sizes[name] for name in ('start.js', 'main.js', 'style.css', 'load_retry.js')}
    assert all(first.values()) and page_bytes and sizes['station.js']
    assert page_bytes + sum(first.values()) < MAX_FIRST_BYTES, first
    assert sum(sizes.values()) < MAX_BYTES, sizes


@pytest.mark.parametrize('script', ['start.js', 'main.js', 'controls.js', 'station.js'])
def test_a_page_that_came_in_part_is_loaded_anew(robot, chromium, script):
    page = chromium.page()
    page.lose_once(f'**/{script}')
    page.load(robot.url)
    # Nothing is counted any more when all has come.
    page.wait("document.querySelector('#stats h2') !== null && sessionStorage.length === 0")
    page.wait_state('live')
    assert any('ERR_FAILED' in error for error in page.errors)
    page.leave()


def test_parts_that_come_late_have_what_was_said_before(robot, chromium):
    page = chromium.page()
    release = page.hold_once('**/main.js')
    page.begin_load(robot.url)
    # The first script connects alone.
    connected = "import('/static/ui/start.js').then(({ connection }) => connection.link === 'up')"
    until(lambda: page.evaluate(connected), 'the page has a session')
    release()
    page.wait_state('live')
    page.wait("document.readyState === 'complete'")
    take(page)
    page.wait("!!document.querySelector('[data-camera]') && !!document.querySelector('#stats h2')")
    page.leave()


def test_the_keys_of_both_schools_drive(page, cmd_vel):
    take(page)
    for keys, expected in (
            (['KeyW'], (MAX_X, 0, 0)), (['KeyI', 'KeyJ'], (MAX_X, 0, MAX_Z)),
            (['KeyM'], (-MAX_X, 0, -MAX_Z)), (['Comma'], (-MAX_X, 0, 0)),
            (['ArrowRight'], (0, 0, -MAX_Z)), (['Shift', 'KeyA'], (0, MAX_Y, 0)),
            (['Shift', 'KeyO'], (MAX_X, -MAX_Y, 0))):
        for key in keys:
            page.down(key)
        velocity(cmd_vel, *expected)
        for key in reversed(keys):
            page.up(key)
        velocity(cmd_vel, 0, 0, 0)


def test_the_speed_is_chosen_in_steps_and_kept(page, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    for key in ('KeyZ', 'Minus', 'KeyZ'):
        page.down(key)
        page.up(key)
    velocity(cmd_vel, 0.7 * MAX_X, 0, 0)
    page.down('KeyQ')
    velocity(cmd_vel, 0.8 * MAX_X, 0, 0)
    page.up('KeyQ')
    page.up('KeyW')
    page.click('#slower')
    page.refresh()
    page.wait_state('live')
    assert '70 %' in page.evaluate("document.getElementById('speedtext').textContent")
    # Nothing that lets anybody in is kept.
    assert page.evaluate("JSON.parse(localStorage['rtc_bridge.robots'])") == [
        {'id': 'testbot', 'speed': 0.7, 'turn': 0.7, 'camera': '', 'sound': False}]
    assert 'speed' not in page.evaluate("localStorage['rtc_bridge'] ?? ''")


def test_keys_act_only_while_the_picture_has_the_focus(page, cmd_vel):
    take(page)
    page.evaluate("""() => {
      const input = document.createElement('input');
      document.body.append(input);
      input.focus();
    }""")
    since = cmd_vel.mark()
    page.down('KeyW')
    page.wait("document.querySelector('body > input').value.startsWith('w')")
    page.wait("!document.getElementById('hint').hidden")
    no_motion(cmd_vel, since)
    # A key that was down before does not count.
    page.evaluate("document.getElementById('stage').focus()")
    no_motion(cmd_vel, since)
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    # Another element, and neutral.
    page.evaluate("document.getElementById('release').focus()")
    velocity(cmd_vel, 0, 0, 0)
    page.up('KeyW')


def test_a_dead_man_key_can_be_asked_for(page, cmd_vel):
    page.evaluate("rtcBridge.settings.set('deadMan', true)")
    take(page)
    since = cmd_vel.mark()
    page.down('KeyW')
    page.wait("document.getElementById('toast').textContent.includes('Hold F')")
    no_motion(cmd_vel, since)
    page.down('KeyF')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyF')
    velocity(cmd_vel, 0, 0, 0)
    page.up('KeyW')


def test_a_gamepad_drives_while_its_button_is_held(page, cmd_vel):
    take(page)
    page.evaluate('plug([0, 0, 0, 0])')
    page.wait('polls > 1')
    velocity(cmd_vel, 0, 0, 0)
    since = cmd_vel.mark()
    page.evaluate('plug([0, -1, 0, 0])')
    page.wait("document.getElementById('toast').textContent.includes('left shoulder')")
    no_motion(cmd_vel, since)
    page.evaluate('plug([0, -1, 0, 0], { 4: 1 })')
    velocity(cmd_vel, MAX_X, 0, 0)
    # On a robot that can, the left stick goes sideways and the right one turns.
    page.evaluate('plug([-1, 0, 1, 0], { 4: 1 })')
    velocity(cmd_vel, 0, MAX_Y, -MAX_Z)
    page.evaluate('plug([-1, 0, 1, 0])')
    velocity(cmd_vel, 0, 0, 0)
    page.evaluate('plug([0.05, 0.06, 0, 0], { 4: 1 })')
    page.evaluate('plug([0, -1, 0, 0], { 4: 1 })')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate('unplug()')
    page.wait('polls > 1')
    velocity(cmd_vel, 0, 0, 0)
    # Plugged in with a stick held: it has to be let go first.
    since = cmd_vel.mark()
    page.evaluate('plug([0, -1, 0, 0], { 4: 1 })')
    no_motion(cmd_vel, since)


def test_two_thumbs_drive_and_turn(show, cmd_vel):
    phone = show(390, 844)
    take(phone)
    left, right = spot(phone, 'stick2', 0, 0), spot(phone, 'stick', 0, 0)
    phone.touch(left, right)
    # On such a robot the left one also goes sideways.
    phone.touch(spot(phone, 'stick2', 0.2, -1.2), right)
    cmd_vel.wait(lambda x, y, z: x > 0.9 * MAX_X and y < 0 and z == 0, cmd_vel.mark())
    # The right one turns, also when the thumb slips off it: the finger stays its own.
    phone.touch(spot(phone, 'stick2', 0.2, -1.2), spot(phone, 'stick', -2, -1))
    cmd_vel.wait(lambda x, y, z: x > 0.9 * MAX_X and z == MAX_Z, cmd_vel.mark())
    phone.touch(left, spot(phone, 'stick', -2, -1))
    velocity(cmd_vel, 0, 0, MAX_Z)
    phone.touch()
    velocity(cmd_vel, 0, 0, 0)


def test_every_control_is_big_enough_named_and_on_the_screen(show):
    phone, desktop = show(360, 740), show()
    for page, width, height in ((phone, 360, 740), (phone, 390, 844), (phone, 844, 390),
                                (phone, 820, 1180), (desktop, 1280, 800)):
        page.resize(width, height)
        # Its own answer to the new size has come, too.
        page.wait(f'innerWidth === {width}')
        page.evaluate(TWO_FRAMES)
        page.wait("!document.getElementById('more').hidden")
        bad = page.evaluate("""() => [...document.querySelectorAll(
            "button, .stick, input[type=range]")].filter((one) => {
          const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
          const name = one.ariaLabel ?? one.textContent;
          return width && (width < 44 || height < 44 || left < 0 || top < 0
            || right > innerWidth || bottom > innerHeight || !name.trim());
        }).map((one) => one.id + ' ' + JSON.stringify(one.getBoundingClientRect()))""")
        assert bad == [], (width, height)
        # None lies under another, which would take its clicks.
        covered = page.evaluate("""() => [...document.querySelectorAll('button, .stick')].filter(
          (one) => {
            const { left, top, width, height } = one.getBoundingClientRect();
            const hit = document.elementFromPoint(left + width / 2, top + height / 2);
            return width && !one.contains(hit);
          }).map(({ id }) => id)""")
        assert covered == [], (width, height)


def shows(page, colour, selector='#video0'):
    """Wait until a video shows one colour."""
    until(lambda: np.abs(page.grab(selector).mean(axis=(0, 1)) - colour).max() < 40,
          f'{selector} shows {colour}')


def test_small_pictures_swap_with_the_main_one(page, robot):
    count = robot.probe.node.count_subscribers
    assert count('rear/image_raw') == 0
    session = page.evaluate('rtcBridge.hello.session')
    page.click('#thumbs')
    shows(page, BLUE, '#video1')
    shows(page, RED)
    page.click('.thumb')
    shows(page, BLUE)
    shows(page, RED, '#video1')
    assert page.evaluate('rtcBridge.hello.session') == session
    # What is closed is not sent.
    page.click('#thumbs')
    robot.probe.wait_for(lambda: count('front/image_raw') == 0, PATIENCE)
    page.click('[data-camera="front/image_raw"]')
    shows(page, RED)


def test_a_hidden_tab_gets_no_pictures_and_drives_nothing(page, robot, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate(HIDE, True)
    velocity(cmd_vel, 0, 0, 0)
    count = robot.probe.node.count_subscribers
    robot.probe.wait_for(lambda: count('front/image_raw') == 0, PATIENCE)
    page.evaluate(HIDE, False)
    robot.probe.wait_for(lambda: count('front/image_raw') == 1, PATIENCE)
    page.wait_state('live')
    page.up('KeyW')


def test_snapshots_and_recordings_can_be_read(page, tmp_path):
    page.wait('rtcBridge.stats?.slots[0]?.fps > 2')
    check_snapshot_and_recording(page, RED, tmp_path)
    page.wait("document.getElementById('record').getAttribute('aria-pressed') === 'false'")


def test_full_screen_and_picture_in_picture(page):
    page.click('#fullscreen')
    page.wait('document.fullscreenElement !== null')
    page.click('#fullscreen')
    page.wait('document.fullscreenElement === null')
    page.click('#pip')
    page.wait("document.pictureInPictureElement?.id === 'video0'")
    page.click('#pip')
    page.wait('document.pictureInPictureElement === null')
    # Back from there browsers pause it: a picture of the past.
    page.evaluate("document.getElementById('video0').pause()")
    page.wait("!document.getElementById('video0').paused")
    page.wait_state('live')


LESS = """
  delete window.MediaRecorder;
  delete Document.prototype.fullscreenEnabled;
  delete Document.prototype.pictureInPictureEnabled;
  delete HTMLVideoElement.prototype.requestVideoFrameCallback;
  delete Element.prototype.checkVisibility;
  delete HTMLVideoElement.prototype.webkitEnterFullscreen;
"""


def test_what_a_browser_lacks_is_not_offered_and_the_rest_works(robot, chromium):
    page = chromium.page()
    page.evaluate_on_load(LESS)
    page.load(f'{robot.url}?camera=front/image_raw')
    page.wait_state('live')
    assert page.evaluate("""['record', 'pip', 'fullscreen', 'snapshot'].map(
      (id) => document.getElementById(id).hidden)""") == [True, True, True, False]
    page.wait("!document.getElementById('more').hidden")
    page.click('#more')
    page.wait("document.querySelector('#stats dd')?.textContent === '–'")
    page.wait('rtcBridge.statsHistory.at(-1)?.fps > 2')
    assert page.errors == []
    page.leave()


IPHONE = """
  delete Document.prototype.fullscreenEnabled;
  HTMLVideoElement.prototype.webkitEnterFullscreen = function () { window.entered = this.id; };
"""
# Where something is on the screen: left, top, right, bottom.
BOX = """(id) => {
  const { left, top, right, bottom } = document.getElementById(id).getBoundingClientRect();
  return [left, top, right, bottom];
}"""


def test_an_iphone_s_full_screen_has_the_picture_the_sticks_and_the_stop(robot, chromium, cmd_vel):
    """It has none for pages, and would show the bare video, without the emergency stop."""
    page = chromium.page(viewport={'width': 390, 'height': 844}, **PHONE)
    page.evaluate_on_load(IPHONE)
    page.load(f'{robot.url}?camera=front/image_raw')
    page.wait_state('live')
    take(page)
    page.wait("!document.getElementById('more').hidden")
    before = page.evaluate("document.getElementById('stage').offsetHeight")
    for width, height in ((390, 844), (844, 390), (667, 375)):
        page.resize(width, height)
        page.wait(f'innerWidth === {width}')
        page.click('#fullscreen')
        page.wait("document.body.hasAttribute('data-large')")
        assert page.evaluate("document.getElementById('fullscreen').ariaPressed") == 'true'
        left, top, right, bottom = page.evaluate(BOX, 'stage')
        if height > width:
            # The picture is as wide as the screen, and nothing is over it.
            assert (left, top, right) == (0, 0, width)
            assert bottom - top > before + 60 and bottom <= page.evaluate(BOX, 'lease')[1]
        else:
            assert [left, top, right, bottom] == [0, 0, width, height]
        assert page.evaluate('window.entered') is None
        assert faults(page) == [] and out_of_reach(page) == []
        # Two thumbs drive, and a third finger stops.
        left, right = thumbs(page, stick2=(0, -1), stick=(1, 0))
        velocity(cmd_vel, MAX_X, 0, -MAX_Z)
        page.touch(left, right, spot(page, 'stop', 0, 0))
        page.wait('rtcBridge.driver.stopped.id != null')
        velocity(cmd_vel, 0, 0, 0)
        page.touch()
        assert out_of_reach(page) == []
        page.evaluate('rtcBridge.driver.releaseStop()')
        page.wait('rtcBridge.driver.stopped.id === null')
        page.click('#fullscreen')
        page.wait("!document.body.hasAttribute('data-large')")
        page.arm()
    page.resize(390, 844)
    page.wait(f"document.getElementById('stage').offsetHeight === {before}")
    assert page.errors == []
    page.leave()


def test_options_are_kept_and_give_the_keys_back(page):
    take(page)
    page.click('#options')
    page.wait("document.querySelector('dialog[open]') !== null")
    assert 'teleop_twist_keyboard' in page.evaluate("document.querySelector('dialog').innerText")
    page.click('dialog input[type=checkbox]')
    page.click('dialog .main')
    page.wait("document.activeElement.id === 'stage'")
    page.refresh()
    page.wait_state('live')
    assert page.evaluate("rtcBridge.settings.get('deadMan')") is True


def test_firefox_drives(robot, firefox, cmd_vel):
    firefox.load(f'{robot.url}?camera=front/image_raw')
    firefox.wait_state('live')
    firefox.arm()

    def moves():
        firefox.up('w')
        firefox.down('w')
        try:
            return cmd_vel.wait_motion(cmd_vel.mark(), timeout=2) + 1
        except AssertionError:
            return None
    until(moves, 'motion')
    velocity(cmd_vel, MAX_X, 0, 0)
    firefox.up('w')
    velocity(cmd_vel, 0, 0, 0)
    assert firefox.errors == []
