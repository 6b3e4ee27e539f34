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

"""The emergency stop is always there: without driving, under dialogs, zoomed, in full screen."""

import signal

import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from support.pages import end_stop, fresh_page, PHONE, press, release_stop as release
from support.stack import ColourCamera, ROBOT, Robot

STOPPED = 'rtcBridge.driver?.stopped.id != null'
# What is at the middle of the button, on the part of the page that is on the screen.
ON_TOP = """(() => {
  const { left, top, width, height } = document.getElementById('stop').getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const seen = visualViewport;
  return document.elementFromPoint(x, y)?.id === 'stop'
    && left >= seen.offsetLeft && left + width <= seen.offsetLeft + seen.width
    && top >= seen.offsetTop && top + height <= seen.offsetTop + seen.height;
})()"""
BANNER = "document.getElementById('stopped').checkVisibility() " \
    "&& document.getElementById('stopped').textContent"


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that nobody may drive, and whose spectators may stop it."""
    folder = tmp_path_factory.mktemp('keys')
    robot = Robot(relay=False, **{
        'teleop.enabled': False, 'video.tiers': ['1/1'], 'access.view_may_stop': True,
        'access.directory': str(folder), 'access.require_synchronized_clock': False})
    robot.spectator = f'{robot.url}#' + invite_text(
        KeyStore(folder).secret, Invite(ROBOT, 'view', 'view', 'Vera', 0, 9_999_999_999))
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture
def page(robot, browser):
    """Open the page."""
    with fresh_page(browser, may_fail=True) as page:
        page.load(robot.url)
        page.wait_state('live')
        end_stop(page)
        yield page


def test_it_is_there_and_released_where_driving_is_off(page):
    page.wait("document.getElementById('driver').textContent === 'Driving is off'")
    assert page.evaluate("document.body.dataset.layout === 'watch'")
    assert page.evaluate("document.getElementById('take').hidden") and page.evaluate(ON_TOP)
    page.click('#stop')
    page.wait(STOPPED)
    release(page)
    press(page, 'Backspace')
    page.wait(STOPPED)
    release(page)


def test_it_is_there_under_the_options(page):
    page.click('#options')
    page.wait("document.querySelector('dialog[open]') !== null")
    assert page.evaluate(ON_TOP)
    page.click('#stop')
    page.wait(STOPPED)
    page.wait("document.querySelector('dialog[open]') !== null")
    release(page)
    # By its key there, too; and the rest of the page is out of reach of Tab.
    page.evaluate("document.querySelector('dialog select').focus()")
    press(page, 'Backspace')
    page.wait(STOPPED)
    release(page)
    assert page.evaluate("""['header', 'main', '#tools', '#lease'].every(
      (one) => document.querySelector(one).closest('[inert]'))""")
    page.evaluate("document.querySelector('dialog select').focus()")
    press(page, 'Escape')
    page.wait("document.querySelector('dialog') === null")
    assert not page.evaluate(STOPPED)
    assert page.evaluate("document.querySelector('[inert]')") is None


def test_a_gamepads_button_presses_it_also_under_a_dialog(page):
    # It comes with the button down: that is no press.
    page.evaluate('plug([0, 0, 0, 0], { 1: 1 })')
    page.wait('polls > 2')
    assert not page.evaluate('rtcBridge.driver.stopping')
    for dialog in (False, True):
        if dialog:
            page.click('#options')
            page.wait("document.querySelector('dialog[open]') !== null")
        page.evaluate('plug([0, 0, 0, 0])')
        page.wait('polls > 2')
        assert not page.evaluate(STOPPED)
        page.evaluate('plug([0, 0, 0, 0], { 1: 1 })')
        page.wait(STOPPED)
        release(page)
    # Another button may be chosen for it, which then has no other meaning; or none.
    assert page.evaluate("""(() => {
      const all = [...document.querySelectorAll('dialog select')].slice(0, 3);
      all[2].value = '4';
      all[2].dispatchEvent(new Event('change'));
      return [...all.map((one) => one.value), rtcBridge.settings.get('stopButton'),
        rtcBridge.settings.get('enable')];
    })()""") == ['-1', '-1', '4', 4, -1]
    page.evaluate('plug([0, 0, 0, 0])')
    page.wait('polls > 2')
    page.evaluate('plug([0, 0, 0, 0], { 4: 1 })')
    page.wait(STOPPED)
    press(page, 'Escape')
    release(page)
    page.evaluate('unplug()')


def test_it_is_there_in_full_screen(page):
    page.click('#fullscreen')
    page.wait('document.fullscreenElement !== null')
    page.wait(ON_TOP)
    page.click('#stop')
    page.wait(STOPPED)
    page.evaluate('document.exitFullscreen()')
    page.wait('document.fullscreenElement === null')
    release(page)


def test_a_stop_without_a_connection_is_shown_withdrawn_or_expires(page, robot):
    robot.bridge.send(signal.SIGSTOP)
    try:
        page.wait_state('connection-lost')
        page.click('#stop')
        page.wait(f"({BANNER}).includes('STOP not sent')")
        page.wait("/^\\d+ s$/.test(document.getElementById('stopleft').textContent)")
        page.click('#withdraw')
        page.wait(f'!({BANNER})')
        page.click('#stop')
        page.wait(f"({BANNER}).includes('No connection')")
        # It was pressed ten seconds ago, and nobody came.
        page.wait(f"({BANNER}).includes('not sent: no connection for 10 s. Press STOP again.')")
    finally:
        robot.bridge.send(signal.SIGCONT)
    page.wait_state('live')
    page.wait('rtcBridge.driver !== null')
    robot.diagnostics('driving', lambda values, _: values['emergency_stop'] == '')
    assert not page.evaluate(STOPPED)
    # What was not done remains to be read.
    assert page.evaluate(f"({BANNER}).includes('Press STOP again')")
    page.click('#withdraw')
    page.wait(f'!({BANNER})')
    page.click('#stop')
    page.wait(STOPPED)
    release(page)


def test_fingers_on_the_picture_do_not_zoom_and_zoomed_it_stays_in_reach(robot, chromium):
    page = chromium.page(viewport={'width': 390, 'height': 844}, **PHONE)
    try:
        page.load(robot.url)
        page.wait_state('live')
        end_stop(page)
        for selector in ('#stage', 'header', 'footer', '#tools'):
            x, y = page.evaluate("""(selector) => {
              const { x, y, width, height } = document.querySelector(
                selector).getBoundingClientRect();
              return [x + width / 3, y + height / 2];
            }""", selector)
            page.devtools('Input.synthesizePinchGesture', x=x, y=y, scaleFactor=2.5,
                          gestureSourceType='touch')
            assert page.evaluate('visualViewport.scale') == 1, selector
        # As who needs it may zoom all the same, by what the system has for that.
        page.devtools('Emulation.setPageScaleFactor', pageScaleFactor=2.5)
        page.wait("visualViewport.scale > 2 && document.body.hasAttribute('data-zoomed')")
        page.wait(ON_TOP)
        page.evaluate("document.getElementById('stop').click()")
        page.wait(STOPPED)
        page.devtools('Emulation.setPageScaleFactor', pageScaleFactor=1)
        page.wait("!document.body.hasAttribute('data-zoomed')")
        page.wait(ON_TOP)
        release(page)
        assert page.errors == []
    finally:
        page.leave()


def test_spectators_press_it_where_they_may_and_do_not_release_it(robot, chromium):
    page, owner = chromium.show(robot.spectator), chromium.show(robot.url)
    try:
        page.wait_state('live')
        page.wait("document.getElementById('driver').textContent === 'Watching only'")
        page.wait(ON_TOP)
        page.click('#stop')
        page.wait(STOPPED)
        assert page.evaluate("document.getElementById('releasestop').hidden")
        owner.wait(f"{STOPPED} && rtcBridge.driver.stopped.by === 'Vera'")
        release(owner)
        page.wait(f'!({STOPPED})')
        assert page.errors == owner.errors == []
    finally:
        page.leave()
        owner.leave()


@pytest.mark.parametrize('size', [(320, 180), (320, 568), (640, 360), (844, 390), (1440, 900)])
def test_it_is_there_in_windows_of_all_sizes(robot, chromium, size):
    page = chromium.page(viewport=dict(zip(('width', 'height'), size, strict=True)))
    try:
        page.load(robot.url)
        page.wait_state('live')
        page.wait('rtcBridge.driver !== null')
        page.wait(ON_TOP)
        page.click('#options')
        page.wait("document.querySelector('dialog[open]') !== null")
        page.wait(ON_TOP)
        page.click('#stop')
        page.wait(STOPPED)
        page.wait(ON_TOP)
        page.evaluate('rtcBridge.driver.releaseStop()')
        page.wait(f'!({STOPPED})')
    finally:
        page.leave()
