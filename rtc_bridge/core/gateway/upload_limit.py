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

"""How much of a viewer's uploads may be under way, so that they do not delay its commands."""

from .flow_control import INITIAL_WINDOW, MIN_WINDOW, WINDOW

# Bytes more for each look at a path without a queue.
_GROWTH = 8 * 1024
# The share that is left when packets queue up.
_DECREASE = 0.5
# Looks after a decrease in which the queue may still be that of before.
_SETTLING = 2
# Looks without an upload after which the next one begins anew: the path may be another one.
_IDLE = 10


class UploadLimit:
    """
    Grows while uploads use it and the path has no queue, and shrinks when it has one.

    A viewer sends commands and uploads by one connection, and only the robot can slow it down: it
    allows less to be under way. Times are counted in looks, five a second.

    :ivar window: bytes, of all uploads together
    """

    def __init__(self) -> None:
        self.window = INITIAL_WINDOW
        self._taken = 0
        self._settling = 0
        self._idle = 0

    def note(self, count: int) -> None:
        """Note that so many bytes of an upload have come."""
        self._taken += count

    def look(self, overuse: bool) -> None:
        """
        Adapt the window.

        :param overuse: packets queue up on the path
        """
        taken, self._taken = self._taken, 0
        self._idle = 0 if taken else self._idle + 1
        self._settling = max(0, self._settling - 1)
        if self._idle >= _IDLE:
            self.window = INITIAL_WINDOW
        elif overuse and taken and not self._settling:
            self.window = max(MIN_WINDOW, int(self.window * _DECREASE))
            self._settling = _SETTLING
        elif not overuse and taken >= self.window // 2:
            # What is not used proves nothing.
            self.window = min(WINDOW, self.window + _GROWTH)
