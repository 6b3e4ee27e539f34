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

"""Which lost packets are sent again."""

from rtc_bridge.core.recovery.retransmission import RetransmissionBudget


def lost(*sequences, age=0.05):
    return [(sequence, age) for sequence in sequences]


def test_lost_packets_are_sent_again_once_in_a_round_trip(clock):
    again = RetransmissionBudget(1_000_000, clock)
    # All of them twice, as long as the budget lasts.
    assert again.select(lost(1, 2, 3)) == ([1, 2, 3, 1, 2, 3], False)
    assert again.select(lost(2, 3, 4)) == ([4, 4], False)
    clock.now += 0.16
    assert again.select(lost(2)) == ([2, 2], False)


def test_what_recovery_packets_do_not_repair_is_sent_again_sooner(clock):
    again = RetransmissionBudget(1_000_000, clock)
    again.rtt = 0.24
    assert again.select(lost(5, 6), protected=True) == ([5, 6], False)
    clock.now += 0.04
    assert again.select(lost(6), protected=True) == ([], False)
    # The viewer asks for it again, so nothing has repaired it.
    clock.now += 0.06
    assert again.select(lost(6, 7), protected=True) == ([6, 7, 6], False)
    clock.now += 0.04
    assert again.select(lost(6), protected=True) == ([], False)
    # Without recovery packets it may be on its way.
    clock.now += 0.06
    assert again.select(lost(6)) == ([], False)
    clock.now += 0.2
    assert again.select(lost(6)) == ([6, 6], False)


def test_late_packets_are_given_up(clock):
    again = RetransmissionBudget(1_000_000, clock)
    assert again.select(lost(1, age=0.6) + lost(2)) == ([2, 2], True)


def test_the_past_gets_a_share_of_the_bitrate(clock):
    again = RetransmissionBudget(1_000_000, clock)
    repeated, given_up = again.select(lost(*range(1000)))
    # 30 % of half a second of a Mbit/s are 15 packets.
    assert len(repeated) == 15 and given_up
    clock.now += 0.2
    assert len(again.select(lost(*range(2000, 3000)))[0]) == 6
    clock.now += 3600
    assert len(again.select(lost(*range(4000, 5000)))[0]) == 15


def test_what_is_on_its_way_is_not_given_up(clock):
    again = RetransmissionBudget(1_000_000, clock)
    again.rtt = 0.24
    assert again.select(lost(*range(12)), protected=True) == (list(range(12)), False)
    clock.now += 0.1
    # There are bits for some of them only.
    selected, given_up = again.select(lost(*range(12)), protected=True)
    assert 0 < len(selected) < 24 and not given_up
    clock.now += 1.0
    assert again.select(lost(20, age=0.7), protected=True) == ([], True)
