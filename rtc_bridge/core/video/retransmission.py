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

"""Which lost packets are worth sending again."""

from collections import OrderedDict
from typing import Iterable

from ..clock import boot_time, Clock

# A browser asks again every round trip; what was sent again may still be on its way.
REPEAT_S = 0.05
# A picture that late, after the round trip that it takes to ask, is worth less than the next one.
MAX_AGE_S = 0.4
# The share of the bitrate that may go into the past, and for how long it may be saved up.
SHARE, SAVED_S = 0.3, 0.5
PACKET_BITS = 1250 * 8


class Retransmissions:
    """
    Answers negative acknowledgements (RFC 4585, section 6.2.1) within limits.

    Answering all of them on a link that is too narrow fills it with repetitions, which lose more
    packets, until nothing new gets through.
    """

    def __init__(self, bitrate: float, clock: Clock = boot_time) -> None:
        """
        Start with the budget that half a second earns.

        ``bitrate`` in bit/s and ``rtt``, the round trip in seconds, may be moved.
        """
        self.bitrate = bitrate
        self.rtt = 0.1
        self._clock = clock
        self._budget = bitrate * SHARE * SAVED_S
        self._earned = clock()
        # Sequence numbers sent again of late, with the time.
        self._sent: OrderedDict[int, float] = OrderedDict()

    def choose(self, lost: Iterable[tuple[int, float]]) -> tuple[list[int], bool]:
        """
        Return what to send again, some of it twice, and whether something was given up for good.

        What is given up leaves the viewer without a whole picture until the next keyframe.

        :param lost: sequence number and age in seconds of each packet
        """
        now = self._clock()
        self._budget = min(self._budget + (now - self._earned) * self.bitrate * SHARE,
                           self.bitrate * SHARE * SAVED_S)
        self._earned = now
        while self._sent and now - next(iter(self._sent.values())) > REPEAT_S + self.rtt:
            self._sent.popitem(last=False)
        again, given_up = [], False
        for sequence, age in lost:
            if sequence in self._sent:
                continue
            if age > MAX_AGE_S + self.rtt or self._budget < PACKET_BITS:
                given_up = True
                continue
            self._budget -= PACKET_BITS
            self._sent[sequence] = now
            again.append(sequence)
        # Lost once more it would be missed for two more round trips: twice, if there is room.
        copies = again[:max(0, int(self._budget // PACKET_BITS))]
        self._budget -= len(copies) * PACKET_BITS
        return again + copies, given_up

    def note(self, sequences: Iterable[int]) -> None:
        """Remember packets that were sent a second time unasked."""
        now = self._clock()
        self._sent.update((sequence, now) for sequence in sequences)
