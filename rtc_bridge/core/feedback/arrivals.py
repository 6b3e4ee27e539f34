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

"""What feedback on each packet tells of a path: what it carries, and how long packets wait."""

from collections.abc import Iterable
from typing import NamedTuple

from .delay_trend import DelayTrend, Usage
from .packet_dispersion import Bursts
from .packet_groups import PacketGroups
from .receive_rate import ReceiveRateMeter
from .sent_packets import Fate, PacketResult
from .standing_queue import StandingQueue


class FeedbackSummary(NamedTuple):
    """
    What one message of feedback says.

    :ivar received: packets that have arrived
    :ivar lost: packets that are lost; less than 0 where some have arrived after all
    :ivar usage: by the trend of the delays
    """

    received: int
    lost: int
    usage: Usage


class Arrivals:
    """
    Measures the arrivals of packets. Belongs to one thread.

    :ivar rate: what is received
    :ivar queue: how long every packet waits
    :ivar bursts: how far apart the packets of a frame arrive
    """

    def __init__(self) -> None:
        self.rate = ReceiveRateMeter()
        self.queue = StandingQueue()
        self.bursts = Bursts()
        self._groups = PacketGroups()
        self._trend = DelayTrend()

    def take(self, results: Iterable[PacketResult]) -> FeedbackSummary:
        """
        Take what became of packets.

        :param results: in the order of sending
        """
        received = lost = missed = 0
        usage = Usage.NORMAL
        for packet in results:
            if packet.before is not None:
                # It has arrived after all; its time says nothing new of the queue.
                lost -= packet.before is Fate.LOST
                received += packet.before is Fate.LOST
            elif packet.fate is Fate.LOST:
                lost += 1
            elif packet.fate is Fate.UNKNOWN:
                missed += packet.size
            else:
                received += 1
                # What lost feedback was on has arrived before this.
                self.rate.add(packet.arrived_at, packet.size, missed)
                missed = 0
                self.queue.add(packet.sent_at, packet.arrived_at - packet.sent_at)
                self.bursts.add(packet.sent_at, packet.arrived_at, packet.size)
                variation = self._groups.add(packet.sent_at, packet.arrived_at)
                if variation is not None and self._trend.add(*variation) is Usage.OVERUSE:
                    usage = Usage.OVERUSE
        return FeedbackSummary(received, lost, usage)
