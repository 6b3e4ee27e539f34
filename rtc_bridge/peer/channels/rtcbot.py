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

"""RTCBot's ``default`` channel: any message to the application, some of them drive."""

import asyncio
import logging
from typing import Any

from aiortc import RTCDataChannel

from .channel import Channel, Viewer
from ...core.access.roles import may_drive
from ...core.clock import boot_time
from ...core.driving.command_gate import TeleopRefused
from ...core.driving.rtcbot_input import read_text, Wish, write_json
from ...core.protocol.control_messages import MAX_MESSAGE
from ...core.supervision import guarded

logger = logging.getLogger(__name__)

# How often a motion that changes is taken, seconds: more often than robots are commanded.
HOLD_PERIOD_S = 0.02


class RTCBotChannel(Channel):
    """Speaks as RTCBot's Python side does: text in JSON out, raw text or JSON in."""

    def __init__(self, channel: RTCDataChannel, session: Viewer) -> None:
        """Begin to listen."""
        super().__init__(channel)
        self._session = session
        self._wish = Wish()
        # Holds the newest motion as soon as it may.
        self._due: asyncio.TimerHandle | None = None
        self._next_hold = float('-inf')
        self._last_refusal = ''
        channel.on('message', guarded(
            "RTCBot's channel", self._on_message, on_failure=session.fail))
        # RTCBot ends the whole connection with this channel.
        channel.on('close', guarded("RTCBot's channel", lambda: session.end(
            'the viewer closed its channel')))

    def send_message(self, data: Any) -> None:
        """Send an application's value."""
        # These sessions prove nothing: whoever is here has a role.
        self.send(write_json(data))

    def close(self, reason: str, code: str = '') -> None:
        """Hold nothing more."""
        super().close(reason, code)
        self._forget_due()

    def _forget_due(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _on_message(self, text: str | bytes) -> None:
        # RTCBot uses no binary messages.
        if isinstance(text, bytes) or len(text) > MAX_MESSAGE or not may_drive(
                self._session.role):
            return
        if not self._session.budgets.rtcbot.allow():
            # What is left out could be the end of a motion.
            self._forget_due()
            self._session.robot.teleop.release_lease(self._session.session_id)
            return
        if self._session.budgets.app_messages.allow():
            self._session.robot.publish_message(text)
        rested = self._wish.at_rest
        if self._wish.update(read_text(text)) is None:
            return
        wait = self._next_hold - boot_time()
        if rested or self._wish.at_rest or wait <= 0:
            # Where a motion begins and ends is told at once, each time.
            self._hold(rested)
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(wait, guarded(
                "RTCBot's channel", self._hold, on_failure=self._session.fail))

    def _hold(self, rested: bool = False) -> None:
        """Have the robot do what all messages so far add up to."""
        self._forget_due()
        self._next_hold = boot_time() + HOLD_PERIOD_S
        try:
            self._session.robot.teleop.latch_rtcbot_state(self._session.session_id,
                                                          *self._wish.total(), rested,
                                                          self._wish.at_rest)
        except TeleopRefused as refused:
            if str(refused) != self._last_refusal:
                self._last_refusal = str(refused)
                logger.info('session %s may not drive: %s', self._session.session_id[:8], refused)
        else:
            self._last_refusal = ''
