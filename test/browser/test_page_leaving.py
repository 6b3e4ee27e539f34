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

"""Nobody leaves a page by accident while it drives, and the screen stays on meanwhile."""

import pytest
from support.browsers import until
from support.firefox import Firefox
from support.pages import fresh_page, HIDE, told, velocity
from support.stack import ColourCamera, Robot

MAX_X, MAX_Z = 0.5, 1.0
# Chromium keeps no more, and this tab may have been through many tests.
MAX_ENTRIES = 50
# What a page is told that is about to be left; true: it may be.
MAY_LEAVE = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
# Notes the locks that the page gets.
NOTE_LOCKS = """
  window.locks = [];
  const { request } = WakeLock.prototype;
  WakeLock.prototype.request = async function (type) {
    locks.push(await request.call(this, type));
    return locks.at(-1);
  };
"""


@pytest.fixture(scope='module')
def robot():
    """Run a robot with a camera."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z})
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture
def page(robot, browser):
    """Open the page, after another one, as a browser does that has never seen this robot."""
    with fresh_page(browser) as page:
        page.load('about:blank#before')
        page.load(robot.url)
        page.wait_state('live')
        # What is loaded last is there.
        page.wait("document.querySelector('#checks details') !== null")
        yield page


def drive(page, cmd_vel):
    """Drive ahead, with a key that is held."""
    page.arm()
    page.wait("document.activeElement.id === 'stage'")
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)


def stopped_here(page, cmd_vel):
    """Check that the robot has stopped, and that the page is there and drives on when asked."""
    velocity(cmd_vel, 0, 0, 0)
    assert page.evaluate('rtcBridge.driver.armed && rtcBridge.driver.stopped.id === null')
    page.up('KeyW')
    page.down('KeyW')
    velocity(cmd_vel, MAX_X, 0, 0)


def test_a_step_back_does_not_leave_a_page_that_drives(page, cmd_vel):
    entries = page.evaluate('history.length')
    page.wait(MAY_LEAVE)
    drive(page, cmd_vel)
    assert page.evaluate('history.length') == min(entries + 1, MAX_ENTRIES)
    for _ in range(2):
        page.evaluate("document.getElementById('toast').textContent = ''; history.back()")
        told(page, 'so this page stays, and the robot was stopped')
        page.wait("history.state?.['rtc_bridge.driving'] === true")
        stopped_here(page, cmd_vel)
    page.up('KeyW')
    # Who has stopped driving leaves with one step, also after a second time, and a reload.
    page.click('#release')
    page.wait('!rtcBridge.driver.armed')
    page.wait(MAY_LEAVE)
    drive(page, cmd_vel)
    page.up('KeyW')
    page.click('#release')
    page.wait('!rtcBridge.driver.armed')
    assert page.evaluate('history.length') == min(entries + 1, MAX_ENTRIES)
    # A change of the layout is written into the address of the added entry.
    page.evaluate("history.replaceState(history.state, '', '?layout=one')")
    page.evaluate('window.before = true; location.reload(); 0')
    page.wait("!window.before && window.rtcBridge?.state === 'live'")
    page.wait("document.querySelector('#checks details') !== null")
    drive(page, cmd_vel)
    page.evaluate("document.getElementById('toast').textContent = ''; history.back()")
    told(page, 'so this page stays, and the robot was stopped')
    page.wait("history.state?.['rtc_bridge.driving'] === true")
    page.up('KeyW')
    page.click('#release')
    page.wait('!rtcBridge.driver.armed')
    page.wait(MAY_LEAVE)
    page.evaluate('history.back()')
    page.wait("location.hash === '#before'")


def test_the_browser_asks_before_a_page_that_drives_is_left(page, cmd_vel):
    drive(page, cmd_vel)
    assert not page.evaluate(MAY_LEAVE)
    stopped_here(page, cmd_vel)
    if isinstance(page, Firefox):
        assert page.asked == []
        page.load(page.evaluate('location.href'))
        assert page.asked == ['beforeunload']
        return
    with page.refusing() as asked:
        page.evaluate('void setTimeout(() => location.reload())')
        until(lambda: asked, 'a question')
    assert asked == ['beforeunload']
    stopped_here(page, cmd_vel)
    # Not by a swipe either.
    assert page.evaluate("""[document.documentElement, document.body].map(
      (one) => getComputedStyle(one).overscrollBehavior)""") == ['none', 'none']
    # Who has stopped driving is not asked.
    page.up('KeyW')
    page.click('#release')
    page.wait('!rtcBridge.driver.armed')
    page.wait(MAY_LEAVE)
    page.evaluate('window.before = true')
    with page.refusing() as asked:
        page.refresh()
    assert asked == []
    assert not page.evaluate('window.before')


def test_the_screen_stays_on_while_there_is_a_live_picture(robot, chromium):
    with fresh_page(chromium) as page:
        page.evaluate_on_load(NOTE_LOCKS)
        page.load(robot.url)
        page.wait_state('live')
        # There may be more than one: on a busy host the picture stands still for a moment.
        page.wait('locks.at(-1)?.released === false')
        # As the browser does with a page that is hidden.
        page.evaluate('locks.at(-1).release()')
        page.evaluate(HIDE, True)
        page.evaluate(HIDE, False)
        page.wait('locks.at(-1)?.released === false')
        # Nothing to see, and nothing to drive with.
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        page.wait('locks.every((lock) => lock.released)')


@pytest.mark.parametrize('script', [
    'delete Navigator.prototype.wakeLock;',
    'WakeLock.prototype.request = () => Promise.reject('
    "new DOMException('low', 'NotAllowedError'));",
], ids=['absent', 'refused'])
def test_a_screen_that_goes_off_breaks_nothing(robot, chromium, cmd_vel, script):
    with fresh_page(chromium) as page:
        page.evaluate_on_load(script)
        page.load(robot.url)
        page.wait_state('live')
        drive(page, cmd_vel)
        page.up('KeyW')
        velocity(cmd_vel, 0, 0, 0)
