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

"""Bounds of a peer's datagrams and RTCP."""

from rtc_bridge.core.limits.peer_limits import (
    MAX_QUEUED, MAX_QUEUED_BEFORE_ICE, PeerLimits, SessionBudgets,
)
from support.fake_clock import FakeClock


def test_datagrams_and_rtcp_are_bounded():
    clock = FakeClock()
    limits = PeerLimits(print, False, clock)
    assert not limits.allow_rtcp()
    assert not limits.allow_datagram(0, 0, True) and not limits.allow_datagram(3000, 0, True)
    assert not limits.allow_datagram(100, MAX_QUEUED_BEFORE_ICE, False)
    assert not limits.allow_datagram(100, MAX_QUEUED, True)
    assert sum(limits.allow_datagram(100, 0, True) for _ in range(1000)) < 200
    limits.prove()
    assert all(limits.allow_datagram(100, 0, True) for _ in range(1000))
    assert 100 < sum(limits.allow_rtcp() for _ in range(5000)) < 2000
    limits.ended = True
    clock.now += 10
    assert not limits.allow_datagram(100, 0, True) and not limits.allow_rtcp()


def test_the_page_stays_within_its_budgets():
    """It sends 25 commands, 25 gamepad states and 25 stops a second on one channel."""
    clock = FakeClock()
    budgets = SessionBudgets(clock)
    for _ in range(60 * 25):
        clock.now += 0.04
        assert all([*(budgets.commands.allow() for _ in ('drive', 'joy', 'stop')),
                    budgets.confirmations.allow(), budgets.messages.allow()])
