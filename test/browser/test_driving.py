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

"""From a key in a browser to ``cmd_vel``, and to zero whatever breaks in between."""

import signal

import cv2
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from std_msgs.msg import String
from support.browsers import Chromium, Firefox, PATIENCE, until
from support.netns import namespace  # noqa: F401
from support.stack import ColourCamera, finish, Robot
from support.viewers import RTCBOT, Viewer

# The robot's limits here, m/s and rad/s; not the defaults.
MAX_X, MAX_Z = 0.4, 1.25
# A busy machine is no reason to stop in tests that are about something else.
PATIENT = {'teleop.timeout': 1.0}
MAX_FRAME_AGE = 2.0
until_lost = pytest.mark.parametrize('lost', [False, True],
                                     ids=['short', 'until the page gives up'])


@pytest.fixture(scope='module')
def robot(namespace):  # noqa: F811
    """Run a robot with a camera, reached through the browser's cable if there is one."""
    host = namespace.address if namespace else '127.0.0.1'
    robot = Robot(host=host, guard=PATIENT, **PATIENT, **{
        'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z, 'teleop.max_age': 1.0,
        'teleop.max_frame_age': MAX_FRAME_AGE})
    camera = None
    try:
        robot.camera = camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
        yield robot
    finally:
        if camera:
            camera.close()
        robot.close()


@pytest.fixture(scope='module')
def chromium(chromium_path, namespace):  # noqa: F811
    """Run a browser, at the other end of a cable if that is allowed here."""
    chromium = Chromium(chromium_path, namespace.prefix if namespace else ())
    yield chromium
    chromium.close()


@pytest.fixture
def page(robot, chromium):
    """Open the robot's page."""
    page = chromium.show(robot.url)
    page.wait_state('live')
    yield page
    page.close()


def drive(page, cmd_vel, key='w', steady=1):
    """Press a key until so many velocities in a row move the robot; return the first's number."""
    def moves():
        # Again, since the lease of a session that died without a word is free only after some
        # seconds, and a busy machine may make the watchdog stop the robot.
        page.up(key)
        page.arm()
        since = cmd_vel.mark()
        page.down(key)
        try:
            first = cmd_vel.wait_motion(since, timeout=2)
        except AssertionError:
            return None
        cmd_vel.wait(lambda *_: True, first + steady - 1)
        return all(map(any, cmd_vel.heard[first:first + steady])) and first + 1
    return until(moves, 'motion') - 1


def stopped_for_good(robot, page, cmd_vel, since):
    """Check that a key that stays down moves nothing, until it is let go and pressed again."""
    zero = cmd_vel.wait_zero(since)
    # The page is in touch with the robot again, and still holds the key.
    page.wait_state('live')
    until(lambda: page.evaluate("""document.getElementById('toast').textContent.includes('Let go')
      || rtcBridge.driver?.epoch === null"""), 'the robot refuses, or is not driven')
    # The bridge has had the time for what was waiting.
    robot.diagnostics('viewers')
    assert cmd_vel.motions(zero) == []
    page.up('w')
    drive(page, cmd_vel)


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


def test_nothing_is_said_when_nobody_drives(page, cmd_vel, robot):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    page.up('w')
    page.evaluate('rtcBridge.release()')
    zero = cmd_vel.wait_zero(since)
    page.wait('rtcBridge.driver.epoch === null')

    # Zero for one second, then silence: somebody else may drive now.
    until(lambda: cmd_vel.mark() - zero > 5, 'zero again and again')

    def silent():
        before = cmd_vel.mark()
        # Two of them are a second apart.
        robot.diagnostics('viewers')
        robot.diagnostics('viewers')
        return cmd_vel.mark() == before
    until(silent, 'silence on cmd_vel')
    assert cmd_vel.motions(zero) == []


def test_second_browser_moves_nothing(page, robot, chromium, cmd_vel):
    since = drive(page, cmd_vel)
    cmd_vel.wait(lambda x, y, z: x == MAX_X, since)
    other = chromium.show(robot.url)
    other.wait_state('live')
    other.wait('rtcBridge.driver.taken')
    since = cmd_vel.mark()
    other.down('ArrowDown')
    other.wait("document.getElementById('toast').textContent.includes('Somebody else')")
    cmd_vel.wait(lambda *velocity: True, cmd_vel.mark() + 10)
    assert set(cmd_vel.motions(since)) == {(MAX_X, 0, 0)}
    page.evaluate('rtcBridge.release()')
    other.wait('!rtcBridge.driver.taken')
    # What was pressed before does not count.
    other.up('ArrowDown')
    drive(other, cmd_vel, 's')
    cmd_vel.wait(lambda x, y, z: x == -MAX_X, since)
    other.close()


def test_two_browsers_contend_for_the_seat(page, robot, chromium, cmd_vel):
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
    # The driver's tab is closed: the robot stops, and the seat is free.
    since = cmd_vel.mark()
    other.close()
    cmd_vel.wait_zero(since)
    page.up('w')
    page.wait('!rtcBridge.driver.taken')
    drive(page, cmd_vel)


def test_messages_between_applications_and_viewers(robot, page):
    received = robot.probe.subscribe(String, 'rtc_bridge/received', lambda m: m.data)
    publisher = robot.probe.publisher(String, 'rtc_bridge/send')
    robot.probe.wait_for(lambda: robot.probe.node.count_publishers('rtc_bridge/received')
                         and publisher.get_subscription_count())
    client = Viewer(f'{robot.own_url}/connect', RTCBOT)
    try:
        page.evaluate("""() => {
          window.heard = [];
          rtcBridge.addEventListener('message', ({ detail }) => window.heard.push(detail));
          rtcBridge.send({ lamp: [1, true, null, 'ä'] });
          rtcBridge.send('a text');
        }""")
        robot.probe.wait_for(lambda: len(received) == 2, PATIENCE)
        assert received == ['{"lamp": [1, true, null, "\\u00e4"]}', 'a text']
        client.send('default', {'from': 'rtcbot'})
        client.send('default', 'no JSON')
        robot.probe.wait_for(lambda: len(received) == 4, PATIENCE)
        assert received[2:] == ['{"from": "rtcbot"}', 'no JSON']
        publisher.publish(String(data='{"battery": 0.5}'))
        publisher.publish(String(data='not JSON'))
        page.wait('heard.length === 2')
        assert page.evaluate('heard') == [{'battery': 0.5}, 'not JSON']
        client.wait('default', lambda m: m == 'not JSON')
        assert client.heard['default'] == [{'battery': 0.5}, 'not JSON']
    finally:
        client.close()


def test_simulated_robot_moves(robot, chromium, cmd_vel):
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
        # Its own watchdog, when there is no guard any more to say zero.
        robot.guard.send(signal.SIGKILL)
        robot.probe.wait_for(lambda: speeds() == (0, 0), PATIENCE)
        assert finish(simulator) == 0
    finally:
        page.close()
        finish(simulator)
        robot.start_guard(**PATIENT)


def test_nobody_drives_on_a_frozen_picture(robot, page, cmd_vel):
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


def test_firefox_tells_which_picture_it_has(robot, cmd_vel, firefox_path):
    firefox = Firefox(firefox_path)
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
        firefox.close()


def test_frozen_browser_stops_the_robot(robot, page, chromium, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    chromium.freeze()
    try:
        cmd_vel.wait_zero(since)
    finally:
        chromium.thaw()
    stopped_for_good(robot, page, cmd_vel, since)


@until_lost
def test_network_gone_stops_the_robot(robot, page, cmd_vel, namespace, lost):  # noqa: F811
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
    stopped_for_good(robot, page, cmd_vel, since)


@until_lost
def test_stopped_bridge_stops_the_robot_and_replays_nothing(robot, page, cmd_vel, lost):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    robot.bridge.send(signal.SIGSTOP)
    try:
        cmd_vel.wait_zero(since)
        if lost:
            page.wait("rtcBridge.state !== 'live'")
    finally:
        robot.bridge.send(signal.SIGCONT)
    stopped_for_good(robot, page, cmd_vel, since)


def test_killed_bridge_stops_the_robot(robot, page, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    robot.bridge.send(signal.SIGKILL)
    cmd_vel.wait_zero(since)
    assert page.wait_state('robot-gone') == 'Robot gone'
    robot.start_bridge()
    stopped_for_good(robot, page, cmd_vel, since)


def test_killed_browser_stops_the_robot(robot, page, chromium, cmd_vel):
    drive(page, cmd_vel)
    since = cmd_vel.mark()
    chromium.kill()
    zero = cmd_vel.wait_zero(since)
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    assert cmd_vel.motions(zero) == []
