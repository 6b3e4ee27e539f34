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

"""Whether a camera's silence means that it is lost, judged by the intervals of its images."""

from collections import deque

# Seconds of silence after which a camera is lost, unless its images are known to come more slowly;
# a driver must not take an old picture for a live one.
SILENCE_TIMEOUT_S = 1.0
# Even a slow camera is lost after this, in seconds.
MAX_SILENCE_TIMEOUT_S = 10.0
# Intervals that a slow camera may be silent: it may leave out two images.
_INTERVALS = 3.0
# Intervals that the median is taken of.
_SAMPLES = 5


class Liveness:
    """
    How often images come, and since when they do not.

    Times are seconds of a clock that does not jump. The thread of the images calls :meth:`heard`,
    the event loop all else.

    :ivar silence_timeout: for how many seconds this camera may be silent
    :ivar flows: images come one after the other, as a camera's do and a map's do not
    """

    def __init__(self) -> None:
        self.silence_timeout = SILENCE_TIMEOUT_S
        self.flows = False
        self._intervals: deque[float] = deque(maxlen=_SAMPLES)
        # Since when images are expected, and when the last one of these came.
        self._began: float | None = None
        self._last: float | None = None

    def begin(self, now: float) -> None:
        """Expect images from now on; what is known of their intervals remains."""
        self._began, self._last = now, None

    def end(self) -> None:
        """Expect no more images."""
        self._began = None

    def heard(self, now: float) -> None:
        """Note an image."""
        last = self._last
        if last is not None:
            self._intervals.append(now - last)
            median = sorted(self._intervals)[len(self._intervals) // 2]
            self.flows = len(self._intervals) == _SAMPLES and median < SILENCE_TIMEOUT_S
            self.silence_timeout = min(max(SILENCE_TIMEOUT_S, _INTERVALS * median),
                                       MAX_SILENCE_TIMEOUT_S)
        self._last = now

    def state(self, now: float, stays: bool) -> tuple[str, float]:
        """
        Return ``waiting``, ``live``, ``still`` or ``lost``, and the seconds without an image.

        :param stays: the publisher means its last image to stay until it publishes another one
        """
        began, last = self._began, self._last
        if began is None:
            return 'waiting', 0.0
        if last is None:
            return 'waiting', now - began
        if stays and not self.flows:
            return 'still', now - last
        silence = now - last
        return ('live', 0.0) if silence < self.silence_timeout else ('lost', silence)

    @property
    def slow_timeout(self) -> float:
        """Return for how many seconds a slow camera may be silent, 0 if it is not slow."""
        return self.silence_timeout if self.silence_timeout > SILENCE_TIMEOUT_S else 0.0
