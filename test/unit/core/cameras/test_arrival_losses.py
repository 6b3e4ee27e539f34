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

"""Images that are lost on the way to the bridge, by the numbers of their messages."""

import random

from rtc_bridge.core.cameras.arrival_losses import ArrivalLosses


def play(numbers, fps=30.0, size=6_000_000):
    """Return losses after messages of these numbers, which came at a rate."""
    losses = ArrivalLosses()
    for index, number in enumerate(numbers):
        losses.on_message(number, size, index / fps)
    return losses


def test_gaps_are_losses():
    found = play([n for n in range(1, 400) if n % 3], fps=20.0).worth_telling(30.0)
    assert 0.3 < found.lost / found.sent < 0.36 and found.image_bytes == 6_000_000


def test_a_camera_with_an_uneven_rate_loses_nothing():
    """What it does not publish, or publishes late, has no gap."""
    losses, now = ArrivalLosses(), 0.0
    chance = random.Random(7)
    for number in range(600):
        now += chance.choice((0.001, 0.03, 0.2))
        losses.on_message(number, 1000, now)
    assert losses.worth_telling(30.0) is None


def test_a_few_losses_and_those_that_nobody_sees_are_not_told():
    assert play([n for n in range(1, 400) if n % 10], fps=27.0).worth_telling(30.0) is None
    # Of 120 images a second every third is lost, and 30 are shown.
    assert play([n for n in range(1, 900) if n % 3], fps=80.0).worth_telling(30.0) is None


def test_other_publishers_and_middlewares_without_numbers_are_not_judged():
    assert play([None] * 400).worth_telling(30.0) is None
    # Two publishers count each for itself.
    assert play([n for pair in zip(range(500), range(90_000, 90_500)) for n in pair],
                ).worth_telling(30.0) is None
    losses = play([n for n in range(1, 400) if n % 3], fps=20.0)
    losses.restart()
    assert losses.worth_telling(30.0) is None


def test_what_is_over_is_not_told_any_more():
    numbers = [n for n in range(1, 400) if n % 3] + list(range(400, 800))
    assert play(numbers, fps=20.0).worth_telling(30.0) is None


def test_publishers_that_take_turns_are_noticed_and_one_that_starts_anew_is_none():
    pair = [n for pair in zip(range(50), range(900, 950)) for n in pair]
    for numbers in (pair, sorted([*range(50)] * 2)):
        losses = play(numbers)
        assert losses.takes_turns(100 / 30.0) and not losses.takes_turns(60.0)
        losses.restart()
        assert not losses.takes_turns(100 / 30.0)
    for numbers in ([*range(50), *range(50)], [None] * 100, range(100)):
        assert not play(numbers).takes_turns(100 / 30.0)
