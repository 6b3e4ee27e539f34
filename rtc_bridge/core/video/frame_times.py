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

"""
When frames were captured, and when the frames that a viewer was sent had arrived.

Times are seconds of the boot-time clock (``core.clock``). An RTP timestamp is the 32-bit number on
the wire (RFC 3550, section 5.1), which viewers use to name a frame.
"""

from collections import deque, OrderedDict
from dataclasses import dataclass
from statistics import median

# Ages in seconds that a stamp may give a frame on arrival. Older stamps are those of another
# clock or of a recording; clocks of two processes or hosts disagree by some milliseconds, which
# can make a stamp slightly younger than its frame.
_MAX_AGE_S, _MAX_CLOCK_ERROR_S = 10.0, 0.05
# Frames that the median is taken of: half a second at 30 frames a second. The median ignores the
# few frames that the middleware delayed; a mean would not.
_SAMPLES = 15
# Frames that are remembered for one slot: four seconds at 30 a second, one at 120. The driver's
# acknowledgement of a frame (``teleop.max_frame_age``) refers to one of them.
_REMEMBERED = 128


@dataclass(frozen=True)
class CaptureTime:
    """
    When a frame was captured.

    :ivar rtp_timestamp: the frame's RTP timestamp
    :ivar time: in seconds, from the camera's stamp if ``by_camera``, otherwise the time of arrival
    """

    rtp_timestamp: int
    time: float
    by_camera: bool


class CaptureDelay:
    """
    The delay from capture to arrival of one camera's frames, by the stamps in their messages.

    One thread calls :meth:`add`; any thread may read.
    """

    def __init__(self) -> None:
        self._ages: deque[float] = deque(maxlen=_SAMPLES)

    @property
    def seconds(self) -> float | None:
        """Return the median delay; ``None`` if stamps are missing or of another clock."""
        ages = tuple(self._ages)
        return median(ages) if ages else None

    def add(self, age: float | None) -> None:
        """
        Add a frame.

        :param age: seconds from its stamp to its arrival, ``None`` if it has no usable stamp
        """
        if age is None or not -_MAX_CLOCK_ERROR_S <= age <= _MAX_AGE_S:
            self._ages.clear()
        else:
            self._ages.append(max(age, 0.0))

    def capture_time(self, rtp_timestamp: int, arrival: float) -> CaptureTime:
        """
        Return when a frame was captured.

        :param arrival: when it arrived at the robot, in seconds
        """
        delay = self.seconds
        return CaptureTime(rtp_timestamp, arrival - (delay or 0.0), delay is not None)


class SentFrames:
    """When the newest frames of one slot arrived at the robot, by their RTP timestamps."""

    def __init__(self) -> None:
        self._arrivals: OrderedDict[int, float] = OrderedDict()

    def add(self, rtp_timestamp: int, arrival: float) -> None:
        """
        Remember a frame that was sent; a frame that is sent again keeps its first arrival.

        :param arrival: when it arrived at the robot, in seconds
        """
        self._arrivals.setdefault(rtp_timestamp, arrival)
        if len(self._arrivals) > _REMEMBERED:
            self._arrivals.popitem(last=False)

    def arrival(self, rtp_timestamp: int | None) -> float | None:
        """Return when a frame arrived at the robot; ``None`` if it was not sent of late."""
        return None if rtp_timestamp is None else self._arrivals.get(rtp_timestamp)

    def clear(self) -> None:
        """Forget all frames, as the slot shows another camera now."""
        self._arrivals.clear()
