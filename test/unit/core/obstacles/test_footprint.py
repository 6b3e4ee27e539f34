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

"""The robot's outline, in Nav2's forms."""

import pytest
from rtc_bridge.core.obstacles.footprint import footprint_text, sector_radii

BOX = '[[0.3, 0.2], [0.3, -0.2], [-0.3, -0.2], [-0.3, 0.2]]'


def test_a_radius_is_the_same_all_around():
    assert sector_radii('0.22') == [0.22] * 72
    assert sector_radii('') == [0.0] * 72
    assert footprint_text(0.22) == '0.22' and footprint_text(' 1 ') == '1'


def test_a_polygon_reaches_farthest_at_its_corners():
    radii = sector_radii(BOX)
    # Ahead 0.3 m, to the left 0.2 m; the largest of each sector counts.
    assert radii[0] == radii[71] == pytest.approx(0.3 / 0.9962, abs=1e-4)
    assert radii[17:19] == pytest.approx([0.2 / 0.9962] * 2, abs=1e-4)
    # The corner, at 33.7 degrees: it is in sector 6, and 0.36 m away.
    assert radii[6] == pytest.approx(max(radii)) == pytest.approx(0.3606, abs=1e-4)
    assert radii == pytest.approx(radii[::-1])


def test_the_middle_may_be_anywhere_inside():
    radii = sector_radii('[[0.8, 0.2], [0.8, -0.2], [-0.1, -0.2], [-0.1, 0.2]]')
    assert radii[0] == pytest.approx(0.8, abs=0.01)
    assert radii[36] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize('value', [
    'x', '-1', 'nan', 'Infinity', 'NaN', '21', 'true', True, None, (), '{}', '[]',
    '[[1, 1], [-1, 1]]', '[[0, 0, 0], [1, 1, 1], [2, 2, 2]]', '[[1, 1], [-1, 1], [-1, "1"]]',
    '[[1, 1], [-1, 1], [0, 1e9]]', '[' * 100_000, str([[1, 1], [-1, 1], [0, -1]] * 11),
    # The middle of the frame is outside.
    '[[1, 1], [2, 1], [2, 2]]'])
def test_what_is_no_footprint_is_refused(value):
    with pytest.raises(ValueError):
        footprint_text(value)
