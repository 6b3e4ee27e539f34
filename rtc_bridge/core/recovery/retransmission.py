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

"""Which lost packets are worth being sent again."""

from collections import OrderedDict
from collections.abc import Iterable

from ..clock import boot_time, Clock
from ..congestion.bandwidth_estimate import INITIAL_ESTIMATE

# Seconds, besides a round trip, in which a packet that was sent again may still be on its way.
# Chromium asks again each 0.1 s where it knows no round trip.
RESEND_INTERVAL_S = 0.05
# Seconds, besides the round trip that it takes to ask: a frame that is this late is worth less
# than the next one.
MAX_AGE_S = 0.4
# Share of the bitrate that retransmissions may take, and seconds for which it may be saved up: of
# what a burst of loss takes, the rest is better replaced by a keyframe.
SHARE, MAX_SAVED_S = 0.3, 0.5
# Bits of a packet with its headers: 1100 bytes of payload at most (design: packets fit tunnels).
PACKET_BITS = 1250 * 8


class RetransmissionBudget:
    """
    Answers negative acknowledgements (RFC 4585, section 6.2.1) within limits.

    Answering all of them on a link that is too narrow fills it with repetitions, which lose more
    packets, until nothing new gets through.

    :ivar bitrate: of the viewer's path in bit/s; may be changed
    :ivar rtt: round trip in seconds; may be changed
    """

    def __init__(self, bitrate: float, clock: Clock = boot_time) -> None:
        self.bitrate = bitrate
        self.rtt = INITIAL_ESTIMATE.rtt
        self._clock = clock
        self._bits = bitrate * SHARE * MAX_SAVED_S
        self._earned = clock()
        # When packets were sent again of late, by sequence number.
        self._resent: OrderedDict[int, float] = OrderedDict()

    def select(self, lost: Iterable[tuple[int, float]], *, protected: bool = False,
               ) -> tuple[list[int], bool]:
        """
        Return what to send again, some of it twice, and whether a packet was given up for good.

        A packet that is given up leaves the viewer without a picture until the next keyframe.

        :param lost: sequence number and age in seconds of each packet
        :param protected: whether recovery packets repair most of it
        """
        now = self._clock()
        self._bits = min(self._bits + (now - self._earned) * self.bitrate * SHARE,
                         self.bitrate * SHARE * MAX_SAVED_S)
        self._earned = now
        while self._resent and now - next(iter(self._resent.values())) > (
                RESEND_INTERVAL_S + self.rtt):
            self._resent.popitem(last=False)
        # Where recovery packets repair the rest, it is few packets only that are asked for again:
        # these need not wait.
        interval = RESEND_INTERVAL_S + (0.0 if protected else self.rtt)
        selected, doubled, given_up = [], [], False
        for sequence, age in lost:
            before = self._resent.get(sequence)
            if before is not None and now - before <= interval:
                continue
            if age > MAX_AGE_S + self.rtt or self._bits < PACKET_BITS:
                # What was sent again in the last round trip is on its way.
                given_up |= before is None or now - before > RESEND_INTERVAL_S + self.rtt
                continue
            self._bits -= PACKET_BITS
            self._resent[sequence] = now
            self._resent.move_to_end(sequence)
            selected.append(sequence)
            if before is not None or not protected:
                doubled.append(sequence)
        # Lost once more, a packet would be missed for two more round trips: twice, if there is
        # room.
        copies = doubled[:max(0, int(self._bits // PACKET_BITS))]
        self._bits -= len(copies) * PACKET_BITS
        return selected + copies, given_up

    def note_resent(self, sequences: Iterable[int]) -> None:
        """Note packets that were sent a second time without being asked for."""
        now = self._clock()
        for sequence in sequences:
            self._resent[sequence] = now
            self._resent.move_to_end(sequence)
