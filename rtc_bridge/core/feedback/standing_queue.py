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

"""How long every packet waits on a viewer's path: the queue that does not drain between frames."""

from collections import deque

from .packet_groups import BURST_TIME_S

# Seconds of sending over which the shortest time on the way is taken, and the bursts that they
# have at least. The first packet of a frame finds only what earlier frames have left: three frames
# of 30 a second, none of which got through without a wait.
_RECENT_S, _MIN_BURSTS = 0.1, 3
# Seconds for which jitter seldom holds packets back. On a path that has become narrow each burst
# waits for longer than the one before, so two that wait for longer than this are enough. What was
# held back and comes at once waits the shorter the later it was sent; it shows in bursts that are
# apart by so many seconds.
_LONG_S, _APART_S = 0.09, 0.025
# Seconds for which the shortest of these is the way without a queue: a queue that is always there
# is that of other traffic, or a longer way. Clocks that run apart by 100 millionths gain 1 ms.
_BASE_WINDOW_S = 10.0
# Entries of the window, each the shortest of a part of it.
_PARTS = 20
# Weight of a change in the mean change, and the largest one that counts: more is a queue.
_JITTER_WEIGHT, _MAX_CHANGE_S = 0.05, 0.05
# Seconds of queue that are seen anywhere: of a busy host and a frame's own burst. Mean changes
# above that which are still jitter.
_MIN_THRESHOLD_S, _JITTER_FACTOR = 0.015, 1.5


class StandingQueue:
    """
    Finds the queue in the times that packets are on their way.

    Single packets that come late say nothing: random delays leave the shortest of several times
    where it is, a queue moves it. Clocks of both sides need not agree.
    """

    def __init__(self) -> None:
        # Send time and shortest way of the last bursts, in seconds.
        self._bursts: deque[tuple[float, float]] = deque()
        # Begin and shortest of the shortest ways, of parts of the window.
        self._parts: deque[tuple[float, float]] = deque()
        self._jitter = 0.0
        self._way: float | None = None

    def add(self, sent_at: float, way: float) -> None:
        """
        Take a packet, in the order of sending.

        :param sent_at: in seconds
        :param way: arrival less send time, in seconds; of clocks that differ by any constant
        """
        bursts = self._bursts
        if bursts and sent_at - bursts[-1][0] < BURST_TIME_S:
            if way < bursts[-1][1]:
                bursts[-1] = bursts[-1][0], way
        else:
            bursts.append((sent_at, way))
        while len(bursts) > _MIN_BURSTS and sent_at - bursts[0][0] > _RECENT_S:
            bursts.popleft()
        if len(bursts) >= _MIN_BURSTS:
            way = min(way for _, way in bursts)
            growing = self._growing()
            if self._parts and growing - self._base > _LONG_S:
                way = growing
            self._note(sent_at, way)

    def _growing(self) -> float:
        """Return the way of a burst before the newest, if that waits longer; or -infinity."""
        newest_at, newest = self._bursts[-1]
        before = next((way for sent_at, way in reversed(self._bursts)
                       if newest_at - sent_at >= _APART_S), newest)
        return before if before < newest else float('-inf')

    def _note(self, now: float, way: float) -> None:
        if self._way is not None:
            change = min(abs(way - self._way), _MAX_CHANGE_S)
            self._jitter += _JITTER_WEIGHT * (change - self._jitter)
        self._way = way
        parts = self._parts
        if parts and now - parts[-1][0] < _BASE_WINDOW_S / _PARTS:
            if way < parts[-1][1]:
                parts[-1] = parts[-1][0], way
        else:
            parts.append((now, way))
        while now - parts[0][0] > _BASE_WINDOW_S:
            parts.popleft()

    @property
    def length(self) -> float:
        """Return for how many seconds packets wait, 0 while that is not known."""
        if self._way is None:
            return 0.0
        return self._way - self._base

    @property
    def _base(self) -> float:
        """Return the time on the way without a queue, in seconds."""
        return min(way for _, way in self._parts)

    @property
    def threshold(self) -> float:
        """Return from which length on it is a queue, in seconds."""
        return _MIN_THRESHOLD_S + _JITTER_FACTOR * self._jitter
