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

"""When a camera's silence means that it is lost."""

import pytest
from rtc_bridge.core.cameras.liveness import Liveness, MAX_SILENCE_TIMEOUT_S


def played(*intervals, start=100.0):
    """Return a liveness that heard an image, and another after each interval; and the time."""
    liveness = Liveness()
    liveness.begin(start - 1.0)
    liveness.heard(start)
    for interval in intervals:
        start += interval
        liveness.heard(start)
    return liveness, start


def test_a_camera_is_waiting_before_its_first_image():
    liveness = Liveness()
    assert liveness.state(5.0, False) == ('waiting', 0.0)
    liveness.begin(6.0)
    for stays in (False, True):
        assert liveness.state(9.0, stays) == ('waiting', 3.0)
    liveness.heard(9.0)
    liveness.end()
    assert liveness.state(10.0, False) == ('waiting', 0.0)
    # An image from before does not count for this viewer.
    liveness.begin(20.0)
    assert liveness.state(21.0, False) == ('waiting', 1.0)


@pytest.mark.parametrize('intervals', [(1 / 30,) * 3, (1 / 30,) * 100, (0.1, 0.3) * 10])
def test_a_camera_is_lost_after_a_second(intervals):
    liveness, now = played(*intervals)
    assert liveness.state(now + 0.9, False) == ('live', 0.0)
    assert liveness.state(now + 2.5, False) == ('lost', 2.5)


@pytest.mark.parametrize('interval, timeout, state', [
    (0.5, 1.5, 'live'), (1.5, 4.5, 'live'), (2.0, 6.0, 'still'), (15.0, 45.0, 'still'),
    (100.0, MAX_SILENCE_TIMEOUT_S, 'still'), (3600.0, MAX_SILENCE_TIMEOUT_S, 'still')])
def test_a_slow_camera_may_be_silent_for_three_intervals(interval, timeout, state):
    liveness, now = played(*[interval] * 6)
    assert liveness.silence_timeout == liveness.slow_timeout == pytest.approx(timeout)
    assert liveness.state(now + timeout - 0.1, False) == (
        state, pytest.approx(timeout - 0.1) if state == 'still' else 0.0)
    assert liveness.state(now + timeout + 0.1, False)[0] == 'lost'


@pytest.mark.parametrize('stays', [False, True])
def test_a_pause_does_not_make_a_fast_camera_slow(stays):
    liveness, now = played(*[0.033] * 10, 60.0, *[0.033] * 2)
    assert liveness.silence_timeout == 1.0
    assert liveness.state(now + 1.1, stays)[0] == 'lost'


@pytest.mark.parametrize('intervals', [
    (), (1 / 30,), (1 / 30,) * 2, (0.001,) * 59, (15.0,), (15.0, 15.0), (0.001, 15.0, 0.001)])
def test_the_first_images_of_a_slow_camera_stay_with_their_age(intervals):
    """One image in 15 s, or several at once: nothing says yet that more should come."""
    liveness, now = played(*intervals)
    assert liveness.state(now + 14.9, False) == ('still', pytest.approx(14.9))
    assert liveness.keeps_last
    assert liveness.state(now + MAX_SILENCE_TIMEOUT_S, False)[0] == 'lost'


def test_the_last_image_is_kept_for_the_next_viewer_with_its_age():
    liveness, now = played(15.0, 15.0, 15.0)
    liveness.end()
    liveness.begin(now + 600.0, kept=now)
    assert liveness.state(now + 610.0, False) == ('still', 610.0)
    assert liveness.state(now + 650.0, False) == ('lost', 650.0)
    liveness.heard(now + 660.0)
    assert liveness.state(now + 661.0, False) == ('still', 1.0)
    # Those of a quick camera are not: the next one comes at once.
    assert not played(*[0.033] * 10)[0].keeps_last


def test_a_camera_that_becomes_fast_is_soon_judged_so():
    liveness, now = played(*[5.0] * 10, *[0.033] * 5)
    assert liveness.state(now + 1.1, False)[0] == 'lost'


@pytest.mark.parametrize('intervals', [(), (0.1, 0.1), (3.0,) * 10, (0.1, 30.0) * 5, (600.0,) * 3])
def test_an_image_that_stays_is_still_at_any_age(intervals):
    liveness, now = played(*intervals)
    assert liveness.state(now, True) == ('still', 0.0)
    assert liveness.state(now + 3600, True) == ('still', 3600.0)


def test_a_camera_that_flows_is_lost_although_its_publisher_keeps_the_last_image():
    liveness, now = played(*[0.033] * 5)
    assert liveness.state(now + 0.5, True) == ('live', 0.0)
    assert liveness.state(now + 1.5, True) == ('lost', 1.5)


def test_the_intervals_of_a_slow_camera_are_remembered_for_the_next_viewer():
    liveness, now = played(*[2.0] * 6)
    liveness.end()
    liveness.begin(now + 500)
    liveness.heard(now + 501)
    assert liveness.state(now + 506, False) == ('still', 5.0)
    # The time without viewers is no interval.
    liveness.heard(now + 503)
    assert liveness.silence_timeout == 6.0
