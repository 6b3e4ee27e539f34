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
import json
import logging

from aiortc import RTCDataChannel

from .channel import Channel, ChannelSession
from ...core.access.policy import may_drive
from ...core.clock import boot_time
from ...core.driving.command_gate import TeleopRefused
from ...core.driving.teleop_inputs import RTCBotControls
from ...core.protocol.application_text import read_text
from ...core.protocol.control_messages import MAX_MESSAGE
from ...core.supervision import guarded

logger = logging.getLogger(__name__)

# Seconds between two states that are passed on while a motion changes: 50 a second are more than
# a robot is commanded with. RTCBot's gamepad sends 250.
LATCH_PERIOD_S = 0.02


class RTCBotChannel(Channel):
    """
    Speaks as RTCBot's Python side does: text in JSON out, raw text or JSON in.

    RTCBot sends changes only (a key down, a stick moved). What all of them add up to is latched,
    at most every ``LATCH_PERIOD_S``: begin and end of a motion at once, the newest state always.
    """

    def __init__(self, channel: RTCDataChannel, session: ChannelSession) -> None:
        super().__init__(channel)
        self._session = session
        self._controls = RTCBotControls()
        # Latches the newest state when LATCH_PERIOD_S is over.
        self._due: asyncio.TimerHandle | None = None
        self._next_latch = float('-inf')
        self._last_refusal = ''
        channel.on('message', guarded(
            "RTCBot's channel", self._on_message, on_failure=session.fail))
        # RTCBot ends the whole connection with this channel.
        channel.on('close', guarded("RTCBot's channel", lambda: session.end(
            'the viewer closed its channel')))

    def send_message(self, data: object) -> None:
        """Send an application's JSON value; a session with this channel always has a role."""
        self.send(json.dumps(data))

    def close(self, reason: str, code: str = '') -> None:
        """Latch nothing more, and hear no more."""
        super().close(reason, code)
        self._cancel_due()

    def _cancel_due(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _on_message(self, text: str | bytes) -> None:
        session = self._session
        # RTCBot has no binary messages.
        if isinstance(text, bytes) or len(text) > MAX_MESSAGE or not may_drive(session.role):
            return
        if not session.budgets.rtcbot.allow():
            # What is dropped may be the end of a motion: stop the robot.
            logger.debug('session %s sends too much: it loses the lease', session.session_id[:8])
            self._cancel_due()
            session.robot.teleop.lease.release(session.session_id)
            return
        if session.budgets.app_messages.allow():
            session.robot.publish_message(text)
        was_neutral = self._controls.is_neutral
        if not self._controls.update(read_text(text)):
            return
        wait = self._next_latch - boot_time()
        if was_neutral or self._controls.is_neutral or wait <= 0:
            self._latch(was_neutral)
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(wait, guarded(
                "RTCBot's channel", self._latch, on_failure=session.fail))

    def _latch(self, was_neutral: bool = False) -> None:
        """Have the robot do what all messages so far add up to."""
        self._cancel_due()
        self._next_latch = boot_time() + LATCH_PERIOD_S
        session = self._session
        try:
            session.robot.teleop.latch_rtcbot_state(
                session.session_id, *self._controls.total, was_neutral=was_neutral,
                is_neutral=self._controls.is_neutral)
        except TeleopRefused as refused:
            if str(refused) != self._last_refusal:
                self._last_refusal = str(refused)
                logger.info('session %s may not drive: %s', session.session_id[:8], refused)
        else:
            self._last_refusal = ''
