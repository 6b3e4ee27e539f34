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

"""
Robots and viewers that lose their network, move to another one, are killed or frozen.

That all is well again, and without a reload; how soon, benchmarks/recovery.py tells.
"""

import signal

import pytest
from support.browsers import PATIENCE
from support.networks import networks  # noqa: F401
from support.sites import site, UDP  # noqa: F401


def test_robot_dials_again_when_it_moves(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    networks.move_robot()
    robot.wait_line('network changed', PATIENCE, start)
    # By what it sees itself: pings would tell later, and in other words.
    robot.wait_line('state lost: the network has changed', PATIENCE, start)
    robot.wait_line('state connected', PATIENCE, start)
    # Its first connection was not closed: the relay cannot know of its end.
    site.relay.wait_line('a robot has taken its own place', PATIENCE)


def test_other_links_disturb_nothing(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    # As a container's comes and goes.
    networks.ip('robot', 'link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'other')
    networks.ip('robot', 'address', 'add', '172.17.0.1/16', 'dev', 'docker0')
    networks.ip('robot', 'link', 'set', 'docker0', 'up')
    robot.wait_line('network changed', PATIENCE, start)
    there = len(robot.lines)
    networks.ip('robot', 'link', 'del', 'docker0')
    robot.wait_line('network changed', PATIENCE, there)
    assert not any('state lost' in line for line in robot.lines[start:])
    networks.move_robot()
    robot.wait_line('state lost: the network has changed', PATIENCE, there)


def test_relay_that_is_silent_is_noticed(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    networks.silence('robot', True)
    # By its pings, or when something else on its host makes it look.
    robot.wait_line('state lost: the (relay does not answer pings|network has changed)',
                    PATIENCE, start)
    # The other end sees it, too, and frees the name: nobody would have to prove anything.
    site.relay.wait_line('a robot went', PATIENCE)
    networks.silence('robot', False)
    robot.wait_line('state connected', PATIENCE, start)


# What only a page that was not reloaded knows; and the session that it is in.
MARK = "window.mark = 'the same page'"
SESSION = 'rtcBridge.hello?.session'


class Watching:
    """A robot, and a page that shows its picture."""

    def __init__(self, site, browser):  # noqa: F811
        """Wait for the picture."""
        self.robot = site.robot(UDP)
        self.browser = browser
        self.page = browser.show(site.url)
        self.page.wait_state('live')
        self.page.evaluate(MARK)
        self.session = self.page.evaluate(SESSION)

    def wait_new_session(self):
        """Wait for the picture of another session in the same page."""
        self.page.wait(f"rtcBridge.state === 'live' && {SESSION} !== '{self.session}'")
        assert self.page.evaluate('window.mark') == 'the same page'


@pytest.fixture
def watching(site, chromium_path):  # noqa: F811
    """Run a robot and a browser that shows it."""
    browser = site.browser(chromium_path)
    yield Watching(site, browser)
    browser.close()


@pytest.mark.parametrize('way', ['silent', 'unplugged'])
def test_picture_is_back_after_the_network(watching, networks, way):  # noqa: F811
    start = len(watching.robot.lines)
    if way == 'silent':
        networks.silence('viewer', True)
    else:
        networks.cut('viewer')
    # The robot keeps nothing of a viewer that is gone.
    watching.robot.wait_line('session .* ends: no sign of life', PATIENCE, start)
    watching.page.wait("rtcBridge.state !== 'live'")
    # The page has lost its way to the relay, too.
    watching.page.wait("rtcBridge.state === 'relay-lost'")
    if way == 'silent':
        networks.silence('viewer', False)
    else:
        networks.mend('viewer')
    watching.wait_new_session()


def test_picture_is_back_after_the_robot_moved(watching, networks):  # noqa: F811
    networks.move_robot()
    watching.wait_new_session()


def test_relay_that_restarts_disturbs_no_session(watching, site):  # noqa: F811
    start = len(watching.robot.lines)
    watching.page.evaluate("window.states = []; rtcBridge.addEventListener('state', "
                           '() => states.push(rtcBridge.state))')
    site.relay.send(signal.SIGKILL)
    site.relay.wait()
    watching.robot.wait_line('state lost', PATIENCE, start)
    site.start_relay()
    watching.robot.wait_line('state connected', PATIENCE, start)
    # New viewers come in, and the one that was there has noticed nothing but a busy host.
    watching.browser.show(site.url).wait_state('live')
    assert watching.page.evaluate(SESSION) == watching.session
    assert set(watching.page.evaluate('states')) <= {'stalled', 'live'}


def test_robot_that_is_killed_is_missed_and_comes_back(watching, site):  # noqa: F811
    watching.robot.send(signal.SIGKILL)
    watching.page.wait_state('robot-gone')
    assert 'has gone offline' in watching.page.texts()
    site.robot(UDP)
    watching.wait_new_session()


def test_computer_that_slept(watching, networks):  # noqa: F811
    start = len(watching.robot.lines)
    networks.silence('viewer', True)
    watching.browser.freeze()
    try:
        watching.robot.wait_line('session .* ends: no sign of life', PATIENCE, start)
    finally:
        watching.browser.thaw()
    networks.silence('viewer', False)
    watching.wait_new_session()


def test_session_of_a_viewer_that_was_killed_is_gone(watching):
    start = len(watching.robot.lines)
    watching.browser.kill()
    watching.robot.wait_line('session .* ends: no sign of life', PATIENCE, start)
