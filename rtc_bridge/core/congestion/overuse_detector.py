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

"""Whether packets queue up on a viewer's path, from its round trips."""

from collections import deque

# The delay-based part of congestion control, after draft-ietf-rmcat-gcc-02, section 5: there from
# the arrival times of packets, here from round trips, for viewers that do not tell these.

# Seconds of queue that are our doing: a frame of 1/30 s is sent at once and waits for itself.
_MIN_THRESHOLD_S = 0.02
# The threshold adapts to the path (section 5.4): on one whose round trips vary by themselves, a
# queue may be longer by this multiple of their mean change, so that Wi-Fi is no overuse.
_JITTER_FACTOR = 1.5
# Seconds that one change of the round trip counts for at most: a single outlier, such as a busy
# host, must not raise the threshold.
_MAX_CHANGE_S = 0.05
# Weight of a new change in their mean: ten round trips count, two seconds of them.
_JITTER_WEIGHT = 0.1
# Round trips in a row that have to be late: one late answer is chance.
_LATE_SAMPLES = 2
# Seconds over which the shortest round trip is that of the path without a queue, as in BBR
# (draft-cardwell-iccrg-bbr-congestion-control: RTpropFilterLen). A queue of other traffic that
# lasts longer becomes part of the path.
_BASE_WINDOW_S = 10.0
# Seconds by which a queue has to shrink from one round trip to the next to be draining.
_DRAINING_S = 0.01
# Seconds that are assumed between the first two round trips, and between any two at least: two
# answers at once are no jump of the queue.
_ROUND_TRIP_INTERVAL_S, _MIN_INTERVAL_S = 0.2, 0.05
# Seconds per second by which a queue can be said to fill: more is an outlier.
_MAX_FILLING = 3.0


class OveruseDetector:
    """
    Keeps the round trips of the last seconds, and the queue that they tell of.

    All times are seconds.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()
        self._jitter = 0.0

    def add(self, now: float, rtt: float) -> None:
        """Take a round trip."""
        if self._samples:
            change = min(abs(rtt - self._samples[-1][1]), _MAX_CHANGE_S)
            self._jitter += _JITTER_WEIGHT * (change - self._jitter)
        self._samples.append((now, rtt))
        while now - self._samples[0][0] > _BASE_WINDOW_S:
            self._samples.popleft()

    @property
    def base_rtt(self) -> float:
        """Return the round trip without a queue, 0 before the first."""
        return min((rtt for _, rtt in self._samples), default=0.0)

    @property
    def threshold(self) -> float:
        """Return from which length on a queue is overuse."""
        return _MIN_THRESHOLD_S + _JITTER_FACTOR * self._jitter

    def queue(self, single: bool = False) -> float:
        """
        Return how long packets wait on the path.

        :param single: the newest round trip is believed alone, as much is lost at the same time
        """
        if len(self._samples) < _LATE_SAMPLES:
            return 0.0
        late = 1 if single else _LATE_SAMPLES
        return min(self._samples[-n][1] for n in range(1, late + 1)) - self.base_rtt

    def is_filling(self, before: float, queue: float) -> bool:
        """Tell whether a queue does not drain, given its length at the last round trip."""
        return queue > before - _DRAINING_S

    def filling_rate(self, now: float, before: float, queue: float) -> float:
        """Return by how many seconds per second the queue has grown since the last round trip."""
        since = self._samples[-2][0] if len(self._samples) > 1 else now - _ROUND_TRIP_INTERVAL_S
        return min(max(0.0, queue - before) / max(now - since, _MIN_INTERVAL_S), _MAX_FILLING)
