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
"""One viewer's path: what it takes, and how that is shared among the viewer's slots."""

import asyncio
from dataclasses import replace

from aiortc import RTCPeerConnection

from . import aiortc_compat
from .slot import Slot
from ..core.supervision import spawn
from ..core.video.bandwidth_estimate import START_BITRATE
from ..core.video.congestion_control import CongestionController

STEP_S = 0.2
MIN_BITRATE = 150_000
# Padding goes out in small parts: a burst would be the queue that it is to find.
_PAD_PARTS = 10


class ViewerPath:
    """Belongs to one session; :meth:`step` is to be called every ``STEP_S`` seconds."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.congestion = CongestionController(START_BITRATE, MIN_BITRATE, START_BITRATE)
        self.slots: list[Slot] = []
        self._pc: RTCPeerConnection | None = None
        self._seen = 0.0
        # Of each slot what was sent in all, bytes, and lately, bit/s.
        self._bytes: dict[Slot, int] = {}
        self._used: dict[Slot, float] = {}
        self._pad: asyncio.Task[None] | None = None
        self._check: asyncio.Task[None] | None = None

    def on_report(self, fraction_lost: float) -> None:
        """Take a receiver report, and act on it at once if need be."""
        if self._pc is not None:
            self.congestion.outstanding_rtt = aiortc_compat.unanswered_for(self._pc)
        self.congestion.on_loss_report(fraction_lost)
        self._pause()

    def _pause(self) -> None:
        if self.congestion.pushback:
            for slot in self.slots:
                slot.track.pause(self.congestion.pushback)
            self.congestion.pushback = 0.0

    def step(self, pc: RTCPeerConnection, drives: bool) -> None:
        """
        Measure, and tell each slot its share.

        :param drives: whether the viewer drives the robot
        """
        congestion, slots, self._pc = self.congestion, self.slots, pc
        congestion.on_sent(8 * sum(slot.track.bytes_sent + slot.track.bytes_resent
                                   for slot in slots))
        trip = aiortc_compat.round_trip(pc)
        if trip is not None and trip[0] > self._seen:
            self._seen = trip[0]
            congestion.on_round_trip(trip[1])
            self._pause()
        if (congestion.in_slow_start or not congestion.underuse) and (
                self._check is None or self._check.done()):
            # The regular checks wait for each other, the longer the more there is to find out.
            self._check = spawn('check of a path', aiortc_compat.check_consent(pc))
        showing = [slot for slot in slots if slot.camera is not None]
        if not showing:
            return
        congestion.max_bitrate = sum(slot.camera.settings.max_bitrate for slot in showing
                                     if slot.camera is not None)
        share = congestion.bitrate / len(showing)
        for slot in showing:
            slot.set_estimate(replace(congestion.estimate, bitrate=share), drives)
        poorest = max(showing, key=lambda slot: slot.wanted)
        wanted = sum(slot.wanted for slot in showing)
        busiest = self._measure(showing)
        if len(showing) > 1 and congestion.app_limited and self._used[busiest] > share / 2:
            # It needs more than its share, and what the others leave of theirs proves nothing.
            poorest, wanted = busiest, congestion.max_bitrate
        size = congestion.probe_bitrate(wanted) * STEP_S / 8
        if size > 0 and (self._pad is None or self._pad.done()):
            self._pad = spawn('padding', _pad(poorest, size))

    def _measure(self, showing: list[Slot]) -> Slot:
        """Measure what each slot uses; return the one that uses most."""
        for slot in showing:
            sent = slot.track.bytes_sent - self._bytes.get(slot, slot.track.bytes_sent)
            self._bytes[slot] = slot.track.bytes_sent
            used = self._used.get(slot, 0.0)
            # Over about a second, as a camera of few pictures is not idle between two.
            self._used[slot] = used + STEP_S * (8 * sent / STEP_S - used)
        return max(showing, key=self._used.__getitem__)

    def close(self) -> None:
        """Send nothing more."""
        for task in (self._pad, self._check):
            if task is not None:
                task.cancel()


async def _pad(slot: Slot, size: float) -> None:
    for _ in range(_PAD_PARTS):
        try:
            await slot.track.pad(int(size / _PAD_PARTS))
        except ConnectionError:
            return  # The connection has ended meanwhile.
        # Done before the next step, which would not wait.
        await asyncio.sleep(0.8 * STEP_S / _PAD_PARTS)
