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

"""Which frames are protected, and what that leaves for pictures."""

import pytest
from rtc_bridge.core.recovery.protection import Protection


@pytest.fixture
def protection(clock):
    return Protection(clock)


def test_a_clean_path_is_not_protected(protection):
    assert not protection.covers(True) and not protection.covers(False)
    protection.update(0.0, 0.3)
    assert not protection.covers(True) and protection.media_bitrate(1e6) == 1e6


def look(protection, clock, loss, rtt, seconds=10.0, **more):
    """Tell of a path for a time, as a session does."""
    for _ in range(round(5 * seconds)):
        clock.now += 0.2
        protection.update(loss, rtt, **more)


def test_a_long_lossy_path_is_and_a_short_one_for_keyframes(protection, clock):
    look(protection, clock, 0.03, 0.24, seconds=0.6)
    assert protection.covers(True) and protection.covers(False)
    look(protection, clock, 0.03, 0.24)
    assert protection.loss == pytest.approx(0.03, rel=0.02)
    # A round trip that varies does not switch it on and off, nor does a queue.
    protection.update(0.03, 0.07)
    assert protection.covers(False)
    protection.update(0.03, 0.05)
    assert protection.covers(True) and not protection.covers(False)
    protection.update(0.03, 0.07)
    protection.update(0.03, 0.2, overuse=True)
    assert not protection.covers(False)


def test_reports_without_loss_by_chance_do_not_end_it(protection, clock):
    look(protection, clock, 0.03, 0.24)
    look(protection, clock, 0.0, 0.24, seconds=7)
    assert 0.01 < protection.loss < 0.02 and protection.covers(False)
    look(protection, clock, 0.0, 0.24, seconds=15)
    assert 0.0025 < protection.loss < 0.005 and protection.covers(False)
    look(protection, clock, 0.0, 0.24, seconds=10)
    assert not protection.covers(True)
    look(protection, clock, 0.004, 0.24)
    assert not protection.covers(True)


def test_losses_that_vary_are_averaged(protection, clock):
    for _ in range(50):
        look(protection, clock, 0.10, 0.24, seconds=0.4)
        look(protection, clock, 0.0, 0.24, seconds=0.4)
    # Rather too much than too little.
    assert 0.05 < protection.loss < 0.09


def test_losses_of_a_full_queue_bring_no_more_packets(protection, clock):
    look(protection, clock, 0.2, 0.3, overuse=True)
    assert not protection.covers(True) and protection.loss == 0


def test_the_length_of_bursts_is_learnt(protection):
    assert protection.burst == 1
    for first in range(0, 65536, 300):
        protection.on_lost([first, first + 7 & 0xFFFF])
    assert protection.burst == 1
    for first in range(0, 65536, 600):
        protection.on_lost([(first + 65530 + i) & 0xFFFF for i in range(4)])
    assert protection.burst == pytest.approx(4, abs=0.1)
    protection.on_lost([])
    # An interruption counts for 16 at most.
    for number in range(200):
        protection.on_lost((number * 600 + i) & 0xFFFF for i in range(500))
    assert protection.burst == pytest.approx(16, abs=0.1)


def test_what_is_asked_for_again_says_nothing_new_of_bursts(protection):
    protection.on_lost([100, 108])
    for _ in range(50):
        protection.on_lost([101, 102, 103, 104])
    assert protection.burst == 1


def test_bursts_are_learnt_after_a_long_time_without_a_loss(protection):
    protection.on_lost([100])
    for first in range(40_100, 60_000, 600):
        protection.on_lost(range(first, first + 4))
    assert protection.burst > 3


def test_the_price_is_that_of_all_frames_together(protection, clock):
    for number in range(2000):
        clock.now += 1 / 30
        small = number % 4 == 3
        protection.on_sent(1200 if small else 6000, 5800 if small else 1150)
    assert protection.price == pytest.approx(9250 / 19_200, rel=0.05)


def test_what_recovery_packets_take_comes_off_the_encoders_rate(protection, clock):
    for _ in range(500):
        clock.now += 1 / 30
        protection.on_sent(7000, 2800)
    assert protection.price == pytest.approx(0.4, abs=0.01)
    assert protection.media_bitrate(1_400_000) == pytest.approx(1e6, rel=0.01)
    for _ in range(500):
        clock.now += 1 / 30
        protection.on_sent(7000, 0)
    assert protection.price < 0.001
    protection.on_sent(0, 0)
