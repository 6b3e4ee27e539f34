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

"""Nobody moves a robot by accident: what arms a page, what disarms it, and how fast it begins."""

import pytest
from support.browsers import until
from support.pages import end_stop, fresh_page, no_motion, press, release_stop, velocity
from support.stack import CmdVel, ColourCamera, Robot

MAX_X, MAX_Z = 0.5, 1.0
FRONT, REAR = 'front/image_raw', 'rear/image_raw'
BY_BUTTON = "document.getElementById('fullscreen').click()"
AFTER_FAILED_BUTTON = """(async () => {
  document.exitFullscreen = () => Promise.reject(new Error('not now'));
  document.getElementById('fullscreen').click();
  delete document.exitFullscreen;
  await new Promise((resolve) => setTimeout(resolve));
  await document.exitFullscreen();
})()"""
# Notes where the right end of each tool was.
PLACES = """window.places = {};
(function note() {
  for (const tool of document.querySelectorAll('#tools button')) {
    const { right, width } = tool.getBoundingClientRect();
    const before = places[tool.id] ??= [];
    if (width && !before.includes(Math.round(right))) before.push(Math.round(right));
  }
  requestAnimationFrame(note);
})();"""
STOPPED = 'rtcBridge.driver?.stopped.id != null'
FIRST = "document.getElementById('why').textContent === 'Press Drive first'"


@pytest.fixture(scope='module')
def robot():
    """Run a robot that takes gamepads, too, with a camera for driving and one that is not."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z, 'teleop.joy': True,
        'cameras.names': ['arm', 'front', 'rear'], 'cameras.arm.topic': 'arm/image_raw',
        'cameras.arm.drive': False, 'cameras.front.topic': FRONT, 'cameras.rear.topic': REAR,
        'video.tiers': ['1/1']})
    cameras = [ColourCamera(robot.probe, f'{name}/image_raw', colour) for name, colour in (
        ('arm', (0, 150, 0)), ('front', (0, 0, 200)), ('rear', (200, 0, 0)))]
    yield robot
    for camera in cameras:
        camera.close()
    robot.close()


@pytest.fixture
def page(robot, browser):
    """Open the page as a browser does that has never seen this robot."""
    with fresh_page(browser) as page:
        open_page(page, robot)
        yield page


@pytest.fixture
def cmd_vel(robot):
    """Hear what the motors would."""
    heard = CmdVel(robot.probe)
    yield heard
    heard.close()


def open_page(page, robot):
    """Load the page; its cameras are there, and nobody drives."""
    page.load(robot.url)
    page.wait_state('live')
    page.wait('rtcBridge.cameras.length === 3')
    end_stop(page)
    page.wait('rtcBridge.driver && !rtcBridge.driver.taken && document.hasFocus()')


def silent(page, robot, cmd_vel, since):
    """Check that nobody has the lease and nothing was said on ``cmd_vel``."""
    robot.diagnostics('viewers')
    assert page.evaluate('[rtcBridge.driver.epoch, rtcBridge.driver.armed]') == [None, False]
    assert cmd_vel.motions(since) == []


def test_a_stray_control_on_a_fresh_page_moves_nothing_and_says_why(page, robot, cmd_vel):
    since = cmd_vel.mark()
    assert page.evaluate('document.activeElement.id') == 'stage'
    page.down('KeyW')
    page.wait(FIRST)
    page.wait("document.getElementById('toast').textContent.includes('Press Drive first')")
    silent(page, robot, cmd_vel, since)
    page.up('KeyW')
    # A gamepad without a button to be held, nor by its button for full speed.
    page.evaluate("""(() => {
      rtcBridge.settings.set('enable', -1);
      rtcBridge.settings.set('turbo', 5);
      plug([0, 0, 0, 0]);
    })()""")
    page.wait('polls > 1')
    for buttons in ('{}', '{ 5: 1 }'):
        page.wait(f'!({FIRST})')
        page.evaluate(f'plug([0, -1, 0, 0], {buttons})')
        page.wait(FIRST)
        silent(page, robot, cmd_vel, since)
        page.evaluate('plug([0, 0, 0, 0])')
        page.wait('polls > 1')
    page.evaluate('unplug()')
    # By the keyboard to Drive, which arms; a robot that is new to this browser goes slowly.

    def at_drive():
        press(page, 'Tab')
        return page.evaluate("document.activeElement.id === 'take'")
    until(at_drive, 'the button Drive by Tab')
    press(page, 'Enter')
    page.wait("document.body.hasAttribute('data-armed')")
    page.wait("document.activeElement.id === 'stage'")
    page.down('KeyW')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    page.up('KeyW')
    page.down('KeyA')
    velocity(cmd_vel, 0, 0, 0.3 * MAX_Z)
    page.up('KeyA')
    velocity(cmd_vel, 0, 0, 0)


def test_a_key_that_is_held_while_drive_is_pressed_moves_nothing(page, cmd_vel):
    page.down('KeyW')
    page.wait(FIRST)
    page.evaluate('rtcBridge.driver.ask()')
    page.wait('rtcBridge.driver.epoch !== null')
    no_motion(cmd_vel, cmd_vel.mark())
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    page.up('KeyW')


def test_the_dead_mans_key_arms_while_it_is_held(page, robot, cmd_vel):
    since = cmd_vel.mark()
    page.evaluate("rtcBridge.settings.set('deadMan', true)")
    page.down('KeyF')
    page.wait('rtcBridge.driver.armed')
    page.down('KeyW')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    page.up('KeyF')
    velocity(cmd_vel, 0, 0, 0)
    page.up('KeyW')
    # The lease is there, but this page is not armed.
    page.evaluate("rtcBridge.settings.set('deadMan', false)")
    assert page.evaluate('[rtcBridge.driver.epoch !== null, rtcBridge.driver.armed]') == [
        True, False]
    page.wait("document.getElementById('driver').textContent === 'Paused'")
    since = cmd_vel.mark()
    page.down('KeyW')
    page.wait(FIRST)
    no_motion(cmd_vel, since)
    page.up('KeyW')
    page.click('#take')
    page.wait("document.getElementById('driver').textContent === 'You drive'")
    page.evaluate("document.getElementById('stage').focus()")
    page.down('KeyW')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    page.up('KeyW')


def test_the_gamepads_own_button_arms_while_it_is_held(page, cmd_vel):
    # One that comes with its button down, as a stuck one does, arms nothing.
    page.evaluate('plug([0, 0, 0, 0], { 4: 1 })')
    page.wait('polls > 1')
    page.evaluate('plug([0, -1, 0, 0], { 4: 1 })')
    page.wait('polls > 1')
    page.evaluate('plug([0, 0, 0, 0])')
    page.wait('polls > 1')
    page.evaluate('plug([0, 0, 0, 0], { 4: 1 })')
    page.wait('rtcBridge.driver.armed')
    page.evaluate('plug([0, -1, 0, 0], { 4: 1 })')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    page.evaluate('plug([0, -1, 0, 0])')
    velocity(cmd_vel, 0, 0, 0)
    assert not page.evaluate('rtcBridge.driver.armed')
    page.evaluate('unplug()')


@pytest.mark.parametrize('end', ['release', 'stop', 'connection', 'hidden'])
def test_what_ends_the_arming(page, robot, cmd_vel, end):
    page.arm()
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    since = cmd_vel.mark()
    if end == 'release':
        page.click('#release')
    elif end == 'stop':
        press(page, 'Backspace')
        page.wait('rtcBridge.driver.stopped.id !== null')
        page.wait("document.getElementById('take').hidden")
        page.evaluate('rtcBridge.driver.releaseStop()')
        page.wait('rtcBridge.driver.stopped.id === null')
    elif end == 'hidden':
        # For a minute, by a clock that is put forward.
        page.evaluate("""(() => {
          for (const hidden of [true, false]) {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
            const now = Date.now() + 60000;
            Date.now = () => now;
          }
        })()""")
        page.wait_state('live')
    else:
        session = page.evaluate('rtcBridge.hello.session')
        page.evaluate("""(() => {
          for (const type of ['pagehide', 'pageshow']) {
            dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
          }
        })()""")
        page.wait(f"rtcBridge.hello && rtcBridge.hello.session !== '{session}'")
        page.wait_state('live')
    zero = cmd_vel.wait_zero(since)
    page.wait('rtcBridge.driver && !rtcBridge.driver.armed')
    page.up('KeyW')
    page.evaluate("document.getElementById('stage').focus()")
    page.down('KeyW')
    page.wait(FIRST)
    robot.diagnostics('viewers')
    assert cmd_vel.motions(zero) == []
    page.up('KeyW')
    page.arm()
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyW')


def test_speed_and_turning_are_chosen_apart_and_kept_for_this_robot(page, robot, cmd_vel):
    page.evaluate("""(() => {
      for (const [name, value] of [['speed', 60], ['turn', 100]]) {
        const range = document.getElementById(`${name}range`);
        range.value = value;
        range.dispatchEvent(new Event('input'));
      }
      document.getElementById('stage').focus();
    })()""")
    press(page, 'KeyZ')
    texts = """['speed', 'turn'].map(
      (id) => document.getElementById(`${id}range`).getAttribute('aria-valuetext'))"""
    until(lambda: page.evaluate(texts) == ['50 % · 0.25 m/s', '90 % · 0.90 rad/s'], 'both slower')
    open_page(page, robot)
    assert page.evaluate(texts) == ['50 % · 0.25 m/s', '90 % · 0.90 rad/s']
    # Another robot behind the same address begins slowly.
    page.evaluate("rtcBridge.settings.useRobot('another')")
    assert page.evaluate(texts) == ['30 % · 0.15 m/s', '30 % · 0.30 rad/s']


def test_the_camera_is_kept_and_one_that_is_not_for_driving_is_told(page, robot, cmd_vel):
    chosen = "document.querySelector('[data-camera][aria-current=true]').dataset.camera"
    # The first in the robot's list is not for driving.
    assert page.evaluate(f'[rtcBridge.cameras, {chosen}]') == [['arm', 'front', 'rear'], 'front']
    page.arm()
    page.click('[data-camera="arm"]')
    why = "document.getElementById('why').textContent"
    page.wait(f"{why} === 'This camera is not for driving.'")
    assert page.evaluate("document.getElementById('drivecamera').textContent") == 'Show front'
    page.wait_state('live')
    since = cmd_vel.mark()
    page.down('KeyW')
    page.wait("document.getElementById('toast').textContent.includes('not for driving')")
    assert cmd_vel.motions(since) == []
    page.up('KeyW')
    open_page(page, robot)
    assert page.evaluate(chosen) == 'arm'
    page.wait(f"{why}.startsWith('This camera is not for driving')")
    page.click('#drivecamera')
    page.wait(f"{chosen} === 'front' && {why} === ''")
    page.wait_state('live')
    page.arm()
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyW')
    open_page(page, robot)
    assert page.evaluate(chosen) == 'front'


def test_a_pad_that_rests_beside_its_middle_locks_nobody_out(page, cmd_vel):
    page.evaluate("""(() => {
      rtcBridge.settings.set('deadZone', 0.2);
      plug([0.15, 0, 0, -0.12]);
    })()""")
    page.wait('polls > 1')
    page.arm()
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyW')
    velocity(cmd_vel, 0, 0, 0)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyW')
    page.evaluate('unplug()')


def test_no_tool_moves_under_a_hand_while_the_page_is_loaded(browser, robot):
    with fresh_page(browser) as page:
        page.evaluate_on_load(PLACES)
        open_page(page, robot)
        page.wait("!!document.querySelector('#pictures:enabled')"
                  " && !!document.querySelector('#allkeys:not([hidden])')")
        tools = {name: places for name, places in page.evaluate('places').items()
                 if places and name not in ('sound', 'talk', 'showcamera')}
    assert {'allkeys', 'snapshot', 'fullscreen', 'pictures', 'options'} <= tools.keys()
    assert {name: places for name, places in tools.items() if len(places) > 1} == {}


def test_to_leave_full_screen_while_driving_is_a_stop_but_by_its_button(page):
    """As by Escape, of which the browser may tell nothing; also after the button failed."""
    for leave in (BY_BUTTON, AFTER_FAILED_BUTTON):
        page.click('#fullscreen')
        page.wait('document.fullscreenElement !== null')
        page.arm()
        assert not page.evaluate(STOPPED)
        page.evaluate(leave)
        page.wait('document.fullscreenElement === null')
    page.wait(STOPPED)
    release_stop(page)


# Notes what the browser's own lock is asked for; a browser may refuse it, or have none.
LOCKS = {'locked': """(() => {
  const { lock } = Keyboard.prototype;
  Keyboard.prototype.lock = function (keys) { return lock.call(this, window.locked = keys); };
})()""", 'refused': "void (Keyboard.prototype.lock = () => Promise.reject(new Error('no')))",
         'absent': 'delete Navigator.prototype.keyboard'}


def test_escape_is_the_stop_in_full_screen_also_without_a_lock_of_the_keyboard(page):
    for lock in LOCKS if page.evaluate("'keyboard' in navigator") else ['absent']:
        page.evaluate(f'{LOCKS[lock]}; window.locked = []; 0')
        page.arm()
        page.click('#fullscreen')
        page.wait('document.fullscreenElement !== null')
        page.wait(f"locked.join() === '{'Escape' if lock == 'locked' else ''}'")
        # With it the key is the page's own; without, as in Firefox, it may end full screen, too.
        press(page, 'Escape')
        page.wait(STOPPED)
        page.evaluate('document.fullscreenElement && document.exitFullscreen()')
        page.wait('document.fullscreenElement === null')
        release_stop(page)
