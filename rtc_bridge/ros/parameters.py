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

"""Declare parameter tables on a node, and read them."""

from difflib import get_close_matches
from typing import Iterable

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from ..core.errors import ParameterError
from ..core.parameters import Parameter, Value


def _descriptor(row: Parameter) -> ParameterDescriptor:
    text = f'{row.description} [{row.unit}]' if row.unit else row.description
    # Type and range are checked by our own table: ROS would refuse 1 for 1.0, and its message
    # would not say what is allowed. `ros2 param describe` shows the constraints as text.
    return ParameterDescriptor(description=text, read_only=True, dynamic_typing=True,
                               additional_constraints=row.allowed())


def declare(node: Node, table: Iterable[Parameter]) -> dict[str, Value]:
    """
    Declare every row of a table and return the values by name.

    :raises ParameterError: a value from the command line, a launch file or YAML is not allowed
    """
    return {row.name: row.check(node.declare_parameter(row.name, row.default,
                                                       _descriptor(row)).value)
            for row in table}


def refuse_unknown(node: Node, groups: Iterable[str], known_names: Iterable[str]) -> None:
    """
    Refuse parameters that were given but are not declared.

    :param groups: the dotted groups that are all ours
    :param known_names: our parameters

    ROS ignores them silently, and a misspelt limit would not limit anything. A file may be shared
    with other nodes, so that outside the groups only names that are close to ours are refused.

    :raises ParameterError: there is one; the text names what is known in its group
    """
    for name in getattr(node, '_parameter_overrides', {}):
        group = name.split('.')[0]
        if '.' not in name and not node.has_parameter(name):
            ours = [row for row in known_names if '.' not in row]
            for meant in get_close_matches(name, ours, 1, 0.8):
                raise ParameterError(f'parameter {name} is not known; is it {meant}?')
        if '.' in name and group in groups and not node.has_parameter(name):
            known = node.get_parameters_by_prefix(group)
            raise ParameterError(f'parameter {name} is not known; known in {group} are: '
                                 + ', '.join(sorted(known)))
