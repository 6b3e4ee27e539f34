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

"""When images of one transport come: how often, and whether some are lost on their way."""

from collections import deque

# Seconds without an image after which the next transport is listened to, too.
SILENCE_S = 2.0
# Intervals that a slow camera may be silent, and the most seconds of that.
_INTERVALS, _MAX_SILENCE_S = 3.0, 60.0
# Images that rates are taken of, and how old they may be, in seconds.
_SAMPLES, _WINDOW_S = 40, 5.0
# Images are lost on their way if less than this share of what their stamps promise arrives. The
# promise is the interval below which this share of the intervals is.
_LOSING_SHARE, _PROMISE_QUANTILE, _PROMISE_SAMPLES = 0.6, 0.15, 12


class Arrivals:
    """When images of one transport came, since it is listened to; seconds of one clock."""

    def __init__(self, since: float) -> None:
        self.since = since
        # When the newest one came, or listening began.
        self._last = since
        self.times: deque[float] = deque(maxlen=_SAMPLES)
        self._stamps: deque[float] = deque(maxlen=_SAMPLES)
        self._numbers: deque[int] = deque(maxlen=_SAMPLES)
        # Since when they come without a longer silence.
        self.streak_began = since

    def add(self, now: float, stamp: float | None, number: int | None) -> None:
        """Note an image; stamp and number are as in :meth:`TransportChoice.heard`."""
        # Most intervals are too short for any silence: their median need not be taken.
        if now - self._last >= SILENCE_S and self.is_silent(now):
            self.streak_began = now
        self._last = now
        self.times.append(now)
        if stamp is not None:
            self._stamps.append(stamp)
        if number is not None:
            self._numbers.append(number)

    def is_silent(self, now: float) -> bool:
        """Tell whether none has come for too long."""
        timeout = SILENCE_S
        if len(self.times) > 1:
            gaps = sorted(b - a for a, b in zip(self.times, list(self.times)[1:]))
            timeout = min(max(SILENCE_S, _INTERVALS * gaps[len(gaps) // 2]), _MAX_SILENCE_S)
        return now - self._last >= timeout

    def rate(self, now: float) -> float:
        """Return how many come in a second, of late; 0 if too few have come to tell."""
        recent = [time for time in self.times if now - time <= _WINDOW_S]
        if len(recent) < 2:
            return 0.0
        return (len(recent) - 1) / max(now - recent[0], 1e-3)

    def loses(self, now: float) -> bool:
        """Tell whether fewer arrive than their numbers count or their stamps promise."""
        if self.is_silent(now):
            return False
        numbers = list(self._numbers)
        steps = [b - a for a, b in zip(numbers, numbers[1:])]
        if len(steps) >= _PROMISE_SAMPLES:
            # Those of several publishers go up and down, and tell nothing; nor do their stamps.
            return min(steps) > 0 and len(steps) < _LOSING_SHARE * sum(steps)
        stamps = list(self._stamps)
        gaps = sorted(b - a for a, b in zip(stamps, stamps[1:]) if b > a)
        if len(gaps) < _PROMISE_SAMPLES:
            return False
        promised = 1 / max(gaps[int(len(gaps) * _PROMISE_QUANTILE)], 1e-3)
        return 0 < self.rate(now) < _LOSING_SHARE * promised
