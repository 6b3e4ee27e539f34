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

"""From a key in a browser to ``cmd_vel``."""

import signal

import cv2
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from support.browsers import PATIENCE, until
from support.chromium import Chromium
from support.netns import namespace  # noqa: F401
from support.page_driving import (
    drive, live_page, MAX_X, MAX_Z, PATIENT, PATIENT_TIMEOUT, robot_with_camera)
from support.stack import finish


@pytest.fixture(scope='module')
def robot(namespace):  # noqa: F811
    with robot_with_camera(namespace, PATIENT) as robot:
        yield robot


@pytest.fixture(scope='module')
def chromium(chromium_path, namespace):  # noqa: F811
    """Run a browser, at the other end of a cable if that is allowed here."""
    chromium = Chromium(chromium_path, namespace.prefix if namespace else ())
    yield chromium
    chromium.close()


@pytest.fixture
def page(robot, chromium):
    with live_page(robot, chromium) as page:
        yield page


def test_keys_move_and_stop(page, cmd_vel):
    since = drive(page, cmd_vel)
    cmd_vel.wait(lambda x, y, z: (x, y, z) == (MAX_X, 0, 0), since)
    page.down('a')
    cmd_vel.wait(lambda x, y, z: (x, y, z) == (MAX_X, 0, MAX_Z), since)
    page.up('a')
    cmd_vel.wait(lambda x, y, z: (x, y, z) == (MAX_X, 0, 0), cmd_vel.mark())
    since = cmd_vel.mark()
    page.up('w')
    zero = cmd_vel.wait_zero(since)
    page.down('ArrowDown')
    page.down('ArrowRight')
    cmd_vel.wait(lambda x, y, z: (x, y, z) == (-MAX_X, 0, -MAX_Z), zero)
    since = cmd_vel.mark()
    page.up('ArrowDown')
    page.up('ArrowRight')
    cmd_vel.wait_zero(since)
    assert page.errors == []


def test_cmd_vel_is_silent_when_nobody_drives(page, cmd_vel, robot):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    page.up('w')
    page.evaluate('rtcBridge.release()')
    zero = cmd_vel.wait_zero(since)
    page.wait('rtcBridge.driver.epoch === null')

    # Zero for one second, then silence: another publisher may drive now.
    until(lambda: cmd_vel.mark() >= zero + 2, 'zero again')

    def silent():
        before = cmd_vel.mark()
        # Two of them are a second apart.
        robot.diagnostics('viewers')
        robot.diagnostics('viewers')
        return cmd_vel.mark() == before
    until(silent, 'silence on cmd_vel')
    assert cmd_vel.motions(zero) == []


def test_a_second_browser_moves_nothing(page, robot, chromium, cmd_vel):
    since = drive(page, cmd_vel)
    cmd_vel.wait(lambda x, y, z: x == MAX_X, since)
    other = chromium.show(robot.url)
    other.wait_state('live')
    other.wait('rtcBridge.driver.taken')
    since = cmd_vel.mark()
    other.down('ArrowDown')
    other.wait("document.getElementById('toast').textContent.includes('Somebody else')")
    cmd_vel.wait(lambda *velocity: True, cmd_vel.mark() + 10)

    def still_drives():
        # On a busy host a command may be late: the robot stops until the key is pressed anew.
        page.up('w')
        page.down('w')
        mark = cmd_vel.mark()
        cmd_vel.wait(lambda *velocity: True, mark + 5)
        return cmd_vel.motions(mark)
    until(still_drives, 'the first one drives')
    assert all(x > 0 and (y, z) == (0, 0) for x, y, z in cmd_vel.motions(since))
    page.evaluate('rtcBridge.release()')
    other.wait('!rtcBridge.driver.taken')
    # What was pressed before does not count.
    other.up('ArrowDown')
    drive(other, cmd_vel, 's')
    cmd_vel.wait(lambda x, y, z: x == -MAX_X, since)
    other.leave()


def test_two_browsers_contend_for_the_lease(page, robot, chromium, cmd_vel):
    drive(page, cmd_vel)
    other = chromium.show(robot.url)
    other.wait('rtcBridge.driver?.taken')
    other.evaluate('rtcBridge.driver.ask()')
    page.wait("rtcBridge.driver.requester === 'somebody'")
    page.evaluate('rtcBridge.driver.refuse()')
    other.wait('!rtcBridge.driver.requestPending')
    assert other.evaluate('rtcBridge.driver.epoch') is None
    other.evaluate('rtcBridge.driver.ask()')
    page.wait('rtcBridge.driver.requester !== null')
    # Both hold a key; the first one is still the driver.
    other.down('ArrowDown')
    since = cmd_vel.mark()
    page.evaluate('rtcBridge.driver.handOver()')
    zero = cmd_vel.wait_zero(since)
    other.wait('rtcBridge.driver.epoch !== null')
    # What the first one holds moves nothing any more, nor what the other one has been holding.
    cmd_vel.wait(lambda *velocity: True, cmd_vel.mark() + 10)
    assert cmd_vel.motions(zero) == []
    other.up('ArrowDown')
    other.down('ArrowDown')
    backward = cmd_vel.wait(lambda x, y, z: x < 0, zero)
    assert not any(x > 0 for x, y, z in cmd_vel.heard[zero:])
    page.up('w')
    page.down('w')
    page.wait("document.getElementById('toast').textContent.includes('Somebody else')")
    cmd_vel.wait(lambda *velocity: True, cmd_vel.mark() + 10)
    assert not any(x > 0 for x, y, z in cmd_vel.heard[backward:])
    # The driver's tab is closed: the robot stops, and the lease is free.
    since = cmd_vel.mark()
    other.close()
    cmd_vel.wait_zero(since)
    page.up('w')
    page.wait('!rtcBridge.driver.taken')
    drive(page, cmd_vel)


def test_the_simulated_robot_moves(robot, chromium, cmd_vel):
    simulator = robot.start('sim_robot', camera='sim')
    odometry = robot.probe.subscribe(Odometry, 'odom')

    def speeds():
        twist = odometry[-1].twist.twist
        return twist.linear.x, twist.angular.z
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')

    def view():
        # Of one size, whichever tier it is of.
        return cv2.resize(page.grab(), (160, 120), interpolation=cv2.INTER_AREA).astype(float)
    try:
        page.wait_state('live')
        until(lambda: page.grab().shape == (480, 640, 3), "the simulator's picture")
        robot.probe.wait_for(lambda: odometry, PATIENCE)
        before = view()
        drive(page, cmd_vel, 'a')
        robot.probe.wait_for(lambda: odometry[-1].pose.pose.orientation.z > 0.3, PATIENCE)
        page.up('a')
        robot.probe.wait_for(lambda: speeds() == (0, 0), PATIENCE)
        # It looks elsewhere now.
        until(lambda: np.abs(view() - before).mean() > 10, 'another view')
        drive(page, cmd_vel)
        robot.probe.wait_for(lambda: speeds()[0] > 0.1, PATIENCE)
        # Its own timeout, when there is no guard any more to say zero.
        robot.guard.send(signal.SIGKILL)
        robot.probe.wait_for(lambda: speeds() == (0, 0), PATIENCE)
        assert finish(simulator) == 0
    finally:
        page.leave()
        finish(simulator)
        robot.start_guard(**PATIENT_TIMEOUT)


def test_nobody_drives_by_a_frozen_picture(robot, page, cmd_vel):
    # The guard has just come: until the bridge hears it the robot may be stopped once more.
    drive(page, cmd_vel, steady=40)
    since = cmd_vel.mark()
    robot.camera.pause()
    try:
        zero = cmd_vel.wait_zero(since)
        page.wait("document.getElementById('toast').textContent.includes('picture stands still')")
        page.up('w')
        page.down('w')
        robot.diagnostics('viewers')
        assert cmd_vel.motions(zero) == []
    finally:
        robot.camera.go_on()
    # The held key moves nothing; the next press does.
    page.wait_state('live')
    assert cmd_vel.motions(zero) == []
    page.up('w')
    drive(page, cmd_vel)


def test_firefox_tells_which_frame_it_shows(robot, cmd_vel, firefox):
    try:
        firefox.load(robot.url)
        firefox.wait_state('live')
        since = drive(firefox, cmd_vel)
        robot.camera.pause()
        zero = cmd_vel.wait_zero(since)
        firefox.wait("document.getElementById('toast').textContent.includes('picture stands')")
        assert cmd_vel.motions(zero) == []
    finally:
        robot.camera.go_on()
