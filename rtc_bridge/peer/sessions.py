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

"""All sessions of a robot: begun, told what changes, and ended."""

import asyncio
import logging
from typing import Awaitable, Callable

from .channels.channel import Channel
from .robot_context import RobotContext, Viewer
from .session import Session
from ..core.access.policy import may_drive
from ..core.errors import SignalingError
from ..core.supervision import guard

logger = logging.getLogger(__name__)


class Sessions:
    """
    The sessions of one robot, whichever way they came. Belongs to one event loop.

    ``sessions`` holds those that are not over, by id. ``on_end`` holds a function for some of
    them, which is called once the session is over: signaling puts it there.
    """

    def __init__(self, robot: RobotContext) -> None:
        self.robot = robot
        self.sessions: dict[str, Session] = {}
        self.on_end: dict[str, Callable[[], object]] = {}
        self._closing = False
        robot.teleop.on_lease_change.append(self._lease_changed)
        robot.teleop.on_emergency_stop_change.append(self._stop_changed)
        robot.floor.on_change.append(self._floor_changed)
        robot.camera_floor.on_change.append(self._camera_floor_changed)
        robot.name_of = self._name_of
        robot.viewers = self._viewers

    async def begin(self, session: Session, negotiate: Callable[[], Awaitable[str]]) -> str:
        """
        Take a session in; return what its negotiation returns, an SDP offer or answer.

        :raises SignalingError: the robot stops, the id is taken, or the negotiation failed
        """
        if self._closing:
            raise SignalingError('robot-gone', 'the robot stops')
        if session.session_id in self.sessions:
            raise SignalingError('bad-message', 'this session has had its offer')
        self.sessions[session.session_id] = session
        session.on_closed = self._closed
        try:
            return await negotiate()
        except BaseException as error:
            logger.debug('session %s is not set up: %s', session.session_id[:8], error)
            await session.close('not set up')
            raise

    async def close(self, reason: str) -> None:
        """End all sessions, and begin no more."""
        self._closing = True
        await asyncio.gather(*(session.close(reason) for session in self.sessions.values()))

    def _closed(self, session: Session) -> None:
        del self.sessions[session.session_id]
        if ended := self.on_end.pop(session.session_id, None):
            with guard('end of a session'):
                ended()

    def _name_of(self, session: str) -> str | None:
        found = self.sessions.get(session)
        return found.authorization.invite_name or None if found is not None else None

    def _viewers(self) -> list[Viewer]:
        return [session for session in self.sessions.values()
                if session.role != 'none' and session.state == 'connected']

    @property
    def takes_telemetry(self) -> bool:
        """Tell whether a page is there to see the robot's values."""
        return any(session.role != 'none' and 'control' in session.channels
                   for session in self.sessions.values())

    @property
    def takes_actions(self) -> bool:
        """Tell whether a page is there that may call the robot's services."""
        return any(may_drive(session.role) and 'control' in session.channels
                   for session in self.sessions.values())

    def cameras_changed(self) -> None:
        """Tell every viewer that cameras came or went."""
        self._tell('cameras notification', lambda session: session.cameras_changed())

    def send_message(self, data: object) -> None:
        """Send an application's value to every viewer."""
        self._tell_channels('message to viewers', lambda channel: channel.send_message(data))

    def send_telemetry(self, values: dict[str, object]) -> None:
        """Send new values by name to every page."""
        self._tell_channels('telemetry notification',
                            lambda channel: channel.send_telemetry(values))

    def obstacles_changed(self) -> None:
        """Tell every page what is seen around the robot now."""
        self._tell_channels('obstacles notification', lambda channel: channel.obstacles_changed())

    def actions_changed(self) -> None:
        """Tell every page which services may be called."""
        self._tell_channels('actions notification', lambda channel: channel.actions_changed())

    def action_states_changed(self) -> None:
        """Tell every page which switches are on."""
        self._tell_channels('actions notification',
                            lambda channel: channel.action_states_changed())

    def notices_changed(self) -> None:
        """Tell every page what is wrong on the way of commands to the motors."""
        self._tell_channels('notices notification', lambda channel: channel.notices_changed())

    def _floor_changed(self) -> None:
        # What was said so far of another voice is not played.
        self.robot.voice.end()
        self._tell('floor notification', lambda session: session.floor_changed())

    def _camera_floor_changed(self) -> None:
        self.robot.operator_camera.end()
        self._tell('floor notification', lambda session: session.camera_floor_changed())

    def _lease_changed(self) -> None:
        self._tell_channels('lease notification', lambda channel: channel.lease_changed())
        with guard('floor'):
            self.robot.floor.lease_changed()

    def _stop_changed(self) -> None:
        self._tell_channels('emergency stop notification', lambda channel: channel.stop_changed())

    def _tell_channels(self, name: str, tell: Callable[[Channel], None]) -> None:
        def tell_all(session: Session) -> None:
            for channel in session.channels.values():
                tell(channel)
        self._tell(name, tell_all)

    def _tell(self, name: str, tell: Callable[[Session], None]) -> None:
        """
        Call a function with each session.

        A session that cannot be told ends, so that its page comes anew; the others are told.
        """
        for session in list(self.sessions.values()):
            with guard(name, session.fail):
                tell(session)
