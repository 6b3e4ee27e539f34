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
    DeclareLaunchArgument, EmitEvent, OpaqueFunction, RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# A relay that was refused its start, say for a wrong setting, would be refused again.
REFUSED = 2


def end_if_refused(event: ProcessExited, context: LaunchContext) -> EmitEvent | None:
    """End the launch, where it would else start the relay again and again."""
    if event.returncode != REFUSED:
        return None
    return EmitEvent(event=Shutdown(reason='the relay was refused its start'))


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
