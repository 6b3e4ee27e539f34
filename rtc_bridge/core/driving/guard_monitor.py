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

"""Whether the guard hears the bridge."""

from typing import Callable

from ..clock import boot_time, Clock


class GuardMonitor:
    """
    Compares what was sent to the guard with what it says that it heard.

    :param timeout: seconds in which a command is to be answered
    :param matched: tells whether there is a guard at all, as far as ROS knows
    """

    def __init__(self, timeout: float, matched: Callable[[], bool],
                 clock: Clock = boot_time) -> None:
        """Know nothing yet."""
        self._timeout = timeout
        self._matched = matched
        self._clock = clock
        # Stamp of the first command that is not answered.
        self._waiting: float | None = None
        self._epoch: str | None = None

    def sent(self, stamp: float) -> None:
        """Note the stamp of a command to the guard, in seconds."""
        if self._waiting is None:
            self._waiting = stamp

    def rest(self) -> None:
        """Nobody drives: of what came too late so far nobody needs to know."""
        self._waiting = None

    def heard(self, stamp: float, epoch: str) -> bool:
        """
        Take the guard's answer to a command.

        Return whether the guard has stopped by itself since the last one, or is another process:
        it lets no motion pass before a neutral command then.
        """
        if self._waiting is not None and stamp >= self._waiting:
            self._waiting = None
        changed = self._epoch is not None and epoch != self._epoch
        self._epoch = epoch
        return changed

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        late = self._waiting is not None and self._clock() - self._waiting > self._timeout
        return 'guard' if late or not self._matched() else None
