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

import logging
from typing import Any

from aiortc import RTCDataChannel

from .channel import Channel, Viewer
from ..core.access import may_drive
from ..core.control import MAX_MESSAGE
from ..core.gate import Refused
from ..core.rate import RateLimit
from ..core.rtcbot import read_text, Wish, write_json
from ..core.supervision import guarded

logger = logging.getLogger(__name__)


class RTCBotChannel(Channel):
    """Speaks as RTCBot's Python side does: text in JSON out, raw text or JSON in."""

    def __init__(self, channel: RTCDataChannel, session: Viewer) -> None:
        """Begin to listen."""
        super().__init__(channel)
        self._session = session
        self._wish = Wish()
        self._messages = RateLimit()
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

    def _on_message(self, text: str | bytes) -> None:
        # RTCBot uses no binary messages.
        if isinstance(text, bytes) or len(text) > MAX_MESSAGE or not may_drive(
                self._session.role):
            return
        if not self._session.budgets.messages.allow():
            # What is left out could be the end of a motion.
            self._session.host.pilot.leave(self._session.session_id)
            return
        if self._messages.allow():
            self._session.host.publish_message(text)
        rested = self._wish.at_rest
        wish = self._wish.update(read_text(text))
        if wish is None:
            return
        try:
            self._session.host.pilot.hold(self._session.session_id, *wish, rested,
                                          self._wish.at_rest)
        except Refused as refused:
            if str(refused) != self._last_refusal:
                self._last_refusal = str(refused)
                logger.info('session %s may not drive: %s', self._session.session_id[:8], refused)
        else:
            self._last_refusal = ''
