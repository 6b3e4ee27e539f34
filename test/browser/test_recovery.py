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
from support.browsers import PATIENCE, Shared, until
from support.needs import need_program
from support.networks import make_or_skip, Networks
from support.sites import Site, UDP

MARK = "window.mark = 'the same page'"
SESSION = 'rtcBridge.hello?.session'


@pytest.fixture(scope='module')
def networks():
    """Make the namespaces of all tests, or skip them; each test mends what it cuts."""
    made = make_or_skip(Networks)
    yield made
    made.close()


@pytest.fixture(scope='module')
def site(networks, tmp_path_factory):
    """Run coturn and relay on the public host for all tests."""
    need_program('turnserver')
    site = Site(networks, tmp_path_factory.mktemp('site'))
    yield site
    site.close()


class Robots:
    """The robot of the tests, one at a time."""

    def __init__(self, site):
        """Start none yet."""
        self._site = site
        self._robot = None

    def start(self, *urls):
        """Start a new one, with these servers, in place of the one before."""
        if self._robot is not None:
            self._robot.stop()
        self._robot = self._site.robot(*urls)
        return self._robot

    def keep(self):
        """Return one at the relay, with a TURN server: that of the test before if it is well."""
        if self._robot is None or not self._robot.running or UDP not in self._robot.command:
            return self.start(UDP)
        until(lambda: [line for line in self._robot.lines if line.startswith('state ')][-1]
              == 'state connected', 'the robot at the relay')
        return self._robot


@pytest.fixture(scope='module')
def robots(site):
    """Return what starts robots; the site ends the last one."""
    return Robots(site)


def test_robot_dials_again_when_it_moves(site, robots, networks):
    robot = robots.start()
    start, relay_start = len(robot.lines), len(site.relay.lines)
    networks.move_robot()
    robot.wait_line('network changed', PATIENCE, start)
    # By what it sees itself: pings would tell later, and in other words.
    robot.wait_line('state lost: the network has changed', PATIENCE, start)
    robot.wait_line('state connected', PATIENCE, start)
    # Its first connection was not closed: the relay cannot know of its end.
    site.relay.wait_line('a robot has taken its own place', PATIENCE, relay_start)


def test_other_links_disturb_nothing(robots, networks):
    robot = robots.start()
    start = len(robot.lines)
    # As a container's comes and goes.
    networks.ip('robot', 'link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'other')
    networks.ip('robot', 'address', 'add', '172.17.0.1/16', 'dev', 'docker0')
    try:
        networks.ip('robot', 'link', 'set', 'docker0', 'up')
        robot.wait_line('network changed', PATIENCE, start)
        there = len(robot.lines)
    finally:
        networks.ip('robot', 'link', 'del', 'docker0')
    robot.wait_line('network changed', PATIENCE, there)
    assert not any('state lost' in line for line in robot.lines[start:])
    networks.move_robot()
    robot.wait_line('state lost: the network has changed', PATIENCE, there)


def count(process, words):
    """Return how many lines of a program have these words."""
    return sum(words in line for line in process.lines)


def test_relay_that_is_silent_is_noticed(site, robots, networks):
    robot = robots.start()
    # The relay has noticed the end of all connections of the robots before.
    until(lambda: count(site.relay, 'a robot went') == count(site.relay, 'a robot came') - 1,
          lambda: site.relay.text)
    start, relay_start = len(robot.lines), len(site.relay.lines)
    networks.silence('robot', True)
    try:
        # By its pings, or when something else on its host makes it look.
        robot.wait_line('state lost: the (relay does not answer pings|network has changed)',
                        PATIENCE, start)
        # The other end sees it, too, and frees the name: nobody would have to prove anything.
        site.relay.wait_line('a robot went', PATIENCE, relay_start)
    finally:
        networks.silence('robot', False)
    robot.wait_line('state connected', PATIENCE, start)


class Watching:
    """A robot, and a page that shows its picture."""

    def __init__(self, site, robot, browser):
        """Wait for the picture."""
        self.robot = robot
        self.browser = browser
        self.page = browser.show(site.url)
        self.page.wait_state('live')
        self.page.evaluate(MARK)
        self.session = self.page.evaluate(SESSION)
        # What the robot says when it notices that the page is gone.
        self.missed = f'session {self.session[:8]} ends: no sign of life'

    def wait_new_session(self):
        """Wait for the picture of another session in the same page."""
        self.page.wait(f"rtcBridge.state === 'live' && {SESSION} !== '{self.session}'")
        assert self.page.evaluate('window.mark') == 'the same page'


@pytest.fixture(scope='module')
def shared_browser(site, chromium_path):
    """Return the browser of all tests, where viewers are."""
    with Shared(lambda: site.browser(chromium_path)) as shared:
        yield shared


@pytest.fixture
def watching(site, robots, shared_browser):
    """Run a robot, and open its page."""
    shared_browser.take().close_pages()
    watching = Watching(site, robots.keep(), shared_browser.take())
    yield watching
    if watching.browser.alive:
        watching.page.leave()


@pytest.mark.parametrize('way', ['silent', 'unplugged'])
def test_picture_is_back_after_the_network(watching, networks, way):
    start = len(watching.robot.lines)
    if way == 'silent':
        networks.silence('viewer', True)
    else:
        networks.cut('viewer')
    try:
        # The robot keeps nothing of a viewer that is gone.
        watching.robot.wait_line(watching.missed, PATIENCE, start)
        watching.page.wait("rtcBridge.state !== 'live'")
        # The page has lost its way to the relay, too.
        watching.page.wait("rtcBridge.state === 'relay-lost'")
    finally:
        if way == 'silent':
            networks.silence('viewer', False)
        else:
            networks.mend('viewer')
    watching.wait_new_session()


def test_picture_is_back_after_the_robot_moved(watching, networks):
    networks.move_robot()
    watching.wait_new_session()


def test_relay_that_restarts_disturbs_no_session(watching, site):
    start = len(watching.robot.lines)
    watching.page.evaluate("window.states = []; rtcBridge.addEventListener('state', "
                           '() => states.push(rtcBridge.state))')
    site.relay.send(signal.SIGKILL)
    site.relay.wait()
    try:
        watching.robot.wait_line('state lost', PATIENCE, start)
    finally:
        site.start_relay()
    watching.robot.wait_line('state connected', PATIENCE, start)
    # New viewers come in, and the one that was there has noticed nothing but a busy host.
    other = watching.browser.show(site.url)
    other.wait_state('live')
    assert watching.page.evaluate(SESSION) == watching.session
    assert set(watching.page.evaluate('states')) <= {'stalled', 'live'}
    other.leave()


def test_robot_that_is_killed_is_missed_and_comes_back(watching, robots):
    watching.robot.send(signal.SIGKILL)
    watching.page.wait_state('robot-gone')
    assert 'has gone offline' in watching.page.texts()
    robots.start(UDP)
    watching.wait_new_session()


def test_computer_that_slept(watching, networks):
    start = len(watching.robot.lines)
    networks.silence('viewer', True)
    try:
        watching.browser.freeze()
        try:
            watching.robot.wait_line(watching.missed, PATIENCE, start)
        finally:
            watching.browser.thaw()
    finally:
        networks.silence('viewer', False)
    watching.wait_new_session()


def test_session_of_a_viewer_that_was_killed_is_gone(watching):
    start = len(watching.robot.lines)
    watching.browser.kill()
    watching.robot.wait_line(watching.missed, PATIENCE, start)
