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

"""Services of the robot that drivers call from the page (there named actions)."""

import asyncio
from collections.abc import Callable
import logging

from rclpy.node import Node
from rclpy.task import Future

from ..core.access.service_calls import parse_services, SAY, ServiceResult, TEXT_KIND
from ..core.settings.robot_settings import ActionSettings
from ..core.supervision import call_guarded, guard
from ..ros.executor_thread import ExecutorThread
from ..ros.services import ServiceClient
from ..ros.speech import Speech

_logger = logging.getLogger(__name__)

# How often services are looked for: one that appears is offered within this time.
UPDATE_PERIOD_S = 0.5
# A person at the page releases an emergency stop, never an action, whatever the parameter says.
FORBIDDEN = ('~/release',)


class ServiceCalls:
    """
    Knows which of the listed services exist, and calls them; and what the robot is to say.

    :meth:`run` and :meth:`call` belong to the event loop; the clients, and :meth:`_update`, to the
    executor's thread.

    :param available: where the services that can be called are kept, kind by name; changed in the
        event loop only
    :param on_change: called in the event loop when a service came or went
    :raises ParameterError: an entry of ``actions.services`` is not allowed
    """

    def __init__(self, node: Node, settings: ActionSettings, available: dict[str, str],
                 on_change: Callable[[], None]) -> None:
        self._node = node
        self._available = available
        self._on_change = on_change
        self._timeout = settings.timeout
        self._speech = Speech(node)
        self._clients = {service.name: ServiceClient(node, service) for service in parse_services(
            settings.services, node.resolve_service_name, FORBIDDEN)}
        # Set once run() has begun: before that no service is available.
        self._ros: ExecutorThread | None = None

    async def run(self, ros: ExecutorThread) -> None:
        """Look for the services, for ever."""
        self._ros = ros
        loop = asyncio.get_running_loop()
        while True:
            ros.call('actions', self._update, loop)
            await asyncio.sleep(UPDATE_PERIOD_S)

    async def call(self, name: str, value: bool | str | None) -> ServiceResult:
        """
        Call an available service; return its answer, or a failure after ``actions.timeout``.

        :param value: of a ``set_bool``; ``None`` for a ``trigger``; a text that is to be said
        """
        if isinstance(value, str):
            self._speech.say(value)
            return ServiceResult(True, '')
        return await self._call(name, value)

    async def _call(self, name: str, value: bool | None) -> ServiceResult:
        ros, loop, client = self._ros, asyncio.get_running_loop(), self._clients[name]
        assert ros is not None
        answer: asyncio.Future[ServiceResult] = loop.create_future()
        pending: list[Future | None] = []

        def settle(result: ServiceResult) -> None:
            if not answer.done():
                answer.set_result(result)

        def on_result(result: ServiceResult) -> None:
            loop.call_soon_threadsafe(call_guarded, 'action', settle, result)

        def begin() -> None:
            pending.append(client.call(value, on_result))

        def cancel() -> None:
            for future in pending:
                client.cancel(future)

        _logger.debug('call service %s(%s)', client.service.topic, '' if value is None else value)
        ros.call('action', begin)
        try:
            result = await asyncio.wait_for(answer, self._timeout)
        except TimeoutError:
            ros.call('action', cancel)
            result = ServiceResult(False, f'no answer within {self._timeout:g} s; whether it was '
                                          'done is not known')
        _logger.debug('service %s: %s, %s', client.service.topic,
                      'success' if result.success else 'failure', result.message)
        return result

    def _update(self, loop: asyncio.AbstractEventLoop) -> None:
        graph = dict(self._node.get_service_names_and_types())
        for client in self._clients.values():
            with guard('actions'):
                client.update(graph)
        available = {name: client.kind for name, client in self._clients.items()
                     if client.kind is not None}
        if self._speech.is_heard:
            available.setdefault(SAY, TEXT_KIND)
        loop.call_soon_threadsafe(call_guarded, 'actions', self._on_available, available)

    def _on_available(self, available: dict[str, str]) -> None:
        if available != self._available:
            self._available.clear()
            self._available.update(available)
            self._on_change()
