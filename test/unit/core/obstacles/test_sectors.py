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

"""Scans reduced to sectors, by values computed by hand."""

from array import array
import math
from types import SimpleNamespace

import pytest
from rtc_bridge.core.errors import ObstacleError
from rtc_bridge.core.obstacles.sectors import (
    CLEAR_CM, MAX_BEAMS, MAX_CM, nearest_of, nothing_known, ScanReader, sector_of, SECTORS, to_cm,
    UNKNOWN_CM)
from rtc_bridge.core.obstacles.sensor_pose import SensorPose

DEGREE = math.pi / 180


def scan(ranges, start=0.0, step=5.0, low=0.1, high=10.0):
    """Return a scan; angles in degrees."""
    return SimpleNamespace(angle_min=start * DEGREE, angle_increment=step * DEGREE, range_min=low,
                           range_max=high, ranges=array('f', ranges))


def read(message, pose=SensorPose(), radius=0.0):
    """Return what a scan says of each sector, in cm."""
    return to_cm(ScanReader(pose, [radius] * SECTORS).read(message))


def only(cm):
    """Return the sectors of which something is known."""
    return {sector: value for sector, value in enumerate(cm) if value != UNKNOWN_CM}


@pytest.mark.parametrize('degrees, sector', [
    (0, 0), (4.99, 0), (5.01, 1), (90.1, 18), (179.9, 35), (180.1, 36), (-0.1, 71), (-5.1, 70),
    (359.9, 71), (360.1, 0), (-720.1, 71), (-1e-15, 0)])
def test_sectors_count_from_ahead_to_the_left(degrees, sector):
    assert sector_of(degrees * DEGREE) == sector


def test_each_beam_falls_into_its_sector():
    # Beams in the middle of sectors 0, 1, 2 ...
    cm = read(scan([1.0 + 0.1 * beam for beam in range(72)], start=2.5))
    assert cm == [100 + 10 * beam for beam in range(72)]


def test_a_scanner_that_turns_clockwise():
    cm = read(scan([1.0, 2.0, 3.0], start=2.5, step=-5))
    assert only(cm) == {0: 100, 71: 200, 70: 300}


@pytest.mark.parametrize('start', [-180, 180, 540])
def test_a_scan_may_begin_anywhere(start):
    assert only(read(scan([1.0, 1.0], start=start + 1, step=1))) == {36: 100}


def test_the_nearest_of_many_beams_counts():
    assert only(read(scan([3.0, 2.0, 4.0, math.inf, math.nan], step=1))) == {0: 200}


def test_what_ranges_mean_that_are_none():
    """As REP 117 says, and as drivers do that send 0 for nothing."""
    cm = read(scan([math.inf, 11.0, math.nan, 0.0, 0.05, -math.inf, -1.0], start=2.5))
    assert only(cm) == {0: CLEAR_CM, 1: CLEAR_CM, 5: 10}


def test_a_range_of_no_use_is_no_limit():
    assert only(read(scan([100.0, 0.5], start=2.5, low=math.nan, high=math.nan))) == {
        0: MAX_CM, 1: 50}
    assert only(read(scan([100.0, 0.0], start=2.5, low=-1.0, high=0.0))) == {0: MAX_CM}


def test_a_beam_of_a_coarse_scanner_stands_for_all_sectors_to_the_next():
    # Each 15 degrees: 7.5 to both sides.
    cm = read(scan([1.0, 2.0], start=7.5, step=15))
    assert only(cm) == {0: 100, 1: 100, 2: 100, 3: 200, 4: 200, 5: 200}
    # Never for more than 15 degrees to both sides.
    assert only(read(scan([1.0, 2.0], start=90, step=100))).keys() == {
        15, 16, 17, 18, 19, 20, 35, 36, 37, 38, 39, 40}


def test_a_single_beam_stands_for_its_direction():
    assert only(read(scan([1.0], start=92, step=360))) == {18: 100}


def test_the_place_of_the_sensor_counts():
    # Half a metre ahead, turned to the left: what is 1 m before it is at (0.5, 1.0).
    cm = read(scan([1.0], start=0), SensorPose(x=0.5, yaw=math.pi / 2))
    assert only(cm) == {12: round(100 * math.hypot(0.5, 1.0))}
    # It hangs upside down: its left is right.
    cm = read(scan([1.0], start=92), SensorPose(roll=math.pi))
    assert only(cm) == {53: 100}


def test_what_belongs_to_the_robot_is_none_and_distances_begin_at_it():
    assert only(read(scan([0.29, 0.31, 1.0, math.inf], start=2.5), radius=0.3)) == {
        1: 1, 2: 70, 3: CLEAR_CM}
    # What is behind it in the same sector counts.
    assert only(read(scan([0.2, 1.0], step=1), radius=0.3)) == {0: 70}


def test_the_reader_follows_a_scanner_that_changes():
    reader = ScanReader(SensorPose(), [0.0] * SECTORS)
    assert only(to_cm(reader.read(scan([1.0], start=2.5)))) == {0: 100}
    assert only(to_cm(reader.read(scan([1.0], start=7.5)))) == {1: 100}
    assert only(to_cm(reader.read(scan([1.0, 2.0], start=7.5)))) == {1: 100, 2: 200}


@pytest.mark.parametrize('message, words', [
    (scan([1.0], start=math.nan), 'begin at nan'),
    (scan([1.0], step=math.inf), 'step by inf'),
    (scan([1.0] * (MAX_BEAMS + 1), step=0.01), f'at most {MAX_BEAMS}'),
    (scan([1.0] * 100, step=90), 'go round more than twice')])
def test_a_hostile_scan_is_refused_with_the_reason(message, words):
    with pytest.raises(ObstacleError, match=words):
        read(message)


def test_an_empty_scan_says_nothing():
    assert read(scan([])) == [UNKNOWN_CM] * SECTORS
    assert only(read(scan([1.0] * 3, step=0))) == {0: 100}


def test_several_sensors_complete_each_other():
    front, rear = nothing_known(), nothing_known()
    front[0:4] = [1.0, 2.0, math.inf, math.inf]
    rear[1:5] = [1.5, 3.0, math.inf, 0.5]
    expected = [100, 150, 300, CLEAR_CM, 50] + [UNKNOWN_CM] * 67
    assert to_cm(nearest_of([front, rear])) == to_cm(nearest_of([rear, front])) == expected
    assert to_cm(nearest_of([])) == [UNKNOWN_CM] * SECTORS
