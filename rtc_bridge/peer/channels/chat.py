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

"""K-Scale's ``chat`` channel: any text to the application and back."""

from functools import partial

from aiortc import RTCDataChannel

from .channel import Channel, ChannelSession
from ...core.access.policy import may_drive
from ...core.protocol.application_text import write_text
from ...core.protocol.control_messages import MAX_MESSAGE
from ...core.protocol.kscale_messages import write_error
from ...core.supervision import guarded


class ChatChannel(Channel):
    """
    Passes texts between an app and the robot's applications.

    K-Scale's joystick (``x``, ``y``, ``z``) is such a text: it does not pass the command gate, so
    it does not drive.
    """

    def __init__(self, channel: RTCDataChannel, session: ChannelSession) -> None:
        super().__init__(channel)
        self._session = session
        self._has_refused = False
        channel.on('message', guarded(
            'chat channel', self._on_message, on_failure=session.fail))

    def send_message(self, data: object) -> None:
        """Send an application's JSON value."""
        self.send(write_text(data))

    def _on_message(self, text: str | bytes) -> None:
        if not self._session.budgets.messages.allow():
            return
        if not may_drive(self._session.role):
            self._refuse('this session may only watch')
        elif isinstance(text, bytes) or len(text) > MAX_MESSAGE:
            self._refuse(f'messages are texts of at most {MAX_MESSAGE} bytes')
        elif self._session.budgets.app_messages.allow():
            self._session.robot.publish_message(text)

    def _refuse(self, why: str) -> None:
        """Send an error, once: a joystick would cause sixty a second."""
        if self._has_refused:
            return
        self._has_refused = True
        if self._channel.readyState == 'connecting':
            # A text may come before the channel is open on this side (RFC 8832, section 6).
            self._channel.once('open', guarded(
                'chat channel', partial(self.send, write_error(why))))
        else:
            self.send(write_error(why))
