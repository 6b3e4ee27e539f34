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

"""Queues that round trips tell of."""

import pytest
from rtc_bridge.core.congestion.overuse_detector import OveruseDetector


def fed(*rtts, interval=0.2):
    """Return a detector that was given round trips, and the time of the last one."""
    detector, now = OveruseDetector(), 100.0
    for rtt in rtts:
        now += interval
        detector.add(now, rtt)
    return detector, now


def test_the_queue_is_what_two_round_trips_have_above_the_shortest():
    assert fed(0.05)[0].queue() == 0
    assert fed(0.05, 0.05, 0.25)[0].queue() == 0
    assert fed(0.05, 0.05, 0.25)[0].queue(single=True) == pytest.approx(0.2)
    assert fed(0.05, 0.25, 0.35)[0].queue() == pytest.approx(0.2)


def test_a_queue_that_stays_becomes_part_of_the_path():
    detector, _ = fed(0.05, *[0.25] * 51)
    assert detector.base_rtt == 0.25 and detector.queue() == 0


def test_jitter_raises_the_threshold_and_a_single_outlier_hardly():
    steady, _ = fed(*[0.05] * 30)
    assert steady.threshold == pytest.approx(0.02)
    assert fed(*[0.05] * 30, 3.0)[0].threshold < 0.03
    assert fed(*[0.05, 0.09] * 30)[0].threshold > 0.07


def test_a_queue_that_shrinks_is_not_filling():
    detector, now = fed(0.05, 0.05, 0.25)
    assert detector.is_filling(0.2, 0.2) and not detector.is_filling(0.2, 0.15)
    assert detector.filling_rate(now, 0.1, 0.2) == pytest.approx(0.5)
    assert detector.filling_rate(now, 0.1, 9.0) == 3.0
