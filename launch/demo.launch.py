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

"""Start a simulated robot, its bridge and a relay on this host."""

from launch import LaunchDescription
from launch.actions import (DeclareLaunchArgument, IncludeLaunchDescription, LogInfo,
                            SetEnvironmentVariable)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('rtc_bridge')


def include(name: str, **arguments) -> IncludeLaunchDescription:
    """Return the action that includes another launch file of this package."""
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', name])),
        launch_arguments=arguments.items())


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start everything."""
    port = LaunchConfiguration('port')
    link = ['http://127.0.0.1:', port, '/demo']
    profile = PathJoinSubstitution([SHARE, 'config', 'fastdds_shm.xml'])
    return LaunchDescription([
        DeclareLaunchArgument('port', default_value='8080', description="the relay's TCP port"),
        DeclareLaunchArgument(
            'rviz', default_value='false', choices=['true', 'false', 'True', 'False'],
            description='start RViz as well, if it is installed'),
        SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'),
        SetEnvironmentVariable(
            'FASTRTPS_DEFAULT_PROFILES_FILE',
            EnvironmentVariable('FASTRTPS_DEFAULT_PROFILES_FILE', default_value=profile)),
        include('relay.launch.py', host='127.0.0.1', port=port, open='true'),
        Node(package='rtc_bridge', executable='sim_robot', output='screen',
             respawn=True, respawn_delay=2.0),
        include('robot.launch.py', relay_url=link, rviz=LaunchConfiguration('rviz'),
                params_file=PathJoinSubstitution([SHARE, 'config', 'demo.yaml'])),
        LogInfo(msg=['The robot will be here: ', *link, '; open it by the "link to drive" that '
                     'the bridge prints once it has started']),
    ])
