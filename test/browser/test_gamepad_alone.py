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
"""A gamepad is enough, from opening the link to driving, to the stop, and to its release."""

import time

import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from sensor_msgs.msg import Joy
from support.accessibility import faults, out_of_reach
from support.browsers import until
from support.pages import end_stop, fresh_page, no_motion, shows, text, told, velocity
from support.stack import CmdVel, ColourCamera, finish, ROBOT, Robot

MAX_X, MAX_Z = 0.5, 1.0
AHEAD = '[0, -1, 0, 0]'
B, LB, BACK, START, UP, DOWN, LEFT, RIGHT = 1, 4, 8, 9, 12, 13, 14, 15
# No press counts for a second after the question and after the release of a stop, s.
PAUSE = 1.2
SHOWN = "document.querySelector('[data-camera][aria-current=true]').dataset.camera"
# Notes how the gamepad is shaken.
SHAKES = """(() => {
  window.felt = [];
  const plain = plug;
  window.plug = (...state) => {
    plain(...state);
    pads[1].vibrationActuator = { playEffect: async (_, { duration }) => felt.push(duration) };
  };
})()"""
# As Firefox on Linux has one: triggers that are axes and rest at -1, a cross that is two axes.
ODD_PAD = """window.odd = (axes = {}, down = []) => { polls = 0; pads[1] = { index: 1,
  id: 'Odd Pad (Vendor: 1 Product: 2)', connected: true, mapping: '',
  axes: [0, 0, -1, 0, 0, -1, 0, 0].map((rest, n) => axes[n] ?? rest),
  buttons: Array.from({ length: 11 }, (_, n) => ({ value: +down.includes(n),
    pressed: down.includes(n) })) }; }; odd();"""


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that gives nobody the lease for nothing, with its simulator and two cameras."""
    folder = tmp_path_factory.mktemp('keys')
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'access.anonymous': 'drive', 'access.directory': str(folder),
        'access.require_synchronized_clock': False,
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z, 'teleop.joy': True,
        'cameras.names': ['sim', 'rear'], 'cameras.sim.topic': 'sim/image_raw',
        'cameras.rear.topic': 'rear/image_raw'})
    secret = KeyStore(folder).secret
    robot.link = lambda role, name: f'{robot.url}#' + invite_text(
        secret, Invite(ROBOT, role + name[-3:], role, name, 0, 9_999_999_999))
    robot.start('sim_robot', camera='sim', width=160, height=120)
    rear = ColourCamera(robot.probe, 'rear/image_raw', (200, 0, 0))
    yield robot
    rear.close()
    robot.close()


@pytest.fixture
def page(robot, browser):
    """Open the link as a browser does that has never seen this robot; a gamepad is there."""
    with fresh_page(browser) as page:
        open_page(page, robot.link('drive', 'Ada'))
        yield page


@pytest.fixture
def cmd_vel(robot):
    """Hear what the motors would."""
    heard = CmdVel(robot.probe)
    yield heard
    heard.close()


def open_page(page, link):
    """Load the page; it has seen the gamepad with nothing pressed."""
    page.load(link)
    page.wait_state('live')
    page.wait('rtcBridge.cameras.length === 2')
    end_stop(page)
    page.wait('rtcBridge.driver && !rtcBridge.driver.taken && document.hasFocus()')
    page.evaluate(SHAKES)
    hold(page)


def hold(page, *buttons, axes='[0, 0, 0, 0]'):
    """Hold these buttons of the gamepad, and wait until the page has looked."""
    down = ', '.join(f'{button}: 1' for button in buttons)
    page.evaluate(f'plug({axes}, {{ {down} }})')
    page.wait('polls > 2')


def press(page, button):
    """Press a button of the gamepad, and let it go."""
    hold(page, button)
    hold(page)


def push(page, cmd_vel, axes, x, z):
    """Push a stick until the robot has this velocity; on a busy host it may stop in between."""
    def moves():
        hold(page)
        since = cmd_vel.mark()
        hold(page, LB, axes=axes)
        try:
            cmd_vel.wait(lambda *v: v == pytest.approx((x, 0, z), abs=1e-6), since, timeout=3)
        except AssertionError:
            return False
        return True
    until(moves, f'a velocity of {x} m/s and {z} rad/s')


def test_from_the_link_to_the_stop_and_on(page, robot, cmd_vel):
    since = cmd_vel.mark()
    joys = robot.probe.subscribe(Joy, 'joy')
    # On a fresh page no stick and no other button moves anything, and the page says why.
    hold(page, axes=AHEAD)
    told(page, 'Hold the left shoulder button')
    hold(page)
    for button in (0, 2, BACK, UP, DOWN):
        press(page, button)
    assert page.evaluate('[rtcBridge.driver.epoch, rtcBridge.driver.armed]') == [None, False]
    assert cmd_vel.motions(since) == []
    # The buttons of the page say which of the gamepad's does the same.
    assert page.evaluate("document.getElementById('take').dataset.pad") == 'Start'
    press(page, START)
    shows(page, '#driver', 'You drive')
    no_motion(cmd_vel, since)
    push(page, cmd_vel, AHEAD, 0.3 * MAX_X, 0)
    hold(page, axes=AHEAD)
    velocity(cmd_vel, 0, 0, 0)
    hold(page)
    # Speed and camera.
    for _ in range(2):
        press(page, UP)
    press(page, DOWN)
    push(page, cmd_vel, '[-1, 0, 0, 0]', 0, 0.4 * MAX_Z)
    hold(page)
    for button, camera in ((RIGHT, 'rear'), (RIGHT, 'sim'), (LEFT, 'rear'), (LEFT, 'sim')):
        press(page, button)
        page.wait(f"{SHOWN} === '{camera}'")
    page.wait_state('live')
    # The stop, with the stick still pushed.
    push(page, cmd_vel, AHEAD, 0.4 * MAX_X, 0)
    hold(page, LB, B, axes=AHEAD)
    velocity(cmd_vel, 0, 0, 0)
    shows(page, '#stopped', 'The robot does not move')
    page.wait('felt.filter((time) => time > 500).length === 1')
    zero = cmd_vel.mark()
    hold(page, LB, axes=AHEAD)
    # Its release is asked for twice, and can be taken back.
    page.wait("!document.getElementById('releasestop').hidden")
    for button, words in ((START, 'It may move: release'), (BACK, 'Release stop…')):
        hold(page, LB, button, axes=AHEAD)
        shows(page, '#releasestop', words)
        hold(page, LB, axes=AHEAD)

    # Quick presses would not run through to driving.
    until_pressed(page, 'rtcBridge.driver.stopped.id === null')
    assert not page.evaluate('rtcBridge.driver.armed')
    until_pressed(page, 'rtcBridge.driver.armed')
    page.wait("!document.getElementById('driver').textContent.includes('Paused')")
    # What is pushed since before moves nothing, until it was let go.
    no_motion(cmd_vel, zero)
    push(page, cmd_vel, AHEAD, 0.4 * MAX_X, 0)
    hold(page)
    velocity(cmd_vel, 0, 0, 0)
    # The robot gets the gamepad without the buttons that are for the page; in the order of joy's
    # game_controller_node the left shoulder button is 9, and B is 1.
    pressed = {n for joy in joys for n, value in enumerate(joy.buttons) if value}
    assert 9 in pressed and pressed <= {1, 9}
    # And the lease is given back.
    press(page, BACK)
    shows(page, '#driver', 'Nobody drives')
    assert page.evaluate('[rtcBridge.driver.epoch, rtcBridge.driver.armed]') == [None, False]


def until_pressed(page, condition):
    """Press Start again and again, slowly enough to count, until this is so."""
    def pressed():
        time.sleep(PAUSE)
        press_held(page, START)
        return page.evaluate(condition)
    until(pressed, condition)


def press_held(page, button):
    """Press a button while driving on."""
    hold(page, LB, button, axes=AHEAD)
    hold(page, LB, axes=AHEAD)


def test_a_lost_connection_is_felt(robot, chromium):
    with fresh_page(chromium, may_fail=True) as page:
        open_page(page, robot.link('drive', 'Ada'))
        session = page.evaluate('rtcBridge.hello.session')
        # To leave the page is no loss.
        page.evaluate("""(() => {
          felt.length = 0;
          for (const type of ['pagehide', 'pageshow']) {
            dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
          }
        })()""")
        page.wait(f"rtcBridge.hello && rtcBridge.hello.session !== '{session}'")
        page.wait_state('live')
        hold(page)
        assert page.evaluate('felt') == []
        finish(robot.bridge)
        page.wait('felt.length === 3')
        robot.start_bridge()


def test_the_lease_is_asked_for_and_handed_over(robot, chromium, cmd_vel):
    with fresh_page(chromium) as ada, fresh_page(chromium) as grace:
        grace.load(robot.link('drive', 'Grace'))
        grace.wait_state('live')
        open_page(ada, robot.link('drive', 'Ada'))
        press(ada, START)
        shows(ada, '#driver', 'You drive')
        shows(grace, '#driver', 'Ada drives')
        for button, driver in ((START, 'Ada drives'), (BACK, 'You drive')):
            grace.click('#take')
            shows(ada, '#asked', 'Grace asks to drive')
            ada.wait("document.getElementById('refuse').dataset.pad === 'Start'")
            ada.evaluate('window.focus()')
            press(ada, button)
            ada.wait("document.getElementById('asked').hidden")
            shows(grace, '#driver', driver)
        assert ada.evaluate('rtcBridge.driver.epoch') is None


@pytest.mark.parametrize('size', [(1440, 900), (390, 844)], ids=['desk', 'phone'])
def test_everybody_can_use_what_is_added(robot, chromium, cmd_vel, size):
    with fresh_page(chromium) as page:
        page.resize(*size)
        open_page(page, robot.link('drive', 'Ada'))
        page.wait("document.getElementById('stop').dataset.pad === 'B'")
        press(page, B)
        shows(page, '#stopped', 'The robot does not move')
        # Of two buttons that back could press it presses one.
        press(page, START)
        page.wait("document.getElementById('keepstopped').dataset.pad === 'Back'")
        assert page.evaluate("document.querySelectorAll('[data-pad=Back]').length") == 1
        assert faults(page) == [] and out_of_reach(page) == []
        page.evaluate('rtcBridge.driver.releaseStop()')
        page.click('#options')
        hold(page, 3, axes='[0.5, 0, 0, 0]')
        page.wait("document.querySelector('dialog .lamps .down')?.textContent === '3'")
        assert faults(page) == [] and out_of_reach(page) == []


def test_a_link_for_watching_says_so(robot, chromium, cmd_vel):
    with fresh_page(chromium) as vera:
        open_page(vera, robot.link('view', 'Vera'))
        press(vera, START)
        told(vera, 'for watching')
        press(vera, RIGHT)
        vera.wait(f"{SHOWN} === 'rear'")


def test_a_gamepad_of_another_layout_gets_all_its_buttons(page, cmd_vel):
    page.evaluate('unplug()')
    page.evaluate(ODD_PAD)
    shows(page, '#notices', 'does not know the layout of Odd Pad')
    page.evaluate('odd({}, [7])')
    told(page, 'does not know the layout')
    page.evaluate('odd()')
    page.click('#options')
    shows(page, 'dialog .live', 'axis 5')
    page.evaluate('odd({ 5: 0.5 }, [3])')
    page.wait("document.querySelector('dialog .lamps .down')?.textContent === '3'")
    page.wait("document.querySelectorAll('dialog .axes div')[5].textContent.includes('0.50')")
    page.evaluate('odd()')
    choose(page, 'Assign by hand')
    # The dead man's button is a trigger, the cross is two axes.
    for words, control in (
            ('driving forward', '{ 1: -1 }'), ('turning to the left', '{ 0: 1 }'),
            ('second stick', None), ('held for driving', '{ 2: 1 }'),
            ('emergency stop', '{}, [1]'), ('for Drive', '{}, [7]'),
            ('stop driving', '{}, [6]'), ('more speed', '{ 7: -1 }'),
            ('less speed', '{ 7: 1 }')):
        shows(page, 'dialog .step', words)
        if control is None:
            choose(page, 'Leave out')
            continue
        page.evaluate(f'odd({control})')
        shows(page, 'dialog .step', 'Now let it go')
        page.evaluate('odd()')
    shows(page, 'dialog .step', 'camera before')
    choose(page, 'Leave out the rest')
    shows(page, 'dialog .pads', 'assigned by hand')
    choose(page, 'Done')
    page.wait("document.getElementById('take').dataset.pad === 'button 7'")
    page.wait('polls > 2')
    for state in ('{}, [7]', ''):
        page.evaluate(f'odd({state})')
        page.wait('polls > 2')
    shows(page, '#driver', 'You drive')
    since = cmd_vel.mark()
    page.evaluate('odd({ 1: -1 })')
    told(page, 'Hold the button that you chose')
    no_motion(cmd_vel, since)
    page.evaluate('odd({ 1: -1, 2: 0.5 })')
    velocity(cmd_vel, 0.3 * MAX_X, 0, 0)
    # Inverted as it was pushed.
    page.evaluate('odd({ 0: 1, 2: 0.5 })')
    velocity(cmd_vel, 0, 0, 0.3 * MAX_Z)
    page.evaluate('odd({ 0: 1, 2: 0.5, 7: -1 })')
    velocity(cmd_vel, 0, 0, 0.4 * MAX_Z)
    page.evaluate('odd({}, [1])')
    velocity(cmd_vel, 0, 0, 0)
    shows(page, '#stopped', 'The robot does not move')
    page.evaluate('rtcBridge.driver.releaseStop()')
    page.wait('rtcBridge.driver.stopped.id === null')


def test_curve_and_inversion_are_of_one_gamepad(page, cmd_vel):
    page.click('#options')
    page.wait("!!document.querySelector('dialog [data-control=\"1 stub curve\"]')")
    page.evaluate("""(() => {
      const set = (control, change) => {
        const one = document.querySelector(`dialog [data-control="1 stub ${control}"]`);
        change(one);
        one.dispatchEvent(new Event('change'));
      };
      set('curve', (one) => { one.value = 1; });
      set('zone', (one) => { one.value = 0.2; });
      set('invert 1', (one) => { one.checked = true; });
    })()""")
    shows(page, 'dialog .pads', 'standard layout, changed')
    kept = page.evaluate("JSON.parse(localStorage['rtc_bridge.gamepads'])")
    assert [(one['id'], one['curve'], one['zone'], one['axes'][1]['sign']) for one in kept] == [
        ('stub', 1, 0.2, -1)]
    choose(page, 'Done')
    press(page, START)
    shows(page, '#driver', 'You drive')
    page.evaluate("rtcBridge.settings.set('speed', 1)")
    push(page, cmd_vel, '[0, 0.6, 0, 0]', 0.125 * MAX_X, 0)
    push(page, cmd_vel, '[0, 1, 0, 0]', MAX_X, 0)
    hold(page, LB, axes='[0, 0.19, 0, 0]')
    velocity(cmd_vel, 0, 0, 0)
    hold(page)
    assert text(page, '#stopped') == ''


def choose(page, words):
    """Press a button of the dialog, once it is there."""
    find = ("[...document.querySelectorAll('dialog button')].find("
            f"(one) => one.textContent === '{words}')")
    page.wait(f'{find} !== undefined')
    page.evaluate(f'{find}.click()')
