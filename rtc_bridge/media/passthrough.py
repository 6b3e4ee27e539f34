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

"""A camera that sends H.264 itself: its pictures go to the viewers as they are."""

from typing import Callable

import av

from .encoder import TIME_BASE
from .fanout import FanOut, Sink
from ..core.clock import boot_time, Clock
from ..core.errors import ImageError
from ..core.video.h264 import AccessUnit, Counter, ParameterSets, read_unit

# The source is asked for a keyframe at most so often: its other subscribers pay for it too.
ASK_PERIOD_S = 0.5
# A stream that is watched and shows no keyframe for this long cannot be joined.
KEYFRAME_TIMEOUT_S = 5.0


class PassthroughStream(FanOut):
    """
    Hands on access units, with parameter sets before each keyframe and nothing after a gap.

    Looks to its viewers like a :class:`VideoStream`. All methods but :meth:`put` and
    :meth:`gap` belong to the event loop; those two to one other thread.

    :param ask: asks the source for a keyframe; called in any of the two threads
    """

    codec = 'h264'
    label = 'h264/source'

    def __init__(self, name: str, ask: Callable[[], None], clock: Clock = boot_time) -> None:
        """Wait for viewers and pictures."""
        super().__init__(name, clock)
        # Why viewers cannot be given the stream as it is; '' if they can.
        self.fault = ''
        self._ask = ask
        self._sets = ParameterSets()
        self._counter = Counter()
        self._next_ask = float('-inf')
        # Since when a keyframe is waited for; ``None`` while there is nothing to wait for.
        self._waiting_since: float | None = None
        self._last_keyframe = float('-inf')
        self._broken = True
        # There are pictures that are shown in another order than they come.
        self._reordered = False
        self._last_pts = -1

    def unsubscribe(self, sink: Sink) -> None:
        """Remove a viewer."""
        super().unsubscribe(sink)
        if not self._sinks:
            self._waiting_since = None
            self._broken = True

    def request_keyframe(self) -> None:
        """Ask the source for a keyframe, unless it was asked just now."""
        now = self._clock()
        if self._waiting_since is None:
            self._waiting_since = now
        if now >= self._next_ask:
            self._next_ask = now + ASK_PERIOD_S
            self._ask()

    @property
    def size(self) -> tuple[int, int] | None:
        """Return the size of the pictures that come, in pixels, if it is known."""
        return self._sets.sps.size if self._sets.sps is not None else None

    def gap(self) -> None:
        """Tell that a message was lost: what refers to it would be shown as garbage."""
        self._broken = True
        self._counter.restart()

    def put(self, data: bytes, captured: float) -> AccessUnit | None:
        """
        Hand in the next access unit; those that got lost are noticed.

        :param captured: by the clock of all streams, seconds
        :returns: the unit, for those who decode it; ``None``: it, or one before it, is missing
        """
        before = self._sets.sps
        try:
            unit = self._sets.complete(read_unit(data))
            missing = self._counter.missing(unit, self._sets.sps)
        except ImageError as error:
            self._broken = True
            self.count_error(str(error))
            self.request_keyframe()
            return None
        if missing:
            self._broken = True
        if self._sets.sps is not before:
            # Another stream: what was wrong with the last one says nothing of it.
            self.fault = ''
            self._reordered = bool(self._sets.sps.reorder)
        self._reordered |= unit.bidirectional
        if self._reordered:
            self._broken = True
            self._refuse('has B frames, which WebRTC viewers cannot show')
            return None if missing else unit
        if unit.keyframe:
            self._broken = False
            self._waiting_since = None
            # One keyframe now and then is too few for those who come later.
            now = self._clock()
            if now - self._last_keyframe < KEYFRAME_TIMEOUT_S:
                self.fault = ''
            self._last_keyframe = now
        else:
            self._look_for_keyframe()
        if self._sinks and self._broken:
            self.stats.superseded += 1
        elif self._sinks:
            self._hand_on(unit, captured)
        return None if missing else unit

    def _hand_on(self, unit: AccessUnit, captured: float) -> None:
        packet = av.Packet(unit.to_bytes())
        packet.time_base = TIME_BASE
        self._last_pts = max(round(captured * 90000), self._last_pts + 1)
        packet.pts = packet.dts = self._last_pts
        self._send(packet, unit.keyframe, self._sets.sps.size)

    def _look_for_keyframe(self) -> None:
        if self._broken and self._sinks or self._waiting_since is not None:
            # A source that was asked once may have been deaf.
            self.request_keyframe()
            since = self._waiting_since
            # The last viewer may leave meanwhile. Those who see pictures go on seeing them.
            if since is not None and self._clock() - since >= KEYFRAME_TIMEOUT_S:
                self._refuse(f'sent no keyframe for {KEYFRAME_TIMEOUT_S:g} s; its publisher has '
                             'to send them, each second for example, or when it is asked')

    def _refuse(self, why: str) -> None:
        fault = f'H.264 stream {why}'
        if fault != self.fault:
            self.fault = fault
            self.count_error(fault)
