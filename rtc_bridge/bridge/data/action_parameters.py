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

"""The parameters of the services in ``actions.services``."""

from rclpy.node import Node

from .telemetry_parameters import resolve_topic
from ...core.actions.service_calls import CallableService, parse_services
from ...core.protocol.strict_json import shorten
from ...core.settings.action_settings import (
    ActionServiceSettings, ActionSettings, RESERVED_NAMES,
)
from ...core.settings.telemetry_settings import group_name
from ...ros.parameters import declare_parameters

# A person at the page releases an emergency stop, never an action, whatever the parameter says.
FORBIDDEN = ('~/release',)


def declare_actions(node: Node, settings: ActionSettings) -> list[CallableService]:
    """
    Declare ``actions.NAME.*`` of each listed service, and return them.

    :raises ParameterError: an entry or a value is not allowed
    """
    # By group: the entry that it was declared for, and its values.
    declared: dict[str, tuple[str, ActionServiceSettings]] = {}

    def settings_of(name: str) -> ActionServiceSettings:
        group = group_name(name)
        if group in RESERVED_NAMES:
            return ActionServiceSettings()
        if group in declared:
            other, found = declared[group]
            if node.resolve_service_name(other) != node.resolve_service_name(name):
                raise ValueError(f'{shorten(other)} and {shorten(name)} share the parameters '
                                 f'actions.{group}.*; give one another name, with '
                                 'actions.NAME.service')
            # The same service twice, which parse_services() refuses.
            return found
        found = declare_parameters(node, ActionServiceSettings(), f'actions.{group}.')
        declared[group] = name, found
        if found.state_topic:
            resolve_topic(node, f'actions.{group}.state_topic', found.state_topic)
        return found

    return parse_services(settings.services, node.resolve_service_name, FORBIDDEN, settings_of)
