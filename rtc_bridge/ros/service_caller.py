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

"""One service that pages may call."""

import contextlib
from typing import Callable

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from ..core.access.service_calls import Result, Service, SERVICE_TYPES
from ..core.clock import boot_time, Clock
from ..core.supervision import guarded

_CLASSES = {'trigger': Trigger, 'set_bool': SetBool}
# A client that finds no server within this time is of the wrong type, or there is none.
_PATIENCE_S = 3.0


class ServiceCaller:
    """
    Keeps a client for a service that is there; all methods belong to the executor's thread.

    ``kind`` is that of the service as long as it can be called, else ``None``.
    """

    def __init__(self, node: Node, service: Service, clock: Clock = boot_time) -> None:
        """Make no client yet."""
        self.service = service
        self.kind: str | None = None
        self._node = node
        self._clock = clock
        self._client: Client | None = None
        self._client_kind = ''
        self._ready = 0.0

    def look(self, graph: dict[str, list[str]]) -> None:
        """Look whether the service is there; ``graph``: types of all services by name."""
        now = self._clock()
        if self._client is None:
            types = graph.get(self.service.topic, [])
            kind = next((kind for kind, name in SERVICE_TYPES.items() if name in types
                         and self.service.kind in (None, kind)), None)
            if kind is not None:
                self._client_kind, self._ready = kind, now
                # Of a service whose type has changed the middleware may still hold the old one.
                with contextlib.suppress(RuntimeError):
                    self._client = self._node.create_client(_CLASSES[kind], self.service.topic)
        if self._client is None:
            self.kind = None
        elif self._client.service_is_ready():
            self.kind, self._ready = self._client_kind, now
        else:
            self.kind = None
            if now - self._ready > _PATIENCE_S:
                # Our own client is in the graph too, and would hide that the type has changed.
                self._node.destroy_client(self._client)
                self._client = None

    def call(self, value: bool | None, done: Callable[[Result], None]) -> Future | None:
        """Call the service; ``done`` gets the result in this thread, unless it is forgotten."""
        if self.kind is None or self._client is None:
            done(Result(False, 'the service is not there'))
            return None
        request = Trigger.Request() if value is None else SetBool.Request(data=value)
        future = self._client.call_async(request)
        future.add_done_callback(guarded('action', lambda future: done(_result(future))))
        return future

    def forget(self, future: Future | None) -> None:
        """Wait no longer for an answer."""
        if future is not None and self._client is not None:
            future.cancel()
            self._client.remove_pending_request(future)


def _result(future: Future) -> Result:
    if future.cancelled():
        return Result(False, 'no answer')
    if future.exception() is not None:
        return Result(False, 'the answer cannot be read')
    answer = future.result()
    return Result(bool(answer.success), str(answer.message))
