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

"""The outline of a robot: how it is written."""

from array import array
import math

import pytest
from rtc_bridge.core.driving.footprint import footprint_text, parse_footprint

SIXTY_BY_FORTY = ((0.3, 0.2), (0.3, -0.2), (-0.3, -0.2), (-0.3, 0.2))


@pytest.mark.parametrize('value', [
    '0.6, 0.4', '0.6 0.4', '0.6x0.4', '[0.6, 0.4]', ' (0.6; 0.4) ', [0.6, 0.4], ('0.6', 0.4),
    array('d', [0.6, 0.4])])
def test_length_and_width_are_around_the_centre(value):
    assert footprint_text(value) == '0.6, 0.4'
    assert parse_footprint(footprint_text(value)) == SIXTY_BY_FORTY


@pytest.mark.parametrize('value', ['0.22', ' 0.22 ', 0.22, [0.22], '[0.22]'])
def test_a_radius_is_a_circle_around_the_centre(value):
    assert footprint_text(value) == '0.22'
    corners = parse_footprint('0.22')
    assert {round(math.hypot(x, y), 9) for x, y in corners} == {0.22} and len(corners) == 24


@pytest.mark.parametrize('value', ['', ' ', '[]', None, [], ()])
def test_it_need_not_be_known(value):
    assert footprint_text(value) == '' and parse_footprint(footprint_text(value)) == ()


def test_a_polygon_is_written_as_for_nav2():
    text = '[[0.4, 0.2], [0.4, -0.2], [-0.2, -0.2], [-0.2, 0.2]]'
    assert footprint_text(text.replace(' ', '')) == text == footprint_text(f' {text} ')
    assert parse_footprint(text) == ((0.4, 0.2), (0.4, -0.2), (-0.2, -0.2), (-0.2, 0.2))


@pytest.mark.parametrize('value', [
    '0', -0.6, '0.6, 0', '-0.6, 0.4', '1, 2, 3', 'wide', 'nan, 1', 'inf, 1', '500, 1', 'x',
    [1, 2, 3], [True, 1], [None, 1], [None], True, '[[0, 0], [1, 0]]', '[[0, 0], [1, 0], [2, 0]]',
    '[[0, 0], [1, 0], [1]]', '[[0, 0], [1, 0], 3]', '[[0, 0], [1, 0], [1, NaN]]', '[[0, 0], [1',
    '[[0, 0], [1, 0], [1, 500]]', str([[0, 0], [1, 1]] * 20 + [[2, 0]]), '[[[0]]]'])
def test_what_is_no_outline_is_refused(value):
    with pytest.raises(ValueError):
        footprint_text(value)
