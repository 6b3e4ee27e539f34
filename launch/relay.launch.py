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

"""Start a relay. It needs no ROS; this is for hosts that have it anyway."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start the relay."""
    return LaunchDescription([
        DeclareLaunchArgument(
            'host', default_value='0.0.0.0', description='address to listen on'),
        DeclareLaunchArgument('port', default_value='8080', description='TCP port'),
        Node(
            package='rtc_bridge', executable='relay', output='screen',
            arguments=['--host', LaunchConfiguration('host'),
                       '--port', LaunchConfiguration('port'), '--open'],
            respawn=True, respawn_delay=2.0),
    ])
