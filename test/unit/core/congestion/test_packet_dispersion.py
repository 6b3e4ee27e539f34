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

"""What packets tell that were sent at once."""

import random

import pytest
from rtc_bridge.core.congestion.packet_dispersion import measure

SIZE = 1200


def test_the_bitrate_is_that_of_the_arrivals():
    arrivals = [(7.0 + 0.008 * number, SIZE) for number in range(6)]
    random.Random(1).shuffle(arrivals)
    assert measure(arrivals, 1.5e6) == (pytest.approx(1.2e6), 1.0)
    assert measure(arrivals, 1.1e6) == (pytest.approx(1.2e6), 0.0)


@pytest.mark.parametrize('arrivals', [[], [(1.0, SIZE)]])
def test_less_than_two_packets_tell_nothing(arrivals):
    assert measure(arrivals, 1e6) == (0.0, 0.0)


def test_packets_that_come_together_tell_a_finite_bitrate():
    carries, late = measure([(1.0, SIZE)] * 6, 1e6)
    assert 100e6 < carries < 1e9 and late == 0
