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

"""Who of the viewers is heard and seen on the robot, as a page asks for it and is told."""

from .channel import ChannelSession
from .control_sender import ControlSender
from ...core.access.floor import Floor
from ...core.protocol.control_messages import ShowCamera, Talk


class FloorRequests:
    """
    Gives a viewer the floor for its voice and its camera, and tells who has it.

    Belongs to the event loop.
    """

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        # What the page knows, by the message that told it.
        self._told: dict[str, dict[str, object]] = {}

    def talk(self, message: Talk) -> None:
        """Let the viewer be heard, or tell why not."""
        self._ask(self._session.robot.floor, message.on, 'no-talk',
                  self._session.media.voice is not None, 'this session has no way for a voice')

    def show_camera(self, message: ShowCamera) -> None:
        """Let the viewer's camera be seen, or tell why not."""
        self._ask(self._session.robot.camera_floor, message.on, 'no-camera-shown',
                  self._session.media.pictures is not None, 'this session has no way for pictures')

    def _ask(self, floor: Floor, on: bool, code: str, has_way: bool, no_way: str) -> None:
        session = self._session
        if on and not session.budgets.leases.allow():
            # All sessions are told of it.
            self._sender.error(code, 'too many requests: wait a few seconds')
        elif not on:
            floor.release(session.session_id)
        elif not has_way:
            self._sender.error(code, no_way)
        elif refusal := floor.ask(session.session_id, session.role):
            self._sender.error(code, refusal)

    def tell_talker(self) -> None:
        """Tell who is heard."""
        self._tell('talk')

    def tell_camera(self) -> None:
        """Tell whose camera is seen."""
        self._tell('operator_camera')

    def _tell(self, kind: str) -> None:
        self._told[kind] = self._members(kind)
        self._sender.send_state(kind, lambda: self._sender.send_with_nulls(
            kind, self._members(kind)))

    def _members(self, kind: str) -> dict[str, object]:
        robot = self._session.robot
        if kind == 'talk':
            return {**self._holder(robot.floor), 'reason': robot.voice.reason}
        camera = robot.operator_camera
        return {**self._holder(robot.camera_floor), 'watched': camera.watched,
                'reason': camera.reason}

    def _holder(self, floor: Floor) -> dict[str, object]:
        holder = floor.holder
        return {'you': holder == self._session.session_id, 'somebody': holder is not None,
                'name': None if holder is None else self._session.robot.name_of(holder)}

    def send_changes(self) -> None:
        """Tell the viewer who has a floor what has become of its voice, and of its pictures."""
        for kind, told in list(self._told.items()):
            if told['you'] and told != self._members(kind):
                self._tell(kind)
