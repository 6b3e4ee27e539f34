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

"""One session's calls of the robot's services."""

from typing import Any, Callable

from .channel import Viewer
from ...core.access.roles import may_drive
from ...core.access.service_calls import Calls, Result
from ...core.protocol.control_messages import Call
from ...core.protocol.strict_json import shorten
from ...core.supervision import spawn


class Caller:
    """
    Makes a page's calls, each once, and tells what came of them.

    A call goes on when the session has ended: what the robot has begun cannot be taken back.

    :param send: takes the members of ``result``
    """

    def __init__(self, session: Viewer, send: Callable[[dict[str, Any]], None]) -> None:
        """Make none yet."""
        self._session = session
        self._send = send
        self._calls = Calls()

    def make(self, call: Call) -> None:
        """Begin a call, or say why not."""
        refusal = self._refusal(call)
        if refusal:
            self._tell(call.request, Result(False, refusal))
        elif self._calls.begin(call.request):
            spawn('call of an action', self._make(call), on_failure=lambda error: self._end(
                call, Result(False, 'an internal error of the robot; whether it was done is not '
                                    'known')))
        elif result := self._calls.result(call.request):
            self._tell(call.request, result)

    def _refusal(self, call: Call) -> str:
        """Return why a call is none, '' if it is one."""
        actions = self._session.robot.actions
        if not may_drive(self._session.role):
            return 'this session may only watch'
        if call.name not in actions:
            return f'no action {shorten(call.name)}, there are: {", ".join(actions) or "none"}'
        wants = actions[call.name] == 'set_bool'
        if wants != (call.value is not None):
            return f'action {shorten(call.name)} takes {"true or false" if wants else "no value"}'
        return ''

    async def _make(self, call: Call) -> None:
        self._end(call, await self._session.robot.call(call.name, call.value))

    def _end(self, call: Call, result: Result) -> None:
        self._calls.end(call.request, result)
        self._tell(call.request, result)

    def _tell(self, request: int, result: Result) -> None:
        self._send({'request': request, 'success': result.success, 'message': result.message})
