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

"""Emergency stops of several bridges: only the right release ends each of them."""

import pytest
from rtc_bridge.core.driving.engaged_stops import EngagedStops, MAX_STOPS
from rtc_bridge.core.driving.guard_messages import BridgeId, EngagedStop, StopState

ONE, TWO = BridgeId('1a', '/one'), BridgeId('2b', '/two')


def stop_of(bridge, stop, released=None):
    """Return what a bridge tells of its stop."""
    return StopState(bridge, stop, released)


def test_another_bridge_without_a_stop_releases_nothing(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    for _ in range(20):
        clock.now += 0.2
        stops.hear(stop_of(TWO, None, 'y'))
        stops.hear(stop_of(ONE, 'x'))
        assert stops.engaged() == (EngagedStop('1a', '/one', False),)
    stops.hear(stop_of(ONE, None, 'x'))
    assert not stops


def test_the_stop_of_a_dead_bridge_remains_until_that_very_one_is_released(clock):
    stops, again = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(stop_of(ONE, 'x'))
    clock.now += 60.0
    for released in (None, 'w'):
        stops.hear(stop_of(TWO, None, released))
        # Killed before its disk had the stop: after the restart it has none.
        stops.hear(stop_of(again, None, released))
        assert stops.engaged() == (EngagedStop('1a', '/one', True),)
    stops.hear(stop_of(again, 'x', 'w'))
    assert len(stops.engaged()) == 2
    stops.hear(stop_of(again, None, 'x'))
    assert not stops


def test_a_release_that_was_not_heard_is_heard_after_the_restart(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    again = BridgeId('1c', '/one')
    stops.hear(stop_of(again, None, 'x'))
    # The first one may be alive: it has just spoken.
    assert stops
    clock.now += 2.1
    stops.hear(stop_of(again, None, 'x'))
    assert not stops


def test_a_person_may_release_a_stop_that_was_never_written(clock):
    """By a press and a release at the bridge of the same name; at no other one."""
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    clock.now += 3.0
    stops.hear(stop_of(TWO, 'y'))
    stops.hear(stop_of(TWO, None, 'y'))
    assert stops
    again = BridgeId('1c', '/one')
    stops.hear(stop_of(again, 'z'))
    stops.hear(stop_of(again, None, 'z'))
    assert not stops


@pytest.mark.parametrize('folder, released', [('aa', True), ('bb', False), ('', False)])
def test_a_bridge_of_the_same_name_on_another_robot_releases_nothing(clock, folder, released):
    stops, other = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(StopState(ONE, 'x', None, 'aa'))
    clock.now += 3.0
    stops.hear(StopState(other, 'z', None, folder))
    stops.hear(StopState(other, None, 'z', folder))
    assert bool(stops) != released
    # What its own robot has released is, whatever the folder's name.
    stops.hear(StopState(BridgeId('1d', '/one'), None, 'x', ''))
    assert not stops


def test_two_live_bridges_with_one_file_both_have_to_release(clock):
    stops, twin = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(stop_of(ONE, 'x'))
    stops.hear(stop_of(twin, 'x'))
    stops.hear(stop_of(twin, None, 'x'))
    assert stops.engaged() == (EngagedStop('1a', '/one', False),)


def test_a_new_stop_of_a_bridge_replaces_its_earlier_one(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    stops.hear(stop_of(ONE, 'y', 'x'))
    assert len(stops.engaged()) == 1
    stops.hear(stop_of(ONE, None, 'y'))
    assert not stops


def test_stops_are_bounded(clock):
    stops = EngagedStops(clock)
    for number in range(2 * MAX_STOPS):
        stops.hear(stop_of(BridgeId(str(number), '/x'), 'x'))
    assert len(stops.engaged()) == MAX_STOPS
