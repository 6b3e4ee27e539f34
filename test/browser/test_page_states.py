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

"""Every state of the page, reached for real, on phones and desktops; people who share a robot."""

import os
from pathlib import Path
import signal

import numpy as np
import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from support.accessibility import cut_off, faults, large_text, out_of_reach, STILL
from support.browsers import until
from support.pages import RED, release_stop as released, shows, text, wait_connected
from support.stack import ColourCamera, ROBOT, Robot

SIZES = {'phone': (390, 844), 'phone-side': (844, 390), 'tablet': (820, 1180),
         'window': (1024, 640), 'desktop': (1440, 900)}


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that lets in who has an invite."""
    robot = Robot(guard={'teleop.timeout': 3.0}, **{
        'access.anonymous': 'none', 'access.anonymous_via_relay': 'none',
        'access.directory': str(tmp_path_factory.mktemp('keys')),
        'access.require_synchronized_clock': False, 'teleop.timeout': 3.0, 'teleop.max_age': 3.0,
        'teleop.max_frame_age': 5.0})
    secret = KeyStore(Path(robot._parameters['access.directory'])).secret
    robot.link = lambda role, name='', exp=9_999_999_999: f'{robot.url}#' + invite_text(
        secret, Invite(ROBOT, f'{role} {name}', role, name, 0, exp))
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def camera(robot):
    """Publish a camera."""
    camera = ColourCamera(robot.probe, 'front/image_raw', RED)
    yield camera
    camera.close()


# As the browser sends them, and as for an Enter that is held.
DOUBLE_CLICK = """
  const button = document.getElementById('releasestop');
  for (const detail of [1, 2, 0]) {
    button.dispatchEvent(new MouseEvent('click', { detail, bubbles: true }));
  }
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Return where the screenshots go, for people to look at."""
    return Path(os.environ.get('RTC_BRIDGE_SHOTS') or tmp_path_factory.mktemp('shots'))


@pytest.fixture
def shoot(folder):
    """Take a state's screenshots; check that nothing hangs over the edge, and all can use it."""
    # They take long, and are for people only.
    wanted = 'RTC_BRIDGE_SHOTS' in os.environ

    def take_light(page, name):
        page.evaluate("rtcBridge.settings.set('theme', 'light')")
        for size in ('phone', 'desktop') if wanted else ():
            page.screenshot(folder / f'{name}-light-{size}.png', SIZES[size])
        assert faults(page) == [], (name, 'light')

    def take_large(page, name):
        with large_text(page):
            for size, dimensions in SIZES.items():
                # A phone on its side has no room for that.
                if size == 'phone-side':
                    continue
                page.resize(*dimensions)
                assert cut_off(page) == [], (name, 'large', size)
                assert out_of_reach(page) == [], (name, 'large', size)
                if wanted:
                    page.screenshot(folder / f'{name}-large-{size}.png', dimensions)

    def take(page, name):
        page.evaluate("rtcBridge.settings.set('theme', 'dark')")
        page.wait(STILL)
        for size, dimensions in SIZES.items():
            path = folder / f'{name}-{size}.png'
            page.screenshot(path, dimensions)
            assert path.stat().st_size > 2000
            over = page.evaluate("""() => [...document.querySelectorAll(
              'button, #title, #detail, p')].filter((one) => {
                const { left, right, top, bottom, width } = one.getBoundingClientRect();
                return width > 1 && (left < 0 || right > innerWidth || top < 0
                  || bottom > innerHeight);
              }).map(({ id, textContent }) => `${id} ${textContent}`)""")
            assert over == [], (name, size)
            assert out_of_reach(page) == [], (name, size)
            if size in ('phone', 'desktop'):
                assert faults(page) == [], (name, size)
        take_light(page, name)
        page.evaluate("rtcBridge.settings.set('theme', 'dark')")
        take_large(page, name)
    return take


def test_while_the_robot_does_not_answer(robot, browse, shoot):
    robot.bridge.send(signal.SIGSTOP)
    try:
        page = browse(robot.link('drive', 'Ada'))
        page.wait("document.getElementById('status').textContent === 'Connecting'")
        shoot(page, 'connecting')
    finally:
        robot.bridge.send(signal.SIGCONT)
    # There is no camera yet.
    assert page.wait_state('no-camera') == 'No camera'
    shoot(page, 'no-camera')


@pytest.mark.parametrize('state', ['no-robot', 'invite', 'expired', 'denied', 'bad-invite'])
def test_who_is_not_let_in_reads_why(robot, browse, shoot, state):
    url = {'no-robot': robot.url.replace(ROBOT, 'nobody'), 'invite': robot.url,
           'expired': robot.link('drive', 'Ada', 1), 'bad-invite': robot.link('drive')[:-2],
           'denied': robot.url + '#' + invite_text(
               b'x' * 32, Invite(ROBOT, 'x', 'drive', '', 0, 9_999_999_999))}[state]
    page = browse(url)
    page.wait_state(state)
    shoot(page, state)
    assert text(page, '#retry') == ('' if state == 'no-robot' else 'Try again')
    assert text(page, '#stop') == '' and page.errors == []


def test_a_spectator_has_no_controls_and_sees_who_drives(robot, camera, browse, shoot):
    page = browse(robot.link('view', 'Vera'))
    page.wait_state('live')
    shows(page, '#driver', 'Watching only')
    for control in ('#stop', '#take', '#stick', '#speed'):
        assert text(page, control) == '' and page.evaluate(
            f"!document.querySelector('{control}').checkVisibility()")
    driver = browse(robot.link('drive', 'Ada'))
    driver.arm()
    shows(page, '#driver', 'Ada drives')
    # Here no node takes the velocities.
    shows(driver, '#notices', 'nobody subscribes to /cmd_vel')
    shoot(page, 'spectator')
    shoot(driver, 'driver')
    assert page.errors == driver.errors == []


def test_who_may_drive_reads_once_how_to_begin(robot, camera, browse, shoot):
    watcher = browse(robot.link('view', 'Vera'))
    watcher.wait_state('live')
    watcher.wait("!!document.querySelector('#allkeys:not([hidden])')")
    page = browse(robot.link('drive', 'Ada'))
    page.wait_state('live')
    shows(page, '#firsthint', 'STOP, or the key Esc, stops it at once.')
    shows(page, '#firsthint', 'Press Drive')
    shoot(page, 'first-hint')
    page.click('#firsthint button')
    until(lambda: not text(page, '#firsthint'), 'no hint')
    page.wait("document.activeElement.id === 'stage'")
    page.refresh()
    page.wait_state('live')
    shows(page, '#allkeys', 'Keys')
    assert text(page, '#firsthint') == ''
    # Who has driven knows it.
    other = browse(robot.link('drive', 'Grace'))
    other.wait_state('live')
    shows(other, '#firsthint', 'Press Drive')
    other.arm()
    until(lambda: not text(other, '#firsthint'), 'no hint')
    assert other.evaluate("rtcBridge.settings.get('begun')")
    assert text(watcher, '#firsthint') == ''
    assert watcher.errors == page.errors == other.errors == []


def test_the_last_picture_stays_dimmed_with_its_age(robot, camera, browse, shoot):
    page = browse(robot.link('drive', 'Ada'))
    page.wait_state('live')
    page.arm()
    robot.bridge.send(signal.SIGSTOP)
    try:
        page.wait_state('connection-lost')
        shows(page, '#ago', 'Last picture 0:')
        shoot(page, 'reconnecting')
        dark = page.pixels()
        # The stop stays in reach; it goes to the robot as soon as there is a way.
        shows(page, '#stop', 'STOP')
    finally:
        robot.bridge.send(signal.SIGCONT)
    page.wait_state('live')
    until(lambda: text(page, '#ago') == '', 'a picture of now')
    middle = np.s_[300:400, 600:680]
    until(lambda: page.pixels()[middle].mean() > 1.5 * dark[middle].mean(), 'a bright picture')
    assert 5 < dark[middle].mean() < 60
    # Grey, too.
    assert np.ptp(dark[middle].mean((0, 1))) < 10


def test_a_frozen_camera_is_told(robot, camera, browse, shoot):
    page = browse(robot.link('drive', 'Ada'))
    page.wait_state('live')
    page.arm()
    camera.pause()
    try:
        page.wait_state('camera-lost')
        shows(page, '#why', 'No fresh picture')
        page.down('KeyW')
        shows(page, '#why', 'Stopped: no fresh picture')
        page.up('KeyW')
        shoot(page, 'frozen')
    finally:
        camera.go_on()
    page.wait_state('live')
    until(lambda: text(page, '#why') == '', 'nothing that stops him')


def test_the_robot_goes_and_comes_back(robot, camera, browse, shoot):
    page = browse(robot.link('drive', 'Ada'))
    page.wait_state('live')
    robot.bridge.send(signal.SIGKILL)
    try:
        page.wait_state('robot-gone')
        shoot(page, 'robot-gone')
    finally:
        robot.start_bridge()
    page.wait_state('live')
    until(lambda: text(page, '#notice') == '', 'no notice')


def test_the_lease_is_asked_for_refused_and_handed_over(robot, camera, browse, shoot):
    ada, grace = [browse(robot.link('drive', name)) for name in ('Ada', 'Grace')]
    ada.arm()
    shows(grace, '#driver', 'Ada drives')
    shows(grace, '#take', 'Ask to drive')
    grace.click('#take')
    shows(ada, '#asked', 'Grace asks to drive')
    shows(grace, '#driver', 'You asked Ada')
    shoot(ada, 'asked')
    ada.click('#refuse')
    shows(grace, '#take', 'Ask to drive')
    until(lambda: text(ada, '#asked') == '', 'an answer')
    grace.click('#take')
    shows(ada, '#asked', 'Grace')
    ada.click('#yield')
    grace.wait('rtcBridge.driver.epoch !== null')
    grace.wait("document.activeElement.id === 'stage'")
    shows(ada, '#driver', 'Grace drives')
    # A supervisor does not have to ask.
    chief = browse(robot.link('supervise', 'Hedy'))
    shows(chief, '#take', 'Take over')
    chief.click('#take')
    chief.wait('rtcBridge.driver.epoch !== null')
    shows(grace, '#driver', 'Hedy drives')
    shows(ada, '#driver', 'Hedy drives')
    assert ada.errors == grace.errors == chief.errors == []


def test_an_emergency_stop_is_shown_to_all_and_released_with_a_question(
        robot, camera, browse, shoot):
    ada, vera = browse(robot.link('drive', 'Ada')), browse(robot.link('view', 'Vera'))
    ada.arm()
    vera.wait_state('live')
    ada.click('#stop')
    shows(ada, '#stopped', 'by Ada')
    shows(vera, '#stopped', 'by Ada')
    shows(ada, '#why', 'Emergency stop')
    assert text(vera, '#releasestop') == ''
    shoot(ada, 'stopped')
    # It is still there for who comes later.
    ada.refresh()
    shows(ada, '#stopped', 'by Ada')
    ada.click('#releasestop')
    shows(ada, '#releasestop', 'It may move')
    ada.click('#keepstopped')
    shows(ada, '#releasestop', 'Release')
    # Not by a double click, nor by a key that is held: nobody has read the question.
    ada.evaluate(DOUBLE_CLICK)
    shows(ada, '#releasestop', 'It may move')
    assert text(ada, '#stopped')
    released(ada)
    until(lambda: not text(vera, '#stopped'), 'the release')
    # By the keyboard, too.
    ada.arm()
    ada.down('Backspace')
    shows(vera, '#stopped', 'by Ada')
    released(ada)
    assert ada.errors == vera.errors == []


def test_a_stop_waits_for_the_way_to_the_robot(robot, camera, browse, shoot):
    ada = browse(robot.link('drive', 'Ada'))
    shows(ada, '#stop', 'STOP')
    robot.bridge.send(signal.SIGSTOP)
    try:
        ada.wait_state('connection-lost')
        ada.click('#stop')
        shows(ada, '#stopped', 'No connection')
    finally:
        # Not later: what waited for ten seconds is not sent any more.
        robot.bridge.send(signal.SIGCONT)
    shows(ada, '#stopped', 'by Ada')
    released(ada)
    robot.bridge.send(signal.SIGSTOP)
    try:
        ada.wait_state('connection-lost')
        ada.click('#stop')
        shows(ada, '#stopped', 'Press STOP again')
        shoot(ada, 'stop-not-sent')
    finally:
        robot.bridge.send(signal.SIGCONT)
    wait_connected(ada)
    assert ada.evaluate('rtcBridge.driver.stopped.id') is None
    ada.click('#withdraw')
    until(lambda: not text(ada, '#stopped'), 'nothing to read')
