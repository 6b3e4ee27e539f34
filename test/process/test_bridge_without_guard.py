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

"""A bridge that publishes cmd_vel itself: zero, message types, its end, and one that hangs."""

import signal

from geometry_msgs.msg import Twist, TwistStamped
import pytest
from support.browsers import PATIENCE, until
from support.processes import free_port
from support.robot_driving import wait_notice
from support.ros_probe import RosProbe
from support.stack import CmdVel, Robot
from support.viewers import Driver, SteadyDriver, Viewer


@pytest.fixture(scope='module')
def robot():
    """Run a robot without guard and camera; the bridge is started anew after it was ended."""
    robot = Robot(guard=None, **{'teleop.guard': False, 'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


@pytest.fixture
def url(robot):
    """Return where viewers post their offers, to a bridge that runs."""
    if not robot.bridge.running:
        robot.start_bridge()
    return f'{robot.own_url}/connect'


@pytest.fixture
def cmd_vel(robot):
    """Hear what the motors of the robot would."""
    cmd_vel = CmdVel(robot.probe)
    yield cmd_vel
    cmd_vel.close()


def test_zero_is_repeated_for_a_second_after_the_driver_has_gone(robot, url, cmd_vel):
    driver = SteadyDriver(url)
    try:
        cmd_vel.wait(lambda x, y, z: x == 0.5)
    finally:
        driver.close()
    zero = cmd_vel.wait_zero(cmd_vel.mark())
    # 20 times a second; a busy machine may lose most of them.
    robot.probe.wait_for(lambda: cmd_vel.mark() >= zero + 2)
    assert cmd_vel.motions(zero) == []


def test_cmd_vel_has_the_type_of_its_subscribers(url):
    """The type changes while the executor's thread waits for the same node."""
    driver = Driver(url)
    try:
        # Nobody subscribes, and it is this bridge that would need another topic.
        assert 'start /rtc_bridge with' in wait_notice(driver.viewer, 'no-subscriber')['text']
        for kind in (TwistStamped, Twist, TwistStamped):
            # One ROS context cannot hold both.
            with RosProbe('motors') as probe:
                motors = CmdVel(probe, kind)
                until(lambda: driver.send(0) and driver.send(1) and motors.motions(), kind)
    finally:
        driver.close()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_bridge_that_is_ended_while_driving_says_zero_last(robot, url, cmd_vel, number):
    driver = SteadyDriver(url)
    try:
        cmd_vel.wait(lambda x, y, z: x == 0.5)
        robot.bridge.send(number)
        assert robot.bridge.wait(PATIENCE) == 0
        cmd_vel.wait_end()
        assert 'Traceback' not in robot.bridge.text
    finally:
        driver.close()


def test_a_second_bridge_takes_the_name_at_the_relay_of_one_that_hangs(robot, url):
    hanging = robot.bridge
    hanging.send(signal.SIGSTOP)
    # It proves that it is the same robot, or finds the name free: the relay gives up a
    # connection that is silent for long.
    robot.start_bridge(**{'server.port': free_port()})
    Viewer(robot.url).close()
    hanging.send(signal.SIGCONT)
    hanging.wait_line('replaced: ', PATIENCE)
    robot.diagnostics('relay', lambda values, message: message == 'connected')
    assert 'replaced' not in robot.bridge.text
