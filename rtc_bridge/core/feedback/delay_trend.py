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

"""Whether the time that packets are on their way grows: the trendline filter and its threshold."""

from collections import deque
from enum import Enum

# Groups of packets that the line is laid through; weight of what was before in the smoothed delay;
# factor between the slope and the threshold, and the number of groups beyond which a line gets no
# more credible. These are libwebrtc's (TrendlineEstimator): the draft has a Kalman filter here,
# which libwebrtc has given up for the line.
_WINDOW, _SMOOTHING, _GAIN, _MAX_GROUPS = 20, 0.9, 4.0, 60
# Milliseconds, of the slope times gain and groups: the threshold at first, its bounds, and how far
# above it a value is a jump that says nothing of the jitter (draft-ietf-rmcat-gcc-02, section 5.4:
# del_var_th and the bound of 15).
_THRESHOLD, _MIN_THRESHOLD, _MAX_THRESHOLD, _MAX_ABOVE = 12.5, 6.0, 600.0, 15.0
# Share by which the threshold follows per millisecond, upwards and downwards (section 5.4: K_u and
# K_d; the values are libwebrtc's for the line), and the longest time that counts for it at once.
_FOLLOW_UP, _FOLLOW_DOWN, _MAX_FOLLOW_MS = 0.0087, 0.039, 100.0
# Seconds for which a slope stands above the threshold before it is overuse (section 5.4:
# overuse_time_th).
_OVERUSE_TIME_S = 0.01


class Usage(Enum):
    """What the delays tell of a path (draft-ietf-rmcat-gcc-02, section 5.4)."""

    NORMAL = 'normal'
    OVERUSE = 'overuse'


class DelayTrend:
    """
    Lays a line through the smoothed delays of the last groups.

    :ivar usage: by the newest group
    :ivar slope: by how many seconds the delay grows per second
    """

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self.slope = 0.0
        # Arrival and smoothed delay, in seconds since the first group.
        self._points: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._began: float | None = None
        self._delay = self._smoothed = 0.0
        self._groups = 0
        self._threshold = _THRESHOLD
        self._updated = 0.0
        # For how long the slope has stood above the threshold, and over how many groups.
        self._above_s, self._above = 0.0, 0

    def add(self, variation: float, arrived_at: float) -> Usage:
        """
        Take what a group of packets tells; see :class:`DelayVariation` for the arguments.

        :return: what the path's delays tell now
        """
        if self._began is None:
            self._began = self._updated = arrived_at
        since = arrived_at - self._updated
        self._updated = arrived_at
        self._groups = min(self._groups + 1, _MAX_GROUPS)
        self._delay += variation
        self._smoothed = _SMOOTHING * self._smoothed + (1 - _SMOOTHING) * self._delay
        self._points.append((arrived_at - self._began, self._smoothed))
        before = self.slope
        if len(self._points) == _WINDOW:
            self.slope = _slope(self._points)
        self._detect(before, since)
        return self.usage

    def _detect(self, before: float, since: float) -> None:
        """Compare the slope with the threshold, and let that follow the jitter."""
        # A slope of 1 s/s is 1 ms/ms: the threshold's milliseconds are those of the draft.
        value = self.slope * self._groups * _GAIN
        if value > self._threshold:
            self._above_s += since
            self._above += 1
            if self._above_s > _OVERUSE_TIME_S and self._above > 1 and self.slope >= before:
                self._above_s, self._above = 0.0, 0
                self.usage = Usage.OVERUSE
        else:
            self._above_s, self._above = 0.0, 0
            self.usage = Usage.NORMAL
        if abs(value) <= self._threshold + _MAX_ABOVE:
            factor = _FOLLOW_DOWN if abs(value) < self._threshold else _FOLLOW_UP
            self._threshold += factor * (abs(value) - self._threshold) * min(
                max(0.0, since * 1000), _MAX_FOLLOW_MS)
            self._threshold = min(max(self._threshold, _MIN_THRESHOLD), _MAX_THRESHOLD)


def _slope(points: deque[tuple[float, float]]) -> float:
    """Return the slope of the line of least squares, 0 where all points have one time."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    square = sum((x - mean_x) ** 2 for x, _ in points)
    if not square:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / square
