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

"""Sending on ``control``: at once, or later in the newest form."""

from typing import Callable

from .channel import Channel, ChannelSession, MAX_BUFFERED
from ...core.limits.rate_limit import RateLimiter
from ...core.limits.refusals import refusals
from ...core.protocol.strict_json import dump


class ControlSender:
    """
    Sends messages to the page of one session.

    A *state* (lease, cameras, emergency stop, ...) replaces the one that was sent before. One that
    the path does not take now is sent later, as it is then, and in the order in which they came.
    """

    def __init__(self, channel: Channel, session: ChannelSession) -> None:
        self._channel = channel
        self._session = session
        self._unsent: dict[str, Callable[[], bool]] = {}
        # Answers that a page asks too much: one a second, as each costs as much as the question.
        self._busy = RateLimiter(1.0, 1.0)

    def send(self, kind: str, **members: object) -> bool:
        """Send a message, without members that are ``None``; tell whether it was sent."""
        return self._channel.send(dump({'type': kind, **members}))

    def send_with_nulls(self, kind: str, members: dict[str, object],
                        max_buffered: int = MAX_BUFFERED) -> bool:
        """Send a message in which ``None`` is ``null``; tell whether it was sent."""
        return self._channel.send(dump({'type': kind, **members}, keep_none=True), max_buffered)

    def send_state(self, kind: str, send: Callable[[], bool]) -> None:
        """
        Send a state now, or with :meth:`send_unsent` later.

        :param send: sends it as it is when this is called; returns whether it was sent
        """
        if send():
            self._unsent.pop(kind, None)
        else:
            self._unsent[kind] = send

    def send_unsent(self) -> None:
        """Send the states that could not be sent before."""
        for kind, send in list(self._unsent.items()):
            self.send_state(kind, send)

    def error(self, code: str, message: str) -> None:
        """Tell the page why its message had no effect."""
        self.send('error', code=code, message=message)

    def refuse_busy(self, what: str) -> None:
        """Count a message beyond a budget, and tell the page, once a second at most."""
        refusals.note('message', self._session.source, what)
        if self._busy.allow():
            self.error('busy', what)
