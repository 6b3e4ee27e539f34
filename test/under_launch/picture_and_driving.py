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
The robot's launch file, driven from end to end: a viewer sees the camera and moves the robot.

``launch_test picture_and_driving.py``, in an environment in which this package is installed.
"""

from pathlib import Path
import sys
import unittest

import launch_testing
import launch_testing.asserts
import launch_testing.markers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.launched_robot import launched_robot, Robot  # noqa: E402 - found by the line above


@launch_testing.markers.keep_alive
def generate_test_description():
    """Start the robot and its simulated motors and camera."""
    return launched_robot()


class TestDriving(unittest.TestCase):
    """While the robot runs."""

    def test_a_viewer_sees_the_camera_and_moves_the_robot(self):
        """The picture is the camera's; motion begins with a command, and ends without."""
        with Robot() as robot:
            driver = robot.driver()
            robot.wait_picture(driver)
            robot.wait_motion(driver)
            robot.wait_rest()


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """After Ctrl-C."""

    def test_all_programs_ended_well(self, proc_info):
        """All end with status 0."""
        launch_testing.asserts.assertExitCodes(proc_info)
