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

"""The robot on ROS 2 Kilted, while this process and its probe are on Jazzy."""

import os
import signal
import subprocess

from nav_msgs.msg import Odometry
import pytest
from support.browsers import PATIENCE, until
from support.stack import CmdVel, finish, Robot, WHEELS
from support.viewers import Driver

PYTHON = os.environ.get('RTC_BRIDGE_KILTED_PYTHON')
pytestmark = pytest.mark.skipif(
    not PYTHON, reason='RTC_BRIDGE_KILTED_PYTHON names no Python with ROS 2 Kilted')


@pytest.fixture(scope='module')
def robot():
    """Run all of a robot, the simulated one, on Kilted."""
    robot = Robot(python=PYTHON)
    try:
        robot.start('sim_robot', camera='front')
        yield robot
    finally:
        robot.close()


def test_this_is_kilted():
    environment = {name: value for name, value in os.environ.items() if name not in WHEELS}
    said = subprocess.run(
        [PYTHON, '-c', 'from importlib.metadata import distributions\n'
         'print(*(d.name for d in distributions()))'],
        env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    assert 'ros-kilted-rclpy' in said.split() and 'ros-jazzy-rclpy' not in said.split()


def test_picture_and_driving(robot):
    cmd_vel = CmdVel(robot.probe)
    odometry = robot.probe.subscribe(Odometry, 'odom')
    robot.diagnostics('camera front/image_raw')
    driver = Driver(f'{robot.url}?camera=front/image_raw')
    try:
        until(lambda: driver.viewer.frames > 10, 'pictures')
        frame = driver.viewer.picture.to_ndarray(format='bgr24')
        assert frame.shape == (480, 640, 3)
        # A room with textures is no plain area.
        assert frame.std() > 10
        robot.probe.wait_for(lambda: odometry, PATIENCE)
        start = odometry[-1].pose.pose.position.x
        driver.send(0)
        until(lambda: driver.go(1) and odometry[-1].pose.pose.position.x > start + 0.1,
              'the robot moves')
        assert max(x for x, _, _ in cmd_vel.heard) == 0.5
        since = cmd_vel.mark()
        robot.bridge.send(signal.SIGKILL)
        cmd_vel.wait_zero(since)
        robot.probe.wait_for(lambda: odometry[-1].twist.twist.linear.x == 0, PATIENCE)
    finally:
        driver.close()


def test_programs_end_well(robot):
    robot.start_bridge()
    for process in robot.processes:
        if process.running:
            assert finish(process) == 0, process.text
            assert 'Traceback' not in process.text
