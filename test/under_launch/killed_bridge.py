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
A bridge that is killed while somebody drives: the robot stops, and launch starts it again.

``launch_test killed_bridge.py``, in an environment in which this package is installed.
"""

import os
from pathlib import Path
import signal
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


class TestKilledBridge(unittest.TestCase):
    """While the robot runs."""

    def test_the_robot_stops_and_can_be_driven_again(self):
        """The guard publishes zero when commands end, and a new bridge takes drivers."""
        with Robot() as robot:
            driver = robot.driver()
            robot.wait_motion(driver)
            os.kill(robot.pids['bridge'], signal.SIGKILL)
            robot.wait_rest()
            robot.wait_motion(robot.driver())
            robot.wait_rest()


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """After Ctrl-C."""

    def test_all_but_the_killed_program_ended_well(self, proc_info):
        """Launch keeps the last status of a program that it starts again."""
        launch_testing.asserts.assertExitCodes(proc_info)
