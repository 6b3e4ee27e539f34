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

"""Settings as parameters of a node: declared, refused when misspelt, changed while it runs."""

from collections.abc import Callable, Container, Iterable, Mapping
from difflib import get_close_matches
import logging
from typing import Any, cast, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from ..core.errors import ParameterError
from ..core.settings.parameters import Parameter, parameters_of, Settings, Value, with_values
from ..core.supervision import guarded

_logger = logging.getLogger(__name__)
_Settings = TypeVar('_Settings', bound=Settings)

# What YAML has for no value (YAML 1.2, section 10.3.2), as ROS reads it.
_NULLS = (None, 'null', 'Null', 'NULL', '~')
_TYPES: Mapping[type, RosParameter.Type] = {
    str: RosParameter.Type.STRING, tuple: RosParameter.Type.STRING_ARRAY}

# Similarity from 0 to 1 from which on an unknown name counts as a misspelt one (difflib).
_MISSPELT = 0.8


def declare_parameters(node: Node, settings: _Settings, prefix: str = '') -> _Settings:
    """
    Declare the parameters of settings and return the settings with the values that were given.

    :param settings: the defaults
    :param prefix: of each parameter's name, with the dot at its end
    :raises ParameterError: a value from the command line, a launch file or YAML is not allowed
    """
    values = {}
    for row in parameters_of(settings, prefix):
        # First without a range: ROS's error text at the start does not say what is allowed.
        given = node.declare_parameter(
            row.name, _ros_value(row.default), ParameterDescriptor(dynamic_typing=True)).value
        value = values[row.name] = row.check(_without_null(row, given))
        if value != given and not value:
            # Otherwise the parameter has no type, or another one, and `ros2 param dump` writes
            # what no program can read again.
            node.set_parameters([RosParameter(row.name, _TYPES[type(value)], _ros_value(value))])
        node.set_descriptor(row.name, _descriptor(row))
        if values[row.name] != row.default:
            _logger.debug('parameter %s is %r', row.name, values[row.name])
    return with_values(settings, values, prefix)


def _without_null(row: Parameter, given: object) -> object:
    """
    Return a value from a launch file or YAML, an empty one for YAML's null.

    A list that is empty in YAML has no type in ROS, and `ros2 param dump` writes it as null. ROS
    reads that as the text `null`.
    """
    if given in _NULLS and not row.choices and isinstance(row.default, (str, tuple)):
        return type(row.default)()
    return given


def _ros_value(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def _descriptor(row: Parameter) -> ParameterDescriptor:
    text = f'{row.description} [{row.unit}]' if row.unit else row.description
    # Parameter.check() checks the type; with a static type ROS would refuse 1 for 1.0.
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


def allow_changes(node: Node, settings: _Settings, prefix: str,
                  check: Callable[[_Settings], object],
                  apply: Callable[[_Settings], object]) -> None:
    """
    Let the live parameters of declared settings change while the node runs.

    A change of several parameters at once is made as a whole, or refused as a whole.

    :param settings: any values of the declared settings
    :param prefix: as in :func:`declare_parameters`
    :param check: takes the settings as they would be; raises ParameterError to refuse the change
    :param apply: takes the settings after a change; both are called in the executor's thread
    """
    names = {row.name for row in parameters_of(settings, prefix)}

    def changed(changes: list[RosParameter]) -> _Settings:
        new = {change.name: change.value for change in changes}
        return with_values(settings, {
            name: new.get(name, node.get_parameter(name).value) for name in names}, prefix)

    def concerns_us(changes: list[RosParameter]) -> bool:
        return any(change.name in names for change in changes)

    def allow(changes: list[RosParameter]) -> SetParametersResult:
        try:
            if concerns_us(changes):
                check(changed(changes))
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def take_over(changes: list[RosParameter]) -> None:
        if concerns_us(changes):
            for change in changes:
                _logger.debug('parameter %s changes to %r', change.name, change.value)
            apply(changed(changes))

    node.add_on_set_parameters_callback(guarded('parameters', allow, result=SetParametersResult(
        successful=False, reason='an internal error; see the log')))
    node.add_post_set_parameters_callback(guarded('parameters', take_over))


def given_parameters(node: Node) -> dict[str, object]:
    """Return the values that command line, launch file and YAML gave, by name."""
    # No public method of rclpy tells these, in Jazzy and Kilted.
    given = getattr(node, '_parameter_overrides', {})
    return {name: parameter.value for name, parameter in given.items()}


def undeclared_parameters(node: Node) -> list[str]:
    """Return the names of parameters that were given and that nothing has declared so far."""
    return [name for name in given_parameters(node) if not node.has_parameter(name)]


def follow_changes(node: Node, followers: Callable[[str], Iterable[str]]) -> None:
    """
    Let parameters change with others, in one step that is made or refused as a whole.

    :param followers: returns the names of those that get the same value, by that of the one that
        changes; called in the executor's thread, once for a node
    """
    def add(changes: list[RosParameter]) -> list[RosParameter]:
        named = {change.name for change in changes}
        return [*changes, *(RosParameter(name, value=change.value) for change in changes
                            for name in followers(change.name) if name not in named)]

    # rclpy refuses an empty list, and wants one in any case.
    cast(Any, node).add_pre_set_parameters_callback(guarded('parameters', add, result=[]))


def refuse_unknown_parameters(node: Node, groups: Iterable[str],
                              known_names: Iterable[str], checked: Container[str] = ()) -> None:
    """
    Refuse parameters that were given but are neither declared nor known.

    ROS ignores them silently, and a misspelt limit would not limit anything. Other nodes may share
    the file, so outside the groups only names that are close to known ones are refused.

    :param groups: first parts of dotted names; every parameter in such a group is this package's
    :param known_names: this package's parameters, those of its other nodes that read the same file
        among them
    :param checked: names that another part has checked
    :raises ParameterError: there is one; the text names what is known in its group
    """
    known_names = list(known_names)
    for name in undeclared_parameters(node):
        if name in known_names or name in checked:
            continue
        group = name.split('.')[0]
        members = {known for known in known_names if known.startswith(f'{group}.')}
        if name == group and members:
            raise ParameterError(f'parameter {name} is a group, not a value; in it are: '
                                 + ', '.join(sorted(members)))
        if group in groups:
            members |= {f'{group}.{member}' for member in node.get_parameters_by_prefix(group)}
            raise ParameterError(f'parameter {name} is not known; in {group} are: '
                                 + ', '.join(sorted(members)))
        if group in (node.get_name(), 'ros__parameters', *node.get_namespace().split('/')):
            raise ParameterError(f'parameter {name} is not known; parameters stand directly below '
                                 f'ros__parameters, without {group}')
        if name.count('.') > 1 and any(known.startswith(f'{group}.') for known in known_names):
            # Of an entry in a list of another node, as cameras.front.topic.
            continue
        for meant in get_close_matches(name, known_names, 1, _MISSPELT):
            raise ParameterError(f'parameter {name} is not known; is it {meant}?')
