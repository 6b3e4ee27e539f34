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

"""The stream of a camera that sends H.264 itself: its access units go to viewers as they are."""

import logging
from typing import Callable

import av

from .encoded_frame import CLOCK_RATE, EncodedFrame, Packet, TIME_BASE
from .video_stream import StreamViewer, VideoStream
from ..core.bitstreams.h264_stream import (
    AccessUnit, GapDetector, ParameterSets, read_access_unit,
)
from ..core.cameras.picture_reason import has_b_frames, no_keyframes, PictureReason
from ..core.clock import boot_time, Clock
from ..core.errors import ImageError

logger = logging.getLogger(__name__)
# Seconds between two requests for a keyframe: the source's other subscribers pay for it too.
REQUEST_INTERVAL_S = 0.5
# Seconds without a keyframe, while one is waited for, after which a stream cannot be joined.
KEYFRAME_TIMEOUT_S = 5.0


class PassthroughStream(VideoStream):
    """
    Hands on access units, with parameter sets before each keyframe and nothing after a gap.

    :meth:`put` belongs to the thread of the images, :meth:`request_keyframe` and :meth:`gap` to
    any thread, all else to the event loop.

    :param ask_keyframe: asks the source for a keyframe; called in any thread
    """

    def __init__(self, name: str, ask_keyframe: Callable[[], None],
                 clock: Clock = boot_time) -> None:
        super().__init__(name, 'h264/source', clock)
        # Why viewers cannot be given the stream as it is, '' if they can.
        self.fault = ''
        self._ask_keyframe = ask_keyframe
        self._sets = ParameterSets()
        self._gaps = GapDetector()
        self._next_request = float('-inf')
        # Since when a keyframe is awaited; ``None`` while no keyframe is awaited.
        self._waiting_since: float | None = None
        self._last_keyframe = float('-inf')
        # What comes now refers to frames that did not come.
        self._broken = True
        # Frames are shown in another order than they come.
        self._reordered = False
        self._last_pts = -1

    def unsubscribe(self, viewer: StreamViewer) -> None:
        """Remove a viewer."""
        super().unsubscribe(viewer)
        if not self._viewers:
            self._waiting_since = None
            self._broken = True

    def request_keyframe(self) -> None:
        """Ask the source for a keyframe, unless it was asked just now."""
        now = self._clock()
        if self._waiting_since is None:
            self._waiting_since = now
        if now >= self._next_request:
            self._next_request = now + REQUEST_INTERVAL_S
            logger.debug('camera %s: the source is asked for a keyframe', self.name)
            self._ask_keyframe()

    @property
    def size(self) -> tuple[int, int] | None:
        """Return width and height of the frames in pixels, ``None`` if they are not known."""
        return self._sets.sps.size if self._sets.sps is not None else None

    def gap(self) -> None:
        """Note that a message was lost: what refers to it would be shown as garbage."""
        self._broken = True
        self._gaps.restart()

    def put(self, data: bytes, arrival: float) -> AccessUnit | None:
        """
        Hand in the next access unit; lost ones are noticed.

        :param arrival: in seconds of the boot-time clock
        :returns: the unit, to be decoded; ``None`` if it, or one before it, is missing
        """
        before = self._sets.sps
        try:
            unit = self._sets.complete(read_access_unit(data))
            missing = self._gaps.misses_frame(unit, self._sets.sps)
        except ImageError as error:
            self._broken = True
            self.count_error(error)
            self.request_keyframe()
            return None
        if missing:
            self._broken = True
        sps = self._sets.sps
        if sps is not before:
            # Another stream: the faults of the last one say nothing of it.
            self.fault = ''
            self._reordered = sps is not None and bool(sps.reorder)
        self._reordered |= unit.bidirectional
        if self._reordered:
            self._broken = True
            self._refuse(has_b_frames(self.monitor.source.topic or self.name))
            return None if missing else unit
        if unit.keyframe:
            self._take_keyframe()
        elif self._broken and self._viewers or self._waiting_since is not None:
            self.await_keyframe()
        if self._viewers and self._broken:
            self.stats.superseded += 1
        elif self._viewers and sps is not None:
            packet: Packet = av.Packet(unit.to_bytes())
            packet.time_base = TIME_BASE
            self._last_pts = max(round(arrival * CLOCK_RATE), self._last_pts + 1)
            packet.pts = packet.dts = self._last_pts
            self._send(EncodedFrame(packet, unit.keyframe, self._last_pts / CLOCK_RATE, arrival),
                       sps.size)
        return None if missing else unit

    def _take_keyframe(self) -> None:
        self._broken = False
        self._waiting_since = None
        # A keyframe now and then is too few for viewers that come later: two within the timeout
        # show that the stream can be joined.
        now = self._clock()
        if now - self._last_keyframe < KEYFRAME_TIMEOUT_S:
            self.fault = ''
        self._last_keyframe = now

    def await_keyframe(self, title: str = 'H.264') -> None:
        """
        Note that a unit is of no use without a keyframe that has not come; from any thread.

        :param title: of the codec, for people
        """
        # A source that was asked once may not have listened yet.
        self.request_keyframe()
        since = self._waiting_since
        # The last viewer may leave meanwhile. Viewers that see images go on seeing them.
        if since is not None and self._clock() - since >= KEYFRAME_TIMEOUT_S:
            source = self.monitor.source
            self._refuse(no_keyframes(source.topic or self.name, KEYFRAME_TIMEOUT_S,
                                      f'{source.topic}/request_keyframe',
                                      source.keyframe_listeners, title))

    def end_waiting(self) -> None:
        """Note that a decoder has what it needs; from any thread."""
        self._waiting_since = None
        self.fault = ''

    def _refuse(self, why: PictureReason) -> None:
        if why.text != self.fault:
            self.fault = why.text
            self.count_error(why)
