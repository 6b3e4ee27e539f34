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
from ...core.access.policy import may_drive
from ...core.access.service_calls import ServiceResult, SessionServiceCalls, TEXT_KIND
from ...core.protocol.control_messages import CallService
from ...core.protocol.strict_json import shorten
from ...core.supervision import spawn

logger = logging.getLogger(__name__)

# What each kind takes, for people.
_TAKES = {'trigger': 'no value', 'set_bool': 'true or false', TEXT_KIND: 'a text'}
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
        refusal = self._refusal(message)
        if refusal:
            self._send_result(message.request, ServiceResult(False, refusal))
        elif self._calls.begin(message.request):
            logger.debug('session %s calls service %s', self._session.session_id[:8], message.name)
            spawn('call of an action', self._call(message),
                  on_failure=lambda error: self._end(message, _UNKNOWN))
        elif result := self._calls.result(message.request):
            self._send_result(message.request, result)

    def _refusal(self, message: CallService) -> str:
        """Return why a call is refused, '' if it is not."""
        actions = self._session.robot.actions
        if not may_drive(self._session.role):
            return 'this session may only watch'
        if message.name not in actions:
            return (f'no action {shorten(message.name)}, there are: '
                    f'{", ".join(actions) or "none"}')
        kind = actions[message.name]
        # An empty text counts as given: it must not make speech of the call of a service.
        given = message.value is not None, message.text is not None
        if given != (kind == 'set_bool', kind == TEXT_KIND) or message.text == '':
            return f'action {shorten(message.name)} takes {_TAKES[kind]}'
        return ''

    async def _call(self, message: CallService) -> None:
        self._end(message, await self._session.robot.call_service(
            message.name, message.value if message.text is None else message.text))

    def _end(self, message: CallService, result: ServiceResult) -> None:
        self._calls.end(message.request, result)
        self._send_result(message.request, result)

    def _send_result(self, request: int, result: ServiceResult) -> None:
        self._sender.send('result', request=request, success=result.success,
                          message=result.message)
