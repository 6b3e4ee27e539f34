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

"""Declare settings as parameters of a node, and let some change while running."""

from difflib import get_close_matches
from typing import Callable, Iterable, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from ..core.errors import ParameterError
from ..core.settings.parameters import Parameter, parameters_of, Settings, Value, with_values
from ..core.supervision import guarded

_Settings = TypeVar('_Settings', bound=Settings)


def _descriptor(row: Parameter) -> ParameterDescriptor:
    text = f'{row.description} [{row.unit}]' if row.unit else row.description
    # The type is checked by our own table: ROS would refuse 1 for 1.0.
    descriptor = ParameterDescriptor(
        description=text if row.live else f'{text}; a change needs a restart',
        read_only=not row.live, dynamic_typing=True, additional_constraints=row.allowed())
    if row.low is not None and row.high is not None:
        if isinstance(row.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(row.low), to_value=float(row.high))]
        else:
            descriptor.integer_range = [
                IntegerRange(from_value=int(row.low), to_value=int(row.high))]
    return descriptor


def declare(node: Node, settings: _Settings, prefix: str = '') -> _Settings:
    """
    Declare the parameters of settings and return the settings with the values that were given.

    :param settings: the defaults
    :param prefix: of each parameter's name, with the dot at its end
    :raises ParameterError: a value from the command line, a launch file or YAML is not allowed
    """
    values = {}
    for row in parameters_of(settings, prefix):
        # First without a range: ROS's error text at the start does not say what is allowed.
        values[row.name] = row.check(node.declare_parameter(
            row.name, _ros_value(row.default), ParameterDescriptor(dynamic_typing=True)).value)
        node.set_descriptor(row.name, _descriptor(row))
    return with_values(settings, values, prefix)


def _ros_value(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def let_change(node: Node, settings: _Settings, prefix: str,
               check: Callable[[_Settings], object],
               apply: Callable[[_Settings], None]) -> None:
    """
    Let the live parameters of declared settings change while running, all or none of them.

    :param settings: any values of the declared settings
    :param prefix: as in :func:`declare`
    :param check: takes the settings as they would be; raises ParameterError
    :param apply: takes the settings after a change, in the executor's thread
    """
    names = {row.name for row in parameters_of(settings, prefix)}

    def changed(changes: list[RosParameter]) -> _Settings:
        new = {p.name: p.value for p in changes}
        return with_values(settings, {
            name: new.get(name, node.get_parameter(name).value) for name in names}, prefix)

    def is_ours(changes: list[RosParameter]) -> bool:
        return any(p.name in names for p in changes)

    def allow(changes: list[RosParameter]) -> SetParametersResult:
        try:
            if is_ours(changes):
                check(changed(changes))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def change(changes: list[RosParameter]) -> None:
        if is_ours(changes):
            apply(changed(changes))

    node.add_on_set_parameters_callback(guarded('parameters', allow, result=SetParametersResult(
        successful=False, reason='an internal error; see the log')))
    node.add_post_set_parameters_callback(guarded('parameters', change))


def undeclared(node: Node) -> list[str]:
    """Return the names of parameters that were given and that nothing has declared so far."""
    given = getattr(node, '_parameter_overrides', {})
    return [name for name in given if not node.has_parameter(name)]


def refuse_unknown(node: Node, groups: Iterable[str], known_names: Iterable[str]) -> None:
    """
    Refuse parameters that were given but are neither declared nor known.

    :param groups: the dotted groups that are all ours
    :param known_names: our parameters, those of other nodes that read the same file among them

    ROS ignores them silently, and a misspelt limit would not limit anything. A file may be shared
    with other nodes, so that outside the groups only names that are close to ours are refused.

    :raises ParameterError: there is one; the text names what is known in its group
    """
    known_names = list(known_names)
    for name in undeclared(node):
        if name in known_names:
            continue
        group = name.split('.')[0]
        members = {row for row in known_names if row.startswith(f'{group}.')}
        if name == group and members:
            raise ParameterError(f'parameter {name} is a group, not a value; in it are: '
                                 + ', '.join(sorted(members)))
        if group in groups:
            members |= {f'{group}.{row}' for row in node.get_parameters_by_prefix(group)}
            raise ParameterError(f'parameter {name} is not known; in {group} are: '
                                 + ', '.join(sorted(members)))
        for meant in get_close_matches(name, known_names, 1, 0.8):
            raise ParameterError(f'parameter {name} is not known; is it {meant}?')
