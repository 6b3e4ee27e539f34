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

"""Services of std_srvs: callbacks that always answer, and clients of services that come and go."""

from collections.abc import Callable
import contextlib
import logging
from typing import Any, Protocol, TypeVar

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from ..core.access.service_calls import CallableService, SERVICE_TYPES, ServiceResult
from ..core.clock import boot_time, Clock
from ..core.supervision import guard, guarded, OnFailure

_logger = logging.getLogger(__name__)

_CLASSES = {'trigger': Trigger, 'set_bool': SetBool}
# Seconds after which a client without a server is made anew. Discovery within one host takes a
# fraction of this; a client that waits longer is of another type than the server.
_UNMATCHED_TIMEOUT_S = 3.0


class ServiceResponse(Protocol):
    """The response of ``std_srvs/Trigger`` and of ``std_srvs/SetBool``."""

    success: bool
    message: str


_Request = TypeVar('_Request')
_Response = TypeVar('_Response', bound=ServiceResponse)


def guarded_service(name: str, function: Callable[[_Request, _Response], _Response], *,
                    on_failure: OnFailure | None = None
                    ) -> Callable[[_Request, _Response], _Response]:
    """
    Return a callback for a service of ``std_srvs`` that never raises, and always answers.

    :param name: under which its failures are counted and logged
    """
    def call(request: _Request, response: _Response) -> _Response:
        with guard(name, on_failure):
            return function(request, response)
        response.success, response.message = False, 'an internal error; see the log'
        return response
    return call


class ServiceClient:
    """
    A client of one service, made while the service exists; for the executor's thread only.

    ``kind`` is ``trigger`` or ``set_bool`` while the service can be called, otherwise ``None``.
    """

    def __init__(self, node: Node, service: CallableService, clock: Clock = boot_time) -> None:
        self.service = service
        self.kind: str | None = None
        self._node = node
        self._clock = clock
        self._client: Client | None = None
        # Of the present client: its kind, and when it was made or had a server last.
        self._client_kind = ''
        self._matched_at = 0.0

    def update(self, graph: dict[str, list[str]]) -> None:
        """
        Make or remove the client, and find out whether the service can be called.

        :param graph: the types of all services in the ROS graph, by full name
        """
        before = self.kind
        if self._client is None:
            self._create_client(graph.get(self.service.topic, []))
        self.kind = None
        if self._client is not None:
            now = self._clock()
            if self._client.service_is_ready():
                self.kind, self._matched_at = self._client_kind, now
            elif now - self._matched_at > _UNMATCHED_TIMEOUT_S:
                # The graph shows this client, too, with its type, which hides a server's new one.
                self._node.destroy_client(self._client)
                self._client = None
        if self.kind != before:
            _logger.debug('service %s: %s', self.service.topic, self.kind or 'not there')

    def _create_client(self, types: list[str]) -> None:
        kind = next((kind for kind, name in SERVICE_TYPES.items() if name in types
                     and self.service.kind in (None, kind)), None)
        if kind is None:
            return
        self._client_kind, self._matched_at = kind, self._clock()
        # While the middleware still holds the old type of a service, this fails.
        with contextlib.suppress(RuntimeError):
            self._client = self._node.create_client(_CLASSES[kind], self.service.topic)

    def call(self, value: bool | None,
             on_result: Callable[[ServiceResult], None]) -> Future | None:
        """
        Call the service.

        :param value: of a ``set_bool``; ``None`` for a ``trigger``
        :param on_result: takes the result in this thread, unless the call is cancelled
        :return: what :meth:`cancel` takes; ``None`` if there was nothing to call
        """
        if self.kind is None or self._client is None:
            on_result(ServiceResult(False, 'the service is not there'))
            return None
        request = Trigger.Request() if value is None else SetBool.Request(data=value)
        future = self._client.call_async(request)

        def answered(future: Future) -> None:
            on_result(_result(future))

        future.add_done_callback(guarded('action', answered))
        return future

    def cancel(self, future: Future | None) -> None:
        """Wait no longer for an answer; a call that the service has begun goes on there."""
        if future is not None and self._client is not None:
            future.cancel()
            self._client.remove_pending_request(future)


def _result(future: Any) -> ServiceResult:
    if future.cancelled():
        return ServiceResult(False, 'no answer')
    if future.exception() is not None:
        return ServiceResult(False, 'the answer cannot be read')
    answer = future.result()
    return ServiceResult(bool(answer.success), str(answer.message))
