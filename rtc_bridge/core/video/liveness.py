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

"""Whether a camera's silence means that it is lost, judged by its own rhythm."""

from collections import deque

# A camera that is silent for longer is lost, unless it is known to be slower than that; and even
# a slow one is, after the longest time.
LOST_AFTER_S = 1.0
LONGEST_S = 10.0
# A slow camera may leave out two pictures.
_PERIODS = 3.0
_GAPS = 5


class Rhythm:
    """
    How often pictures come, and since when they do not.

    Times are seconds of a clock that does not jump. :meth:`heard` may be called in another thread
    than all else.
    """

    def __init__(self) -> None:
        """Listen to nothing yet."""
        # How long this camera may be silent.
        self.patience = LOST_AFTER_S
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        # It has sent one picture after the other, as a camera does and a map does not.
        self._flows = False
        self._began: float | None = None
        self._last: float | None = None

    def begin(self, now: float) -> None:
        """Listen from now on; what is known of the rhythm remains."""
        self._began, self._last = now, None

    def end(self) -> None:
        """Listen no more."""
        self._began = None

    def heard(self, now: float) -> None:
        """Take a picture."""
        last = self._last
        if last is not None:
            self._gaps.append(now - last)
            median = sorted(self._gaps)[len(self._gaps) // 2]
            self._flows = len(self._gaps) == _GAPS and median < LOST_AFTER_S
            self.patience = min(max(LOST_AFTER_S, _PERIODS * median), LONGEST_S)
        self._last = now

    def state(self, now: float, kept: bool) -> tuple[str, float]:
        """
        Return ``waiting``, ``live``, ``still`` or ``lost``, and for how long without a picture.

        :param kept: the last picture is meant to stay until another one is published
        """
        began, last = self._began, self._last
        if began is None:
            return 'waiting', 0.0
        if last is None:
            return 'waiting', now - began
        if kept and not self._flows:
            return 'still', now - last
        return ('live', 0.0) if now - last < self.patience else ('lost', now - last)
