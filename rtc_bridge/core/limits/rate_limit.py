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

"""Limits of rates: a token bucket, and a throttle that keeps events evenly spaced."""

from ..clock import boot_time, Clock


class RateLimiter:
    """
    A token bucket: ``burst`` tokens at first, refilled at ``rate``.

    :param rate: tokens per second
    :param burst: most tokens that the bucket holds
    """

    def __init__(self, rate: float, burst: float, clock: Clock = boot_time) -> None:
        self._rate = rate
        self._burst = self._tokens = burst
        self._clock = clock
        self._last_refill = clock()

    def allow(self) -> bool:
        """Take one token; return whether there was one."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def set_rate(self, rate: float, burst: float) -> None:
        """Refill at another rate from now on, up to another number of tokens."""
        self._refill()
        self._rate, self._burst = rate, burst

    def spend(self, cost: float) -> float:
        """
        Take ``cost`` tokens even if the bucket lacks them; return the seconds to pause.

        For data that is slowed down, not refused: TCP's flow control makes the sender wait.
        """
        self._refill()
        self._tokens -= cost
        return max(0.0, -self._tokens / self._rate)

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last_refill) * self._rate)
        self._last_refill = now


class Throttle:
    """Passes evenly spaced events, at most a given number per second."""

    # Share of the period by which an event may be early: a source's jitter must not halve its
    # rate.
    _JITTER = 0.1

    def __init__(self) -> None:
        self._next_due = float('-inf')

    def passes(self, now: float, rate: float) -> bool:
        """
        Return whether an event may pass.

        :param now: seconds
        :param rate: most events per second
        """
        period = 1 / rate
        if now < self._next_due - self._JITTER * period:
            return False
        self._next_due = max(self._next_due + period, now)
        return True
