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

"""Services of the robot that drivers call from the page."""

import asyncio
from typing import Callable

from rclpy.node import Node
from rclpy.task import Future

from ..core.access.service_calls import read_services, Result
from ..core.settings.robot_settings import ActionSettings
from ..core.supervision import call_guarded, guard
from ..ros.executor_thread import ExecutorThread
from ..ros.services import ServiceClient

LOOK_PERIOD_S = 0.5
# Never by an action, whatever the parameter says.
FORBIDDEN = ('~/release',)


class ServiceCalls:
    """
    Knows which of the listed services are there, and calls them.

    :param settings: the parameters ``actions.*``
    :param there: where those that can be called are kept, kind by name; changed in the event loop
    :param on_change: called in the event loop when one came or went
    :raises ParameterError: an entry of ``actions.services`` is not allowed
    """

    def __init__(self, node: Node, settings: ActionSettings, there: dict[str, str],
                 on_change: Callable[[], None]) -> None:
        """Call nothing yet."""
        self._node = node
        self._there = there
        self._on_change = on_change
        self._timeout = settings.timeout
        self._callers = {service.name: ServiceClient(node, service) for service in read_services(
            settings.services, node.resolve_service_name, FORBIDDEN)}
        self._ros: ExecutorThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, ros: ExecutorThread) -> None:
        """Look after the services, for ever."""
        if not self._callers:
            return
        self._ros, self._loop = ros, asyncio.get_running_loop()
        while True:
            ros.call('actions', self._look)
            await asyncio.sleep(LOOK_PERIOD_S)

    async def call(self, name: str, value: bool | None) -> Result:
        """Call a service that is there, and return what it answers within the time."""
        answer: asyncio.Future[Result] = self._loop.create_future()
        calls: list[Future | None] = []
        caller = self._callers[name]
        self._ros.call('action', lambda: calls.append(caller.call(value, lambda result: (
            self._loop.call_soon_threadsafe(call_guarded, 'action', _settle, answer, result)))))
        try:
            return await asyncio.wait_for(answer, self._timeout)
        except TimeoutError:
            self._ros.call('action', lambda: caller.cancel(*calls))
            return Result(False, f'no answer within {self._timeout:g} s; whether it was done is '
                                 'not known')

    def _look(self) -> None:
        graph = dict(self._node.get_service_names_and_types())
        for caller in self._callers.values():
            with guard('actions'):
                caller.update(graph)
        there = {name: caller.kind for name, caller in self._callers.items()
                 if caller.kind is not None}
        self._loop.call_soon_threadsafe(call_guarded, 'actions', self._take, there)

    def _take(self, there: dict[str, str]) -> None:
        if there != self._there:
            self._there.clear()
            self._there.update(there)
            self._on_change()


def _settle(answer: asyncio.Future[Result], result: Result) -> None:
    if not answer.done():
        answer.set_result(result)
