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

"""What hands do to the page in a real browser, and all that must let go of the robot."""

import pytest
from support.browsers import until
from support.pages import (
    HIDE, MAX_X, MAX_Y, MAX_Z, PAD_AHEAD as AHEAD, PAD_AT_REST as AT_REST, pages_of, shows,
    sideways_robot, spot, take, text, thumbs, told, velocity,
)


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


def nothing_moves(page, cmd_vel):
    """Check that what is held moves nothing; the page holds the lease."""
    assert page.evaluate('rtcBridge.driver.epoch !== null')
    since = cmd_vel.mark()
    cmd_vel.wait(lambda *_: True, since + 15)
    assert cmd_vel.motions(since) == []


def stopped(page):
    """Wait until the emergency stop is in force."""
    page.wait('rtcBridge.driver?.stopped.id != null')


def release(page):
    """Release it, and press Drive again."""
    page.evaluate('rtcBridge.driver.releaseStop()')
    page.wait('rtcBridge.driver.stopped.id === null')
    page.arm()


def press_place(page, code, key, kind='rawKeyDown'):
    """Press the key at a place (or let it go) that has another letter than on a US keyboard."""
    page.devtools('Input.dispatchKeyEvent', type=kind, code=code, key=key)


def test_keys_go_by_their_places(page, cmd_vel):
    take(page)
    # French: Z, Q are where W, A are elsewhere, and W where Z is.
    press_place(page, 'KeyW', 'z')
    press_place(page, 'KeyA', 'q')
    velocity(cmd_vel, MAX_X, 0, MAX_Z)
    press_place(page, 'KeyA', 'q', 'keyUp')
    press_place(page, 'KeyZ', 'w')
    velocity(cmd_vel, 0.9 * MAX_X, 0, 0)
    # Its minus is on the 6.
    press_place(page, 'Digit6', '-')
    velocity(cmd_vel, 0.8 * MAX_X, 0, 0)
    press_place(page, 'KeyW', 'z', 'keyUp')
    velocity(cmd_vel, 0, 0, 0)


def test_another_tab_lets_go_of_a_key_for_good(page, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    with page.away():
        velocity(cmd_vel, 0, 0, 0)
        # A gamepad that is held drives the page that is looked at, which may be another robot's.
        page.evaluate(AT_REST)
        nothing_moves(page, cmd_vel)
        page.evaluate(AHEAD)
        nothing_moves(page, cmd_vel)
    page.wait('document.hasFocus()')
    nothing_moves(page, cmd_vel)
    page.evaluate('unplug()')
    # Playwright sends a key that is down again as a repeat.
    page.down('KeyW')
    nothing_moves(page, cmd_vel)
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)


def test_a_menu_lets_go(page, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    x, y = page.evaluate('[innerWidth / 2, innerHeight / 3]')
    for kind in ('mousePressed', 'mouseReleased'):
        page.devtools('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='right',
                      clickCount=1)
    velocity(cmd_vel, 0, 0, 0)
    page.down('KeyW')
    nothing_moves(page, cmd_vel)


def test_a_dialog_lets_go_of_everything(page, cmd_vel):
    take(page)
    page.evaluate(AT_REST)
    page.wait('rtcBridge.driver.epoch !== null')
    nothing_moves(page, cmd_vel)
    page.evaluate(AHEAD)
    velocity(cmd_vel, MAX_X, 0, 0)
    page.click('#options')
    velocity(cmd_vel, 0, 0, 0)
    page.wait("document.querySelector('dialog[open]') !== null")
    nothing_moves(page, cmd_vel)
    # Escape closes it, and is no stop there.
    page.down('Escape')
    page.up('Escape')
    page.wait("document.querySelector('dialog') === null")
    nothing_moves(page, cmd_vel)
    assert page.evaluate('rtcBridge.driver.stopped.id') is None
    page.evaluate(AT_REST)
    nothing_moves(page, cmd_vel)
    page.evaluate(AHEAD)
    velocity(cmd_vel, MAX_X, 0, 0)


def test_space_stops_whatever_drives(page, cmd_vel):
    take(page)
    page.evaluate(AT_REST)
    nothing_moves(page, cmd_vel)
    page.evaluate(AHEAD)
    page.down('KeyA')
    velocity(cmd_vel, MAX_X, 0, MAX_Z)
    page.down('Space')
    velocity(cmd_vel, 0, 0, 0)
    nothing_moves(page, cmd_vel)
    assert page.evaluate('rtcBridge.driver.stopped.id') is None


@pytest.mark.parametrize('key', ['Escape', 'Backspace'])
def test_the_stop_key_works_wherever_nobody_types(page, cmd_vel, key):
    take(page)
    page.evaluate("""() => {
      document.body.insertAdjacentHTML('beforeend', `<form class="test"><input value="abc">
        <textarea>abc</textarea><p contenteditable><b>abc</b></p><select></select></form>`);
    }""")
    for field in ('input', 'textarea', 'p'):
        page.evaluate(f"document.querySelector('.test {field}').focus()")
        page.down(key)
        page.up(key)
        page.down('KeyW')
        page.up('KeyW')
    nothing_moves(page, cmd_vel)
    assert page.evaluate('rtcBridge.driver.stopped.id') is None
    for place in ('select', '#speedrange', '#more', '#stage', 'body'):
        page.evaluate(f"""() => {{
          document.activeElement.blur();
          document.querySelector('{place}').focus();
        }}""")
        page.down(key)
        stopped(page)
        page.wait('!rtcBridge.driver.stopping')
        # A key that is held is one request.
        page.down(key)
        page.up(key)
        assert not page.evaluate('rtcBridge.driver.stopping')
        release(page)


def test_gamepads_are_told_of(page, cmd_vel):
    page.wait('polls > 0')
    page.evaluate("""() => { window.announce = (type, mapping) => dispatchEvent(
      Object.assign(new Event(type), { gamepad: { mapping } })); }""")
    page.evaluate("announce('gamepadconnected', 'standard')")
    told(page, 'Hold the left shoulder button')
    page.evaluate("announce('gamepaddisconnected', 'standard')")
    told(page, 'gone')
    page.evaluate("announce('gamepadconnected', '')")
    told(page, 'does not know the layout')
    # Also while nobody drives: who presses in vain wants to know.
    page.wait("document.getElementById('toast').textContent === ''")
    page.evaluate("plug([0, -1, 0, 0], { 2: 1 }); pads[1].mapping = ''")
    told(page, 'does not know the layout')
    page.evaluate(AT_REST)
    page.wait("document.getElementById('toast').textContent === ''")
    page.evaluate('plug([0, -1, 0, 0])')
    told(page, 'Hold the left shoulder button')
    assert page.evaluate('rtcBridge.driver.epoch') is None
    # Holding its button arms the page, and takes the lease with the first motion.
    page.evaluate("rtcBridge.settings.set('speed', 1)")
    page.evaluate(AHEAD)
    velocity(cmd_vel, MAX_X, 0, 0)


# As Firefox on Linux has one: sticks on the axes 0, 1, 3 and 4, triggers that rest at -1.
ODD_PAD = """window.odd = (axes = {}, down = []) => { polls = 0; pads[1] = { index: 1,
  id: 'Odd Pad (Vendor: 1 Product: 2)', connected: true, mapping: '',
  axes: [0, 0, -1, 0, 0, -1].map((rest, n) => axes[n] ?? rest),
  buttons: Array.from({ length: 11 }, (_, n) => ({ value: +down.includes(n),
    pressed: down.includes(n) })) }; }; odd();"""


def press_button(page, words):
    """Press a button of the dialog, once it is there."""
    find = ("[...document.querySelectorAll('dialog button')].find("
            f"(one) => one.textContent === '{words}')")
    page.wait(f'{find} !== undefined')
    page.evaluate(f'{find}.click()')


def test_a_gamepad_of_another_layout_is_assigned_by_hand(page, cmd_vel):
    page.evaluate(ODD_PAD)
    shows(page, '#notices', 'does not know the layout of Odd Pad')
    page.click('#options')
    press_button(page, 'Assign by hand')
    # Forward is down on this one, which is what inverts it.
    for words, control in (
            ('driving forward', '{ 1: 1 }'), ('turning to the left', '{ 0: -1 }'),
            ('second stick', '{ 3: -1 }'), ('held for driving', '{}, [6]'),
            ('emergency stop', '{}, [9]')):
        shows(page, 'dialog .step', words)
        page.evaluate(f'odd({control})')
        shows(page, 'dialog .step', 'Now let it go')
        page.evaluate('odd()')
    shows(page, 'dialog .step', 'for Drive')
    press_button(page, 'Leave out the rest')
    shows(page, 'dialog .pads', 'assigned by hand')
    assert 'inverted' in text(page, 'dialog .pads')
    press_button(page, 'Done')
    page.wait("!document.getElementById('notices').textContent.includes('Odd Pad')")
    take(page)
    nothing_moves(page, cmd_vel)
    page.evaluate('odd({ 1: 1, 0: -1 }, [6])')
    velocity(cmd_vel, MAX_X / 2 ** 0.5, MAX_Y / 2 ** 0.5, 0)
    page.evaluate('odd({ 3: 1 }, [6])')
    velocity(cmd_vel, 0, 0, -MAX_Z)
    page.evaluate('odd({}, [9])')
    stopped(page)
    release(page)
    # The browser keeps it for this gamepad.
    page.refresh()
    page.wait_state('live')
    page.evaluate(ODD_PAD)
    take(page)
    nothing_moves(page, cmd_vel)
    page.evaluate('odd({ 1: 1 }, [6])')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate('localStorage.clear()')


def test_an_axis_that_does_not_rest_is_named_and_can_be_learnt(page, cmd_vel):
    take(page)
    page.evaluate('plug([0, 0.2, -1, 0])')
    shows(page, '#notices', 'stub does not drive: axis 1 (left stick, up and down) is at 0.20')
    assert 'axis 2 (right stick, sideways) is at -1.00' in text(page, '#notices details') or (
        page.evaluate("document.getElementById('notices').textContent.includes('at -1.00')"))
    page.click('#options')
    press_button(page, 'Take over the rest position')
    shows(page, 'dialog .pads', 'with its own rest position')
    press_button(page, 'Done')
    page.wait("!document.getElementById('notices').textContent.includes('stub')")
    nothing_moves(page, cmd_vel)
    page.evaluate('plug([0, -1, -1, 0], { 4: 1 })')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate('localStorage.clear()')


def test_keys_can_be_assigned(page, cmd_vel):
    page.click('#options')
    page.click('dialog [data-action=forward]')
    press_place(page, 'KeyA', 'a')
    shows(page, 'dialog .problem', 'A is for')
    page.click('dialog [data-action=forward]')
    press_place(page, 'KeyX', 'x')
    page.wait("document.querySelector('dialog [data-action=forward]').textContent === 'X'")
    # Escape takes back that a key was asked for, and then closes the dialog.
    page.click('dialog [data-action=back]')
    for count in (1, 0):
        page.down('Escape')
        page.up('Escape')
        page.wait(f"document.querySelectorAll('dialog').length === {count}")
    take(page)
    page.down('KeyW')
    nothing_moves(page, cmd_vel)
    page.up('KeyW')
    page.down('KeyX')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.up('KeyX')
    page.click('#options')
    press_button(page, 'Reset all keys')
    press_button(page, 'Done')
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)


def test_a_button_for_full_speed(page, cmd_vel):
    take(page)
    page.evaluate("rtcBridge.settings.set('speed', 0.4)")
    page.evaluate("rtcBridge.settings.set('turbo', 5)")
    page.evaluate(AT_REST)
    nothing_moves(page, cmd_vel)
    page.evaluate(AHEAD)
    velocity(cmd_vel, 0.4 * MAX_X, 0, 0)
    page.evaluate('plug([0, -1, 0, 0], { 4: 1, 5: 1 })')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate(AHEAD)
    velocity(cmd_vel, 0.4 * MAX_X, 0, 0)
    page.evaluate('unplug()')
    velocity(cmd_vel, 0, 0, 0)


def test_two_gamepads_do_not_take_over_from_each_other(page, cmd_vel):
    take(page)
    page.evaluate(f'{AT_REST}; pads[0] = {{ ...pads[1], index: 0 }}')
    nothing_moves(page, cmd_vel)
    page.evaluate(AHEAD)
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate('pads[0] = { ...pads[1], index: 0, axes: [0, 1, 0, 0] }')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.evaluate('unplug()')
    velocity(cmd_vel, 0, 0, 0)
    nothing_moves(page, cmd_vel)
    page.evaluate('pads[0] = { ...pads[0], axes: [0, 0, 0, 0] }')
    nothing_moves(page, cmd_vel)
    page.evaluate('pads[0] = { ...pads[0], axes: [0, 1, 0, 0] }')
    velocity(cmd_vel, -MAX_X, 0, 0)


def test_the_stop_is_in_reach_of_a_third_finger(show, cmd_vel):
    phone = show(844, 390)
    take(phone)
    left, right = thumbs(phone, stick2=(0, -0.9), stick=(0.9, 0))
    velocity(cmd_vel, MAX_X, 0, -MAX_Z)
    phone.touch(left, right, spot(phone, 'stop', 0, 0))
    velocity(cmd_vel, 0, 0, 0)
    stopped(phone)
    phone.touch(left, right, None)
    release(phone)
    # Thumbs that are still there have to be lifted first.
    phone.touch(spot(phone, 'stick2', 0, -0.8), right)
    nothing_moves(phone, cmd_vel)
    phone.touch()
    thumbs(phone, stick2=(0, -0.9))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.touch()


def test_another_finger_changes_the_speed(show, cmd_vel):
    phone = show(390, 844)
    take(phone)
    left, = thumbs(phone, stick2=(0, -1))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.touch(left, spot(phone, 'slower', 0, 0))
    phone.touch(left, None)
    velocity(cmd_vel, 0.9 * MAX_X, 0, 0)
    phone.touch()
    velocity(cmd_vel, 0, 0, 0)


def test_a_stick_belongs_to_one_finger(show, cmd_vel):
    phone = show(390, 844)
    take(phone)
    down = spot(phone, 'stick2', 0, 0.9)
    up, = thumbs(phone, stick2=(0, -1))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.touch(up, down)
    phone.touch(up, spot(phone, 'stick2', 0, 1))
    velocity(cmd_vel, MAX_X, 0, 0)
    # The second one has no part in it, also when the first is lifted.
    phone.touch(None, down)
    velocity(cmd_vel, 0, 0, 0)
    phone.touch(None, spot(phone, 'stick2', 0, 1))
    nothing_moves(phone, cmd_vel)
    phone.touch()


def test_a_touch_that_the_system_takes_away_lets_go(show, cmd_vel):
    phone = show(390, 844)
    take(phone)
    thumbs(phone, stick2=(0, -1), stick=(-1, 0))
    velocity(cmd_vel, MAX_X, 0, MAX_Z)
    phone.touch(cancel=True)
    velocity(cmd_vel, 0, 0, 0)
    phone.wait("document.querySelector('.stick.held') === null")


def test_turning_the_phone_lets_go(show, cmd_vel):
    phone = show(390, 844)
    take(phone)
    finger, = thumbs(phone, stick2=(0, -1))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.resize(844, 390)
    velocity(cmd_vel, 0, 0, 0)
    phone.touch((finger[0] + 5, 200))
    nothing_moves(phone, cmd_vel)
    phone.touch()
    # It drives as before where the sticks are now.
    thumbs(phone, stick2=(0, -1))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.touch()


def test_a_stick_begins_where_a_finger_lands(show, cmd_vel):
    phone = show(844, 390)
    take(phone)
    # At the rim, and a bit beside it: no command.
    for x, y in ((0, -0.95), (0.95, 0), (-0.6, 0.6), (0.3, -1.2)):
        phone.touch(spot(phone, 'stick2', x, y))
        phone.wait("document.querySelector('#stick2.held') !== null")
        nothing_moves(phone, cmd_vel)
        phone.touch()
    # From there on the way of the finger counts, and half of it is less than half the speed.
    phone.touch(spot(phone, 'stick2', 0.3, 0.9))
    phone.touch(spot(phone, 'stick2', 0.3, 0.6))
    cmd_vel.wait(lambda x, y, z: 0.1 * MAX_X < x < 0.4 * MAX_X and (y, z) == (0, 0),
                 cmd_vel.mark())
    phone.touch(spot(phone, 'stick2', 0.3, 0.2))
    velocity(cmd_vel, MAX_X, 0, 0)
    phone.touch()
    velocity(cmd_vel, 0, 0, 0)
    # Before a page is armed, only the ring itself is a stick.
    phone.click('#release')
    phone.wait('!rtcBridge.driver.armed')
    phone.touch(spot(phone, 'stick2', 0.3, -1.2))
    assert phone.evaluate("document.querySelector('.held') === null")
    phone.touch()


# Sizes of tablets, upright and on their side.
TABLETS = [(820, 1180), (1180, 820), (1024, 1366), (1366, 1024), (960, 600)]
# What may not lie under a stick, nor its ring over it.
ALONE = """() => {
  const box = (one) => one.getBoundingClientRect();
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top
    || b.bottom <= a.top;
  return [...document.querySelectorAll('.stick')].flatMap((stick) => [...document.querySelectorAll(
    'button, input, #driver, .stick')].filter((one) => one !== stick && one.checkVisibility()
      && box(one).width && !apart(box(one), box(stick))).map((one) => `${stick.id}: ${one.id}`));
}"""


def test_on_tablets_the_sticks_are_under_the_thumbs(show, cmd_vel):
    tablet = show(*TABLETS[0])
    take(tablet)
    tablet.wait("!document.getElementById('more').hidden")
    for width, height in TABLETS:
        tablet.resize(width, height)
        tablet.wait(f'innerWidth === {width}')
        for stick, side in (('stick2', 0), ('stick', width)):
            x, y = spot(tablet, stick, 0, 0)
            # A hand holds a tablet a bit below its middle; a thumb has some 70 mm, of 160 px/inch.
            assert abs(x - side) < 150 and 0.5 * height < y < 0.7 * height, (stick, x, y)
        assert tablet.evaluate(ALONE) == [], (width, height)
        thumbs(tablet, stick2=(0, -1), stick=(1, 0))
        velocity(cmd_vel, MAX_X, 0, -MAX_Z)
        # Wherever a stick has begun, all else stays in reach.
        stop = spot(tablet, 'stop', 0, 0)
        assert tablet.evaluate('([x, y]) => document.elementFromPoint(x, y).id', stop) == 'stop'
        tablet.touch()
        # With the panels open, too.
        tablet.click('#more')
        tablet.wait("!document.getElementById('panels').hidden")
        inside = tablet.evaluate(ALONE)
        tablet.click('#more')
        assert inside == [], (width, height)


def test_one_stick_by_the_mouse_beside_the_keys(page, cmd_vel):
    take(page)
    page.down('KeyD')
    velocity(cmd_vel, 0, 0, -MAX_Z)

    def mouse(kind, x, y, button='left', buttons=1):
        x, y = spot(page, 'stick', x, y)
        page.devtools('Input.dispatchMouseEvent', type=kind, x=x, y=y, button=button,
                      buttons=buttons, clickCount=1)
    mouse('mousePressed', 0, 0)
    mouse('mouseMoved', 0, -3)
    velocity(cmd_vel, MAX_X, 0, -MAX_Z)
    # The left button goes up while the right one is down.
    mouse('mousePressed', 0, -3, 'right', 3)
    mouse('mouseReleased', 0, -3, 'left', 2)
    velocity(cmd_vel, 0, 0, -MAX_Z)
    mouse('mouseReleased', 0, -3, 'right', 0)
    assert page.evaluate('document.activeElement.id') == 'stage'
    page.up('KeyD')
    velocity(cmd_vel, 0, 0, 0)


def test_scripts_that_stand_still_stop_the_robot(page, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    # As in a tab that the browser freezes; its connection lives.
    page.devtools('Debugger.enable')
    since = cmd_vel.mark()
    page.devtools('Debugger.pause')
    zero = cmd_vel.wait_zero(since)
    page.devtools('Debugger.resume')
    page.devtools('Debugger.disable')
    page.wait_state('live')
    until(lambda: page.evaluate("""document.getElementById('toast').textContent.includes('Let go')
      || rtcBridge.driver?.epoch === null"""), 'the robot refuses, or is not driven')
    assert cmd_vel.motions(zero) == []
    page.up('KeyW')


def test_a_tab_that_records_drives_nothing_while_hidden(page, cmd_vel):
    take(page)
    page.evaluate(AT_REST)
    nothing_moves(page, cmd_vel)
    page.click('#record')
    page.wait("document.getElementById('recorded').textContent >= '0:01'")
    page.evaluate(AHEAD)
    page.down('KeyA')
    velocity(cmd_vel, MAX_X, 0, MAX_Z)
    page.evaluate(HIDE, True)
    velocity(cmd_vel, 0, 0, 0)
    page.evaluate(HIDE, False)
    # Its picture went on; what was held then counts no more.
    page.wait_state('live')
    nothing_moves(page, cmd_vel)
    page.click('#record')


def test_a_page_from_the_cache_begins_anew(page, cmd_vel):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    since = cmd_vel.mark()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    zero = cmd_vel.wait_zero(since)
    page.wait('rtcBridge.hello === null')
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.wait_state('live')
    take(page)
    nothing_moves(page, cmd_vel)
    assert cmd_vel.motions(zero) == []
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)


@pytest.mark.parametrize('script', [
    """Object.defineProperty(window, 'localStorage',
      { get() { throw new DOMException('no', 'SecurityError'); } });""",
    "localStorage.rtc_bridge = '{\"speed\": \"fast\", \"sticks\": [], \"enable\": 99';",
    "localStorage.rtc_bridge = '{\"speed\": \"fast\", \"sticks\": [], \"enable\": 99}';",
    "localStorage['rtc_bridge.robots'] = '[null, {\"id\": \"testbot\", \"speed\": 99}]';",
], ids=['forbidden', 'no JSON', 'no such values', 'no such speed'])
def test_bad_storage_does_no_harm(robot, chromium, cmd_vel, script):
    page = chromium.page()
    page.evaluate_on_load(script)
    page.load(f'{robot.url}?camera=front/image_raw')
    page.wait_state('live')
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.down('KeyZ')
    velocity(cmd_vel, 0.9 * MAX_X, 0, 0)
    assert page.errors == []
    page.leave()


def test_names_for_those_who_do_not_see(show):
    def labels(page):
        return page.evaluate("""[...document.querySelectorAll('.stick')]
          .filter((one) => !one.hidden).map((one) => one.ariaLabel)""")
    assert labels(show()) == ['Stick: drive and turn']
    phone = show(390, 844)
    assert labels(phone) == ['Left stick: forward and back, and sideways', 'Right stick: turn']
    phone.evaluate("rtcBridge.settings.set('speed', 0.4)")
    phone.wait("document.getElementById('speedrange').ariaValueText === '40 % · 0.20 m/s'")
    nameless = phone.evaluate("""[...document.querySelectorAll(
        'button, input, select, [role], section, nav, aside, video')]
      .filter((one) => one.checkVisibility() && !one.textContent.trim() && !one.ariaLabel
        && !one.closest('label') && !one.ariaHidden).map((one) => one.outerHTML)""")
    assert nameless == []


def test_the_lowest_speed_stays_the_lowest(page):
    for button, end in (('slower', 0.1), ('faster', 1)):
        for _ in range(12):
            page.evaluate(f"document.getElementById('{button}').click()")
        assert page.evaluate('rtcBridge.settings.get("speed")') == end


@pytest.mark.parametrize('key', ['Alt', 'F10'])
def test_a_key_that_opens_a_menu_lets_go(page, cmd_vel, key):
    take(page)
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)
    page.down(key)
    velocity(cmd_vel, 0, 0, 0)
    page.up(key)
    nothing_moves(page, cmd_vel)


def test_a_stop_while_the_page_is_put_away_is_sent_on_the_way_back(page, cmd_vel):
    take(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));"
        "document.getElementById('stop').click()")
    stopped(page)
    release(page)


def test_a_page_that_nobody_looks_at_gets_no_pictures_after_a_break(robot, page):
    page.wait_state('live')
    page.evaluate(f'({HIDE})(true)')
    try:
        robot.diagnostics('camera front/image_raw', lambda v, _: v['viewers'] == '0')
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));"
                      "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.wait('rtcBridge.hello !== null')
        robot.diagnostics('camera front/image_raw', lambda v, _: v['viewers'] == '0')
    finally:
        page.evaluate(f'({HIDE})(false)')
    page.wait_state('live')


def test_what_cannot_be_loaded_or_recorded_is_said(page):
    page.evaluate("""window.MediaRecorder = class {
      static isTypeSupported() { return true; }
      constructor() { throw new Error('no encoder'); }
    }; 0""")
    page.click('#record')
    told(page, 'No recording: no encoder')
    assert page.evaluate("document.getElementById('record').ariaPressed") != 'true'
    page.evaluate('HTMLCanvasElement.prototype.toBlob = (take) => take(null); 0')
    page.click('#snapshot')
    told(page, 'no PNG')
    page.errors.clear()
