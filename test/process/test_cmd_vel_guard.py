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

"""The guard's process: its end, its successor, its scheduling, and the type it publishes."""

from contextlib import suppress
import os
from pathlib import Path
import signal

from geometry_msgs.msg import Twist, TwistStamped
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rtc_bridge.sim.demo_environment import shared_file
from support.browsers import PATIENCE, until
from support.processes import node, Process
from support.ros_probe import RosProbe
from support.stack import CmdVel, Robot, start
from support.viewers import RTCBOT, Viewer

# The robot's largest speed here, m/s; not the default.
MAX_X = 0.4


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0, 'teleop.max_linear_x': MAX_X})
    yield robot
    robot.close()


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


def test_only_the_guard_publishes_and_reliably(robot):
    """A zero must not get lost, nor come after older velocities."""
    def found():
        infos = robot.probe.node.get_publishers_info_by_topic('cmd_vel')
        # The name comes later.
        return all(info.node_name != '_NODE_NAME_UNKNOWN_' for info in infos) and infos
    heard = robot.probe.wait_for(found, PATIENCE)
    assert [(info.node_name, info.qos_profile.reliability, info.qos_profile.durability)
            for info in heard] == [
                ('cmd_vel_guard', ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)]


def test_a_guard_that_dies_while_driving(robot, driver, cmd_vel):
    """Only the base stops the robot then, and nothing may go on by itself afterwards."""
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
    """A process that is stopped while it holds the lock would stop the guard for a second."""
    # With LOCALHOST rmw_fastrtps chooses, and nobody is to be found here.
    with start(['env', 'ROS_AUTOMATIC_DISCOVERY_RANGE=OFF', *node('cmd_vel_guard')]) as guard:
        def threads():
            names = []
            for task in Path(f'/proc/{guard.pid}/task').iterdir():
                # It may have ended by now.
                with suppress(OSError):
                    names.append((task / 'comm').read_text())
            return names
        until(lambda: any(name.startswith('dds.udp') for name in threads()), threads)
        # Those come first.
        assert not any(name.startswith('dds.shm') for name in threads())


def test_the_guard_runs_before_all_others(robot, cmd_vel):
    """In real time, all that came with ROS; or it says that it may not."""
    tasks = [int(path.name) for path in Path(f'/proc/{robot.guard.pid}/task').iterdir()]
    first = []
    for task in tasks:
        # It may have ended by now.
        with suppress(OSError):
            if os.sched_getscheduler(task) == os.SCHED_RR:
                first.append(task)
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


def test_the_file_of_the_bridge_is_right_for_the_guard(robot):
    """Both read one file; what is the bridge's is no mistake."""
    command = [*node('cmd_vel_guard', remap=['__ns:=/other']), '--params-file',
               str(shared_file('robot.yaml'))]
    with Process(command) as guard:
        robot.probe.wait_for(lambda: robot.probe.node.count_publishers('/other/cmd_vel'))
    assert 'WARN' not in guard.text
