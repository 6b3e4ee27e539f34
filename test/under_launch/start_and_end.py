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
The robot's launch file under launch_testing, as a robot's own tests would use it.

``launch_test start_and_end.py``, in an environment in which this package is installed.
"""

from pathlib import Path
import tempfile
import unittest

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing
from launch_testing.actions import ReadyToTest
import launch_testing.asserts
import launch_testing.markers

SHARE = Path(get_package_share_directory('rtc_bridge'))
PARAMETERS = """
/**:
  ros__parameters:
    robot_id: launched
    server:
      port: 0
"""


@launch_testing.markers.keep_alive
def generate_test_description():
    """Start the robot without its server, and begin."""
    params = Path(tempfile.mkdtemp()) / 'robot.yaml'
    params.write_text(PARAMETERS)
    return LaunchDescription([
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'robot.launch.py')),
            launch_arguments={'params_file': str(params),
                              'relay_url': 'ws://127.0.0.1:9'}.items()),
        ReadyToTest()])


class TestRobot(unittest.TestCase):
    """While the robot runs."""

    def test_the_bridge_starts_with_the_arguments(self, proc_output):
        """It names its page and the reason why its relay is not reached."""
        proc_output.assertWaitFor('relay: http://127.0.0.1:9/launched', timeout=60)
        proc_output.assertWaitFor('127.0.0.1:9', timeout=60)


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """After Ctrl-C."""

    def test_all_programs_ended_well(self, proc_info):
        """Bridge and guard end with status 0."""
        launch_testing.asserts.assertExitCodes(proc_info)
