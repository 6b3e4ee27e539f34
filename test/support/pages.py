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

"""The page in a browser, for tests: what is in it, and what hands do to it."""

from contextlib import contextmanager

import pytest
from support.browsers import until
from support.firefox import Firefox
from support.patience import PATIENCE
from support.stack import ColourCamera, Robot

# Options of a page on a phone.
PHONE = {'has_touch': True, 'is_mobile': True}
# Limits of the robot of sideways_robot(), in m/s and rad/s.
MAX_X, MAX_Y, MAX_Z = 0.5, 0.25, 1.0
RED, BLUE = (0, 0, 200), (200, 0, 0)
# Replaces the browser's gamepads by two that a test plugs in. The page looks at them each 40 ms.
PAD = """
  window.pads = [null, null];
  // How often the page has looked since the last change.
  window.polls = 0;
  navigator.getGamepads = () => { polls += 1; return pads; };
  const set = (pad) => { polls = 0; pads[1] = pad; };
  window.plug = (axes, buttons = {}) => set({ index: 1, id: 'stub', connected: true,
    mapping: 'standard', axes, buttons: Array.from({ length: 17 }, (_, n) => (
      { value: buttons[n] ?? 0, pressed: !!buttons[n] })) });
  window.unplug = () => { set(null); dispatchEvent(new Event('gamepaddisconnected')); };
"""
PAD_AT_REST = 'plug([0, 0, 0, 0])'
# With the button held that has to be held.
PAD_AHEAD = 'plug([0, -1, 0, 0], { 4: 1 })'
# What the panels show, by label.
STATS = """Object.fromEntries([...document.querySelectorAll('#stats dt')].map(
  (dt) => [dt.textContent, dt.nextElementSibling.textContent]))"""
TELEMETRY = """Object.fromEntries([...document.querySelectorAll('#telemetry dt')].map(
  (dt) => [dt.textContent, dt.nextElementSibling.textContent]))"""
# Called with json or csv.
SAVE_STATS = '(kind) => document.getElementById(`save-${kind}`).click()'
# Notes at each repaint which camera the page claims to show, and which colour is to be seen: red
# is that of front, another one that of rear. Called with anything.
WATCH_PICTURES = """() => {
  window.seen = [];
  const video = document.getElementById('video0');
  const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const note = () => {
    probe.drawImage(video, 0, 0, 1, 1);
    const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
    const open = document.getElementById('blank').hidden && document.getElementById('last').hidden;
    seen.push([document.querySelector('#cameras [aria-current=true]')?.dataset.camera ?? '',
      open || rtcBridge.state === 'live',
      red > 100 ? 'front' : Math.max(green, blue) > 100 ? 'rear' : '']);
    requestAnimationFrame(note);
  };
  note();
}"""
# Called with true or false.
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def foreign_pictures(page):
    """Return when a page watched by ``WATCH_PICTURES`` showed one camera under another's name."""
    return [(claimed, seen) for claimed, is_open, seen in page.evaluate('seen')
            if is_open and claimed.partition('/')[0] != seen]


@contextmanager
def sideways_robot():
    """Run a robot that can move sideways, with two cameras; its timeouts suit a busy host."""
    robot = Robot(guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.max_linear_x': MAX_X,
        'teleop.max_linear_y': MAX_Y, 'teleop.max_angular_z': MAX_Z})
    cameras = []
    try:
        cameras += [ColourCamera(robot.probe, f'{name}/image_raw', colour)
                    for name, colour in (('front', RED), ('rear', BLUE))]
        yield robot
    finally:
        for camera in cameras:
            camera.close()
        robot.close()


@contextmanager
def pages_of(robot, chromium):
    """
    Give a function that opens the page of such a robot; check in the end that none had errors.

    The arguments, if any, are the size of a phone's window.
    """
    pages = []

    def show(*phone):
        page = chromium.page(**({'viewport': dict(zip(('width', 'height'), phone, strict=True)),
                                 **PHONE} if phone else {}))
        pages.append(page)
        page.evaluate_on_load(PAD)
        page.load(f'{robot.url}?camera=front/image_raw')
        page.wait_state('live')
        page.wait('rtcBridge.cameras.length === 2')
        end_stop(page)
        return page
    yield show
    errors = [page.errors for page in pages]
    for page in pages:
        page.leave()
    assert not any(errors), errors


@contextmanager
def fresh_page(browser, may_fail=False):
    """
    Give a page of a browser that has never seen a robot, with gamepads to plug in.

    :param may_fail: errors on the page's console are expected, as of a connection that is lost
    """
    if isinstance(browser, Firefox):
        browser.fresh()
        browser.evaluate_on_load(PAD)
        yield browser
        # Or it would watch on during tests with another browser.
        browser.fresh()
        return
    page = browser.page()
    page.evaluate_on_load(PAD)
    yield page
    assert may_fail or page.errors == []
    page.leave()


def take(page):
    """Press Drive, and see that the keys drive then."""
    page.arm()
    page.wait("document.activeElement.id === 'stage'")


def wait_connected(page):
    """
    Wait until the page has a session.

    Of a bridge that was stopped for ten seconds Fast DDS may have given up the shared memory, by
    which pictures come: they need not come back.
    """
    page.wait('rtcBridge.driver && /^(live|still|no-picture|camera-lost)$/.test(rtcBridge.state)')


def press(page, key):
    """Press a key, and release it."""
    page.down(key)
    page.up(key)


def velocity(cmd_vel, x, y, z):
    """Wait for a velocity."""
    since = cmd_vel.mark()
    cmd_vel.wait(lambda *v: v == pytest.approx((x, y, z), abs=1e-6), since)


def no_motion(cmd_vel, since):
    """Check that none came, nor comes with what the robot says next."""
    cmd_vel.wait(lambda *_: True, cmd_vel.mark() + 10)
    assert cmd_vel.motions(since) == []


def spot(page, stick, x, y):
    """Return the point of the screen where a stick is pushed so far, 1 being its edge."""
    return page.evaluate("""([id, x, y]) => {
      const { left, top, width } = document.getElementById(id).getBoundingClientRect();
      return [left + width / 2 * (1 + x), top + width / 2 * (1 + y)];
    }""", [stick, x, y])


def thumbs(page, **pushes):
    """
    Put fingers on sticks and push these, as (x, y), 1 being the edge; return where they are then.

    A stick begins where a finger lands, so that a finger has to move for a command.
    """
    page.touch(*(spot(page, stick, 0, 0) for stick in pushes))
    pushed = [spot(page, stick, *push) for stick, push in pushes.items()]
    page.touch(*pushed)
    return pushed


def told(page, words):
    """Wait until the page says something for a few seconds."""
    page.wait(f"document.getElementById('toast').textContent.includes('{words}')")


def text(page, selector):
    """Return the text of an element that can be seen, else nothing."""
    return page.evaluate("""(selector) => {
      const one = document.querySelector(selector);
      return one?.checkVisibility() ? one.textContent : '';
    }""", selector)


def shows(page, selector, words):
    """Wait until an element can be seen that has these words."""
    until(lambda: words in text(page, selector), lambda: f'{words}: {page.texts()}')


@contextmanager
def page_with(browser, url, button):
    """Give a page that is live and has a button, by its id; it must have no errors in the end."""
    page = browser.show(url)
    page.wait_state('live')
    page.wait(f"!document.getElementById('{button}').hidden")
    yield page
    assert page.errors == []
    page.leave()


def wait_stats(page, picture):
    """Wait until the panel shows this picture and its times; return all that it shows then."""
    def shown():
        texts = page.evaluate(STATS)
        times = [texts.get(label, '') for label in ('Robot to screen', 'Round trip')]
        return texts if texts.get('Picture') == picture and all(
            time.endswith(' ms') for time in times) else None
    return until(shown, lambda: page.evaluate(STATS))


def end_stop(page):
    """Release an emergency stop that a test before, which failed, has left engaged."""
    page.wait('rtcBridge.driver')

    def released():
        page.evaluate('rtcBridge.driver?.releaseStop()')
        return page.evaluate('rtcBridge.driver?.stopped.id === null')
    until(released, 'no emergency stop', period=0.5)


def release_stop(page):
    """Release the emergency stop as a person does: by its button, and by that again."""
    def released():
        page.evaluate("document.getElementById('releasestop').click()")
        return not text(page, '#stopped')
    until(released, 'the release of the emergency stop', 2 * PATIENCE)
