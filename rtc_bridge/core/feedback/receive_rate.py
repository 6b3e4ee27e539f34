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

"""What a viewer receives, by the arrival times that it reports."""

from collections import deque

# Seconds that are kept.
_WINDOW_S = 1.0
# Seconds: a rate is taken over no less, or a single burst would be any rate.
_MIN_SPAN_S = 0.1
# Parts in which packets are counted whose times are not known.
_PARTS = 10
# Packets that are kept at most: a viewer that claims one time for all of them costs no memory.
_MAX_PACKETS = 4096


class ReceiveRateMeter:
    """Measures the receive rate, R_hat of draft-ietf-rmcat-gcc-02, section 5.5."""

    def __init__(self) -> None:
        # Arrival on the viewer's clock, in seconds, and bytes.
        self._packets: deque[tuple[float, int]] = deque(maxlen=_MAX_PACKETS)
        self._newest = float('-inf')

    def add(self, arrived_at: float, size: int, missed: int = 0) -> None:
        """
        Count a packet.

        :param arrived_at: in seconds of the viewer's clock
        :param size: in bytes
        :param missed: bytes that have arrived since the packet before, at times that are not known
        """
        if self._newest - arrived_at > _WINDOW_S:
            # The viewer's clock was set back.
            self._packets.clear()
            self._newest = arrived_at
        if missed and self._packets:
            before = self._packets[-1][0]
            for part in range(1, _PARTS + 1):
                self._packets.append((before + part * (arrived_at - before) / (_PARTS + 1),
                                      missed // _PARTS))
        self._newest = max(self._newest, arrived_at)
        self._packets.append((arrived_at, size))
        while self._newest - self._packets[0][0] > _WINDOW_S:
            self._packets.popleft()

    def restart(self) -> None:
        """Forget what was received: nothing was sent for a while."""
        self._packets.clear()

    def rate(self, window: float) -> float:
        """
        Return what was received lately, in bit/s; 0 before that is known.

        :param window: in seconds before the newest arrival, up to 1
        """
        since = self._newest - window
        packets = [(at, size) for at, size in self._packets if at > since]
        if not packets:
            return 0.0
        oldest = min(at for at, _ in self._packets)
        span = window if oldest <= since else self._newest - oldest
        return 8 * sum(size for _, size in packets) / max(span, _MIN_SPAN_S)
