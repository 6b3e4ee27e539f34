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

"""What ends what in robot.launch.py; launch itself comes with an installed ROS 2 only."""

import importlib.util
from pathlib import Path
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

FILE = Path(__file__).resolve().parents[2] / 'launch' / 'robot.launch.py'
MODULES = ['ament_index_python', 'ament_index_python.packages', 'launch', 'launch.actions',
           'launch.event_handlers', 'launch.events', 'launch.events.process', 'launch.logging',
           'launch.substitutions', 'launch_ros', 'launch_ros.actions',
           'launch_ros.parameter_descriptions', 'launch_ros.substitutions', 'rclpy',
           'rclpy.exceptions', 'rclpy.validate_namespace']


class PackageNotFoundError(Exception):
    """Stands in for that of ament_index_python."""


class InvalidNamespaceException(Exception):
    """Stands in for rclpy's."""


def action(kind):
    """Return what stands in for a class of launch: it keeps what it is made of."""
    def keep(self, *args, **kwargs):
        SimpleNamespace.__init__(self, kind=kind, args=args, **kwargs)
    return type(kind, (SimpleNamespace,), {'__init__': keep})


@pytest.fixture
def robot_launch(monkeypatch):
    """Load the launch file on classes that keep their arguments."""
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, MagicMock())
    for module, names in (
            ('launch.actions', ('EmitEvent', 'LogInfo', 'RegisterEventHandler')),
            ('launch.event_handlers', ('OnProcessExit', 'OnShutdown')),
            ('launch.events.process', ('ShutdownProcess',)), ('launch_ros.actions', ('Node',))):
        for name in names:
            setattr(sys.modules[module], name, action(name))
    sys.modules['launch.events'].matches_action = lambda node: node
    sys.modules['ament_index_python.packages'].PackageNotFoundError = PackageNotFoundError
    sys.modules['rclpy.exceptions'].InvalidNamespaceException = InvalidNamespaceException
    find_prefix = sys.modules['ament_index_python.packages'].get_package_prefix
    find_prefix.side_effect = PackageNotFoundError
    spec = importlib.util.spec_from_file_location('robot_launch', FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entities(robot_launch, monkeypatch, **given):
    """Return the nodes of the launch file by name, and what handles events."""
    class Given:
        def __init__(self, name):
            self._name = name

        def perform(self, _):
            return given.get(self._name, '')
    monkeypatch.setattr(robot_launch, 'LaunchConfiguration', Given)
    found = robot_launch.robot_nodes(None)
    return ({entity.executable: entity for entity in found if entity.kind == 'Node'},
            [entity.args[0] for entity in found if entity.kind == 'RegisterEventHandler'])


def install_rviz(robot_launch, folder):
    """Let launch find RViz."""
    program = folder / 'lib' / 'rviz2' / 'rviz2'
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    robot_launch.get_package_prefix.side_effect = lambda name: str(folder)


def test_a_refused_start_ends_all_and_the_exit_of_rviz_ends_nothing(
        robot_launch, monkeypatch, tmp_path):
    install_rviz(robot_launch, tmp_path)
    nodes, handlers = entities(robot_launch, monkeypatch, rviz='true')
    assert set(nodes) == {'bridge', 'cmd_vel_guard', 'rviz2'}
    watched = [handler.target_action for handler in handlers]
    assert watched == [nodes['bridge'], nodes['cmd_vel_guard']]
    for handler in handlers:
        event = SimpleNamespace(process_name='bridge', returncode=robot_launch.REFUSED)
        _, failure, *ends = handler.on_exit(event, None)
        fails_if_idle(failure.args[0])
        assert [end.event.process_matcher for end in ends] == list(nodes.values())
        for status in (0, 1, -9):
            event.returncode = status
            assert handler.on_exit(event, None) is None


def fails_if_idle(handler):
    """Check that launch ends with a failure if it ends by itself, and only then."""
    handler.on_shutdown(SimpleNamespace(reason='ctrl-c (SIGINT)'), None)
    with pytest.raises(RuntimeError, match='the robot was not started'):
        handler.on_shutdown(SimpleNamespace(reason='idle'), None)


@pytest.mark.parametrize('folder', [None, 'without_program'])
def test_without_an_installed_rviz_the_robot_is_started(robot_launch, monkeypatch, folder):
    if folder is not None:
        robot_launch.get_package_prefix.side_effect = lambda name: folder
    nodes, _ = entities(robot_launch, monkeypatch, rviz='true')
    assert set(nodes) == {'bridge', 'cmd_vel_guard'}
    (warning,), _ = robot_launch.logger.warning.call_args
    assert 'RViz is not installed' in warning and 'apt install' in warning


@pytest.mark.parametrize('error, text', [
    (FileNotFoundError(2, 'No such file'), 'params_file:=~/x.yaml cannot be read: No such file;'),
    (RuntimeError('not YAML'), 'params_file:=~/x.yaml cannot be used: not YAML;')])
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_started(
        robot_launch, monkeypatch, error, text):
    monkeypatch.setenv('HOME', '/home/robot')
    robot_launch.ParameterFile.return_value.evaluate.side_effect = error
    nodes, handlers = entities(robot_launch, monkeypatch, params_file='~/x.yaml')
    assert nodes == {}
    fails_if_idle(*handlers)
    (path,), _ = robot_launch.ParameterFile.call_args
    assert path == Path('/home/robot/x.yaml')
    (message,), _ = robot_launch.logger.error.call_args
    assert message.startswith(text)


def test_a_wrong_namespace_starts_nothing(robot_launch, monkeypatch):
    robot_launch.validate_namespace.side_effect = InvalidNamespaceException('invalid\n   ^')
    nodes, handlers = entities(robot_launch, monkeypatch, namespace='a b')
    assert nodes == {}
    fails_if_idle(*handlers)
    (message,), _ = robot_launch.logger.error.call_args
    assert message == 'namespace:=a b cannot be used: invalid; the robot is not started'


@pytest.mark.parametrize('given, warned', [
    ('relayurl', ['relay_url']), ('param_file', ['params_file']), ('relay_url', []),
    ('simulation', [])])
def test_a_misspelt_argument_is_named(robot_launch, given, warned):
    context = SimpleNamespace(launch_configurations={given: 'x', 'rviz': 'true'})
    robot_launch.warn_of_misspelt(context, ['relay_url', 'params_file', 'rviz'])
    texts = [call.args[0] for call in robot_launch.logger.warning.call_args_list]
    assert [text.split(': is ')[1] for text in texts] == [f'{name} meant?' for name in warned]


def test_without_rviz_there_is_none(robot_launch, monkeypatch):
    nodes, handlers = entities(robot_launch, monkeypatch, guard='false')
    assert set(nodes) == {'bridge'} and len(handlers) == 1
