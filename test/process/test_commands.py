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
import os
from pathlib import Path
import signal
import sys

from geometry_msgs.msg import Twist, TwistStamped
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Joy
from support.browsers import PATIENCE, until
from support.processes import node, Process
from support.ros_probe import RosProbe
from support.stack import CmdVel, Robot, start
from support.viewers import command, Driver, RTCBOT, Viewer

# The robot's limits here, m/s and rad/s; not the defaults.
MAX_X, MAX_Z = 0.4, 1.25


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay: RTCBot's tutorial page would reach it so."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0,
                                  'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z,
                                  'teleop.joy': True})
    yield robot
    robot.close()


@pytest.fixture
def driver(url):
    """Take the driver's seat."""
    driver = Driver(url)
    yield driver
    driver.close()


def test_never_more_than_the_limits(driver, cmd_vel):
    since = cmd_vel.mark()

    def reached():
        driver.go(1e9, -1e9)
        return (MAX_X, 0, -MAX_Z) in cmd_vel.heard[since:]
    until(reached, 'the largest velocity')
    assert all(abs(x) <= MAX_X and y == 0 and abs(z) <= MAX_Z
               for x, y, z in cmd_vel.heard[since:])


@pytest.mark.parametrize('number', ['NaN', 'Infinity', '1e999', '"1"', 'true', 'null', '[1]'])
def test_what_is_no_number_is_refused(driver, cmd_vel, number):
    since = cmd_vel.mark()
    until(lambda: driver.send(0) and cmd_vel.mark() > since and cmd_vel.heard[-1] == (0, 0, 0),
          'a neutral command')
    # What the test before this one commanded is over.
    since = cmd_vel.mark()
    text = (f'{{"type": "drive", "epoch": {driver.epoch}, "seq": 9999, "tick": 1, '
            f'"linear_x": {number}, "linear_y": 0, "angular_z": 0}}')
    driver.refusal(text, 'bad-value')
    assert cmd_vel.motions(since) == []


def test_motion_needs_a_neutral_command_and_a_fresh_tick(driver, cmd_vel):
    since = cmd_vel.mark()
    old = driver.viewer.newest('teleop', 'tick')['tick']

    def answered(reason, tick=None):
        driver.send(1, 1, tick)
        return any(m.get('reason') == reason for m in list(driver.viewer.heard['teleop']))
    until(lambda: answered('neutral-first'), 'neutral first')
    until(lambda: answered('stale', old), 'an old tick is stale')
    assert cmd_vel.motions(since) == []
    driver.send(0)
    until(lambda: driver.go(1) and cmd_vel.motions(since), 'motion')
    # Nothing more is sent: the watchdog stops it.
    cmd_vel.wait_zero(since)


def test_who_has_no_lease_moves_nothing(url, driver, cmd_vel):
    since = cmd_vel.mark()
    driver.send(0)
    thief = Viewer(url)
    try:
        # It knows all that the driver does.
        for seq, epoch in enumerate((driver.epoch, driver.epoch - 1, driver.epoch + 1), 1):
            def refused():
                tick = driver.viewer.newest('teleop', 'tick')['tick']
                thief.send('teleop', command(epoch, seq, tick, 1))
                return [m for m in list(thief.heard['teleop'])
                        if m['type'] == 'refused' and m['seq'] == seq]
            assert until(refused, 'a refusal')[0]['reason'] == 'epoch'
        thief.send('control', {'type': 'want', 'lease': True})
        thief.send('control', {'type': 'ping', 'id': 1})
        thief.wait('control', lambda m: m['type'] == 'pong')
        lease = thief.newest('control', 'lease')
        assert (lease['epoch'], lease['driver'], lease['asked']) == (None, True, True)
        assert cmd_vel.motions(since) == []
    finally:
        thief.close()


def test_an_earlier_epoch_is_over(driver, cmd_vel):
    since = cmd_vel.mark()
    old = driver.epoch
    driver.viewer.send('control', {'type': 'want', 'lease': False})
    until(lambda: not driver.viewer.newest('control', 'lease')['driver'], 'the lease is free')
    driver.take()
    assert driver.epoch > old
    driver.send(0)
    tick = driver.viewer.newest('teleop', 'tick')['tick']
    driver.refusal(json.dumps(command(old, 9999, tick, 1)), 'epoch')
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
        since = cmd_vel.mark()
        client.send('default', {'forward': 1, 'leftright': 0})
        # It says so once, and it holds.
        full = cmd_vel.wait(lambda x, y, z: (x, y, z) == (MAX_X, 0, 0), since)
        robot.probe.wait_for(lambda: len(cmd_vel.motions(full)) > 20, PATIENCE)
        assert set(cmd_vel.motions(full)) == {(MAX_X, 0, 0)}
        client.send('default', {'forward': 0, 'leftright': 1})
        cmd_vel.wait(lambda x, y, z: (x, y, z) == (0, 0, -MAX_Z), full)
        client.send('default', {'type': 'keydown', 'key': 'w'})
        cmd_vel.wait(lambda x, y, z: (x, y, z) == (MAX_X, 0, -MAX_Z), full)
    finally:
        client.close()
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    cmd_vel.check_rest(robot)


def test_killed_rtcbot_client_stops_the_robot(robot, url, cmd_vel):
    since = cmd_vel.mark()
    script = Path(__file__).parents[1] / 'support' / 'viewers.py'
    with Process([sys.executable, str(script), url]) as client:
        client.wait_line('driving', PATIENCE)
        cmd_vel.wait(lambda x, y, z: x == MAX_X, since)
        client.send(signal.SIGKILL)
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')
    cmd_vel.check_rest(robot)


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT', 'SIGHUP'])
def test_a_guard_that_is_ended_while_driving_says_zero_last(robot, url, cmd_vel, name):
    client = Viewer(url, RTCBOT)
    try:
        since = cmd_vel.mark()

        def goes_on():
            # By itself, with what was said once. A guard that has just come may not be heard yet,
            # and then it is to be said again.
            if not any(cmd_vel.heard[-1] if cmd_vel.mark() > since else ()):
                for forward in (0, 1):
                    client.send('default', {'forward': forward, 'leftright': 0})
            return cmd_vel.heard[since:][-5:] == [(MAX_X, 0, 0)] * 5
        until(goes_on, 'full speed')
        full = cmd_vel.mark() - 1
        robot.guard.send(getattr(signal, name))
        assert robot.guard.wait(PATIENCE) == 0
        robot.probe.wait_for(lambda: not robot.probe.node.count_publishers('cmd_vel')
                             and cmd_vel.heard[-1] == (0, 0, 0), PATIENCE)
        assert set(cmd_vel.motions(full)) == {(MAX_X, 0, 0)}
    finally:
        client.close()
        robot.start_guard()
    robot.diagnostics('viewers', lambda values, _: values['count'] == '0')


def test_velocities_are_reliable_and_never_queued(robot):
    """A zero must not get lost, nor come after what is old by then."""
    def found():
        infos = robot.probe.node.get_publishers_info_by_topic('cmd_vel')
        # The name comes later.
        return all(info.node_name != '_NODE_NAME_UNKNOWN_' for info in infos) and infos
    heard = robot.probe.wait_for(found, PATIENCE)
    assert [(info.node_name, info.qos_profile.reliability, info.qos_profile.durability)
            for info in heard] == [
                ('cmd_vel_guard', ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)]


def test_a_guard_that_dies_while_driving(robot, driver, cmd_vel):
    """Nobody is there to stop the robot: the base has to, and nothing may go on by itself."""
    since = cmd_vel.mark()
    until(lambda: driver.go(1) and cmd_vel.motions(since), 'motion')
    robot.guard.send(signal.SIGKILL)
    heard = driver.viewer.heard['teleop']
    until(lambda: driver.go(1) and any(m.get('reason') == 'guard' for m in list(heard)),
          'the driver is told')
    robot.diagnostics('driving', lambda values, text: 'cmd_vel_guard' in text)
    robot.start_guard()
    robot.probe.wait_for(lambda: robot.probe.node.count_publishers('cmd_vel'), PATIENCE)
    since = cmd_vel.mark()
    heard[:] = [m for m in heard if m['type'] == 'tick']
    # The stick is held all the time, which is never neutral.
    until(lambda: driver.send(1) and any(m.get('reason') in ('guard', 'neutral-first')
                                         for m in list(heard)), 'a refusal')
    assert cmd_vel.motions(since) == []
    until(lambda: driver.send(0) and driver.send(1) and cmd_vel.motions(since), 'motion')
    robot.diagnostics('driving', lambda values, text: values['guard'] == 'ok')


def test_a_guard_that_is_replaced_while_driving(robot, driver, cmd_vel):
    since = cmd_vel.mark()
    until(lambda: driver.go(1) and cmd_vel.motions(since), 'motion')
    # So fast that ROS may not have noticed the end of the first one.
    robot.guard.send(signal.SIGKILL)
    robot.start_guard()
    since = cmd_vel.mark()
    heard = driver.viewer.heard['teleop']
    until(lambda: driver.send(1) and any(m.get('reason') == 'neutral-first'
                                         for m in list(heard)), 'a refusal')
    assert cmd_vel.motions(since) == []
    until(lambda: driver.go(1) and cmd_vel.motions(since), 'motion')


def test_the_guard_shares_no_memory():
    """Who is stopped with the lock of it would stop the guard, for a second."""
    # With LOCALHOST rmw_fastrtps chooses, and nobody is to be found here.
    with start(['env', 'ROS_AUTOMATIC_DISCOVERY_RANGE=OFF', *node('cmd_vel_guard')]) as guard:
        def threads():
            return [(task / 'comm').read_text()
                    for task in Path(f'/proc/{guard.pid}/task').iterdir()]
        until(lambda: any(name.startswith('dds.udp') for name in threads()), threads)
        # Those come first.
        assert not any(name.startswith('dds.shm') for name in threads())


def test_the_guard_runs_before_all_others(robot, cmd_vel):
    """In real time, all that came with ROS; or it says that it may not."""
    tasks = [int(path.name) for path in Path(f'/proc/{robot.guard.pid}/task').iterdir()]
    first = [task for task in tasks if os.sched_getscheduler(task) == os.SCHED_RR]
    if robot.guard.pid in first:
        assert len(first) > 1
    else:
        robot.guard.wait_line('not in real time', PATIENCE)


def test_stamped_velocities(robot, driver, cmd_vel):
    cmd_vel.close()
    robot.start_guard(**{'teleop.message_type': 'twist_stamped', 'teleop.frame_id': 'base_test'})
    with RosProbe('stamped') as probe:
        stamped = CmdVel(probe, TwistStamped)
        until(lambda: driver.send(0) and driver.send(1) and stamped.motions(), 'stamped motion')
        stamped.wait_zero(stamped.mark())
        assert {header.frame_id for header in stamped.stamps} == {'base_test'}
        stamps = [header.stamp.sec + header.stamp.nanosec / 1e9 for header in stamped.stamps]
        now = probe.node.get_clock().now().nanoseconds / 1e9
        assert stamps == sorted(stamps) and now - PATIENCE < stamps[0] <= stamps[-1] <= now


def test_the_type_of_the_subscribers(robot, driver, cmd_vel):
    cmd_vel.close()
    robot.start_guard(**{'teleop.message_type': 'auto'})
    for kind in (TwistStamped, Twist, TwistStamped):
        with RosProbe('motors') as probe:
            motors = CmdVel(probe, kind)
            until(lambda: driver.send(0) and driver.send(1) and motors.motions(), kind)
            motors.wait_zero(motors.mark())
