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

"""How much longer one burst of packets was on its way than the burst before it."""

from dataclasses import dataclass
from typing import NamedTuple

# Seconds: packets that were sent within them are one burst (draft-ietf-rmcat-gcc-02, section 5.2:
# burst_time). Those that arrive within them, though sent later, were held back together.
BURST_TIME_S = 0.005


class DelayVariation(NamedTuple):
    """
    Two successive groups (draft-ietf-rmcat-gcc-02, section 5.3).

    :ivar variation: d(i), by how many seconds longer the second one was on its way
    :ivar arrived_at: when its last packet arrived, in seconds of the viewer's clock
    """

    variation: float
    arrived_at: float


@dataclass
class _Group:
    """Send times of the first and the last packet, and the arrival of the last one; seconds."""

    first_sent_at: float
    sent_at: float
    arrived_at: float


class PacketGroups:
    """Puts packets into groups by the bursts in which they were sent."""

    def __init__(self) -> None:
        self._group: _Group | None = None
        self._before: _Group | None = None

    def add(self, sent_at: float, arrived_at: float) -> DelayVariation | None:
        """
        Take a packet that has arrived, in the order of sending.

        :param sent_at: in seconds of the sender's clock
        :param arrived_at: in seconds of the viewer's clock
        :return: what the two groups before it tell, if it begins a new one
        """
        group = self._group
        if group is None:
            self._group = _Group(sent_at, sent_at, arrived_at)
            return None
        if sent_at < group.first_sent_at:
            # It belongs to a group that has been told of.
            return None
        if self._belongs(group, sent_at, arrived_at):
            group.sent_at = max(group.sent_at, sent_at)
            group.arrived_at = max(group.arrived_at, arrived_at)
            return None
        before, self._before = self._before, group
        self._group = _Group(sent_at, sent_at, arrived_at)
        if before is None or group.arrived_at < before.arrived_at:
            # Groups that have overtaken one another tell nothing of a queue (section 5.2).
            return None
        return DelayVariation((group.arrived_at - before.arrived_at)
                              - (group.sent_at - before.sent_at), group.arrived_at)

    def _belongs(self, group: _Group, sent_at: float, arrived_at: float) -> bool:
        if sent_at - group.first_sent_at <= BURST_TIME_S:
            return True
        gap = arrived_at - group.arrived_at
        return 0 <= gap < BURST_TIME_S and gap < sent_at - group.sent_at
