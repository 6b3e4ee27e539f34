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

"""The viewers of a stream: each packet goes to all of them, and counts."""

import asyncio
from dataclasses import dataclass, field
import logging
from typing import Callable

import av

from ..core.clock import boot_time, Clock
from ..core.supervision import call_guarded, guard

logger = logging.getLogger(__name__)
WARNING_PERIOD_S = 5.0
# Takes each packet and whether it is a keyframe, in the event loop; returns whether the viewer
# will get it. Its pts is when it is sent for, its dts when its picture came: 90 kHz, boot time.
Sink = Callable[[av.Packet, bool], bool]


@dataclass
class StreamStats:
    """Counts since the start; times in seconds."""

    frames: int = 0
    keyframes: int = 0
    bytes_out: int = 0
    superseded: int = 0
    errors: int = 0
    encode_s: float = 0.0
    last_error: str = ''
    size: tuple[int, int] = field(default=(0, 0))


class FanOut:
    """
    Hands packets from another thread to all viewers, in the event loop.

    Viewers come and go in the event loop.
    """

    def __init__(self, name: str, clock: Clock = boot_time) -> None:
        """
        Wait for viewers.

        :param name: the camera's, for the log
        """
        self.name = name
        self.stats = StreamStats()
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # Replaced as a whole, never changed: it may be gone through.
        self._sinks: tuple[Sink, ...] = ()
        self._next_warning = float('-inf')

    @property
    def watched(self) -> bool:
        """Tell whether anybody watches."""
        return bool(self._sinks)

    @property
    def viewers(self) -> int:
        """Return how many watch."""
        return len(self._sinks)

    def subscribe(self, sink: Sink) -> None:
        """Add a viewer."""
        self._loop = asyncio.get_running_loop()
        self._sinks += (sink,)

    def unsubscribe(self, sink: Sink) -> None:
        """Remove a viewer."""
        self._sinks = tuple(s for s in self._sinks if s is not sink)

    def count_error(self, text: str) -> None:
        """Count what cannot be shown, and tell now and then; from any thread."""
        self.stats.errors += 1
        self.stats.last_error = text
        now = self._clock()
        if now >= self._next_warning:
            self._next_warning = now + WARNING_PERIOD_S
            logger.warning('camera %s: %s (%d so far)', self.name, text, self.stats.errors)

    def _send(self, packet: av.Packet, keyframe: bool, size: tuple[int, int]) -> bool:
        """Send a packet on its way; return whether the event loop is still there."""
        stats = self.stats
        stats.frames += 1
        stats.keyframes += keyframe
        stats.bytes_out += packet.size
        stats.size = size
        try:
            self._loop.call_soon_threadsafe(
                call_guarded, 'fan-out', self._deliver, packet, keyframe)
        except RuntimeError:
            # The loop has ended meanwhile, and with it all who watched.
            return False
        return True

    def _deliver(self, packet: av.Packet, keyframe: bool) -> bool:
        """Give all viewers a packet, in the event loop; return whether any gets it."""
        taken = False
        for sink in self._sinks:
            # One viewer's trouble is none of the others'.
            with guard('fan-out'):
                taken |= sink(packet, keyframe)
        return taken
