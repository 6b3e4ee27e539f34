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
from collections.abc import Callable, Iterable
import logging
from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from .action_parameters import declare_actions
from .action_states import ActionStates
from ...core.actions.action import Action, TEXT_KIND
from ...core.actions.service_calls import CallableService, SAY, ServiceResult
from ...core.clock import boot_time
from ...core.settings.action_settings import ActionSettings
from ...core.supervision import call_guarded, guard
from ...ros.executor_thread import ExecutorThread
from ...ros.interfaces import service_type
from ...ros.services import ServiceClient
from ...ros.sound.speech import Speech

_logger = logging.getLogger(__name__)

# How often services are looked for: one that appears is offered within this time.
UPDATE_PERIOD_S = 0.5
# How often the states of switches are read.
_STATES_PERIOD_S = 0.1
_INTERNAL_ERROR = ServiceResult(
    False, 'not called: an internal error of the bridge, see its log')


class ServiceCalls:
    """
    Knows which of the listed services exist, and calls them; and what the robot is to say.

    :meth:`run` and :meth:`call` belong to the event loop; the clients, and :meth:`_update`, to the
    executor's thread.

    :param available: where what pages know of each is kept, by name; changed in the event loop
        only
    :param states: likewise whether the switches that have a topic are on, ``None``: not known
    :param is_watched: tells in the event loop whether a driver sees the states
    :param on_change: called in the event loop when a service came or went
    :param on_state: called in the event loop when a state has changed
    :raises ParameterError: an entry or a value of ``actions.*`` is not allowed
    """

    def __init__(self, node: Node, settings: ActionSettings, available: dict[str, Action],
                 states: dict[str, bool | None], is_watched: Callable[[], bool],
                 on_change: Callable[[], None], on_state: Callable[[], None]) -> None:
        self._node = node
        self._available = available
        self._known_states = states
        self._is_watched = is_watched
        self._on_change = on_change
        self._on_state = on_state
        self._timeout = settings.timeout
        self._speech = Speech(node)
        services = declare_actions(node, settings)
        warn_of_missing_types(services)
        self._clients = {service.name: ServiceClient(node, service) for service in services}
        self._states = ActionStates(node, services)
        # Boot time of the next look for services; of the executor's thread.
        self._next_update = 0.0
        # Set once run() has begun: before that no service is available.
        self._ros: ExecutorThread | None = None

    async def run(self, ros: ExecutorThread) -> None:
        """Look for the services, and whether switches are on, for ever."""
        self._ros = ros
        loop = asyncio.get_running_loop()
        while True:
            watched = self._states.exist and self._is_watched()
            ros.call('actions', self._update, loop, watched)
            await asyncio.sleep(_STATES_PERIOD_S if watched else UPDATE_PERIOD_S)

    async def call(self, name: str, action: Action,
                   value: bool | str | dict[str, Any] | None) -> ServiceResult:
        """
        Call an available service; return its answer, or a failure after ``actions.timeout``.

        :param action: that the value was checked against
        :param value: of a ``set_bool``; ``None`` for a ``trigger``; a text that is to be said;
            checked arguments for a form
        """
        if isinstance(value, str):
            self._speech.say(value)
            return ServiceResult(True, '')
        return await self._call(name, action, value)

    async def _call(self, name: str, action: Action,
                    value: bool | dict[str, Any] | None) -> ServiceResult:
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
            try:
                pending.append(client.call(action, value, on_result))
            except Exception:
                # The viewer need not wait; the failure is counted and logged by ExecutorThread.
                on_result(_INTERNAL_ERROR)
                raise

        def cancel() -> None:
            for future in pending:
                client.cancel(future)

        # Of a form the names only: a field may be a password.
        _logger.debug('call service %s(%s)', client.service.topic,
                      ', '.join(value) if isinstance(value, dict) else
                      '' if value is None else value)
        ros.call('action', begin)
        try:
            result = await asyncio.wait_for(answer, self._timeout)
        except TimeoutError:
            ros.call('action', cancel)
            result = ServiceResult(False, f'no answer within {self._timeout:g} s; whether it was '
                                          'done is not known. Look at the node that has the '
                                          'service, or raise actions.timeout')
        _logger.debug('service %s: %s, %s', client.service.topic,
                      'success' if result.success else 'failure', result.message)
        return result

    def _update(self, loop: asyncio.AbstractEventLoop, watched: bool) -> None:
        now = boot_time()
        if now >= self._next_update:
            self._next_update = now + UPDATE_PERIOD_S
            self._update_services(loop)
            self._states.update(watched)
        if self._states.exist:
            loop.call_soon_threadsafe(call_guarded, 'actions', self._on_states,
                                      self._states.read())

    def _update_services(self, loop: asyncio.AbstractEventLoop) -> None:
        graph = dict(self._node.get_service_names_and_types())
        for client in self._clients.values():
            with guard('actions'):
                client.update(graph)
        available = {name: client.action for name, client in self._clients.items()}
        if self._speech.is_heard:
            available.setdefault(SAY, Action(TEXT_KIND))
        loop.call_soon_threadsafe(call_guarded, 'actions', self._on_available, available)

    def _on_states(self, states: dict[str, bool | None]) -> None:
        if states != self._known_states:
            self._known_states.clear()
            self._known_states.update(states)
            self._on_state()

    def _on_available(self, available: dict[str, Action]) -> None:
        if available != self._available:
            self._available.clear()
            self._available.update(available)
            self._on_change()


def warn_of_missing_types(services: Iterable[CallableService]) -> None:
    """Name the types that are asked for and not installed."""
    for service in services:
        if service.type_name is not None:
            try:
                service_type(service.type_name)
            except LookupError as error:
                _logger.warning('actions.services: %s cannot be called: %s', service.name, error)
