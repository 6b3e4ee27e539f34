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

"""When pictures were taken, by their own stamps."""

from collections import deque
from dataclasses import dataclass
from statistics import median

# What is older is a stamp of another clock, or of a recording.
_OLDEST_S = 10.0
# Stamps are made and read on clocks that are a little apart.
_AHEAD_S = 0.05
# Enough of the last ones; a mean would tell more of the few that were held up than of the others.
_KEPT = 15


@dataclass(frozen=True)
class Stamp:
    """
    When a picture was taken.

    ``rtp`` is its timestamp on the wire, ``time`` the boot-time clock in seconds: ``by_camera`` by
    the camera's stamp, else when it arrived here.
    """

    rtp: int
    time: float
    by_camera: bool


class CaptureAge:
    """
    How old a camera's pictures are when they arrive, by their own stamps.

    Filled by one thread, and asked by another.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._ages: deque[float] = deque(maxlen=_KEPT)

    @property
    def seconds(self) -> float | None:
        """
        Return the median of the last ones.

        It is ``None`` where stamps say nothing: none are set, or not by this host's clock.
        """
        ages = tuple(self._ages)
        return median(ages) if ages else None

    def note(self, age: float | None) -> None:
        """Take a picture's age in seconds on arrival by its stamp, ``None`` if it has none."""
        if age is None or not -_AHEAD_S <= age <= _OLDEST_S:
            self._ages.clear()
        else:
            self._ages.append(max(age, 0.0))

    def stamp(self, rtp: int, arrived: float) -> Stamp:
        """Return when a picture was taken that came at ``arrived``, and is ``rtp`` on the wire."""
        age = self.seconds
        return Stamp(rtp, arrived - (age or 0.0), age is not None)
