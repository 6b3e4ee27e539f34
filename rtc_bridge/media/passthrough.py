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

import asyncio
import logging
from typing import Callable

import av

from .encoder import TIME_BASE
from .stream import Sink, StreamStats, WARNING_PERIOD_S
from ..core.clock import boot_time, Clock
from ..core.errors import ImageError
from ..core.h264 import AccessUnit, Counter, ParameterSets, read_unit

logger = logging.getLogger(__name__)
# The source is asked for a keyframe at most so often: its other subscribers pay for it too.
ASK_PERIOD_S = 0.5
# A stream that is watched and shows no keyframe for this long cannot be joined.
KEYFRAME_TIMEOUT_S = 5.0


class PassthroughStream:
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
        self.name = name
        self.stats = StreamStats()
        # Why viewers cannot be given the stream as it is; '' if they can.
        self.fault = ''
        self._ask = ask
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # Replaced as a whole, never changed: it may be gone through.
        self._sinks: tuple[Sink, ...] = ()
        self._sets = ParameterSets()
        self._counter = Counter()
        self._next_ask = float('-inf')
        self._next_warning = float('-inf')
        # Since when a keyframe is waited for; ``None`` while there is nothing to wait for.
        self._waiting_since: float | None = None
        self._last_keyframe = float('-inf')
        self._broken = True
        # There are pictures that are shown in another order than they come.
        self._reordered = False
        self._last_pts = -1

    @property
    def watched(self) -> bool:
        """Tell whether anybody watches."""
        return bool(self._sinks)

    @property
    def viewers(self) -> int:
        """Return how many watch."""
        return len(self._sinks)

    def subscribe(self, sink: Sink) -> None:
        """Add a viewer; it asks for its first keyframe itself."""
        self._loop = asyncio.get_running_loop()
        self._sinks += (sink,)

    def unsubscribe(self, sink: Sink) -> None:
        """Remove a viewer."""
        self._sinks = tuple(s for s in self._sinks if s is not sink)
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
        stats = self.stats
        stats.frames += 1
        stats.keyframes += unit.keyframe
        stats.bytes_out += packet.size
        stats.size = self._sets.sps.size
        try:
            self._loop.call_soon_threadsafe(self._deliver, packet, unit.keyframe)
        except RuntimeError:
            # The loop has ended meanwhile, and with it all who watched.
            return

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

    def count_error(self, text: str) -> None:
        """Count what cannot be shown, and tell now and then; from any thread."""
        self.stats.errors += 1
        self.stats.last_error = text
        now = self._clock()
        if now >= self._next_warning:
            self._next_warning = now + WARNING_PERIOD_S
            logger.warning('camera %s: %s (%d so far)', self.name, text, self.stats.errors)

    def _deliver(self, packet: av.Packet, keyframe: bool) -> None:
        for sink in self._sinks:
            sink(packet, keyframe)
