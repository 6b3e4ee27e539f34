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

"""Tells a page why it hears nothing."""

from .channel import ChannelSession
from .control_sender import ControlSender


class SoundStatus:
    """
    Sends the message ``sound`` when the reason has changed for which a listener hears nothing.

    Belongs to the event loop.
    """

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        # What the page knows.
        self._told = ''

    def send_changes(self) -> None:
        """Tell the reason if it has changed."""
        sound = self._session.sound
        reason = sound.reason if sound is not None else ''
        if reason != self._told:
            self._told = reason
            self._sender.send_state('sound', lambda: self._sender.send('sound', reason=reason))
