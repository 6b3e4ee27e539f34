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

"""Ranges of numbers: how they are written, and how they follow a camera's images."""

from array import array

import pytest
from rtc_bridge.core.images.value_range import parse_range, range_text, RangeFollower


@pytest.mark.parametrize('value', [
    '7600, 8100', '7600 8100', '7600,8100', ' 7600 ; 8100 ', '7600..8100', '7600:8100',
    '[7600, 8100]', '(7600.0, 8100.0)', [7600, 8100], (7600.0, 8100.0), ['7600', '8100'],
    array('d', [7600, 8100]), array('q', [7600, 8100])])
def test_two_numbers_are_written_in_many_ways(value):
    assert range_text(value) == '7600, 8100'
    assert parse_range(range_text(value)) == (7600.0, 8100.0)


@pytest.mark.parametrize('value, meant', [
    ('', ''), ('auto', 'auto'), (' AUTO ', 'auto'), (None, ''), ([], ''),
    ('-40, 85.5', (-40.0, 85.5)), ('1e-3, 1e6', (0.001, 1e6))])
def test_other_ranges(value, meant):
    assert parse_range(range_text(value)) == meant


@pytest.mark.parametrize('value', [
    '8100, 7600', '5, 5', '5', '1, 2, 3', 'wide', 'nan, 5', '0, inf', [1], [1, 2, 3], [2, 1],
    [True, False], 7, 1.5, True, [None, 1], 'LOW, HIGH', [1, 'x']])
def test_what_is_no_range_is_refused(value):
    with pytest.raises(ValueError):
        range_text(value)


def test_the_first_image_is_shown_in_its_own_range():
    follower = RangeFollower()
    assert follower.limits is None
    assert follower.follow(7600, 8100, 100.0) == follower.limits == (7600, 8100)


def test_the_range_grows_soon_and_shrinks_slowly():
    follower = RangeFollower()
    follower.follow(0, 100, 0.0)
    low, high = follower.follow(-1000, 1000, 0.1)
    assert -10 <= low < 0 and 100 < high <= 110
    follower = RangeFollower()
    follower.follow(0, 100, 0.0)
    low, high = follower.follow(40, 60, 0.1)
    assert 0 < low <= 3 and 97 <= high < 100
    # An image each ten seconds is followed at once.
    assert follower.follow(40, 60, 10.1) == (40, 60)


def test_what_hardly_changes_or_comes_out_of_order_moves_nothing():
    follower = RangeFollower()
    follower.follow(0, 100, 5.0)
    assert follower.follow(2, 97, 6.0) == (0, 100)
    assert follower.follow(-50, 200, 4.0) == (0, 100)


def test_another_scene_is_followed_at_once():
    follower = RangeFollower()
    follower.follow(0, 100, 0.0)
    assert follower.follow(500, 600, 0.1) == (500, 600)
    assert follower.follow(0, 100, 0.2) == (0, 100)
