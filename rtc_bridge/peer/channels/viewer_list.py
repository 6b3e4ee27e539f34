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

"""The message ``viewers``: how many watch the robot, and who they are."""

from .channel import ChannelSession
from .control_sender import ControlSender
from ...core.access.policy import may_know
from ...core.limits.rate_limit import RateLimiter

# Names that a page is told: it shows a few.
_MAX_NAMES = 8
# Messages a second: viewers that come and go all the time cost the others no more.
_RATE = 1.0


class ViewerList:
    """Sends the message ``viewers`` when it has changed. Belongs to the event loop."""

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        self._limiter = RateLimiter(_RATE, 1.0)
        # What the page knows.
        self._told: dict[str, object] = {}

    def send_changes(self) -> None:
        """Tell it if it has changed."""
        if not self._limiter.allow():
            return
        members = self._members()
        if members != self._told:
            self._told = members
            self._sender.send_state('viewers', lambda: self._sender.send(
                'viewers', **self._told))

    def _members(self) -> dict[str, object]:
        session = self._session
        viewers = session.robot.viewers()
        # Names in invites are for those who have one, too, not for everybody who may watch.
        names = sorted(
            viewer.authorization.invite_name for viewer in viewers
            if viewer.session_id != session.session_id and viewer.authorization.invite_name
            and may_know(session.role, viewer.role)) if session.authorization.has_invite else []
        return {'count': len(viewers), 'names': names[:_MAX_NAMES]}
