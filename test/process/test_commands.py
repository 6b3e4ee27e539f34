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

"""What the robot does with commands: no browser, so that anything can be sent."""

import json
from pathlib import Path
import signal
import sys

from geometry_msgs.msg import Twist
import pytest
from sensor_msgs.msg import Joy
from support.browsers import PATIENCE, until
from support.processes import Process
from support.stack import Robot
from support.viewers import command, RTCBOT, Viewer

# The robot's limits here, m/s and rad/s; not the defaults.
MAX_X, MAX_Z, MAX_UP = 0.4, 1.25, 0.25


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay, as RTCBot's tutorial page would reach it."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0,
                                  'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z,
                                  'teleop.max_linear_z': MAX_UP,
                                  'teleop.joy': True})
    yield robot
    robot.close()


def test_never_more_than_the_limits(driver, cmd_vel):
    since = cmd_vel.mark()

    def reached():
        driver.go(1e9, -1e9)
        return (MAX_X, 0, -MAX_Z) in cmd_vel.heard[since:]
    until(reached, 'the largest velocity')
    assert all(abs(x) <= MAX_X and y == 0 and abs(z) <= MAX_Z
               for x, y, z in cmd_vel.heard[since:])


def test_up_and_down_keeps_to_the_same_rules(robot, driver):
    assert driver.viewer.newest('control', 'hello')['teleop']['max_linear_z'] == MAX_UP
    heard = robot.probe.subscribe(Twist, 'cmd_vel', lambda m: m.linear.z)
    until(lambda: driver.go(0, up=9.0) and heard[-1:] == [MAX_UP], 'the largest velocity up')
    assert max(heard) == MAX_UP
    # Nothing more is sent: the timeout stops it, and a neutral command is needed.
    robot.probe.wait_for(lambda: heard[-1] == 0.0, PATIENCE)
    mark = len(heard)
    told = driver.viewer.heard['teleop']
    until(lambda: driver.send(0, up=-9.0) and any(
        m.get('reason') == 'neutral-first' for m in list(told)), 'neutral first')
    assert not any(heard[mark:])
    until(lambda: driver.go(0, up=-9.0) and heard[-1:] == [-MAX_UP], 'down')
    driver.refusal(json.dumps(command(driver.epoch, 9999, 1, 0, up='1')), 'bad-value')


@pytest.mark.parametrize('number', ['NaN', 'Infinity', '1e999', '"1"', 'true', 'null', '[1]'])
def test_a_value_that_is_not_a_number_is_refused(driver, cmd_vel, number):
    since = cmd_vel.mark()
    until(lambda: driver.send(0) and cmd_vel.mark() > since and cmd_vel.heard[-1] == (0, 0, 0),
          'a neutral command')
    # What the test before this one commanded is over.
    since = cmd_vel.mark()
    text = (f'{{"type": "drive", "epoch": {driver.epoch}, "seq": 9999, "tick": 1, '
            f'"linear_x": {number}, "linear_y": 0, "angular_z": 0}}')
    driver.refusal(text, 'bad-value')
    assert cmd_vel.motions(since) == []


def test_motion_needs_a_neutral_command_and_a_fresh_nonce(driver, cmd_vel):
    since = cmd_vel.mark()
    old = driver.viewer.newest('teleop', 'tick')['tick']

    def answered(reason, nonce=None):
        driver.send(1, 1, nonce)
        return any(m.get('reason') == reason for m in list(driver.viewer.heard['teleop']))
    until(lambda: answered('neutral-first'), 'neutral first')
    until(lambda: answered('stale', old), 'an old nonce is stale')
    assert cmd_vel.motions(since) == []
    driver.send(0)
    until(lambda: driver.go(1) and cmd_vel.motions(since), 'motion')
    # Nothing more is sent: the timeout stops the robot.
    cmd_vel.wait_zero(since)


def test_a_page_without_the_lease_moves_nothing(url, driver, cmd_vel):
    since = cmd_vel.mark()
    driver.send(0)
    other = Viewer(url)
    try:
        # It knows all that the driver does.
        for seq, epoch in enumerate((driver.epoch, driver.epoch - 1, driver.epoch + 1), 1):
            def refused():
                nonce = driver.viewer.newest('teleop', 'tick')['tick']
                other.send('teleop', command(epoch, seq, nonce, 1))
                return [m for m in list(other.heard['teleop'])
                        if m['type'] == 'refused' and m['seq'] == seq]
            assert until(refused, 'a refusal')[0]['reason'] == 'epoch'
        other.send('control', {'type': 'want', 'lease': True})
        other.send('control', {'type': 'ping', 'id': 1})
        other.wait('control', lambda m: m['type'] == 'pong')
        lease = other.newest('control', 'lease')
        assert (lease['epoch'], lease['driver'], lease['asked']) == (None, True, True)
        assert cmd_vel.motions(since) == []
    finally:
        other.close()


def test_an_earlier_epoch_is_over(driver, cmd_vel):
    since = cmd_vel.mark()
    old = driver.epoch
    driver.viewer.send('control', {'type': 'want', 'lease': False})
    until(lambda: not driver.viewer.newest('control', 'lease')['driver'], 'the lease is free')
    driver.take()
    assert driver.epoch > old
    driver.send(0)
    nonce = driver.viewer.newest('teleop', 'tick')['tick']
    driver.refusal(json.dumps(command(old, 9999, nonce, 1)), 'epoch')
    assert cmd_vel.motions(since) == []


def test_the_gamepad_is_published_as_ros_has_it(robot, driver):
    joys = robot.probe.subscribe(Joy, 'joy', lambda m: (list(m.axes), list(m.buttons)))
    neutral = ([0.0] * 6, [0] * 15)
    # Left stick forward, right trigger half, button LB: not one is where ROS has it.
    buttons = [0.0] * 17
    buttons[4], buttons[7] = 1.0, 0.5
    moved = ([0.0, 1.0, 0.0, 0.0, 0.0, 0.5], [0] * 9 + [1] + [0] * 5)

    def push():
        # As the page does; each at rest first.
        driver.send(0)
        driver.send_joy([0.0] * 4, [0.0] * 17)
        driver.send_joy([0.0, -1.0, 0.0, 0.0], buttons)
        return moved in joys
    until(push, 'the gamepad')
    # What is still under way comes before the answer to this.
    driver.viewer.send('control', {'type': 'ping', 'id': 1})
    driver.viewer.wait('control', lambda m: m['type'] == 'pong')
    # It falls silent, and the gate lets go for it.
    robot.probe.wait_for(lambda: joys[-1] == neutral, PATIENCE)


def test_rtcbot_clients_drive(robot, url, cmd_vel):
    client = Viewer(url, RTCBOT)
    try:
        full = (MAX_X, 0, 0)

        def holds():
            # It says so once. A busy host may let the gate believe that it is gone, which then
            # asks for a neutral state first.
            since = cmd_vel.mark()
            for forward in (0, 1):
                client.send('default', {'forward': forward, 'leftright': 0})
            start = cmd_vel.wait_motion(since)
            robot.probe.wait_for(lambda: cmd_vel.heard[start:].count(full) > 20
                                 or (0, 0, 0) in cmd_vel.heard[start:], PATIENCE)
            said = cmd_vel.heard[start:]
            if (0, 0, 0) in said:
                return None
            assert set(said[said.index(full):]) == {full}
            return True
        until(holds, 'a command that holds')

        def becomes(velocity, *messages):
            # From the state before, or from rest if the robot was stopped meanwhile.
            since = cmd_vel.mark()
            for message in messages:
                client.send('default', message)

            def became():
                if cmd_vel.mark() > since and not any(cmd_vel.heard[-1]):
                    for message in ({'type': 'keyup', 'key': 'w'},
                                    {'forward': 0, 'leftright': 0}, *messages):
                        client.send('default', message)
                return velocity in cmd_vel.heard[since:]
            until(became, f'the velocity {velocity}')
        right = {'forward': 0, 'leftright': 1}
        becomes((0, 0, -MAX_Z), right)
        becomes((MAX_X, 0, -MAX_Z), right, {'type': 'keydown', 'key': 'w'})
    finally:
        client.close()
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    cmd_vel.check_rest(robot)


def test_a_killed_rtcbot_client_stops_the_robot(robot, url, cmd_vel):
    since = cmd_vel.mark()
    script = Path(__file__).parents[1] / 'support' / 'viewers.py'
    with Process([sys.executable, str(script), url]) as client:
        client.wait_line('driving', PATIENCE)
        cmd_vel.wait(lambda x, y, z: x == MAX_X, since)
        client.send(signal.SIGKILL)
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    cmd_vel.check_rest(robot)
