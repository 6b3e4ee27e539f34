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
Start a relay, on a host that has ROS anyway: the relay itself needs no ROS.

An argument that is not given does not change the value in ``config`` or in the environment. Robots
need tokens (``tokens_file`` in ``config``, or the environment) unless ``open`` is true.
"""

from launch import Action, LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit, OnShutdown
from launch.events import matches_action, Shutdown
from launch.events.process import ProcessExited, ShutdownProcess
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# Exit status of a relay that refuses to start, because of a wrong setting for example.
REFUSED = 2


def fail_if_idle(event: Shutdown, context: LaunchContext) -> None:
    """Let launch end with status 1 instead of 0, as it ends for want of other programs."""
    if event.reason == 'idle':
        raise RuntimeError('the relay was not started')


def end_if_refused(event: ProcessExited,
                   context: LaunchContext) -> list[Action] | None:
    """
    Return what ends the relay for good if it refused to start: it would refuse again.

    A launch of this file alone ends then; a launch that includes this file goes on.
    """
    if event.returncode != REFUSED:
        return None
    return [LogInfo(msg='the relay refused to start, for the reason above; it is not started '
                        'again'),
            RegisterEventHandler(OnShutdown(on_shutdown=fail_if_idle)),
            EmitEvent(event=ShutdownProcess(process_matcher=matches_action(event.action)))]


def relay_node(context: LaunchContext) -> list[Action]:
    """Return the relay's process, with the flags that the arguments ask for."""
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
            'config', default_value='', description='TOML file with settings; '
            'config/relay.toml is an example'),
        DeclareLaunchArgument(
            'host', default_value='', description='address to listen on; default: 0.0.0.0'),
        DeclareLaunchArgument('port', default_value='', description='TCP port; default: 8080'),
        DeclareLaunchArgument(
            'open', default_value='false', choices=['true', 'false', 'True', 'False'],
            description='true: any robot may register under any free name'),
        OpaqueFunction(function=relay_node),
    ])
