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

"""The emergency stop: its state, and what is stored of it."""

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.errors import ProtocolError, StoreError
from rtc_bridge.core.protocol.control_messages import parse_control, ReleaseStop
from rtc_bridge.core.protocol.teleop_messages import parse_teleop, PressStop
from support.driving import MemoryStore


@pytest.fixture
def store():
    return MemoryStore()


def test_a_stop_outlives_the_process(store):
    stop = EmergencyStop(store)
    assert not stop.engaged and stop.reason() is None
    stop.engage('Ada')
    assert stop.engaged and stop.reason() == 'stopped'
    assert stop.store()
    again = EmergencyStop(store)
    assert (again.id, again.by, again.engaged) == (stop.id, 'Ada', True)
    # One more changes nothing.
    again.engage('Grace')
    assert again.by == 'Ada'
    assert not again.release('another', 'Ada') and EmergencyStop(store).engaged
    assert again.release(stop.id, 'Grace') and not again.engaged
    assert not EmergencyStop(store).engaged
    assert not again.release(stop.id, 'Grace')
    again.engage('Ada')
    assert again.id != stop.id


@pytest.mark.parametrize('text', ['', '{', '[]', '{"id": 1, "by": ""}', '{"id": null}', '\0' * 40,
                                  '{"id": "a", "by": null}', '[' * 100000])
def test_a_state_that_cannot_be_read_is_a_stop(text):
    store = MemoryStore(text)
    stop = EmergencyStop(store)
    assert stop.engaged and 'cannot be read' in stop.by
    assert stop.store()
    assert EmergencyStop(store).id == stop.id
    assert stop.release(stop.id, 'Ada') and not EmergencyStop(store).engaged


def test_a_host_with_a_new_name_is_still_stopped(store):
    earlier = MemoryStore()
    store.earlier_stores.append(earlier)
    assert not EmergencyStop(store).engaged
    stop = EmergencyStop(earlier)
    stop.engage('Ada')
    stop.store()
    again = EmergencyStop(store)
    assert again.engaged and again.by == 'Ada, when the robot had another name'
    # Once is enough, whatever the other name's store says.
    assert again.release(again.id, 'Ada')
    assert EmergencyStop(earlier).engaged and not EmergencyStop(store).engaged


def test_a_full_disk_stops_all_the_same_and_is_tried_again(store, clock):
    stop = EmergencyStop(store, clock=clock)
    store.full = True
    stop.engage('Ada')
    assert stop.engaged
    for _ in range(25):
        assert not stop.store()
        clock.now += 0.05
    assert len(store.written) == 2
    store.full = False
    clock.now += 1.0
    assert stop.store() and len(store.written) == 3
    assert stop.store() and len(store.written) == 3
    store.full = True
    with pytest.raises(StoreError):
        stop.release(stop.id, 'Ada')
    assert stop.engaged


@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_released_stop(text):
    assert EmergencyStop(MemoryStore(text.encode('utf-8', 'surrogatepass'))).engaged


def test_stop_and_release_are_read():
    assert parse_teleop('{"type":"stop","request":7}') == PressStop(7)
    assert parse_control('{"type":"release","id":"a1"}') == ReleaseStop('a1')
    for text in ('{"type":"stop"}', '{"type":"stop","request":"1"}'):
        with pytest.raises(ProtocolError):
            parse_teleop(text)
    with pytest.raises(ProtocolError):
        parse_control('{"type":"release"}')
