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

"""The calls of the robot's services by one session."""

import logging

from .channel import ChannelSession
from .control_sender import ControlSender
from ..robot_context import ServiceValue
from ...core.access.policy import may_drive
from ...core.actions.action import Action, FORM_KIND, TEXT_KIND
from ...core.actions.form import check_arguments
from ...core.actions.service_calls import ServiceResult, SessionServiceCalls
from ...core.errors import ProtocolError
from ...core.protocol.control_messages import CallService
from ...core.protocol.strict_json import shorten
from ...core.supervision import spawn

logger = logging.getLogger(__name__)

# What each kind takes, for people.
_TAKES = {'trigger': 'no value', 'set_bool': 'true or false', TEXT_KIND: 'a text',
          FORM_KIND: 'arguments'}
# Bytes of a request's arguments as JSON.
_MAX_ARGUMENTS = 16 * 1024
_UNKNOWN = ServiceResult(False, 'an internal error of the robot; whether it was done is not known')


class ServiceCaller:
    """
    Makes a page's calls, each once, and sends what came of them (``result``).

    A call goes on when the session has ended: what the robot has begun cannot be taken back.
    """

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        self._calls = SessionServiceCalls()

    def call(self, message: CallService) -> None:
        """Begin a call, or send why it is refused, or what a repeated one has led to."""
        try:
            action, value = self._read_call(message)
        except ProtocolError as refusal:
            self._send_result(message.request, ServiceResult(False, str(refusal)))
            return
        if self._calls.begin(message.request):
            logger.debug('session %s calls service %s', self._session.session_id[:8], message.name)
            spawn('call of an action', self._call(message, action, value),
                  on_failure=lambda error: self._end(message, _UNKNOWN))
        elif result := self._calls.result(message.request):
            self._send_result(message.request, result)

    def _read_call(self, message: CallService) -> tuple[Action, ServiceValue]:
        """
        Return what is called, and with what.

        :raises ProtocolError: the call is refused; the text says why, and what to do
        """
        actions = self._session.robot.actions
        if not may_drive(self._session.role):
            raise ProtocolError('this session may only watch: ask for a link to drive')
        if message.name not in actions:
            raise ProtocolError(f'no action {shorten(message.name)}, there are: '
                                f'{", ".join(actions) or "none"}')
        action = actions[message.name]
        if not action.kind:
            raise ProtocolError(action.reason)
        # An empty text counts as given: it must not make speech of the call of a service.
        given = (message.value is not None, message.text is not None,
                 message.arguments is not None)
        if given != (action.kind == 'set_bool', action.kind == TEXT_KIND,
                     action.kind == FORM_KIND) or message.text == '':
            raise ProtocolError(f'action {shorten(message.name)} takes {_TAKES[action.kind]}')
        if message.arguments is None:
            return action, message.value if message.text is None else message.text
        # The text that came is bounded, but this is kept until the answer.
        if len(str(message.arguments)) > _MAX_ARGUMENTS:
            raise ProtocolError(f'the arguments have more than {_MAX_ARGUMENTS} characters')
        return action, check_arguments(action.fields, message.arguments)

    async def _call(self, message: CallService, action: Action, value: ServiceValue) -> None:
        self._end(message, await self._session.robot.call_service(message.name, action, value))

    def _end(self, message: CallService, result: ServiceResult) -> None:
        self._calls.end(message.request, result)
        self._send_result(message.request, result)

    def _send_result(self, request: int, result: ServiceResult) -> None:
        self._sender.send('result', request=request, success=result.success,
                          message=result.message)
