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

"""How far the robot itself reaches."""

import pytest
from rtc_bridge.core.driving.footprint import parse_footprint
from rtc_bridge.core.obstacles.own_extent import sector_radii


def test_a_circle_is_the_same_all_around():
    assert sector_radii(parse_footprint('0.22')) == pytest.approx([0.22] * 72, rel=0.01)
    assert sector_radii(()) == [0.0] * 72


def test_a_polygon_reaches_farthest_at_its_corners():
    radii = sector_radii(parse_footprint('0.6, 0.4'))
    # Ahead 0.3 m, to the left 0.2 m; the largest of each sector counts.
    assert radii[0] == radii[71] == pytest.approx(0.3 / 0.9962, abs=1e-4)
    assert radii[17:19] == pytest.approx([0.2 / 0.9962] * 2, abs=1e-4)
    # The corner, at 33.7 degrees: it is in sector 6, and 0.36 m away.
    assert radii[6] == pytest.approx(max(radii)) == pytest.approx(0.3606, abs=1e-4)
    assert radii == pytest.approx(radii[::-1])


def test_the_centre_may_be_anywhere():
    radii = sector_radii(parse_footprint('[[0.8, 0.2], [0.8, -0.2], [-0.1, -0.2], [-0.1, 0.2]]'))
    assert radii[0] == pytest.approx(0.8, abs=0.01)
    assert radii[36] == pytest.approx(0.1, abs=0.01)
    outside = sector_radii(parse_footprint('[[1, 1], [2, 1], [2, 2]]'))
    assert outside[9] == pytest.approx(2 ** 0.5 * 2, abs=0.01) and outside[36] == 0
