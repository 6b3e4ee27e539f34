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

"""When packets of a frame are sent."""

import pytest
from rtc_bridge.core.congestion.pacer import Pacer

SIZE = 1250


@pytest.fixture
def pacer(clock):
    """Return a pacer of a path that carries 100 packets a second, of which four go at once."""
    pacer = Pacer(0.04, clock)
    pacer.rate = 8 * SIZE * 100.0
    return pacer


def send(pacer, clock, packets):
    """Send packets as soon as they may be; return at which times, in seconds."""
    times, began = [], clock.now
    for _ in range(packets):
        clock.now += pacer.delay()
        pacer.note_sent(SIZE)
        times.append(clock.now - began)
    return times


def test_a_frame_that_fits_does_not_wait(pacer, clock):
    assert send(pacer, clock, 5) == [0.0] * 5
    clock.now += 0.05
    assert send(pacer, clock, 5) == [0.0] * 5


def test_what_does_not_fit_follows_as_fast_as_the_path_drains(pacer, clock):
    assert send(pacer, clock, 10) == pytest.approx([0.0] * 5 + [0.01, 0.02, 0.03, 0.04, 0.05])


def test_what_else_is_sent_counts(pacer, clock):
    for _ in range(6):
        pacer.note_sent(SIZE)
    assert pacer.delay() == pytest.approx(0.02)


def test_a_rate_that_falls_makes_no_packet_wait_long(pacer, clock):
    send(pacer, clock, 50)
    pacer.rate /= 100
    assert pacer.delay() == 0.1


@pytest.mark.parametrize('burst, rate', [(0.04, 0.0), (0.0, 1e5)])
def test_a_path_that_is_not_known_to_be_narrow_is_not_paced(clock, burst, rate):
    pacer = Pacer(burst, clock)
    pacer.rate = rate
    assert send(pacer, clock, 100) == [0.0] * 100


def test_what_was_sent_before_a_path_was_narrow_does_not_count(clock):
    pacer = Pacer(0.04, clock)
    for _ in range(1000):
        pacer.note_sent(SIZE)
    pacer.rate = 1e6
    assert pacer.delay() == 0.0
