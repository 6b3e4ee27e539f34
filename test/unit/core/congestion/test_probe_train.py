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

"""Trains of packets: when they are sent, and what their arrival tells."""

import pytest
from rtc_bridge.core.congestion.probe_train import ProbeTrain, TRAIN_PACKETS
from rtc_bridge.core.feedback.sent_packets import Fate, PacketResult

SIZE = 1200
WANTED = 1.5e6


def send(train, now, carries, lost=(), first=100):
    """Send a train over a path of so many bit/s; return whether more is worth a trial."""
    train.begin(now, range(first, first + TRAIN_PACKETS), WANTED, 0.05)
    known = []
    for number in range(TRAIN_PACKETS):
        fate = Fate.LOST if number in lost else Fate.ARRIVED
        known.append(train.add(now + 0.1, PacketResult(
            first + number, now, SIZE, fate, number * 8 * SIZE / carries)))
    assert known == [False] * (TRAIN_PACKETS - 1) + [True]
    return train.allows_probing(now + 0.1)


@pytest.mark.parametrize('carries, enough', [(1.2e6, False), (1.6e6, True), (1e12, True)])
def test_what_a_path_carries_is_known_by_one_train(carries, enough):
    train = ProbeTrain()
    assert train.is_due(0.0) and not train.allows_probing(0.0)
    assert send(train, 0.0, carries) is enough
    assert train.allows_probing(0.2) is enough
    assert train.limit(0.2) == (float('inf') if enough else pytest.approx(carries))
    if carries < 1e9:
        assert train.carries == pytest.approx(carries)


@pytest.mark.parametrize('lost', [(0,), (4,), (2,)])
@pytest.mark.parametrize('carries, enough', [(1.2e6, False), (1.9e6, True)])
def test_a_train_may_lose_some_of_its_packets(lost, carries, enough):
    train = ProbeTrain()
    assert send(train, 0.0, carries, lost) is enough
    assert train.carries == pytest.approx(carries)


@pytest.mark.parametrize('lost', [(0, 2), range(TRAIN_PACKETS)])
def test_a_train_that_is_lost_tells_nothing_and_is_sent_again(lost):
    train = ProbeTrain()
    for sent in (0.0, 10.0, 20.0):
        assert not send(train, sent, 20e6, lost)
        assert train.carries == 0 and train.limit(sent + 0.1) == float('inf')
        assert not train.is_due(sent + 1.9) and train.is_due(sent + 2.1)


def test_trains_that_find_too_little_become_rare_and_others_do_not():
    train, now, pauses = ProbeTrain(), 0.0, []
    for _ in range(8):
        send(train, now, 1e6)
        sent = now
        while not train.is_due(now):
            now += 0.5
        pauses.append(now - sent)
    assert pauses == sorted(pauses) and pauses[0] < 3 and 55 < pauses[-1] < 65
    train.renew()
    assert train.is_due(sent + 0.5)
    assert send(train, now, 20e6)
    # What it has found is tried meanwhile.
    assert not train.is_due(now + 2.5) and train.is_due(now + 3.5)


def test_what_a_train_has_found_may_be_refuted():
    train = ProbeTrain()
    send(train, 0.0, 20e6)
    train.refute()
    assert not train.allows_probing(0.2) and train.is_due(2.1)


def test_a_train_without_an_answer_is_forgotten():
    train = ProbeTrain()
    train.begin(0.0, range(10, 15), WANTED, 0.5)
    assert not train.is_due(1.4)
    assert train.is_due(2.1)
    # The viewer was away: what was true before is not true now.
    for sequence in range(10, 17):
        assert not train.add(40.0, PacketResult(sequence, 0.0, SIZE, Fate.ARRIVED, 7.0))
    assert not train.allows_probing(40.0) and train.carries == 0


def test_an_overuse_refutes_a_train_that_is_still_out():
    train = ProbeTrain()
    train.begin(0.0, range(10, 15), WANTED, 0.3)
    train.refute()
    for sequence in range(10, 17):
        assert not train.add(0.4, PacketResult(sequence, 0.0, SIZE, Fate.ARRIVED, 7.0))
    assert not train.allows_probing(0.4)


def test_what_was_sent_before_and_after_a_train_does_not_count():
    train = ProbeTrain()
    train.begin(0.0, range(10, 15), WANTED, 0.05)
    for sequence in range(5, 13):
        assert not train.add(0.1, PacketResult(sequence, 0.0, SIZE, Fate.ARRIVED, sequence / 1e4))
    # Feedback on the last ones is lost, and the next one is known: three are too few.
    assert train.add(0.2, PacketResult(20, 0.1, SIZE, Fate.ARRIVED, 1.0))
    assert train.carries == 0 and not train.allows_probing(0.2)
    assert not train.add(0.2, PacketResult(21, 0.1, SIZE, Fate.ARRIVED, 1.0))


def test_packets_that_arrive_in_one_tick_prove_enough():
    train = ProbeTrain()
    train.begin(0.0, range(10, 15), WANTED, 0.05)
    for sequence in range(10, 15):
        train.add(0.1, PacketResult(sequence, 0.0, SIZE, Fate.ARRIVED, 7.0))
    assert train.allows_probing(0.2) and train.carries > 100e6


def test_packets_that_jitter_prove_neither_and_are_worth_a_trial():
    train = ProbeTrain()
    train.begin(0.0, range(10, 15), WANTED, 0.05)
    # Most come together.
    arrivals = [0.0, 0.03, 0.0301, 0.0302, 0.06]
    for number, at in enumerate(arrivals):
        train.add(0.1, PacketResult(10 + number, 0.0, SIZE, Fate.ARRIVED, at))
    assert train.allows_probing(0.2)
    assert train.carries < WANTED and train.limit(0.2) == float('inf')


def test_a_train_of_nothing_shows_nothing():
    train = ProbeTrain()
    train.begin(0.0, range(10, 10), WANTED, 0.05)
    assert not train.add(0.1, PacketResult(11, 0.0, SIZE, Fate.ARRIVED, 7.0))
    assert not train.is_due(1.9) and train.is_due(2.1)


@pytest.mark.parametrize('carries, bitrate, capacity', [
    # Nearly to what was wanted, and what was found is believed up to a point.
    (1.6e6, 0.85 * WANTED, 1.6e6), (20e6, 0.85 * WANTED, 1.6 * WANTED),
    # More than it carries is not to be sent, less than is received neither.
    (0.7e6, 0.7e6, 0.7e6), (0.4e6, 0.55e6, 0.5e6)])
def test_bitrate_and_capacity_follow_a_train(carries, bitrate, capacity):
    train = ProbeTrain()
    send(train, 0.0, carries)
    assert train.outcome(0.8e6, 0.9e6, 0.5e6) == pytest.approx((bitrate, capacity))


def test_a_train_lowers_nothing_that_fits_and_raises_nothing_by_chance():
    train = ProbeTrain()
    assert train.outcome(0.8e6, 0.9e6, 0.5e6) == (0.8e6, 0.9e6)
    send(train, 0.0, 1.2e6)
    assert train.outcome(0.8e6, 0.9e6, 0.5e6) == (0.8e6, 0.9e6)
    send(train, 10.0, 20e6)
    assert train.outcome(1.9e6, 3e6, 0.5e6) == (1.9e6, 3e6)
    send(train, 20.0, 1.2e6, lost=range(3))
    assert train.outcome(1.9e6, 3e6, 0.5e6) == (1.9e6, 3e6)
