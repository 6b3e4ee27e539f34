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

"""When a camera's silence is a loss."""

import pytest
from rtc_bridge.core.video.liveness import LONGEST_S, Rhythm


def played(*gaps, start=100.0):
    """Return a rhythm that has heard a picture and, after each gap, another; and the time."""
    rhythm = Rhythm()
    rhythm.begin(start - 1.0)
    rhythm.heard(start)
    for gap in gaps:
        start += gap
        rhythm.heard(start)
    return rhythm, start


def test_before_the_first_picture_it_is_waited_for():
    rhythm = Rhythm()
    assert rhythm.state(5.0, False) == ('waiting', 0.0)
    rhythm.begin(6.0)
    for kept in (False, True):
        assert rhythm.state(9.0, kept) == ('waiting', 3.0)
    rhythm.heard(9.0)
    rhythm.end()
    assert rhythm.state(10.0, False) == ('waiting', 0.0)
    # What came before this viewer is no picture of now.
    rhythm.begin(20.0)
    assert rhythm.state(21.0, False) == ('waiting', 1.0)


@pytest.mark.parametrize('gaps', [(), (1 / 30,), (1 / 30,) * 100, (0.1, 0.3) * 10])
def test_a_camera_is_lost_after_a_second(gaps):
    rhythm, now = played(*gaps)
    assert rhythm.state(now + 0.9, False) == ('live', 0.0)
    assert rhythm.state(now + 2.5, False) == ('lost', 2.5)


@pytest.mark.parametrize('gap, patience', [(0.5, 1.5), (2.0, 6.0), (3.2, 9.6), (8.0, LONGEST_S)])
def test_a_slow_camera_has_three_of_its_periods(gap, patience):
    rhythm, now = played(*[gap] * 6)
    assert rhythm.patience == pytest.approx(patience)
    assert rhythm.state(now + patience - 0.1, False) == ('live', 0.0)
    assert rhythm.state(now + patience + 0.1, False)[0] == 'lost'


@pytest.mark.parametrize('kept', [False, True])
def test_a_pause_makes_no_fast_camera_slow(kept):
    rhythm, now = played(*[0.033] * 10, 60.0, *[0.033] * 2)
    assert rhythm.patience == 1.0
    assert rhythm.state(now + 1.1, kept)[0] == 'lost'


def test_a_camera_that_becomes_fast_is_soon_judged_so():
    rhythm, now = played(*[5.0] * 10, *[0.033] * 5)
    assert rhythm.state(now + 1.1, False)[0] == 'lost'


@pytest.mark.parametrize('gaps', [(), (0.1, 0.1), (3.0,) * 10, (0.1, 30.0) * 5, (600.0,) * 3])
def test_a_kept_picture_is_still_however_old(gaps):
    rhythm, now = played(*gaps)
    assert rhythm.state(now, True) == ('still', 0.0)
    assert rhythm.state(now + 3600, True) == ('still', 3600.0)


def test_a_camera_whose_driver_keeps_the_last_picture_is_lost_nevertheless():
    rhythm, now = played(*[0.033] * 5)
    assert rhythm.state(now + 0.5, True) == ('live', 0.0)
    assert rhythm.state(now + 1.5, True) == ('lost', 1.5)


def test_what_is_known_of_a_slow_camera_stays_known_for_the_next_viewer():
    rhythm, now = played(*[2.0] * 6)
    rhythm.end()
    rhythm.begin(now + 500)
    rhythm.heard(now + 501)
    assert rhythm.state(now + 506, False) == ('live', 0.0)
    # While nobody looked there was no gap.
    rhythm.heard(now + 503)
    assert rhythm.patience == 6.0
