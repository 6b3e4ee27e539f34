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

Nothing here raises: an exception in a launch file leaves nodes behind that were started before it,
also those of a launch file that includes this one.
"""

import difflib
import os
from pathlib import Path

from ament_index_python.packages import get_package_prefix, PackageNotFoundError
from launch import Action, LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit, OnShutdown
from launch.events import matches_action, Shutdown
from launch.events.process import ProcessExited, ShutdownProcess
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare
from rclpy.exceptions import InvalidNamespaceException
from rclpy.validate_namespace import validate_namespace

CONFIG = PathJoinSubstitution([FindPackageShare('rtc_bridge'), 'config'])
# Exit status of a node that refuses to start, because of a wrong parameter for example.
REFUSED = 2
# Arguments that are this similar to a known one, from 0 to 1, are taken for misspelt.
SIMILAR = 0.75

logger = get_logger('robot.launch.py')


def fail_if_idle(reason: str) -> RegisterEventHandler:
    """
    Return what lets launch end with status 1 instead of 0 if it ends for want of other nodes.

    :param reason: which launch logs then
    """
    def fail(event: Shutdown, context: LaunchContext) -> None:
        if event.reason == 'idle':
            raise RuntimeError(reason)

    return RegisterEventHandler(OnShutdown(on_shutdown=fail))


def end_together(nodes: list[Node], others: list[Node]) -> list[RegisterEventHandler]:
    """
    Return handlers that end all these nodes for good when one of ``nodes`` refuses to start.

    Launch would start it again and again otherwise, and it would refuse each time. A launch of
    this file alone ends then; a launch that includes this file goes on.

    :param nodes: programs of this package, whose exit status may be ``REFUSED``
    :param others: nodes whose own exit status says nothing about the robot
    """
    def end_if_refused(event: ProcessExited,
                       context: LaunchContext) -> list[Action] | None:
        if event.returncode != REFUSED:
            return None
        reason = (f'{event.process_name} refused to start, for the reason above; it is not '
                  'started again, and the other nodes of robot.launch.py end')
        return [LogInfo(msg=reason), fail_if_idle('the robot was not started'), *(
            EmitEvent(event=ShutdownProcess(process_matcher=matches_action(node)))
            for node in [*nodes, *others])]

    return [RegisterEventHandler(OnProcessExit(target_action=node, on_exit=end_if_refused))
            for node in nodes]


def rviz_nodes(namespace: str, parameters: list[dict[str, bool]]) -> list[Node]:
    """Return RViz, or nothing and a warning where it is not installed: the robot needs none."""
    try:
        program = Path(get_package_prefix('rviz2')) / 'lib' / 'rviz2' / 'rviz2'
        installed = os.access(program, os.X_OK)
    except PackageNotFoundError:
        installed = False
    if not installed:
        # Launch itself looks once the other nodes run, and would leave them behind.
        logger.warning(
            'rviz:=true, but RViz is not installed, so it is not started; the robot is. '
            f"Install it: sudo apt install ros-{os.environ.get('ROS_DISTRO', 'DISTRO')}-rviz2")
        return []
    return [Node(package='rviz2', executable='rviz2', namespace=namespace, parameters=parameters,
                 arguments=['-d', PathJoinSubstitution([CONFIG, 'robot.rviz'])])]


def check_namespace(given: str) -> None:
    """
    Check the namespace of the nodes.

    :raises ValueError: it is none; the text names the argument
    """
    try:
        validate_namespace('/' + given.strip('/'))
    except InvalidNamespaceException as error:
        raise ValueError(f'namespace:={given} cannot be used: {str(error).splitlines()[0]}'
                         ) from None


def parameter_file(given: str, context: LaunchContext) -> ParameterFile:
    """
    Return a file of parameters that launch can read.

    :raises ValueError: it cannot; the text names the argument
    """
    # No shell knows ~ behind :=.
    path = Path(given).expanduser()
    file = ParameterFile(path, allow_substs=True)
    try:
        file.evaluate(context)
    except OSError as error:
        raise ValueError(f'params_file:={given} cannot be read: {error.strerror}') from None
    except Exception as error:
        raise ValueError(f'params_file:={given} cannot be used: {error}') from None
    return file


def warn_of_misspelt(context: LaunchContext, known: list[str]) -> None:
    """Warn of arguments that this file does not have, but one much like them: launch does not."""
    for name in set(context.launch_configurations) - set(known):
        for similar in difflib.get_close_matches(name, known, n=1, cutoff=SIMILAR):
            logger.warning(
                f'the argument {name} is not known and has no effect: is {similar} meant?')


def robot_nodes(context: LaunchContext) -> list[Action]:
    """Return the nodes that the arguments ask for, or none with the reason in the log."""
    try:
        return checked_robot_nodes(context)
    except ValueError as error:
        logger.error(f'{error}; the robot is not started')
        return [fail_if_idle('the robot was not started')]


def checked_robot_nodes(context: LaunchContext) -> list[Action]:
    """
    Return the nodes that the arguments ask for.

    :raises ValueError: an argument cannot be used; the text names it
    """
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

    check_namespace(given('namespace'))
    file = parameter_file(given('params_file'), context)
    log_level = ['--log-level', given('log_level')] if given('log_level') else []
    options = {'package': 'rtc_bridge', 'namespace': given('namespace'), 'output': 'screen',
               'ros_arguments': log_level, 'respawn': True, 'respawn_delay': 2.0}

    nodes = [Node(executable='bridge', parameters=[file, bridge], **options)]
    if guard:
        nodes.append(Node(executable='cmd_vel_guard', parameters=[file, common], **options))
    # Its window may be closed while the robot runs.
    rviz = rviz_nodes(given('namespace'), [common]) if given_true('rviz') else []
    return [*end_together(nodes, rviz), *nodes, *rviz]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start the nodes."""
    switch = ['true', 'false', 'True', 'False']
    arguments = [
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
    ]
    return LaunchDescription([
        *arguments,
        OpaqueFunction(function=warn_of_misspelt, args=[[one.name for one in arguments]]),
        OpaqueFunction(function=robot_nodes),
    ])
