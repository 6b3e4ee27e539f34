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

"""How much a viewer's path takes, from what the viewer reports, and how much the robot takes."""

from .clock import boot_time, Clock

_CLEAN, _BAD = 0.02, 0.10
# What is sent is measured over a second and varies: an estimate this far below it is meant.
_OVERUSE = 0.85
# Browsers report about three times a second.
_QUIET_S = 1.0
_RAMP_S = 5.0


class RateEstimate:
    """
    Starts low, doubles every second on a clean path, backs off on loss and overuse.

    :param start: bit/s at the start
    :param low: never less, bit/s
    :param high: never more, bit/s
    """

    def __init__(self, start: int, low: int, high: int, clock: Clock = boot_time) -> None:
        """Start at ``start``."""
        self.bitrate = float(min(start, high))
        self.fraction_lost = 0.0
        # May be moved while running, as cameras come and go.
        self.high = high
        self._low = low
        self._clock = clock
        self._last = self._began = clock()
        self._backed_off = False

    @property
    def ramping(self) -> bool:
        """Tell whether the path's rate is still being found out for the first time."""
        return not self._backed_off and self.bitrate < self.high and (
            self._clock() - self._began < _RAMP_S)

    @property
    def quiet(self) -> bool:
        """Tell whether reports have stopped: the viewer may be gone."""
        return self._clock() - self._last > _QUIET_S

    def on_report(self, fraction_lost: float) -> None:
        """Take a receiver report: the share of packets lost since the last one, 0 to 1."""
        now = self._clock()
        # Silence tells nothing about the path: only reported time counts for growth.
        dt = min(now - self._last, 0.5)
        self._last = now
        self.fraction_lost = fraction_lost
        if fraction_lost > _BAD:
            self._backed_off = True
            self._set(self.bitrate * (1 - fraction_lost / 2))
        elif fraction_lost < _CLEAN:
            self._set(self.bitrate * 2 ** dt)

    def on_remb(self, bitrate: float, sent: float) -> None:
        """
        Take a receiver's estimate (draft-alvestrand-rmcat-remb), in bit/s.

        Browsers never estimate much more than they receive, so an estimate above what is being
        sent says nothing; one below it is a sign of overuse.
        """
        if bitrate < _OVERUSE * sent:
            self._backed_off = True
            self._set(min(self.bitrate, 0.9 * bitrate))

    def _set(self, bitrate: float) -> None:
        self.bitrate = max(self._low, min(self.high, bitrate))


class RateLimit:
    """
    A token bucket.

    :param rate: how many a second, in the long run
    :param burst: how many at once
    """

    def __init__(self, rate: float = 50.0, burst: float = 100.0,
                 clock: Clock = boot_time) -> None:
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
