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

"""How many of a camera's images are lost on their way to the bridge, by their numbers."""

from collections import deque
from dataclasses import dataclass

# Seconds that are looked at together: shorter, and a single hiccup of the host would count.
_WINDOW_S = 5.0
# What has to be lost in such a time to be worth telling: images, and their share.
_MIN_LOST, _MIN_SHARE = 5, 0.2
# Numbers further apart are of another publisher, or of one that started anew.
_MAX_GAP = 10_000
# How often numbers go back, and within how many seconds, when several publishers take turns: one
# that starts anew goes back once.
_MIN_RETURNS, _RETURNS_WITHIN_S = 5, 10.0


@dataclass(frozen=True)
class Losses:
    """
    What was lost within some seconds.

    :ivar sent: images, of which ``lost`` did not arrive
    :ivar image_bytes: size of one message
    """

    lost: int
    sent: int
    image_bytes: int
    seconds: float


class ArrivalLosses:
    """
    Counts gaps in the numbers that one publisher's middleware gives its messages.

    A camera whose rate changes, or that drops images itself, has no gaps: what it did not publish
    has no number. One thread calls :meth:`on_message`; any thread may read.
    """

    def __init__(self) -> None:
        self._newest: Losses | None = None
        self._last: int | None = None
        self._began: float | None = None
        self._received = self._missing = self._bytes = 0
        # When numbers went back.
        self._returns: deque[float] = deque(maxlen=_MIN_RETURNS)

    def restart(self) -> None:
        """Forget all: another subscription, or another publisher."""
        self._newest = self._last = self._began = None
        self._returns.clear()

    def on_message(self, number: int | None, size: int, now: float) -> None:
        """
        Note a message.

        :param number: that its publisher's middleware gave it, one more for each message;
            ``None`` if that is not known
        :param size: in bytes
        :param now: in seconds
        """
        last, self._last = self._last, number
        if number is not None and last is not None and number <= last:
            self._returns.append(now)
        if number is None or last is None or not 0 < number - last <= _MAX_GAP:
            self._began = None
            return
        # Another thread may restart meanwhile.
        began = self._began
        if began is None:
            self._began = began = now
            self._received = self._missing = self._bytes = 0
        self._received += 1
        self._missing += number - last - 1
        self._bytes += size
        seconds = now - began
        if seconds >= _WINDOW_S:
            self._newest = Losses(self._missing, self._missing + self._received,
                                  self._bytes // self._received, seconds)
            self._began = None

    def takes_turns(self, now: float) -> bool:
        """Tell whether images of several publishers come in turn, each with its own numbers."""
        returns = list(self._returns)
        return len(returns) == _MIN_RETURNS and now - returns[0] <= _RETURNS_WITHIN_S

    def worth_telling(self, max_fps: float) -> Losses | None:
        """
        Return what was lost in the last full time, ``None`` if a person would hardly see it.

        :param max_fps: images a second that are shown at most
        """
        newest = self._newest
        if newest is None or newest.lost < _MIN_LOST or newest.lost < _MIN_SHARE * newest.sent:
            return None
        arrived = (newest.sent - newest.lost) / newest.seconds
        return newest if arrived < (1 - _MIN_SHARE) * max_fps else None
