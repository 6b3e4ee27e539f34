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

"""Probes of a viewer's path: padding, and trains of packets, for more than there is to send."""

import asyncio

from .slot import Slot
from ...core.congestion.delay_based_control import DelayBasedController
from ...core.congestion.path_controller import PathController
from ...core.feedback.sent_packets import SentPackets
from ...core.supervision import spawn

# Padding goes out in so many parts: sent at once it would be the queue that it is to find.
_PARTS = 10
# Share of the time between two steps in which they go out: the next step does not wait.
_SHARE = 0.8
# Seconds over which the bitrate of a slot is measured: a camera of a few frames a second is not
# idle between two of them.
_MEASURE_S = 1.0


class PathProbes:
    """
    Finds out whether a path carries what would lead to a better quality. Of the event loop.

    :param period: seconds between two calls of :meth:`step`
    :param sent_packets: what was sent with a transport-wide sequence number
    :ivar bitrates: what each slot has sent of late, in bit/s, without repetitions
    """

    def __init__(self, period: float, sent_packets: SentPackets) -> None:
        self.bitrates: dict[Slot, float] = {}
        self._period, self._sent_packets = period, sent_packets
        self._bytes_sent: dict[Slot, int] = {}
        self._probe: asyncio.Task[None] | None = None

    def step(self, congestion: PathController, showing: list[Slot], share: float) -> None:
        """
        Send a probe if more bitrate would lead to a better quality somewhere.

        :param showing: slots that show a camera, at least one
        :param share: of each slot, in bit/s
        """
        busiest = self._measure(showing)
        each = {slot: slot.wanted(self.bitrates[slot]) for slot in showing}
        target, wanted = max(showing, key=each.__getitem__), sum(each.values())
        if len(showing) > 1 and congestion.app_limited and self.bitrates[busiest] > share / 2:
            # The busiest slot needs more than its share, and what the others do not use of theirs
            # proves nothing.
            target, wanted = busiest, congestion.max_bitrate
        if wanted > congestion.max_bitrate:
            # With what protects frames it is out of reach.
            return
        size = congestion.probe_bitrate(wanted) * self._period / 8
        if self._probe is not None and not self._probe.done():
            return
        if size > 0:
            self._probe = spawn('padding', self._pad(congestion, target, size))
        elif isinstance(congestion, DelayBasedController) and (
                train := congestion.train_bytes(wanted)):
            self._probe = spawn('probe', self._send_train(congestion, target, train, wanted))

    async def _send_train(self, congestion: DelayBasedController, slot: Slot, size: int,
                          wanted: float) -> None:
        """
        Send packets at once, which show by their arrival what the path carries.

        :param size: in bytes
        :param wanted: the bitrate that would be of use, in bit/s
        """
        first = self._sent_packets.next_sequence
        try:
            await slot.track.pad(size)
        except ConnectionError:
            # The connection has ended meanwhile.
            return
        congestion.on_train(range(first, self._sent_packets.next_sequence), wanted)

    async def _pad(self, congestion: PathController, slot: Slot, size: float) -> None:
        """
        Send padding, spread over a step, until there is a sign of a queue or of loss.

        :param size: in bytes
        """
        for _ in range(_PARTS):
            if not congestion.underuse:
                return
            try:
                await slot.track.pad(int(size / _PARTS))
            except ConnectionError:
                # The connection has ended meanwhile.
                return
            await asyncio.sleep(_SHARE * self._period / _PARTS)

    def _measure(self, showing: list[Slot]) -> Slot:
        """Measure what each slot sends; return the one that sends most."""
        for slot in showing:
            total = slot.track.bytes_sent
            bits = 8 * (total - self._bytes_sent.get(slot, total))
            self._bytes_sent[slot] = total
            before = self.bitrates.get(slot, 0.0)
            self.bitrates[slot] = before + self._period / _MEASURE_S * (
                bits / self._period - before)
        return max(showing, key=self.bitrates.__getitem__)

    def close(self) -> None:
        """Send nothing more."""
        if self._probe is not None:
            self._probe.cancel()
