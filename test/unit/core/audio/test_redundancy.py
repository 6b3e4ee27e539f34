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
"""RED: older packets of sound in newer ones."""

import pytest
from rtc_bridge.core.audio.redundancy import primary_block, Redundancy
from support.red import read_red


@pytest.mark.parametrize(('reports', 'copies'), [
    ([], 0), ([0.0], 0), ([0.03], 1), ([0.03, 0.1], 2), ([0.1, 0.03], 2)])
def test_what_was_lost_tells_how_many_there_are(clock, reports, copies):
    redundancy = Redundancy(clock)
    for report in reports:
        redundancy.on_report(report)
    assert redundancy.copies == copies


def test_a_path_that_loses_no_more_gets_each_packet_once_after_a_while(clock):
    redundancy = Redundancy(clock)
    redundancy.on_report(0.1)
    clock.now += 6
    redundancy.on_report(0.02)
    assert redundancy.copies == 2
    clock.now += 5
    redundancy.on_report(0)
    assert redundancy.copies == 1
    clock.now += 6
    assert redundancy.copies == 0


def test_a_packet_carries_those_before_it():
    redundancy = Redundancy()
    assert redundancy.pack(0, b'a', 111, 0) == b'a'
    assert read_red(redundancy.pack(960, b'bb', 111, 1)) == [(111, 960, b'a'), (111, 0, b'bb')]
    assert read_red(redundancy.pack(1920, b'ccc', 111, 2)) == [
        (111, 1920, b'a'), (111, 960, b'bb'), (111, 0, b'ccc')]
    assert read_red(redundancy.pack(2880, b'', 111, 1)) == [(111, 960, b'ccc'), (111, 0, b'')]


def test_the_first_packet_carries_itself():
    assert read_red(Redundancy().pack(0, b'a', 96, 2)) == [(96, 0, b'a')]


@pytest.mark.parametrize(('payload', 'pause'), [(bytes(1024), 960), (b'a', 1 << 14)])
def test_a_block_whose_header_has_no_room_is_left_out(payload, pause):
    redundancy = Redundancy()
    redundancy.pack(0, payload, 111, 1)
    assert read_red(redundancy.pack(pause, b'b', 111, 1)) == [(111, 0, b'b')]


def test_the_largest_block_that_a_header_has_room_for():
    redundancy = Redundancy()
    redundancy.pack(0, bytes(1023), 127, 1)
    assert read_red(redundancy.pack((1 << 14) - 1, b'b', 127, 1)) == [
        (127, (1 << 14) - 1, bytes(1023)), (127, 0, b'b')]


def test_a_packet_stays_small_enough_for_one_datagram():
    redundancy = Redundancy()
    for number in range(3):
        payload = redundancy.pack(number * 960, bytes(500), 111, 2)
        assert len(payload) <= 1150 and len(read_red(payload)) == [1, 2, 2][number]


@pytest.mark.parametrize(('payload', 'primary'), [
    (b'', b''), (b'\x6f', b''), (b'\x6fopus', b'opus'), (b'\xef', b''), (b'\xef' * 9, b''),
    (b'\xef\x0f\x00\x03\x6foldopus', b'opus'), (b'\xef\x0f\xff\xff\x6fold', b'')])
def test_the_primary_block_of_any_payload(payload, primary):
    assert primary_block(payload) == primary


def test_the_primary_block_of_ours():
    redundancy = Redundancy()
    for number in range(3):
        assert primary_block(redundancy.pack(number * 960, b'%d' % number, 111, 2)) == (
            b'%d' % number)
