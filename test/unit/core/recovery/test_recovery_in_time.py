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

"""Simulated paths: for how long a picture stands still with recovery packets, and without."""

import random

import pytest
from rtc_bridge.core.recovery.parity_groups import MAX_SHARE, ParityGroups

# Seconds between two pictures that a person notices: the targets count these.
NOTICED_S = 0.2
# Seconds besides the round trip until a packet that is sent again has come.
RESEND_S = 0.03
SECONDS = 150


class Path:
    """
    A path that loses packets at random, both ways; frames come 30 a second.

    :ivar lost: frame of each packet that was lost, by sequence number
    :ivar found: when it was repaired, in seconds, as all times here without the way itself
    """

    def __init__(self, loss, rtt, packets):
        self.loss, self.rtt, self.packets = loss, rtt, packets
        self.random = random.Random(2)
        self.lost, self.found = {}, {}
        self.recovery = 0

    def loses(self):
        return self.random.random() < self.loss

    def resent(self, sent):
        """Return when a packet arrives that is asked for until it comes."""
        arrival = sent
        while True:
            arrival += self.rtt + RESEND_S
            if not self.loses() and not self.loses():
                return arrival

    def run(self, protects):
        """Send frames; return when each was complete."""
        groups, arrivals, frames = ParityGroups(), [], 30 * SECONDS
        for frame in range(frames):
            sent = frame / 30
            sequences = range(frame * self.packets, (frame + 1) * self.packets)
            for sequence in sequences:
                if self.loses():
                    self.lost[sequence] = frame
                    arrivals.append((self.resent(sent), (sequence,)))
            newest = sequences[-1]
            for group in groups.add([s & 0xFFFF for s in sequences], sent, self.loss
                                    ) if protects else ():
                self.recovery += 1
                if not self.loses():
                    # Their whole numbers.
                    arrivals.append((sent, tuple(newest - (newest - s & 0xFFFF) for s in group)))
        self._repair(sorted(arrivals))
        complete = [frame / 30 for frame in range(frames)]
        for sequence, frame in self.lost.items():
            complete[frame] = max(complete[frame], self.found[sequence])
        return complete

    def _repair(self, arrivals):
        """Note when lost packets are there: sent again, or the only one missing of a group."""
        recent = []
        for now, group in arrivals:
            recent = [*recent[-60:], group]
            if len(group) == 1:
                self.found.setdefault(group[0], now)
            before = -1
            while before != len(self.found):
                before = len(self.found)
                for one in recent:
                    missing = [s for s in one if s in self.lost and s not in self.found]
                    if len(missing) == 1 and len(one) > 1:
                        self.found[missing[0]] = now


def stands_still(path, protects):
    """Return for how many of 50 s there are no new pictures, of gaps that are noticed."""
    shown, gaps = 0.0, 0.0
    for complete in path.run(protects):
        # A frame needs those before it.
        gap, shown = max(0.0, complete - shown), max(shown, complete)
        gaps += gap if gap > NOTICED_S else 0.0
    return gaps * 50 / SECONDS


@pytest.mark.parametrize('loss, rtt, packets, most', [
    (0.05, 0.24, 7, 0.3), (0.05, 0.24, 5, 0.3), (0.03, 0.12, 9, 0.1), (0.10, 0.20, 5, 0.6),
    (0.10, 0.20, 8, 0.6)])
def test_pictures_stand_still_less_with_recovery_packets(loss, rtt, packets, most):
    path = Path(loss, rtt, packets)
    assert stands_still(path, True) < most
    assert path.recovery <= MAX_SHARE * packets * 30 * SECONDS
    assert stands_still(Path(loss, rtt, packets), False) > 20 * min(most, 1)
