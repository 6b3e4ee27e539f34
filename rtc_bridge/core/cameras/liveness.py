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
# Even a slow camera is lost after this, in seconds: the slowest whose period is learnt sends an
# image in 100 s.
MAX_SILENCE_TIMEOUT_S = 300.0
# Intervals that a slow camera may be silent: it may leave out two images.
_INTERVALS = 3.0
# Intervals that the median is taken of, and from how many short ones on a camera is fast: before
# that, it may have sent a few images at once and send the next ones in a minute.
_SAMPLES, _MIN_SAMPLES = 5, 3
# Seconds between two images from which on each of them is shown as a picture that stands still.
STILL_INTERVAL_S = 2.0
# Images that come within so many seconds are one event: their interval is that of the transport.
_BURST_S = 0.02


class Liveness:
    """
    How often images come, and since when they do not.

    Times are seconds of a clock that does not jump. The thread of the images calls :meth:`heard`,
    the event loop all else.

    :ivar silence_timeout: for how many seconds this camera may be silent
    :ivar heard_since: when the first image after :meth:`begin` came, ``None`` before it
    :ivar heard_at: when the newest one after it came, ``None`` before the first
    :ivar flows: images come one after the other, as a camera's do and a map's do not
    """

    def __init__(self) -> None:
        self.silence_timeout = MAX_SILENCE_TIMEOUT_S
        self.flows = False
        self.heard_since: float | None = None
        self.heard_at: float | None = None
        # Median of the intervals in seconds, ``None`` while too few are known.
        self._interval: float | None = None
        self._intervals: deque[float] = deque(maxlen=_SAMPLES)
        # Since when images are expected, when the last one of these came, and when the first one
        # of those that came together with it did.
        self._began: float | None = None
        self._last: float | None = None
        self._event: float | None = None

    def begin(self, now: float, kept: float | None = None) -> None:
        """
        Expect images from now on; what is known of their intervals remains.

        :param kept: when the image had come that is shown meanwhile, ``None`` if none is
        """
        self._began, self._last, self._event = now, kept, None
        self.heard_since = self.heard_at = None

    def end(self) -> None:
        """Expect no more images."""
        self._began = None

    def heard(self, now: float) -> None:
        """Note an image."""
        event = self._event
        self._last = self.heard_at = now
        if self.heard_since is None:
            self.heard_since = now
        if event is not None and now - event < _BURST_S:
            return
        self._event = now
        if event is None:
            return
        self._intervals.append(now - event)
        median = sorted(self._intervals)[len(self._intervals) // 2]
        slow = median >= SILENCE_TIMEOUT_S
        known = slow or len(self._intervals) >= _MIN_SAMPLES
        self._interval = median if known else None
        self.flows = len(self._intervals) == _SAMPLES and not slow
        self.silence_timeout = min(max(SILENCE_TIMEOUT_S, _INTERVALS * median),
                                   MAX_SILENCE_TIMEOUT_S) if known else MAX_SILENCE_TIMEOUT_S

    def state(self, now: float, stays: bool) -> tuple[str, float]:
        """
        Return ``waiting``, ``live``, ``still`` or ``lost``, and the seconds without an image.

        A camera of which too little is known, or whose images come seldom, is ``still`` between
        two of them: its last picture is shown with its age.

        :param stays: the publisher means its last image to stay until it publishes another one
        """
        began, last = self._began, self._last
        if began is None:
            return 'waiting', 0.0
        if last is None:
            return 'waiting', now - began
        silence = now - last
        if stays and not self.flows:
            return 'still', silence
        if now - max(began, last) >= self.silence_timeout:
            return 'lost', silence
        if self._interval is None:
            return ('live', 0.0) if silence < SILENCE_TIMEOUT_S else ('still', silence)
        return ('still', silence) if self.is_seldom or last < began else ('live', 0.0)

    @property
    def is_seldom(self) -> bool:
        """Tell whether images are known to come seldom, so that each is shown with its age."""
        return self._interval is not None and self._interval >= STILL_INTERVAL_S

    @property
    def keeps_last(self) -> bool:
        """Tell whether the last image is worth being kept: the next one may come late."""
        return self._last is not None and (self._interval is None or self.is_seldom)

    @property
    def slow_timeout(self) -> float:
        """Return for how many seconds a slow camera may be silent, 0 if it is not slow."""
        is_slow = self._interval is not None and self.silence_timeout > SILENCE_TIMEOUT_S
        return self.silence_timeout if is_slow else 0.0
