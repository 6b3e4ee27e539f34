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

"""Packets of a voice are played in order and in time, and no later than they need."""

import random

import pytest
from rtc_bridge.core.audio.jitter_buffer import JitterBuffer, PACKET_S, Played


def play(arrivals, first=0):
    """
    Let packets come; return what was played, each with its delay in seconds.

    :param arrivals: of each packet its number and when it comes
    """
    buffer, played = JitterBuffer(), []
    events = sorted((came, number) for number, came in arrivals)
    end = events[-1][0] + 1.0
    now = 0.0
    while now < end:
        while events and events[0][0] <= now:
            came, number = events.pop(0)
            buffer.put((number + first) % 65536, b'%d' % number, came)
        while (what := buffer.take(now)) is not None:
            played.append((what, now))
        now = round(now + 0.001, 3)
    return played, buffer


def in_time(count, late=lambda number: 0.0):
    return [(number, 1.0 + number * PACKET_S + late(number)) for number in range(count)]


@pytest.mark.parametrize('first', [0, 65_530])
def test_what_comes_in_time_is_played_after_the_least_delay(first):
    played, buffer = play(in_time(100), first)
    assert [what for what, _ in played[:-5]] == [
        Played(b'%d' % number) for number in range(100)]
    # That it has ended is not known at once.
    assert [what for what, _ in played[-5:]] == [Played(None)] * 5
    assert buffer.delay == pytest.approx(0.02)
    assert played[50][1] == pytest.approx(1.0 + 50 * PACKET_S + 0.02, abs=0.002)


def test_what_is_lost_is_concealed_and_what_is_misordered_is_not():
    # Each second one comes after the one behind it.
    arrivals = [(number, came) for number, came in in_time(
        50, lambda number: 0.03 * (number % 2)) if number != 20]
    played, _ = play(arrivals)
    # The first ones find out the delay.
    assert [what.payload for what, _ in played][-45:-5] == [
        None if number == 20 else b'%d' % number for number in range(10, 50)]


def test_the_delay_grows_with_the_jitter_and_shrinks_again():
    rng = random.Random(1)
    arrivals = in_time(1500, lambda number: rng.uniform(0, 0.1) if number < 500 else 0.0)
    played, buffer = play(arrivals)
    concealed = [number for number, (what, _) in enumerate(played) if what.payload is None]
    assert len(concealed) < 25
    assert buffer.delay < 0.03
    middle, = (when for what, when in played if what.payload == b'400')
    assert 0.08 < middle - (1.0 + 400 * PACKET_S) < 0.11


def test_a_voice_that_pauses_is_played_again_at_once():
    arrivals = in_time(50) + [(number, 5.0 + number * PACKET_S) for number in range(50, 100)]
    played, _ = play(arrivals)
    voiced = [(what.payload, when) for what, when in played if what.payload is not None]
    assert [payload for payload, _ in voiced] == [b'%d' % number for number in range(100)]
    assert voiced[50][1] < 5.0 + 50 * PACKET_S + 0.05


def test_nothing_grows_without_bound():
    buffer = JitterBuffer()
    for number in range(10_000):
        buffer.put(number % 65536, b'x', 1.0)
    assert len(buffer._packets) <= 64
    assert buffer.wait(0.0) is not None


@pytest.mark.parametrize('late, changes', [
    (lambda number: number * PACKET_S * 1e-4, 'a clock that is 100 ppm slower'),
    (lambda number: 0.25 if number > 1000 else 0.0, 'a longer path'),
    (lambda number: 0.9 if number > 1000 else 0.0, 'a pause that is not numbered')])
def test_a_voice_that_comes_later_for_good_is_not_concealed_for_ever(late, changes):
    played, buffer = play([(number, came) for number, came in in_time(6000, late)])
    concealed = sum(what.payload is None for what, _ in played[:-5])
    assert concealed < 30, changes
    assert buffer.delay < 0.05
