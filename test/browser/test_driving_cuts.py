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

"""Whatever breaks between a key in a browser and ``cmd_vel``: the robot stops for good."""

import signal

import pytest
from support.chromium import Chromium
from support.netns import namespace  # noqa: F401
from support.page_driving import (
    check_stopped_for_good, CUT, drive, live_page, robot_with_camera)

until_lost = pytest.mark.parametrize('lost', [False, True],
                                     ids=['short', 'until the page gives up'])


@pytest.fixture(scope='module')
def robot(namespace):  # noqa: F811
    with robot_with_camera(namespace, CUT) as robot:
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


def test_a_frozen_browser_stops_the_robot(robot, page, chromium, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    chromium.freeze()
    try:
        cmd_vel.wait_zero(since)
    finally:
        chromium.thaw()
    check_stopped_for_good(robot, page, cmd_vel, since)


@until_lost
def test_a_lost_network_stops_the_robot(robot, page, cmd_vel, namespace, lost):  # noqa: F811
    if namespace is None:
        pytest.skip('network namespaces need root')
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    namespace.cut()
    try:
        cmd_vel.wait_zero(since)
        if lost:
            page.wait("rtcBridge.state !== 'live'")
    finally:
        namespace.mend()
    check_stopped_for_good(robot, page, cmd_vel, since)


@until_lost
def test_a_stopped_bridge_stops_the_robot_and_replays_nothing(robot, page, cmd_vel, lost):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    robot.bridge.send(signal.SIGSTOP)
    try:
        cmd_vel.wait_zero(since)
        if lost:
            page.wait("rtcBridge.state !== 'live'")
    finally:
        robot.bridge.send(signal.SIGCONT)
    check_stopped_for_good(robot, page, cmd_vel, since)


def test_a_killed_bridge_stops_the_robot(robot, page, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    robot.bridge.send(signal.SIGKILL)
    cmd_vel.wait_zero(since)
    assert page.wait_state('robot-gone') == 'Robot gone'
    robot.start_bridge()
    check_stopped_for_good(robot, page, cmd_vel, since)


def test_a_killed_browser_stops_the_robot(robot, page, chromium, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    chromium.kill()
    zero = cmd_vel.wait_zero(since)
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    assert cmd_vel.motions(zero) == []
