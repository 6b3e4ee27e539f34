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

"""When each packet of a keyframe is sent, so that a short queue of the path holds it."""

from ..clock import boot_time, Clock

# Seconds of the path's rate that are sent at once: a frame of 30 a second, and some of the next. A
# queue of 50 ms, as routers with little memory have it, then holds a keyframe, too.
DEFAULT_BURST_S = 0.04
# Seconds that one packet waits at most: the rate may have fallen meanwhile.
MAX_DELAY_S = 0.1


class Pacer:
    """
    A token bucket (RFC 2697, section 3, without colours): it fills as fast as the path drains.

    A frame that fits is sent at once and costs no time. More, as of a keyframe, would only wait in
    the path's queue, or be dropped there. Nothing waits on a path that is not known to be
    narrow. Belongs to one thread.

    :param burst: seconds of the path's rate that are sent at once; 0: nothing ever waits
    :ivar rate: what the path is known to carry, in bit/s; 0: not known, nothing waits
    """

    def __init__(self, burst: float = DEFAULT_BURST_S, clock: Clock = boot_time) -> None:
        self.rate = 0.0
        self._burst = burst
        self._clock = clock
        self._updated = clock()
        # Bits that the path's queue holds, if it drains at the rate.
        self._queued = 0.0

    def delay(self) -> float:
        """Return for how many seconds the next packet is to wait, 0: it is sent now."""
        self._drain()
        if not self.rate or not self._burst:
            return 0.0
        return min(max(0.0, self._queued / self.rate - self._burst), MAX_DELAY_S)

    def note_sent(self, size: int) -> None:
        """Note that a packet of so many bytes is sent now, of whatever kind."""
        self._drain()
        self._queued += 8 * size

    def _drain(self) -> None:
        now = self._clock()
        drained = self.rate * (now - self._updated) if self.rate else self._queued
        self._queued = max(0.0, self._queued - drained)
        self._updated = now
