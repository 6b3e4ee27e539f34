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

"""The ``teleop`` channel: freshness nonces out, commands and emergency stops in."""

import asyncio
import logging

from aiortc import RTCDataChannel

from .channel import Channel, ChannelSession
from ...core.access.policy import may_drive, may_press_stop
from ...core.clock import boot_time
from ...core.driving.command_gate import TeleopRefused
from ...core.driving.teleop_controller import NONCE_PERIOD_S
from ...core.errors import ProtocolError
from ...core.protocol.strict_json import dump
from ...core.protocol.teleop_messages import parse_teleop, PressStop
from ...core.supervision import guarded, spawn

logger = logging.getLogger(__name__)

# Refusals are sent five times a second at most; commands come 25 times a second.
_REFUSED_PERIOD_S = 0.2
# Characters of an emergency stop. Our page's has 40; a client may add members that are not known.
_MAX_STOP_CHARACTERS = 4096


class TeleopChannel(Channel):
    """Passes commands to the teleop controller, and nonces to the page while it drives."""

    def __init__(self, channel: RTCDataChannel, session: ChannelSession) -> None:
        super().__init__(channel)
        self._session = session
        # Sends nonces while this session holds the lease.
        self._sending_nonces: asyncio.Task[None] | None = None
        self._next_refusal = 0.0
        self._logged_refusal = ''
        # The newest command that was accepted: its number, and when.
        self._accepted: dict[str, float] = {}
        channel.on('message', guarded(
            'teleop channel', self._on_message, on_failure=session.fail))
        self.lease_changed()

    def lease_changed(self) -> None:
        """Send nonces if this session holds the lease, and only then."""
        drives = self._session.robot.teleop.lease.holder == self._session.session_id
        if drives and self._sending_nonces is None:
            self._sending_nonces = spawn('nonces', self._send_nonces(),
                                         on_failure=self._session.fail)
        elif not drives:
            self._stop_nonces()

    def close(self, reason: str, code: str = '') -> None:
        """Send no more nonces, and hear no more."""
        super().close(reason, code)
        self._stop_nonces()

    def _stop_nonces(self) -> None:
        if self._sending_nonces is not None:
            self._sending_nonces.cancel()
            self._sending_nonces = None
            # The next epoch counts commands from 1 again.
            self._accepted = {}

    async def _send_nonces(self) -> None:
        while True:
            nonce = self._session.robot.teleop.gate.new_nonce()
            self.send(dump({'type': 'tick', 'tick': nonce, **self._accepted}))
            await asyncio.sleep(NONCE_PERIOD_S)

    def _on_message(self, text: str | bytes) -> None:
        """Carry out an emergency stop, or a command with the age of the frame in slot 0."""
        session = self._session
        in_budget = session.budgets.commands.allow()
        if not in_budget and not self._may_be_stop(text):
            self._refuse(None, 'busy')
            return
        sequence = None
        try:
            message = parse_teleop(text)
            if isinstance(message, PressStop):
                self._stop(message)
                return
            sequence = message.seq
            if not in_budget:
                raise TeleopRefused('busy')
            if not may_drive(session.authorization.role):
                raise TeleopRefused('role')
            slot = session.slots[0] if session.slots else None
            session.robot.teleop.command(
                session.session_id, message,
                slot.track.times.arrival_of(message.frame) if slot is not None else None,
                camera_may_drive=(
                    slot is None or slot.camera is None or slot.camera.settings.drive))
        except ProtocolError as error:
            self._refuse(sequence, 'bad-value', str(error))
        except TeleopRefused as refused:
            self._refuse(sequence, str(refused))
        else:
            self._accepted = {'seq': sequence, 'time': round(boot_time(), 6)}
            self._logged_refusal = ''

    def _may_be_stop(self, text: str | bytes) -> bool:
        """
        Tell whether a message beyond the budget is to be parsed, as it may be an emergency stop.

        A stop of a role that may press it always passes. Once it is engaged, further ones are
        answered within the budget for commands.
        """
        robot = self._session.robot
        return (isinstance(text, str) and len(text) <= _MAX_STOP_CHARACTERS and 'stop' in text
                and may_press_stop(self._session.authorization.role, robot.view_may_stop)
                and not robot.teleop.emergency_stop.engaged)

    def _stop(self, message: PressStop) -> None:
        """
        Engage the emergency stop, and confirm it once it is stored.

        :raises TeleopRefused: this role may not press it
        """
        robot, session = self._session.robot, self._session
        if not may_press_stop(session.authorization.role, robot.view_may_stop):
            raise TeleopRefused('role')
        if robot.teleop.emergency_stop.engaged and not session.budgets.confirmations.allow():
            return
        if robot.teleop.engage_emergency_stop(robot.name_of(session.session_id) or 'somebody'):
            session.confirm_stop(message.request)

    def _refuse(self, sequence: int | None, reason: str, message: str | None = None) -> None:
        if reason != self._logged_refusal:
            self._logged_refusal = reason
            logger.debug('session %s: commands are refused: %s', self._session.session_id[:8],
                         reason)
        now = boot_time()
        if now >= self._next_refusal:
            self._next_refusal = now + _REFUSED_PERIOD_S
            self.send(dump({'type': 'refused', 'seq': sequence, 'reason': reason,
                            'message': message}))
