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

"""What a session's data channels have in common."""

import logging
from typing import Any, Protocol

from aiortc import RTCDataChannel

from ..authorization import SessionAuthorization
from ..robot_context import RobotContext
from ..slot import Slot
from ...core.limits.session_budgets import SessionBudgets
from ...core.video.viewer_stats import ViewerStats

logger = logging.getLogger(__name__)

# A viewer that reads nothing must not fill our memory. All channels of a session share one queue:
# what may wait for long is sent only while it is short, or ticks and leases would wait behind it.
MAX_BUFFERED = 256 * 1024
MAX_BUFFERED_MESSAGES = 64 * 1024
MAX_BUFFERED_TELEMETRY = 8 * 1024


class Viewer(Protocol):
    """The session that a channel belongs to."""

    session_id: str
    source: str | None
    role: str
    budgets: SessionBudgets
    authorization: SessionAuthorization
    robot: RobotContext
    slots: list[Slot]
    # Whether somebody has said what slot 0 is to show.
    selected: bool
    # What the page measured last, and when it said so by the boot-time clock.
    figures: tuple[ViewerStats, float] | None

    def prove(self, nonce: bytes, payload: str, mac: bytes) -> bytes | None:
        """Check the page's proof; return the robot's, or begin to end the session."""

    def stop_changed(self, request: int | None = None) -> None:
        """Tell of the emergency stop, as the confirmation of a request if one is given."""

    def end(self, reason: str, code: str = '') -> None:
        """Begin to end the session."""

    def fail(self, error: BaseException) -> None:
        """Begin to end the session, as a part of it has failed."""


class Channel:
    """A data channel of a session; each kind overrides what concerns it."""

    def __init__(self, channel: RTCDataChannel) -> None:
        """Keep the channel."""
        self._channel = channel
        self._told_too_long = False

    def send(self, text: str, most: int = MAX_BUFFERED) -> bool:
        """
        Send if the channel is open and not stuck, and the viewer takes so much; tell whether.

        :param most: bytes that may wait before it
        """
        if self._channel.readyState != 'open' or self._channel.bufferedAmount >= most:
            return False
        try:
            self._channel.send(text)
        except ValueError as error:
            # Longer than the viewer said it takes.
            if not self._told_too_long:
                self._told_too_long = True
                logger.warning('a message was not sent, more of them are not told: %s', error)
            return False
        return True

    def cameras_changed(self) -> None:
        """Cameras came or went."""

    def lease_changed(self) -> None:
        """Somebody else drives, or nobody."""

    def stop_changed(self, request: int | None = None) -> None:
        """Tell of the emergency stop, as the confirmation of a request if one is given."""

    def send_message(self, data: Any) -> None:
        """Send an application's value."""

    def send_telemetry(self, values: dict[str, Any]) -> None:
        """Send new values by name."""

    def actions_changed(self) -> None:
        """Services that may be called came or went."""

    def notices_changed(self) -> None:
        """Tell what is wrong on the way of commands to the motors."""

    def watch(self) -> None:
        """Look after what changes by itself; called five times a second."""

    def close(self, reason: str, code: str = '') -> None:
        """Hear no more: the session ends, for a person's and a program's reason."""
        self._channel.remove_all_listeners()
