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
Start a relay. It needs no ROS; this is for hosts that have it anyway.

An argument that is not given leaves the value in ``config``, or in the environment, alone. Robots
need tokens (``tokens_file`` in ``config``, or the environment) unless ``open`` is true.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import matches_action
from launch.events.process import ProcessExited, ShutdownProcess
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# A relay that was refused its start, say for a wrong setting, would be refused again.
REFUSED = 2


def end_if_refused(event: ProcessExited,
                   context: LaunchContext) -> list[LogInfo | EmitEvent] | None:
    """
    Do not start the relay again when it was refused its start, as it would be again.

    A launch of this file alone ends with it; one that includes it goes on with what is its own.
    """
    if event.returncode != REFUSED:
        return None
    return [LogInfo(msg='the relay was refused its start, for the reason above; it is not started '
                        'again'),
            EmitEvent(event=ShutdownProcess(process_matcher=matches_action(event.action)))]


def relay_node(context: LaunchContext) -> list[Node | RegisterEventHandler]:
    """Return the relay with the flags that the arguments ask for."""
    given = {name: LaunchConfiguration(name).perform(context)
             for name in ('config', 'host', 'port', 'open')}
    flags = [word for name in ('config', 'host', 'port') if given[name]
             for word in (f'--{name}', given[name])]
    if given['open'].lower() == 'true':
        flags.append('--open')
    relay = Node(package='rtc_bridge', executable='relay', output='screen', arguments=flags,
                 respawn=True, respawn_delay=2.0)
    return [RegisterEventHandler(OnProcessExit(target_action=relay, on_exit=end_if_refused)),
            relay]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start the relay."""
    return LaunchDescription([
        DeclareLaunchArgument(
            'config', default_value='', description='TOML file with settings, as '
            'config/relay.toml'),
        DeclareLaunchArgument(
            'host', default_value='', description='address to listen on; else 0.0.0.0'),
        DeclareLaunchArgument('port', default_value='', description='TCP port; else 8080'),
        DeclareLaunchArgument(
            'open', default_value='false', choices=['true', 'false', 'True', 'False'],
            description='true: any robot may register under any free name'),
        OpaqueFunction(function=relay_node),
    ])
