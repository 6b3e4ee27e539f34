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

from ..core.video.frame_times import CaptureDelay, CaptureTime, SentFrames
from ..media.encoded_frame import EncodedFrame


class SentFrameTimes:
    """
    Joins the RTP timestamps of one slot with the times of its frames.

    aiortc adds an offset of its own to the timestamps of packets, so the RTP timestamp of a frame
    is known only after it was sent: :meth:`on_given`, then :meth:`on_sent`.

    :ivar newest: when the newest frame that was sent had been captured, ``None`` before one
    """

    def __init__(self) -> None:
        self.newest: CaptureTime | None = None
        self._sent = SentFrames()
        self._capture: CaptureDelay | None = None
        # The frame that aiortc sends now.
        self._given: EncodedFrame | None = None

    def restart(self, capture: CaptureDelay | None) -> None:
        """Forget all frames: another camera is shown, or none."""
        self.newest = self._given = None
        self._capture = capture
        self._sent.clear()

    def on_given(self, frame: EncodedFrame) -> None:
        """Note the frame that aiortc is given to send."""
        self._given = frame

    def on_sent(self, rtp_timestamp: int) -> None:
        """Note the RTP timestamp that the frame got on the wire."""
        if self._given is not None and self._capture is not None:
            self._sent.add(rtp_timestamp, self._given.arrival)
            self.newest = self._capture.capture_time(
                rtp_timestamp, self._given.presentation_time)

    def arrival_of(self, rtp_timestamp: int | None) -> float | None:
        """Return when a frame came to the robot; ``None``: never sent here, or long ago."""
        return self._sent.arrival(rtp_timestamp)
