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

"""Whether the switches among the actions are on, as topics tell."""

from collections.abc import Iterable
import logging
from typing import Any

from rclpy.node import Node

from ...core.actions.service_calls import CallableService
from ...core.settings.telemetry_settings import group_name
from ...core.supervision import guard
from ...core.telemetry.member_path import MemberPath, plain
from ...ros.telemetry_topic import TelemetryTopic

_logger = logging.getLogger(__name__)


class StateReader:
    """Reads whether a switch is on; says once in the log why that cannot be told."""

    def __init__(self, service: CallableService) -> None:
        self._path = MemberPath(service.settings.state_member)
        self._parameter = f'actions.{group_name(service.name)}.state_member'
        self._logged = False

    def read(self, message: Any) -> str:
        """Return ``on``, ``off`` or ``unknown``: ``None`` would be that no message came."""
        try:
            value = plain(self._path.read(message))
        except LookupError as error:
            return self._unknown(str(error))
        if not isinstance(value, (bool, int, float)):
            return self._unknown('it is neither a number nor true or false')
        return 'on' if value else 'off'

    def _unknown(self, reason: str) -> str:
        if not self._logged:
            self._logged = True
            _logger.warning('%s: %s; the switch is shown as unknown', self._parameter, reason)
        return 'unknown'


class ActionStates:
    """
    Reads the topics of ``actions.NAME.state_topic``, while a driver watches.

    All methods belong to the executor's thread.
    """

    def __init__(self, node: Node, services: Iterable[CallableService]) -> None:
        self._topics = {
            service.name: TelemetryTopic(
                node, str(node.resolve_topic_name(service.settings.state_topic)),
                StateReader(service).read,
                log_name=f'actions.{group_name(service.name)}.state_topic')
            for service in services if service.settings.state_topic}
        self._states: dict[str, bool | None] = dict.fromkeys(self._topics)

    @property
    def exist(self) -> bool:
        """Tell whether there is a topic to read; in any thread."""
        return bool(self._topics)

    def update(self, watched: bool) -> None:
        """Make the subscriptions fit the publishers."""
        for topic in self._topics.values():
            with guard('state of an action'):
                topic.update(watched)

    def read(self) -> dict[str, bool | None]:
        """Return by name whether each switch is on, ``None`` where that is not known."""
        for name, topic in self._topics.items():
            with guard('state of an action'):
                state = topic.take()
                if state is not None:
                    self._states[name] = {'on': True, 'off': False}.get(state)
                if not topic.is_published:
                    self._states[name] = None
        return dict(self._states)
