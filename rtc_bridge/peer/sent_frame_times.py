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

"""When the frames that a slot sent came to the robot."""

from ..core.video.capture_times import CaptureAge, Stamp
from ..core.video.sent_frames import SentFrames


class SentFrameTimes:
    """
    Joins the RTP timestamps of one slot with the times of its frames.

    aiortc adds an offset of its own to the timestamps of packets, so the RTP timestamp of a frame
    is known only after it was sent: :meth:`on_given`, then :meth:`on_sent`.

    :ivar newest: when the newest frame that was sent had been captured, ``None`` before one
    """

    def __init__(self) -> None:
        self.newest: Stamp | None = None
        self._sent = SentFrames()
        self._capture: CaptureAge | None = None
        # Of the frame that aiortc sends now: the time that it is sent for, and of its arrival.
        self._given: tuple[float, float] | None = None

    def restart(self, capture: CaptureAge | None) -> None:
        """Forget all frames: another camera is shown, or none."""
        self.newest = self._given = None
        self._capture = capture
        self._sent.clear()

    def on_given(self, sent_for: float, arrival: float) -> None:
        """
        Note the frame that aiortc is given to send.

        :param sent_for: time of its presentation, in seconds
        :param arrival: when it came to the robot; older for a frame that is sent again
        """
        self._given = sent_for, arrival

    def on_sent(self, rtp_timestamp: int) -> None:
        """Note the RTP timestamp that the frame got on the wire."""
        if self._given is not None and self._capture is not None:
            sent_for, arrival = self._given
            self._sent.note(rtp_timestamp, arrival)
            self.newest = self._capture.stamp(rtp_timestamp, sent_for)

    def arrival_of(self, rtp_timestamp: int | None) -> float | None:
        """Return when a frame came to the robot; ``None``: never sent here, or long ago."""
        return self._sent.time_of(rtp_timestamp)
