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


class SentFrameTimes:
    """
    The times of the newest frames that were sent in one slot, by their RTP timestamps.

    aiortc adds an offset of its own to timestamps, so that of a frame is known only after the
    frame was sent.

    :ivar first: RTP timestamp of the first frame that was sent since :meth:`restart`: a viewer
        that shows an older one shows another camera
    """

    def __init__(self) -> None:
        self._capture_delay: CaptureDelay | None = None
        # RTP timestamp and presentation time of the newest frame that was sent.
        self._newest: tuple[int, float] | None = None
        # RTP timestamp of the first frame that was sent since the restart.
        self.first: int | None = None
        # Arrivals by RTP timestamp.
        self._arrivals: OrderedDict[int, float] = OrderedDict()

    def restart(self, capture_delay: CaptureDelay | None) -> None:
        """
        Forget all frames.

        :param capture_delay: of the camera that the slot shows now, ``None`` if it shows none
        """
        self._capture_delay = capture_delay
        self._newest = self.first = None
        self._arrivals.clear()

    def on_sent(self, rtp_timestamp: int, presentation_time: float, arrival: float) -> None:
        """
        Note a frame that was sent, and its RTP timestamp on the wire.

        :param presentation_time: that it is shown for, in seconds
        :param arrival: when it arrived at the robot, in seconds
        """
        self._newest = rtp_timestamp, presentation_time
        if self.first is None:
            self.first = rtp_timestamp
        # A frame that is sent again keeps its first arrival.
        self._arrivals.setdefault(rtp_timestamp, arrival)
        if len(self._arrivals) > _REMEMBERED:
            self._arrivals.popitem(last=False)

    @property
    def newest(self) -> CaptureTime | None:
        """Return when the newest frame that was sent had been captured, ``None`` before one."""
        if self._newest is None or self._capture_delay is None:
            return None
        return self._capture_delay.capture_time(*self._newest)

    def arrival_of(self, rtp_timestamp: int | None) -> float | None:
        """Return when a frame arrived at the robot; ``None`` if it was not sent of late."""
        return None if rtp_timestamp is None else self._arrivals.get(rtp_timestamp)
