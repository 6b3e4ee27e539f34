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

"""Services: callbacks that always answer, and clients of services that come and go."""

from collections.abc import Callable
import contextlib
import logging
from typing import Any, Protocol, TypeVar

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from .interfaces import field_type, service_type
from ..core.actions.action import Action, FORM_KIND, form_size, MAX_FORM
from ..core.actions.answer import answer_text
from ..core.actions.form import fill, make_form
from ..core.actions.service_calls import CallableService, SERVICE_TYPES, ServiceResult
from ..core.clock import boot_time, Clock
from ..core.supervision import guard, guarded, OnFailure

_logger = logging.getLogger(__name__)

_KINDS = {type_name: kind for kind, type_name in SERVICE_TYPES.items()}
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

    ``action`` is what pages know of it: while it cannot be called, why.
    """

    def __init__(self, node: Node, service: CallableService, clock: Clock = boot_time) -> None:
        self.service = service
        self._node = node
        self._clock = clock
        self._client: Client | None = None
        # Of the present client: what it calls, its request, and when it was made or had a server.
        self._client_action = self.action = self._unavailable(self._absent())
        self._request: Any = None
        self._matched_at = 0.0

    def _absent(self) -> str:
        return f'the service {self.service.topic} is not there: start the node that has it'

    def _unavailable(self, reason: str) -> Action:
        return self._action('', reason=reason)

    def _action(self, kind: str, **more: Any) -> Action:
        settings = self.service.settings
        return Action(kind, label=settings.label, icon=settings.icon, confirm=settings.confirm,
                      has_state=bool(settings.state_topic), **more)

    def update(self, graph: dict[str, list[str]]) -> None:
        """
        Make or remove the client, and find out whether the service can be called.

        :param graph: the types of all services in the ROS graph, by full name
        """
        before = self.action
        if self._client is None:
            self.action = self._unavailable(self._create_client(
                graph.get(self.service.topic, [])))
        if self._client is not None:
            now = self._clock()
            if self._client.service_is_ready():
                self.action, self._matched_at = self._client_action, now
            else:
                self.action = self._unavailable(self._absent())
                if now - self._matched_at > _UNMATCHED_TIMEOUT_S:
                    # The graph shows this client, too, with its type, which hides a server's new
                    # one.
                    self._node.destroy_client(self._client)
                    self._client = None
        if self.action != before:
            _logger.debug('service %s: %s', self.service.topic,
                          self.action.kind or self.action.reason)

    def _create_client(self, types: list[str]) -> str:
        """Make the client, if the service can be called; return why it cannot."""
        wanted = self.service.type_name
        # Those without arguments first, in the order of SERVICE_TYPES.
        order = [*[name for name in _KINDS if name in types],
                 *[name for name in types if name not in _KINDS]]
        if not order:
            return self._absent()
        if wanted is not None and wanted not in types:
            return (f'the service {self.service.topic} has the type {", ".join(types)}, and '
                    f'actions.services asks for {wanted}: change one of them')
        type_name = wanted or order[0]
        try:
            service = service_type(type_name)
            self._client_action = self._describe(type_name, service)
        except LookupError as error:
            return f'the service {self.service.topic} cannot be called: {error}'
        self._request, self._matched_at = service.Request, self._clock()
        # While the middleware still holds the old type of a service, this fails.
        with contextlib.suppress(RuntimeError):
            self._client = self._node.create_client(service, self.service.topic)
        return self._absent()

    def _describe(self, type_name: str, service: Any) -> Action:
        """
        Return what pages know of a service of a type.

        :raises LookupError: a type in it is not installed, or it is too large
        """
        if type_name in _KINDS:
            return self._action(_KINDS[type_name])
        fields = make_form(service.Request, field_type)
        size = form_size(fields)
        if size > MAX_FORM:
            raise LookupError(f'the form for {type_name} would have {size} bytes, at most '
                              f'{MAX_FORM} are allowed. Offer a service with a smaller request')
        return self._action(FORM_KIND, type=type_name, fields=fields)

    def call(self, action: Action, value: bool | dict[str, Any] | None,
             on_result: Callable[[ServiceResult], None]) -> Future | None:
        """
        Call the service, if it still is what the call was checked against.

        :param action: that the value was checked against, as the event loop knew it
        :param value: of a ``set_bool``; ``None`` for a ``trigger``; checked arguments for a form
        :param on_result: takes the result in this thread, unless the call is cancelled
        :return: what :meth:`cancel` takes; ``None`` if there was nothing to call
        """
        if not self.action.kind or self._client is None:
            on_result(ServiceResult(False, self.action.reason or self._absent()))
            return None
        if action != self.action:
            # Another node may have taken the name, with a service of another type.
            on_result(ServiceResult(
                False, 'not called: the service has changed meanwhile; look at it, and try again'))
            return None
        request = self._request()
        if isinstance(value, dict):
            fill(request, self.action.fields, value, field_type)
        elif value is not None:
            request.data = value
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
    success = getattr(answer, 'success', None)
    message = getattr(answer, 'message', None)
    names = set(answer.get_fields_and_field_types())
    if isinstance(success, bool) and isinstance(message, str) and names == {'success', 'message'}:
        return ServiceResult(success, message)
    return ServiceResult(success if isinstance(success, bool) else True, answer_text(answer))
