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

"""
When a few packets are sent at once to find out what a path carries, and what they tell.

A train tells within one round trip whether more is worth a trial, and its queue is that of its
packets: half a second of padding is a queue of its own where the path has no more to give.
"""

from ..feedback.packet_dispersion import Arrival, measure
from ..feedback.sent_packets import Fate, PacketResult

# Packets of a train, bytes of these at least, and how many of them have to arrive.
TRAIN_PACKETS, PACKET_BYTES, _MIN_ARRIVED = 5, 1100, 4
# Of what was wanted the bitrate grows to this share at once where a train has shown it: padding
# tries the rest. What it has shown is believed up to a multiple of what was wanted.
_GROWTH_SHARE, _MAX_TRUSTED = 0.85, 1.6
# This multiple of what is received is carried whatever a train has shown.
_CARRIED = 1.1
# The share of late packets from which on the path is too narrow.
_NARROW = 0.6
# Feedback comes every 0.1 s; after so many seconds more than a round trip the train is forgotten.
_FEEDBACK_S = 1.0
# Seconds from a train that found too little to the next: doubled each time. Lost trains do not
# count.
_INTERVAL_S, _MAX_INTERVAL_S = 2.0, 60.0
# Seconds for which a train may be due before it is sent, since nothing is to be sent into a queue.
_LATE_S = 5.0
# Seconds for which what a train has found is worth a trial.
_VALID_S = 3.0


class ProbeTrain:
    """
    Decides when a train is sent, and what its arrival tells. Belongs to one thread.

    :ivar wanted: what the newest train was to show, in bit/s
    :ivar carries: what it has shown, in bit/s; 0 if that is nothing
    """

    def __init__(self) -> None:
        self.wanted = self.carries = 0.0
        self._next = self._valid_until = self._limit_until = self._deadline = float('-inf')
        self._interval = _INTERVAL_S
        # The newest train has shown that the path carries too little.
        self._narrow = False
        # Those of the train that is out.
        self._sequences = range(0)
        # What has arrived of it, and bytes that were lost since.
        self._arrived: list[Arrival] = []
        self._lost = 0

    def is_due(self, now: float) -> bool:
        """Tell whether a train would tell something new, at so many seconds."""
        out = len(self._sequences) > 0 and now < self._deadline
        return not out and now >= self._next and not self.allows_probing(now)

    def allows_probing(self, now: float) -> bool:
        """Tell whether more is worth a trial: by a train of late the path is not too narrow."""
        return now < self._valid_until

    def begin(self, now: float, sequences: range, wanted: float, rtt: float) -> None:
        """
        Note a train that was sent.

        :param now: in seconds
        :param sequences: transport-wide, of all that was sent at once
        :param wanted: bit/s that would be of use
        :param rtt: round trip, in seconds
        """
        self._sequences, self.wanted, self._arrived, self._lost = sequences, wanted, [], 0
        self._deadline = now + rtt + _FEEDBACK_S
        self._next = now + self._interval

    def add(self, now: float, packet: PacketResult) -> bool:
        """Take what became of a packet; tell whether the train is complete by that."""
        sequences = self._sequences
        if packet.sequence < sequences.start:
            return False
        if now > self._deadline:
            # What it tells was true before: the viewer may have been away.
            self._sequences = range(0)
            return False
        if packet.sequence in sequences:
            if packet.fate is Fate.ARRIVED:
                self._arrived.append(Arrival(packet.arrived_at, packet.size + self._lost))
                self._lost = 0
            elif packet.fate is Fate.LOST:
                # It has passed the path up to where it was lost.
                self._lost += packet.size
            if packet.sequence < sequences.stop - 1:
                return False
        if not sequences:
            return False
        # The last one, or one behind it, is known.
        self._sequences = range(0)
        self._judge(now)
        return True

    def _judge(self, now: float) -> None:
        found = measure(self._arrived, self.wanted)
        enough = len(self._arrived) >= _MIN_ARRIVED
        self.carries = found.carries if enough else 0.0
        self._narrow = enough and self.carries < self.wanted and found.late >= _NARROW
        if not enough:
            return
        if self._narrow:
            self._next = now + self._interval
            self._limit_until = self._next + _LATE_S
            self._interval = min(2 * self._interval, _MAX_INTERVAL_S)
        else:
            # What jitters proves nothing, and is worth a trial.
            self._valid_until = now + _VALID_S
            self._interval = _INTERVAL_S

    def outcome(self, bitrate: float, capacity: float, carried: float) -> tuple[float, float]:
        """
        Return what bitrate and capacity are by the newest train, in bit/s.

        :param carried: what is received, in bit/s
        """
        if self.carries >= self.wanted:
            return (max(bitrate, _GROWTH_SHARE * self.wanted),
                    max(capacity, min(self.carries, _MAX_TRUSTED * self.wanted)))
        if self._narrow:
            return (min(bitrate, max(self.carries, _CARRIED * carried)),
                    min(capacity, max(self.carries, carried)))
        return bitrate, capacity

    def limit(self, now: float) -> float:
        """Return what the path carries at most by the newest train, in bit/s, if it is recent."""
        return self.carries if self._narrow and now < self._limit_until else float('inf')

    def renew(self) -> None:
        """Try again soon: the path has become another one."""
        self._interval, self._next = _INTERVAL_S, float('-inf')

    def refute(self) -> None:
        """Believe no more what a train has found, or will find: an overuse shows otherwise."""
        self._valid_until = float('-inf')
        self._sequences = range(0)
