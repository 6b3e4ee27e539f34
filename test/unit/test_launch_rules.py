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
MODULES = ['launch', 'launch.actions', 'launch.event_handlers', 'launch.events',
           'launch.events.process', 'launch.substitutions', 'launch_ros', 'launch_ros.actions',
           'launch_ros.parameter_descriptions', 'launch_ros.substitutions']


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
            ('launch.event_handlers', ('OnProcessExit',)),
            ('launch.events.process', ('ShutdownProcess',)), ('launch_ros.actions', ('Node',))):
        for name in names:
            setattr(sys.modules[module], name, action(name))
    sys.modules['launch.events'].matches_action = lambda node: node
    spec = importlib.util.spec_from_file_location('robot_launch', FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entities(robot_launch, monkeypatch, **given):
    """Return the nodes of the launch file by name, and what watches over their ends."""
    class Given:
        def __init__(self, name):
            self._name = name

        def perform(self, _):
            return given.get(self._name, '')
    monkeypatch.setattr(robot_launch, 'LaunchConfiguration', Given)
    found = robot_launch.robot_nodes(None)
    return ({entity.executable: entity for entity in found if entity.kind == 'Node'},
            [entity.args[0] for entity in found if entity.kind == 'RegisterEventHandler'])


def test_a_refused_start_ends_all_and_the_exit_of_rviz_ends_nothing(robot_launch, monkeypatch):
    nodes, handlers = entities(robot_launch, monkeypatch, rviz='true')
    assert set(nodes) == {'bridge', 'cmd_vel_guard', 'rviz2'}
    watched = [handler.target_action for handler in handlers]
    assert watched == [nodes['bridge'], nodes['cmd_vel_guard']]
    for handler in handlers:
        event = SimpleNamespace(process_name='bridge', returncode=robot_launch.REFUSED)
        _, *ends = handler.on_exit(event, None)
        assert [end.event.process_matcher for end in ends] == list(nodes.values())
        for status in (0, 1, -9):
            event.returncode = status
            assert handler.on_exit(event, None) is None


def test_without_rviz_there_is_none(robot_launch, monkeypatch):
    nodes, handlers = entities(robot_launch, monkeypatch, guard='false')
    assert set(nodes) == {'bridge'} and len(handlers) == 1
