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
Each part of bridge and guard fails, once and each time, while somebody drives and another watches.

What must go on goes on; what must end says zero first. The programs are real, and see each other
over DDS.
"""

from pathlib import Path
import re
import sys
import urllib.error
import urllib.request

import pytest
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger
from support.browsers import PATIENCE, until
from support.stack import ColourCamera, Robot
from support.viewers import Driver, Viewer
from test_bridge_start import Driving

PROGRAM = Path(__file__).resolve().parents[1] / 'support' / 'faulty_program.py'


class FaultyRobot(Robot):
    """A robot in whose programs parts fail on demand."""

    def __init__(self, directory, **parameters):
        """Start it; ``directory`` is where the faults are named."""
        self._directory = directory
        super().__init__(**parameters)

    def command(self, module, **parameters):
        """Return a program's command line."""
        command = super().command(module, **parameters)
        if module == 'relay':
            return command
        folder = self._directory / module
        folder.mkdir(exist_ok=True)
        return [sys.executable, str(PROGRAM), module, str(folder), *command[3:]]

    def arm(self, name, how, module='bridge'):
        """Let a part fail from now on: ``once`` or ``always``."""
        fresh = self._directory / module / f'.{name}'
        fresh.write_text(how)
        fresh.rename(self._directory / module / name)

    def disarm(self, name):
        """Let a part of the bridge work again."""
        (self._directory / 'bridge' / name).unlink(missing_ok=True)

    def failures(self, name, more_than=0):
        """Wait until a part has failed more often; return how often."""
        def count(values):
            return int(values.get(name, '0').partition(',')[0])
        return count(self.diagnostics('failures', lambda values, _: count(values) > more_than))


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot with a camera, a topic for viewers, and a service."""
    directory = tmp_path_factory.mktemp('faults')
    # From the start, as it is looked at twice a minute.
    (directory / 'bridge').mkdir()
    (directory / 'bridge' / 'ICE watch').write_text('once')
    robot = FaultyRobot(directory, **{
        'cameras.names': ['front', '*'], 'teleop.max_frame_age': 0.0,
        'telemetry.topics': ['/words'], 'actions.services': ['/wave'],
        'ice.servers': ['stun:127.0.0.1:9']})
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def camera(robot):
    """Publish pictures."""
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 255))
    yield camera
    camera.close()


@pytest.fixture(scope='module')
def words(robot):
    """Publish what viewers are told."""
    publisher, said = robot.probe.publisher(String, '/words'), []

    def say():
        said.append(str(len(said)))
        publisher.publish(String(data=said[-1]))
    robot.probe.node.create_timer(0.2, say)
    robot.probe.node.create_service(Trigger, '/wave', lambda _, response: response)
    return said


@pytest.fixture
def people(robot, url, camera, words, cmd_vel):
    """Let one drive and another watch; give the one who watches."""
    viewer = Viewer(url)
    driving = Driving(url)
    try:
        cmd_vel.wait_motion(cmd_vel.mark())
        yield viewer
    finally:
        driving.close()
        viewer.close()


def goes_on(robot, viewer, cmd_vel):
    """
    Wait until the robot has moved on, and the viewer has seen more, in the same two sessions.

    On a busy host a driver may be late, and zero come in between.
    """
    moves_and_shows(viewer, cmd_vel)
    robot.diagnostics('viewers', lambda values, _: values['count'] == '2')


def moves_and_shows(viewer, cmd_vel):
    """Wait until the robot has moved on, and the viewer has seen more."""
    since, frames = cmd_vel.mark(), viewer.frames
    cmd_vel.wait_motion(since)
    until(lambda: viewer.frames > frames + 2, 'more pictures')


def told(viewer, since):
    """Tell whether a viewer was told of the topic since some message."""
    return any(m['type'] == 'telemetry' for m in viewer.heard['control'][since:])


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


@pytest.mark.parametrize('part', [
    'cameras', 'telemetry', 'telemetry topic', 'actions', 'diagnostics of a camera', 'camera',
    'camera topic', 'encoder', 'fan-out'])
def test_nothing_else_ends_with_a_part_that_nobody_depends_on(robot, people, cmd_vel, part):
    for how, often in (('once', 1), ('always', 3)):
        before = robot.failures(part, -1)
        robot.arm(part, how)
        try:
            assert robot.failures(part, before + often - 1) >= before + often
        finally:
            robot.disarm(part)
        # And the part works again.
        goes_on(robot, people, cmd_vel)
        heard = len(people.heard['control'])
        until(lambda: told(people, heard), 'telemetry')
    # Once with its traceback, however often it came.
    line = f'injected into {part}$'
    robot.bridge.wait_line(line, PATIENCE)
    assert len(re.findall(line, robot.bridge.text, re.MULTILINE)) == 1


def test_diagnostics_come_back(robot, people, cmd_vel):
    robot.arm('diagnostics', 'always')
    try:
        robot.bridge.wait_line('injected into diagnostics$', PATIENCE)
        moves_and_shows(people, cmd_vel)
    finally:
        robot.disarm('diagnostics')
    robot.failures('diagnostics')
    goes_on(robot, people, cmd_vel)


def test_the_look_at_ice_servers_failed_at_the_start(robot):
    assert robot.failures('ICE watch') == 1


def test_a_request_that_fails_is_answered_and_counted(robot, url, people, cmd_vel):
    robot.arm('request', 'once')
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(url, b'{}', timeout=PATIENCE)
    assert failed.value.code == 500 and b'injected' not in failed.value.read()
    robot.failures('request')
    goes_on(robot, people, cmd_vel)
    Viewer(url).close()


def test_the_relay_is_dialed_again(robot, people, cmd_vel):
    robot.arm('relay client', 'once')
    with pytest.raises(AssertionError):
        Viewer(f'{robot.url}')
    robot.failures('relay client')
    robot.diagnostics('relay', lambda values, message: message == 'connected')
    Viewer(robot.url).close()
    goes_on(robot, people, cmd_vel)


def test_a_message_that_cannot_be_handled_ends_its_session_only(robot, people, cmd_vel):
    robot.arm('control channel', 'once')
    # The driver does not speak there.
    people.send('control', {'type': 'ping', 'id': 1})
    people.wait('control', lambda m: m['type'] == 'bye' and m['code'] == 'internal')
    robot.failures('control channel')
    cmd_vel.wait_motion(cmd_vel.mark())


def test_a_command_that_cannot_be_handled_says_zero(robot, url, people, cmd_vel):
    since = cmd_vel.mark()
    robot.arm('teleop channel', 'once')
    zero = cmd_vel.wait_zero(since)
    robot.failures('teleop channel')
    frames = people.frames
    until(lambda: people.frames > frames + 2, 'more pictures')
    assert cmd_vel.motions(zero) == []
    again = Driving(url)
    try:
        cmd_vel.wait_motion(cmd_vel.mark())
    finally:
        again.close()


@pytest.mark.parametrize('how', ['once', 'always'])
def test_the_watch_over_a_session_ends_it(robot, url, people, cmd_vel, how):
    robot.arm('session', how)
    before = 2 if how == 'always' else 1
    try:
        robot.diagnostics('viewers', lambda values, _: int(values['count']) == 2 - before)
    finally:
        robot.disarm('session')
    if how == 'always':
        cmd_vel.check_rest(robot)
    driver = None
    other = Viewer(url)
    try:
        driver = Driver(url) if how == 'always' else None
    finally:
        other.close()
        if driver:
            driver.close()


def test_a_press_that_fails_is_a_press_and_the_next_one_too(robot, url, people, cmd_vel):
    button = robot.probe.publisher(Bool, 'emergency_stop')
    robot.probe.wait_for(button.get_subscription_count, PATIENCE)
    for how in ('once', None):
        if how:
            robot.arm('emergency stop topic', how)
        else:
            cmd_vel.wait_motion(cmd_vel.mark())
        since = cmd_vel.mark()
        button.publish(Bool(data=True))
        zero = cmd_vel.wait_zero(since)
        until(lambda: people.newest('control', 'stop')['latched'], 'the stop')
        assert cmd_vel.motions(zero) == []
        release(robot)


def test_an_executor_that_stumbles_spins_on(robot, people, cmd_vel):
    robot.arm('executor', 'once')
    robot.failures('ROS executor')
    goes_on(robot, people, cmd_vel)


# What safety needs, and what brings its failure about.
VITAL = {'driving': 'driving', 'lock': 'emergency stop lock', 'emergency stop': 'emergency stop',
         'emergency stop file': 'emergency stop', 'executor': 'ROS executor'}


@pytest.mark.parametrize('place', VITAL)
def test_what_safety_needs_ends_the_process_with_zero(robot, url, people, cmd_vel, place):
    bridge, since = robot.bridge, cmd_vel.mark()
    robot.arm(place, 'always' if place == 'executor' else 'once')
    pressed = place.startswith('emergency stop')
    if pressed:
        people.send('teleop', {'type': 'stop', 'request': 1})
    try:
        zero = cmd_vel.wait_zero(since)
        assert bridge.wait(PATIENCE) == 1
    finally:
        robot.disarm(place)
    assert f'must not go on without its part {VITAL[place]!r}' in bridge.text
    assert bridge.text.count('Traceback') <= bridge.text.count('injected')
    assert cmd_vel.motions(zero) == []
    # As a launch file does.
    robot.start_bridge()
    again = Driving(url)
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
def test_a_guard_that_fails_says_zero_and_ends(robot, people, cmd_vel, place):
    guard, since = robot.guard, cmd_vel.mark()
    robot.arm(place, 'once', 'cmd_vel_guard')
    zero = cmd_vel.wait_zero(since)
    assert guard.wait(PATIENCE) == 1
    assert 'says zero and ends' in guard.text
    assert cmd_vel.motions(zero) == []
    robot.guard = robot.start('cmd_vel_guard')
    robot.diagnostics('driving', lambda values, _: values['guard'] == 'ok')
    cmd_vel.wait_motion(zero)
