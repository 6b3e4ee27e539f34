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
Start the bridge and its guard on a robot.

An argument that is not given does not change the value in ``params_file``.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import matches_action
from launch.events.process import ProcessExited, ShutdownProcess
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('rtc_bridge'), 'config'])
# Exit status of a node that refuses to start, because of a wrong parameter for example.
REFUSED = 2


def end_together(nodes: list[Node], others: list[Node]) -> list[RegisterEventHandler]:
    """
    Return handlers that end all these nodes for good when one of ``nodes`` refuses to start.

    Launch would start it again and again otherwise, and it would refuse each time. A launch of
    this file alone ends then; a launch that includes this file goes on.

    :param nodes: programs of this package, whose exit status may be ``REFUSED``
    :param others: nodes whose own exit status says nothing about the robot
    """
    def end_if_refused(event: ProcessExited,
                       context: LaunchContext) -> list[LogInfo | EmitEvent] | None:
        if event.returncode != REFUSED:
            return None
        reason = (f'{event.process_name} refused to start, for the reason above; it is not '
                  'started again, and the other nodes of robot.launch.py end')
        return [LogInfo(msg=reason), *(
            EmitEvent(event=ShutdownProcess(process_matcher=matches_action(node)))
            for node in [*nodes, *others])]

    return [RegisterEventHandler(OnProcessExit(target_action=node, on_exit=end_if_refused))
            for node in nodes]


def robot_nodes(context: LaunchContext) -> list[Node | RegisterEventHandler]:
    """Return the nodes that the arguments ask for."""
    def given(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    def given_true(name: str) -> bool:
        return given(name).lower() == 'true'

    common = {'use_sim_time': given_true('use_sim_time')} if given('use_sim_time') else {}
    bridge = dict(common)
    for name in ('relay_url', 'robot_id'):
        if given(name):
            # With its type: otherwise launch makes a number of the name 007.
            bridge[name] = ParameterValue(given(name), value_type=str)
    guard = given_true('guard') if given('guard') else True
    if given('guard'):
        bridge['teleop.guard'] = guard

    file = ParameterFile(given('params_file'), allow_substs=True)
    log_level = ['--log-level', given('log_level')] if given('log_level') else []
    options = {'package': 'rtc_bridge', 'namespace': given('namespace'), 'output': 'screen',
               'ros_arguments': log_level, 'respawn': True, 'respawn_delay': 2.0}

    nodes = [Node(executable='bridge', parameters=[file, bridge], **options)]
    if guard:
        nodes.append(Node(executable='cmd_vel_guard', parameters=[file, common], **options))
    # Its window may be closed while the robot runs.
    rviz = [Node(package='rviz2', executable='rviz2', namespace=given('namespace'),
                 parameters=[common],
                 arguments=['-d', PathJoinSubstitution([CONFIG, 'robot.rviz'])])] if (
        given_true('rviz')) else []
    return [*end_together(nodes, rviz), *nodes, *rviz]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start the nodes."""
    switch = ['true', 'false', 'True', 'False']
    return LaunchDescription([
        DeclareLaunchArgument(
            'relay_url', default_value='',
            description='where the robot is found: https://host/name'),
        DeclareLaunchArgument(
            'robot_id', default_value='',
            description="the robot's name; default: the host name"),
        DeclareLaunchArgument(
            'namespace', default_value='', description='namespace of the nodes'),
        DeclareLaunchArgument(
            'params_file', default_value=PathJoinSubstitution([CONFIG, 'robot.yaml']),
            description='parameters of bridge and guard'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='', choices=['', *switch],
            description='take the time from /clock'),
        DeclareLaunchArgument(
            'log_level', default_value='',
            description='debug, info, warn, error or fatal, of ROS itself as well; '
                        'rtc_bridge:=debug for the bridge alone'),
        DeclareLaunchArgument(
            'rviz', default_value='false', choices=switch,
            description='start RViz as well, if it is installed'),
        DeclareLaunchArgument(
            'guard', default_value='', choices=['', *switch],
            description='false: no guard, the bridge publishes cmd_vel itself'),
        OpaqueFunction(function=robot_nodes),
    ])
