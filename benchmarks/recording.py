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

"""What one viewer saw, over time: figures of any part of it."""

from collections import Counter
from dataclasses import dataclass
import statistics

# Seconds without a new picture from which on people see that it stands still.
FROZEN_S = 0.2


@dataclass(frozen=True)
class Sample:
    """What Chromium had received, in bytes, and decoded at a moment of the wall clock, in s."""

    at: float
    received: int
    decoded: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Recording:
    """
    A viewer's pictures and samples, in the order of time.

    :param frames: when each was shown, in s of the wall clock, and how long after its stamp, in ms
    :param samples: of ``getStats``
    """

    frames: list[tuple[float, float]]
    samples: list[Sample]

    def fps(self, since: float, until: float) -> float:
        """Return how many pictures a second were shown."""
        return len(self._shown(since, until)) / (until - since)

    def delay(self, percent: int, since: float, until: float) -> float:
        """Return a percentile of the delay in ms; infinite if nothing was shown."""
        return percentile([d for _, d in self._shown(since, until)], percent)

    def freeze(self, since: float, until: float) -> float:
        """Return the longest time without a new picture, in ms."""
        return 1000 * max(self._gaps(since, until))

    def frozen(self, since: float, until: float) -> float:
        """Return the sum of all times above 200 ms without a new picture, in ms."""
        return 1000 * sum(gap for gap in self._gaps(since, until) if gap > FROZEN_S)

    def _gaps(self, since: float, until: float) -> list[float]:
        times = [since, *(t for t, _ in self._shown(since, until)), until]
        return [b - a for a, b in zip(times, times[1:])]

    def kbit(self, since: float, until: float) -> float:
        """Return the rate received in kbit/s, headers not counted."""
        return self._rate('received', since, until) * 8 / 1000

    def decoded(self, since: float, until: float) -> float:
        """Return how many pictures a second were decoded; late ones may be shown too shortly."""
        return self._rate('decoded', since, until)

    def _rate(self, name: str, since: float, until: float) -> float:
        within = [s for s in self.samples if since <= s.at <= until]
        if len(within) < 2:
            return 0.0
        first, last = within[0], within[-1]
        return (getattr(last, name) - getattr(first, name)) / (last.at - first.at)

    def reached(self, kbit: float, since: float) -> float:
        """Return how long after ``since`` the rate of a second was so high; infinite if never."""
        for sample in self.samples:
            if sample.at >= since + 1 and self.kbit(sample.at - 1, sample.at) >= kbit:
                return sample.at - since
        return float('inf')

    def size(self, since: float, until: float) -> tuple[int, int]:
        """Return the size that was shown for most of the time."""
        sizes = Counter(s.size for s in self.samples if since <= s.at <= until)
        return sizes.most_common(1)[0][0] if sizes else (0, 0)

    def _shown(self, since: float, until: float) -> list[tuple[float, float]]:
        return [(t, d) for t, d in self.frames if since <= t <= until]


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile by linear interpolation; infinite if there are no values."""
    if len(values) < 2:
        return values[0] if values else float('inf')
    return statistics.quantiles(values, n=100, method='inclusive')[percent - 1]
