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

"""
How much may be under way on one connection.

SCTP has one window for all channels of a session, so a program that does not read would stop the
commands, too. Each connection has a window of its own instead: the receiver says how much more it
takes when its program has taken what came.
"""

from .frames import MAX_DATA, OVERHEAD
from ..errors import ProtocolError

# Bytes that may be under way at most: 5 MB/s at a round trip of 50 ms.
WINDOW = 256 * 1024
# Bytes that may be under way before the receiver has said anything.
INITIAL_WINDOW = 32 * 1024
# Bytes of a window with which a sender gets on: two whole frames, of which it waits for one.
MIN_WINDOW = 2 * (MAX_DATA + OVERHEAD)
# Share of a window that is to be allowed anew before the other end is told of it.
_GRANT_FROM = 4


class SendWindow:
    """What this end may send."""

    def __init__(self) -> None:
        self.left = INITIAL_WINDOW

    def spend(self, count: int) -> None:
        """Note that so many bytes were sent: at most ``left``."""
        self.left -= count

    def grant(self, count: int) -> None:
        """
        Take what the other end allows.

        :raises ProtocolError: it allows more than the window
        """
        self.left += count
        if self.left > WINDOW:
            raise ProtocolError(f'a window of {self.left} bytes, at most {WINDOW} are allowed')


class ReceiveWindow:
    """
    What the other end may send.

    :ivar size: bytes that may be under way, or wait here, ``MIN_WINDOW`` at least; may be changed
        at any time. What is allowed already is not taken back.
    """

    def __init__(self, size: int = INITIAL_WINDOW) -> None:
        self.size = size
        self._left = INITIAL_WINDOW
        # What has come and was not taken.
        self._waiting = 0

    def receive(self, count: int) -> None:
        """
        Note that so many bytes came.

        :raises ProtocolError: the other end was not allowed to send them
        """
        self._left -= count
        self._waiting += count
        if self._left < 0:
            raise ProtocolError(f'{-self._left} bytes more than the window allows')

    def take(self, count: int) -> int:
        """Note that so many bytes were taken; return how many to allow now."""
        self._waiting -= count
        return self.grant()

    def grant(self) -> int:
        """Return how many bytes to allow now; 0 if it is not worth a message."""
        more = self.size - self._left - self._waiting
        if more < self.size // _GRANT_FROM:
            return 0
        self._left += more
        return more
