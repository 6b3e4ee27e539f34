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

"""The ``teleop`` channel: ticks out, commands in."""

import asyncio

from aiortc import RTCDataChannel

from .channel import Channel, Viewer
from ...core.access.roles import may_drive, may_press_stop
from ...core.clock import boot_time
from ...core.driving.command_gate import TeleopRefused
from ...core.driving.teleop_controller import NONCE_PERIOD_S
from ...core.errors import ProtocolError
from ...core.protocol.control_messages import parse_teleop, Stop
from ...core.protocol.strict_json import dump
from ...core.supervision import guarded, spawn

_REFUSED_PERIOD_S = 0.2
# Ours take 40 characters; members that are not known may be added.
_MAX_STOP = 4096


class TeleopChannel(Channel):
    """Passes commands to the teleop controller, and nonces to the page while it drives."""

    def __init__(self, channel: RTCDataChannel, session: Viewer) -> None:
        """Begin to listen."""
        super().__init__(channel)
        self._session = session
        self._ticking: asyncio.Task[None] | None = None
        self._next_refusal = 0.0
        # The newest command that was accepted: its number, and when.
        self._accepted: dict[str, float] = {}
        channel.on('message', guarded(
            'teleop channel', self._on_message, on_failure=session.fail))
        self.lease_changed()

    def lease_changed(self) -> None:
        """Start or stop ticking."""
        driving = self._session.robot.teleop.lease.holder == self._session.session_id
        if driving and self._ticking is None:
            self._ticking = spawn('ticks', self._tick(), on_failure=self._session.fail)
        elif not driving:
            self._stop_ticking()

    def close(self, reason: str, code: str = '') -> None:
        """Stop ticking."""
        super().close(reason, code)
        self._stop_ticking()

    def _stop_ticking(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            # The next epoch counts from 1 again.
            self._accepted = {}
            self._ticking = None

    async def _tick(self) -> None:
        while True:
            tick = self._session.robot.teleop.gate.new_nonce()
            self.send(dump({'type': 'tick', 'tick': tick, **self._accepted}))
            await asyncio.sleep(NONCE_PERIOD_S)

    def _on_message(self, text: str | bytes) -> None:
        seq = None
        surplus = not self._session.budgets.commands.allow()
        if surplus and not self._may_be_stop(text):
            return self._refuse(seq, 'busy')
        try:
            message = parse_teleop(text)
            seq = None if isinstance(message, Stop) else message.seq
            if isinstance(message, Stop):
                return self._stop(message)
            if surplus:
                raise TeleopRefused('busy')
            if not may_drive(self._session.role):
                raise TeleopRefused('role')
            slot = self._session.slots[0] if self._session.slots else None
            frame = slot.track.times.arrival_of(message.frame) if slot is not None else None
            for_driving = (slot is None or slot.camera is None or slot.camera.settings.drive)
            self._session.robot.teleop.command(self._session.session_id, message, frame,
                                               for_driving=for_driving)
            self._accepted = {'seq': seq, 'time': round(boot_time(), 6)}
        except ProtocolError as error:
            self._refuse(seq, 'bad-value', str(error))
        except TeleopRefused as refused:
            self._refuse(seq, str(refused))

    def _may_be_stop(self, text: str | bytes) -> bool:
        """
        Tell whether a message is worth reading although it is one too many.

        A stop passes whatever else is sent, of those who may press it. Once one is in force, more
        of them are answered as there is budget for commands.
        """
        robot = self._session.robot
        return (isinstance(text, str) and len(text) <= _MAX_STOP and 'stop' in text
                and may_press_stop(self._session.role, robot.view_may_stop)
                and not robot.teleop.emergency_stop.engaged)

    def _stop(self, message: Stop) -> None:
        robot, session = self._session.robot, self._session
        if not may_press_stop(session.role, robot.view_may_stop):
            raise TeleopRefused('role')
        if robot.teleop.emergency_stop.engaged and not session.budgets.confirmations.allow():
            return
        if robot.teleop.engage_emergency_stop(robot.name_of(session.session_id) or 'somebody'):
            session.stop_changed(message.request)

    def _refuse(self, seq: int | None, reason: str, message: str | None = None) -> None:
        now = boot_time()
        if now >= self._next_refusal:
            self._next_refusal = now + _REFUSED_PERIOD_S
            self.send(dump({'type': 'refused', 'seq': seq, 'reason': reason,
                            'message': message}))
