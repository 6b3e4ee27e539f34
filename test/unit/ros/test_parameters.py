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

"""Settings as parameters of a node, against rclpy itself."""

from dataclasses import dataclass

import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter, parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.parameters import parameter
from rtc_bridge.core.settings.robot_settings import CameraOptions
from rtc_bridge.ros.parameters import (
    allow_changes, declare_parameters, refuse_unknown_parameters, undeclared_parameters,
)
from support.patience import PATIENCE
import yaml

pytestmark = pytest.mark.usefixtures('lonely')


@dataclass(frozen=True)
class CameraSettings:
    max_fps: float = parameter(30.0, 'frame rate', unit='Hz', low=1.0, high=120.0, live=True)
    max_width: int = parameter(0, 'width', unit='pixels', low=0, high=7680, live=True)
    names: tuple[str, ...] = parameter((), 'names')


@dataclass(frozen=True)
class TextSettings:
    names: tuple[str, ...] = parameter(('*',), 'names')
    label: str = parameter('none', 'label')
    size: float = parameter(1.0, 'size')


@pytest.fixture
def make_node():
    """Return what makes a node with parameters from the command line."""
    context = Context()
    context.init(args=[])
    nodes = []

    def make(**given):
        nodes.append(Node(
            'robot', context=context, use_global_arguments=False, enable_rosout=False,
            parameter_overrides=[
                RosParameter(name.replace('__', '.'), value=value)
                for name, value in given.items()]))
        return nodes[-1]
    yield make
    for node in nodes:
        node.destroy_node()
    context.try_shutdown()


def test_settings_are_declared_with_their_defaults(make_node):
    node = make_node()
    assert declare_parameters(node, CameraSettings(), 'front.') == CameraSettings()
    assert node.get_parameter('front.max_fps').value == 30.0


def test_given_values_take_the_place_of_defaults(make_node):
    node = make_node(front__max_fps=15, front__names=['a', 'b'])
    assert declare_parameters(node, CameraSettings(), 'front.') == CameraSettings(
        15.0, 0, ('a', 'b'))


@pytest.mark.parametrize('null', [[], 'null', '~', 'NULL'])
def test_an_empty_list_is_one_however_yaml_wrote_it(make_node, null):
    node = make_node(names=null, label=null if isinstance(null, str) else '')
    settings = declare_parameters(node, TextSettings())
    assert settings == TextSettings((), '')
    # The types that `ros2 param dump` sees.
    assert [node.get_parameter(name).type_ for name in ('names', 'label')] == [
        RosParameter.Type.STRING_ARRAY, RosParameter.Type.STRING]


@pytest.mark.parametrize('given, meant', [
    ([7600, 8100], '7600, 8100'), ([0.5, 10.0], '0.5, 10'), ('auto', 'auto'), ('', ''),
    ('7600, 8100', '7600, 8100'), (['1', '2'], '1, 2')])
def test_a_value_may_have_several_forms(make_node, given, meant):
    node = make_node(front__range=given)
    assert declare_parameters(node, CameraOptions(), 'front.').range == meant
    allow_changes(node, CameraOptions(), 'front.', lambda new: None, lambda new: None)
    # And at any time, from any of them to any other.
    for other, accepted in ((given, True), ('auto', True), ([1.5, 3.0], True), ([1], False),
                            ([3, 2], False), ('wide', False), (5, False), ([1, 2], True)):
        result = node.set_parameters([RosParameter('front.range', value=other)])[0]
        assert result.successful == accepted
        assert accepted or 'two numbers' in result.reason


def test_what_a_dump_writes_can_be_read_again(tmp_path):
    """As `ros2 param dump` writes it, by the services of a node, which read `[]` in a file."""
    first, second = tmp_path / 'first.yaml', tmp_path / 'second.yaml'
    first.write_text('/**:\n  ros__parameters:\n    names: []\n    label: null\n    size: 2\n')
    settings, dump = dumped(first)
    assert settings == TextSettings((), '', 2.0)
    second.write_text(dump)
    assert dumped(second) == (settings, dump)
    # What earlier versions wrote.
    second.write_text(first.read_text().replace('[]', 'null'))
    assert dumped(second) == (settings, dump)


def dumped(file):
    """Start a node with a parameter file; return its settings, and the dump of ros2cli."""
    context = Context()
    context.init(args=['--ros-args', '--params-file', str(file)])
    node = Node('robot', context=context, enable_rosout=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        settings = declare_parameters(node, TextSettings())
        asking = Node('ros2cli', context=context, use_global_arguments=False, enable_rosout=False)
        executor.add_node(asking)
        client = AsyncParameterClient(asking, 'robot')
        assert client.wait_for_services(PATIENCE)
        names = ['names', 'label', 'size']
        future = client.get_parameters(names)
        executor.spin_until_future_complete(future, PATIENCE)
        values = map(parameter_value_to_python, future.result().values)
        asking.destroy_node()
        return settings, yaml.safe_dump({'/robot': {'ros__parameters': dict(zip(names, values))}})
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()


def test_a_value_that_is_not_allowed_is_refused(make_node):
    with pytest.raises(ParameterError, match='max_fps is 0.5, allowed is a number from 1.0'):
        declare_parameters(make_node(max_fps=0.5), CameraSettings())


def test_descriptors_tell_range_unit_and_what_needs_a_restart(make_node):
    node = make_node()
    declare_parameters(node, CameraSettings())
    live, fixed = node.describe_parameter('max_fps'), node.describe_parameter('names')
    assert live.description == 'frame rate [Hz]' and not live.read_only
    assert live.floating_point_range[0].to_value == 120.0
    assert node.describe_parameter('max_width').integer_range[0].to_value == 7680
    assert fixed.description == 'names; a change needs a restart' and fixed.read_only


@pytest.fixture
def changing(make_node):
    """Return a node whose camera may change, and the settings that it was changed to."""
    node, applied = make_node(), []
    settings = declare_parameters(node, CameraSettings())

    def check(new):
        if new.max_width == 13:
            raise ParameterError('parameter max_width is 13, allowed is any other')
    allow_changes(node, settings, '', check, applied.append)
    node.declare_parameter('other', 1)
    return node, applied


def change(node, **values):
    return node.set_parameters_atomically(
        [RosParameter(name, value=value) for name, value in values.items()])


def test_several_parameters_change_together(changing):
    node, applied = changing
    assert change(node, max_fps=10.0, max_width=320).successful
    assert applied == [CameraSettings(10.0, 320)]


@pytest.mark.parametrize('changes, reason', [
    ({'max_fps': 10.0, 'max_width': 13}, 'max_width is 13'),
    ({'max_fps': 'fast', 'max_width': 320}, "max_fps is 'fast'"),
    ({'names': ['a']}, 'read-only')])
def test_a_refused_change_changes_nothing(changing, changes, reason):
    node, applied = changing
    result = change(node, **changes)
    assert not result.successful and reason in result.reason
    assert applied == [] and node.get_parameter('max_fps').value == 30.0


def test_parameters_of_others_are_left_alone(changing):
    node, applied = changing
    assert change(node, other=2).successful
    assert applied == []


def test_unknown_parameters_are_refused_in_our_groups_and_when_close_to_ours(make_node):
    known = ['front.max_fps', 'front.max_width', 'robot_id']
    for name, reason in (('front__max_bitrate', 'in front are: front.max_fps'),
                         ('front', 'is a group, not a value'),
                         ('robot_di', 'is it robot_id?')):
        with pytest.raises(ParameterError, match=reason):
            refuse_unknown_parameters(make_node(**{name: 1}), {'front'}, known)
    # Of another node in the same file, and one that is declared later.
    node = make_node(lidar__port=1, front__max_fps=10.0)
    refuse_unknown_parameters(node, {'front'}, known)
    assert sorted(undeclared_parameters(node)) == ['front.max_fps', 'lidar.port']
