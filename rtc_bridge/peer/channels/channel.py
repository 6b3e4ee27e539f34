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

"""What the data channels of a session have in common."""

import logging
from typing import Protocol

from aiortc import RTCDataChannel

from ..authorization import SessionAuthorization
from ..media.sound_track import SoundTrack
from ..media.viewer_media import ViewerMedia
from ..robot_context import RobotContext
from ..slots.slot import Slot
from ..slots.viewer_path import ViewerPath
from ...core.limits.peer_limits import SessionBudgets
from ...core.protocol.control_messages import ViewerStats

logger = logging.getLogger(__name__)

# Bytes that may wait to be sent, so that a viewer that reads nothing does not fill our memory. All
# channels of a session share one queue of SCTP: what may wait for long (messages of applications,
# telemetry) is sent only while the queue is short, or nonces and leases would wait behind it.
MAX_BUFFERED = 256 * 1024
MAX_BUFFERED_MESSAGES = 64 * 1024
MAX_BUFFERED_TELEMETRY = 8 * 1024


class ChannelSession(Protocol):
    """
    The session that a channel belongs to, as the channel sees it.

    :ivar selected: the viewer has chosen the camera of slot 0
    :ivar viewer_stats: what the page measured last, and when it said so (boot-time clock)
    """

    session_id: str
    source: str | None
    budgets: SessionBudgets
    authorization: SessionAuthorization
    robot: RobotContext
    slots: list[Slot]
    path: ViewerPath
    sound: SoundTrack | None
    media: ViewerMedia
    channels: dict[str, 'Channel']
    selected: bool
    viewer_stats: tuple[ViewerStats, float] | None

    @property
    def role(self) -> str:
        """Return ``none``, ``view``, ``drive`` or ``supervise``."""

    def prove(self, nonce: bytes, payload: str, mac: bytes) -> bytes | None:
        """Check the page's proof; return the robot's, or begin to end the session."""

    def confirm_stop(self, request: int) -> None:
        """Tell the page that its request for an emergency stop was carried out."""

    def end(self, reason: str, code: str = '') -> None:
        """Begin to end the session."""

    def fail(self, error: BaseException) -> None:
        """Begin to end the session, as a part of it has failed."""


class Channel:
    """
    A data channel of a session; each kind overrides what concerns it.

    Belongs to the event loop, as aiortc does.
    """

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._logged_too_long = False

    def send(self, text: str, max_buffered: int = MAX_BUFFERED) -> bool:
        """
        Send a text; tell whether it was sent.

        It is not if the channel is not open, if the viewer takes no text of this length, or if
        too much waits already.

        :param max_buffered: bytes that may wait before it
        """
        if self._channel.readyState != 'open' or self._channel.bufferedAmount >= max_buffered:
            return False
        try:
            self._channel.send(text)
        except ValueError as error:
            # aiortc raises this if the text is longer than the viewer announced to take.
            if not self._logged_too_long:
                self._logged_too_long = True
                logger.warning('a message of %d characters was not sent, further ones are not '
                               'logged: %s', len(text), error)
            return False
        return True

    def cameras_changed(self) -> None:
        """Tell that cameras came or went."""

    def lease_changed(self) -> None:
        """Tell that the lease has another holder, or others ask for it."""

    def stop_changed(self, request: int | None = None) -> None:
        """
        Tell the state of the emergency stop.

        :param request: of the page's message that this confirms, if any
        """

    def floor_changed(self) -> None:
        """Tell who of the viewers is heard."""

    def camera_floor_changed(self) -> None:
        """Tell whose camera is seen on the robot."""

    def send_message(self, data: object) -> None:
        """Send an application's JSON value."""

    def send_telemetry(self, values: dict[str, object]) -> None:
        """Send new JSON values by name."""

    def obstacles_changed(self) -> None:
        """Tell what is seen around the robot now."""

    def actions_changed(self) -> None:
        """Tell that services that may be called came or went."""

    def action_states_changed(self) -> None:
        """Tell which switches among these services are on."""

    def notices_changed(self) -> None:
        """Tell what keeps commands from the motors."""

    def watch(self) -> None:
        """Look after what changes by itself; the session calls this five times a second."""

    def close(self, reason: str, code: str = '') -> None:
        """
        Hear no more, since the session ends.

        :param reason: for a person
        :param code: for a program, '' if there is none
        """
        self._channel.remove_all_listeners()
