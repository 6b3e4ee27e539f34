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

"""Which cameras a page has chosen for its slots."""

import logging

from .channel import ChannelSession
from .control_sender import ControlSender
from ..slots.slot import Slot
from ...core.errors import ProtocolError
from ...core.protocol.control_messages import Select
from ...core.protocol.strict_json import shorten

logger = logging.getLogger(__name__)


class CameraSelection:
    """
    Puts cameras into slots as the page selects them, within a budget.

    A page says once what it wants to see. So a selection beyond the budget is late, never lost:
    the newest one of each slot waits.
    """

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        self._waiting: dict[int, Select] = {}

    def slot(self, number: int) -> Slot:
        """
        Return one of the session's slots.

        :raises ProtocolError: there is no slot of this number
        """
        slots = self._session.slots
        if not 0 <= number < len(slots):
            raise ProtocolError(f'slot {number} is not one of {len(slots)}')
        return slots[number]

    def select(self, message: Select) -> None:
        """
        Show a camera in a slot, now or as soon as there is budget for it.

        :raises ProtocolError: there is no such slot
        """
        self.slot(message.slot)
        self._waiting[message.slot] = message
        self.show_selected()

    def show_selected(self) -> None:
        """Show the selections that wait, as far as there is budget for them."""
        while self._waiting and self._session.budgets.selects.allow():
            self._show(self._waiting.pop(next(iter(self._waiting))))

    def _show(self, message: Select) -> None:
        cameras = self._session.robot.cameras
        camera = (self._session.robot.camera_named(message.camera)
                  if message.camera is not None else None)
        if message.camera is not None and camera is None:
            self._sender.error('no-camera', f'no camera {shorten(message.camera)}, there are: '
                                            f'{", ".join(cameras) or "none"}')
            return
        logger.debug('session %s selects camera %s for slot %d', self._session.session_id[:8],
                     shorten(message.camera), message.slot)
        if message.slot == 0:
            self._session.selected = True
        self.slot(message.slot).show(camera)
