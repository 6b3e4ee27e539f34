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

"""How often something may happen."""

from ..clock import boot_time, Clock


class RateLimit:
    """
    A token bucket.

    :param rate: how many a second, in the long run
    :param burst: how many at once
    """

    def __init__(self, rate: float, burst: float, clock: Clock = boot_time) -> None:
        """Start full."""
        self._rate = rate
        self._burst = self._tokens = burst
        self._clock = clock
        self._last = clock()

    def allow(self) -> bool:
        """Tell whether one more is within the limit, and count it if so."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def spend(self, cost: float) -> float:
        """
        Take some tokens, be there as many or not; return for how many seconds to pause then.

        For what is not refused but slowed down, as the sender waits by the flow control of TCP.
        """
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate) - cost
        self._last = now
        return max(0.0, -self._tokens / self._rate)


class Pace:
    """Thins events out to a rate, evenly."""

    def __init__(self) -> None:
        """Let the first one through."""
        self._due = float('-inf')

    def due(self, now: float, rate: float) -> bool:
        """Tell whether an event at ``now`` seconds is one of ``rate`` a second at most."""
        period = 1 / rate
        # A tenth of the period is left to jitter.
        if now < self._due - 0.1 * period:
            return False
        self._due = max(self._due + period, now)
        return True
