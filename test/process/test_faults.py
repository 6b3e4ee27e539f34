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
Each part of bridge and guard fails while somebody drives and another watches.

What must go on goes on; what must end says zero first. The programs are real, and see each other
over DDS.
"""

import contextlib
import re
import signal
import urllib.error
import urllib.request

import pytest
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger
from support.browsers import PATIENCE, until
from support.faulty_robot import FaultyRobot
from support.stack import ColourCamera
from support.viewers import Driver, SteadyDriver, Viewer


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot with a camera, a topic for viewers, and a service."""
    directory = tmp_path_factory.mktemp('faults')
    # From the start, as ICE servers are asked twice a minute only.
    (directory / 'bridge').mkdir()
    (directory / 'bridge' / 'ICE servers').write_text('once')
    robot = FaultyRobot(directory, **{
        'cameras.names': ['front', '*'], 'teleop.max_frame_age': 0.0,
        'telemetry.topics': ['/words'], 'actions.services': ['/wave'],
        'ice.servers': ['stun:127.0.0.1:9']})
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def surroundings(robot):
    """Publish frames and words, and offer a service."""
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 255))
    publisher, count = robot.probe.publisher(String, '/words'), iter(range(1_000_000))
    timer = robot.probe.node.create_timer(
        0.2, lambda: publisher.publish(String(data=str(next(count)))))
    service = robot.probe.node.create_service(Trigger, '/wave', lambda _, response: response)
    yield
    camera.close()
    robot.probe.node.destroy_timer(timer)
    robot.probe.node.destroy_service(service)


@contextlib.contextmanager
def watch_and_drive(url, cmd_vel):
    """Let one drive and another watch; give the viewer."""
    viewer = Viewer(url)
    driver = SteadyDriver(url)
    try:
        cmd_vel.wait_motion(cmd_vel.mark())
        yield viewer
    finally:
        driver.close()
        viewer.close()


@pytest.fixture
def viewer(url, surroundings, cmd_vel):
    """Let one drive and another watch, anew for each test; give the viewer."""
    with watch_and_drive(url, cmd_vel) as viewer:
        yield viewer


def wait_motion_and_frames(viewer, cmd_vel):
    """Wait until the robot has moved on, and the viewer has seen more."""
    since, frames = cmd_vel.mark(), viewer.frames
    cmd_vel.wait_motion(since)
    until(lambda: viewer.frames > frames + 2, 'more frames')


def wait_telemetry(viewer):
    """Wait until the viewer has been told of the topic."""
    since = len(viewer.heard['control'])
    until(lambda: any(m['type'] == 'telemetry' for m in viewer.heard['control'][since:]),
          'telemetry')


def release(robot):
    """Release the emergency stop by its service."""
    client = robot.probe.node.create_client(Trigger, 'rtc_bridge/release')
    try:
        assert client.wait_for_service(PATIENCE)
        future = client.call_async(Trigger.Request())
        until(future.done, 'an answer')
        assert future.result().success, future.result().message
    finally:
        robot.probe.node.destroy_client(client)


class TestWhatStartsAgain:
    """Failures after which everything goes on, in the same two sessions."""

    @pytest.fixture(scope='class')
    @classmethod
    def viewer(cls, url, surroundings, cmd_vel):
        """Let one drive and another watch, during all tests of the class; give the viewer."""
        with watch_and_drive(url, cmd_vel) as viewer:
            yield viewer

    @pytest.fixture(autouse=True)
    def goes_on(self, robot, viewer, cmd_vel):
        """Check after each test that both sessions are there, and that both see what they want."""
        yield
        # On a busy host a driver may be late, and zero come in between.
        wait_motion_and_frames(viewer, cmd_vel)
        wait_telemetry(viewer)
        robot.diagnostics('viewers', lambda values, _: values['count'] == '2')

    @pytest.mark.parametrize('part', [
        'cameras', 'telemetry', 'telemetry topic', 'actions', 'diagnostics of a camera', 'camera',
        'camera topic', 'encoder', 'fan-out'])
    def test_a_part_that_fails_once_and_each_time(self, robot, viewer, cmd_vel, part):
        for how, times in (('once', 1), ('always', 3)):
            before = robot.failures_so_far(part)
            robot.arm(part, how)
            try:
                robot.failures(part, before + times)
            finally:
                robot.disarm(part)
            wait_motion_and_frames(viewer, cmd_vel)
        # Once with its traceback, however often it came.
        line = f'injected into {part}$'
        robot.bridge.wait_line(line, PATIENCE)
        assert len(re.findall(line, robot.bridge.text, re.MULTILINE)) == 1

    def test_diagnostics(self, robot, viewer, cmd_vel):
        robot.arm('diagnostics', 'always')
        try:
            robot.bridge.wait_line('injected into diagnostics$', PATIENCE)
            wait_motion_and_frames(viewer, cmd_vel)
        finally:
            robot.disarm('diagnostics')
        robot.failures('diagnostics')

    def test_the_probe_of_ice_servers_at_the_start(self, robot):
        assert robot.failures('ICE servers') == 1

    def test_a_request_is_answered_and_counted(self, robot, url):
        robot.arm('request', 'once')
        with pytest.raises(urllib.error.HTTPError) as failed:
            urllib.request.urlopen(url, b'{}', timeout=PATIENCE)
        assert failed.value.code == 500 and b'injected' not in failed.value.read()
        robot.failures('request')
        Viewer(url).close()

    def test_the_relay_is_dialed_again(self, robot):
        robot.arm('relay client', 'once')
        with pytest.raises(AssertionError):
            Viewer(robot.url)
        robot.failures('relay client')
        robot.diagnostics('relay', lambda values, message: message == 'connected')
        Viewer(robot.url).close()

    def test_the_executor_spins_on(self, robot):
        robot.arm('executor', 'once')
        robot.failures('ROS executor')


def test_a_message_that_cannot_be_handled_ends_its_session_only(robot, viewer, cmd_vel):
    robot.arm('control channel', 'once')
    # The driver does not speak there.
    viewer.send('control', {'type': 'ping', 'id': 1})
    viewer.wait('control', lambda m: m['type'] == 'bye' and m['code'] == 'internal')
    robot.failures('control channel')
    cmd_vel.wait_motion(cmd_vel.mark())


def test_a_command_that_cannot_be_handled_says_zero(robot, url, viewer, cmd_vel):
    since = cmd_vel.mark()
    robot.arm('teleop channel', 'once')
    zero = cmd_vel.wait_zero(since)
    robot.failures('teleop channel')
    frames = viewer.frames
    until(lambda: viewer.frames > frames + 2, 'more frames')
    assert cmd_vel.motions(zero) == []
    again = SteadyDriver(url)
    try:
        cmd_vel.wait_motion(cmd_vel.mark())
    finally:
        again.close()


@pytest.mark.parametrize('how, sessions_left', [('once', '1'), ('always', '0')])
def test_a_session_whose_authorization_cannot_be_checked_ends(
        robot, url, viewer, cmd_vel, how, sessions_left):
    robot.arm('session', how)
    try:
        robot.diagnostics('viewers', lambda values, _: values['count'] == sessions_left)
    finally:
        robot.disarm('session')
    if how == 'always':
        cmd_vel.check_rest(robot)
        # The lease is free.
        Driver(url).close()
    Viewer(url).close()


def test_a_press_that_fails_is_a_press_and_the_next_one_too(robot, viewer, cmd_vel):
    button = robot.probe.publisher(Bool, 'emergency_stop')
    robot.probe.wait_for(button.get_subscription_count, PATIENCE)
    robot.arm('emergency stop topic', 'once')
    for _ in range(2):
        cmd_vel.wait_motion(cmd_vel.mark())
        since = cmd_vel.mark()
        button.publish(Bool(data=True))
        try:
            zero = cmd_vel.wait_zero(since)
            until(lambda: viewer.newest('control', 'stop')['latched'], 'the stop')
            assert cmd_vel.motions(zero) == []
        finally:
            release(robot)


# What safety needs, and the place where it fails.
VITAL = {'driving': 'driving', 'lock': 'emergency stop lock', 'emergency stop': 'emergency stop',
         'emergency stop file': 'emergency stop', 'executor': 'ROS executor'}


@pytest.mark.parametrize('place', VITAL)
def test_what_safety_needs_ends_the_process_with_zero(robot, url, viewer, cmd_vel, place):
    bridge, since = robot.bridge, cmd_vel.mark()
    robot.arm(place, 'always' if place == 'executor' else 'once')
    pressed = place.startswith('emergency stop')
    if pressed:
        viewer.send('teleop', {'type': 'stop', 'request': 1})
    try:
        zero = cmd_vel.wait_zero(since)
        assert bridge.wait(PATIENCE) == 1
        assert f'must not go on without its part {VITAL[place]!r}' in bridge.text
        assert bridge.text.count('Traceback') <= bridge.text.count('injected')
        assert cmd_vel.motions(zero) == []
    finally:
        robot.disarm(place)
        # After a failure, too, so that the tests behind have a robot.
        bridge.send(signal.SIGKILL)
        bridge.wait()
        # As a launch file does; without servers there is nothing to wait for at the start.
        robot.start_bridge(**{'ice.servers': []})
    again = SteadyDriver(url)
    try:
        if pressed:
            # A stop that could not be carried out as it should is in force all the same.
            robot.diagnostics('driving', lambda values, _: values['emergency_stop'])
            again.wait_refusal('stopped')
            assert cmd_vel.motions(zero) == []
            release(robot)
        cmd_vel.wait_motion(cmd_vel.mark())
    finally:
        again.close()


@pytest.mark.parametrize('place', ['guard', 'guard poll'])
def test_a_guard_that_fails_says_zero_and_ends(robot, viewer, cmd_vel, place):
    guard, since = robot.guard, cmd_vel.mark()
    robot.arm(place, 'once', 'cmd_vel_guard')
    try:
        zero = cmd_vel.wait_zero(since)
        assert guard.wait(PATIENCE) == 1
        assert 'publishes zero and ends' in guard.text
        assert cmd_vel.motions(zero) == []
    finally:
        robot.disarm(place, 'cmd_vel_guard')
        robot.start_guard()
    robot.diagnostics('driving', lambda values, _: values['guard'] == 'ok')
    cmd_vel.wait_motion(zero)
