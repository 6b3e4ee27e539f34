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

"""Classes of messages and services by the names of their types."""

from importlib import import_module
import re
from typing import Any

_TYPE_NAME = re.compile(r'([a-z][a-z0-9_]*)/(msg|srv)/([A-Z][A-Za-z0-9]*)')


def message_type(name: str) -> Any:
    """
    Return the class of a message type as ``sensor_msgs/msg/BatteryState``.

    :raises LookupError: its package is not installed, or has no such message
    """
    return _class(name, 'msg')


def service_type(name: str) -> Any:
    """
    Return the class of a service type as ``std_srvs/srv/Trigger``.

    :raises LookupError: its package is not installed, or has no such service
    """
    return _class(name, 'srv')


def field_type(name: str) -> Any:
    """
    Return the class of a message type as fields have it: ``geometry_msgs/Pose``.

    :raises LookupError: its package is not installed, or has no such message
    """
    return message_type(name.replace('/', '/msg/', 1))


def _class(name: str, kind: str) -> Any:
    parts = _TYPE_NAME.fullmatch(name)
    package = ''
    if parts is not None and parts[2] == kind:
        package = f': install the package {parts[1]}'
        try:
            found = getattr(import_module(f'{parts[1]}.{kind}'), parts[3])
            if isinstance(found, type):
                return found
        except (ImportError, AttributeError):
            pass
    raise LookupError(f'type {name} is not installed{package}')
