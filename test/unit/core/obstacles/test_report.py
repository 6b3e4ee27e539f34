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

"""What viewers are told of obstacles."""

from types import SimpleNamespace

import pytest
from rtc_bridge.core.obstacles.report import CollisionMonitor, ObstacleReport
from rtc_bridge.core.obstacles.sectors import MAX_CM
from rtc_bridge.core.protocol.strict_json import dump


def state(action, polygon='PolygonStop'):
    """Return a CollisionMonitorState."""
    return SimpleNamespace(action_type=action, polygon_name=polygon)


@pytest.mark.parametrize('number, word', [
    (1, 'stop'), (2, 'slow down'), (3, 'approach'), (4, 'limit')])
def test_actions_of_a_collision_monitor_are_words(number, word):
    assert CollisionMonitor.of(state(number)) == CollisionMonitor(word, 'PolygonStop')


@pytest.mark.parametrize('number', [0, 5, 255])
def test_no_action_is_none(number):
    assert CollisionMonitor.of(state(number)) is None


def test_names_are_bounded_and_printable():
    assert CollisionMonitor.of(state(1, '\x1b[2Ja\n' + 'b' * 100)).polygon == '[2Ja' + 'b' * 60


def test_a_message_says_how_old_it_is():
    report = ObstacleReport((5, -1), 10.0, 'x' * 5000, CollisionMonitor('stop', 'near'))
    assert report.members(10.256) == {
        'cm': [5, -1], 'age': 0.26, 'reason': 'x' * 1000,
        'monitor': {'action': 'stop', 'polygon': 'near'}}
    assert report.members(9.0)['age'] == 0
    assert ObstacleReport().members(1.0) == {
        'cm': None, 'age': None, 'reason': '', 'monitor': None}


def test_messages_are_small():
    largest = ObstacleReport(
        (MAX_CM,) * 72, 0.0, '"' * 2000, CollisionMonitor('slow down', 'x' * 64))
    assert len(dump({'type': 'obstacles', **largest.members(1e6)})) < 2600
