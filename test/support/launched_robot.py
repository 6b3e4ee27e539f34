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
A robot under launch_testing: the robot's launch file, and a simulated robot around it.

It needs the package installed, and an installed launch.
"""

import atexit
from pathlib import Path
import shutil

from ament_index_python.packages import get_package_share_directory
import cv2
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node
from launch_testing.actions import ReadyToTest
from nav_msgs.msg import Odometry
import numpy as np
from rtc_bridge.media.images.image_encodings import to_i420
from sensor_msgs.msg import Image
from support.browsers import until
from support.isolation import isolate
from support.processes import free_port
from support.ros_probe import RosProbe
from support.stack import CmdVel
from support.viewers import Driver

ROS_HOME, CLAIM = isolate()
atexit.register(shutil.rmtree, ROS_HOME, ignore_errors=True)
PORT = free_port()
PARAMETERS = f"""
/**:
  ros__parameters:
    robot_id: launched
    server:
      host: 127.0.0.1
      port: {PORT}
    access:
      anonymous: drive
    cameras:
      names: ['*']
    video:
      # A path that a busy host makes narrow would get smaller pictures.
      tiers: ['1/1']
"""
# Pixels of the pictures that are compared.
_SIZE = (64, 48)
# Of pictures that show the same, the largest mean difference, of 255.
_SAME = 10
# m/s, below the limits of the parameters and of the simulated robot.
_SPEED = 0.2


def launched_robot() -> LaunchDescription:
    """Return what starts the robot, and then the tests."""
    params = Path(ROS_HOME) / 'robot.yaml'
    params.write_text(PARAMETERS)
    launch_file = Path(get_package_share_directory('rtc_bridge')) / 'launch' / 'robot.launch.py'
    return LaunchDescription([
        RegisterEventHandler(OnProcessStart(on_start=Robot.note)),
        Node(package='rtc_bridge', executable='sim_robot'),
        IncludeLaunchDescription(PythonLaunchDescriptionSource(str(launch_file)),
                                 launch_arguments={'params_file': str(params)}.items()),
        ReadyToTest()])


class Robot:
    """A context manager: what the robot's camera shows, its motors hear, and its wheels do."""

    # Process ids by executable, those of the newest start.
    pids: dict[str, int] = {}

    @classmethod
    def note(cls, event, _context) -> None:
        """Note the start of a process."""
        cls.pids[Path(event.cmd[0]).name] = event.pid

    def __enter__(self) -> 'Robot':
        """Listen."""
        self._probe = RosProbe('launch_test').__enter__()
        self._images = self._probe.subscribe(Image, 'image_raw', _small)
        self._speeds = self._probe.subscribe(
            Odometry, 'odom', lambda message: message.twist.twist.linear.x)
        self._cmd_vel = CmdVel(self._probe)
        self._drivers = []
        return self

    def __exit__(self, *_) -> None:
        """Take the drivers away, and listen no more."""
        for driver in self._drivers:
            driver.close()
        self._probe.__exit__(None, None, None)

    def driver(self) -> Driver:
        """Return a page that drives, as soon as there is a bridge to drive by."""
        def connect():
            try:
                return Driver(f'http://127.0.0.1:{PORT}/connect')
            except OSError:
                return None
        driver = until(connect, 'a bridge')
        self._drivers.append(driver)
        return driver

    def wait_picture(self, driver: Driver) -> None:
        """Wait until the page shows what the camera sees, which is not one colour."""
        def same():
            picture = driver.viewer.picture
            if picture is None or not self._images or self._images[-1].std() < _SAME:
                return False
            gray = cv2.resize(picture.to_ndarray(format='gray'), _SIZE).astype(float)
            return np.abs(gray - self._images[-1]).mean() < _SAME
        until(same, 'the picture of the camera')

    def wait_motion(self, driver: Driver) -> None:
        """Drive until the robot moves."""
        since = len(self._speeds)
        until(lambda: driver.go(_SPEED) and any(
            speed > _SPEED / 2 for speed in self._speeds[since:]), 'motion')

    def wait_rest(self) -> None:
        """Wait until the motors were told zero, and the robot stands."""
        self._probe.wait_for(
            lambda: self._cmd_vel.heard[-1:] == [(0, 0, 0)] and self._speeds[-1] == 0)


def _small(message: Image) -> np.ndarray:
    pixels = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    luma = to_i420(pixels, message.encoding)[:message.height]
    return cv2.resize(luma, _SIZE).astype(float)
