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

"""The emergency stop: the latch and its file, the guard under it, and what pages see."""

from itertools import count
import os

from hypothesis import given, settings, strategies as st
import pytest
from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Limits, Velocity, ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.core.errors import ProtocolError, StoreError
from rtc_bridge.core.protocol.control_messages import (
    Drive, parse_control, parse_teleop, Release, Stop,
)
from rtc_bridge.system.stop_file import StopFile

FAST = Limits(1.0, 0.5, 2.0, 1000.0, 1000.0)
FORWARD = Velocity(1.0, 0.0, 0.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'emergency_stop.robot.json'


def test_a_stop_outlives_the_process(path):
    stop = EmergencyStop(StopFile(path))
    assert not stop.engaged and stop.reason() is None
    stop.engage('Ada')
    assert stop.engaged and stop.reason() == 'stopped'
    assert stop.store() and os.stat(path).st_mode & 0o777 == 0o600
    again = EmergencyStop(StopFile(path))
    assert (again.id, again.by, again.engaged) == (stop.id, 'Ada', True)
    # One more changes nothing.
    again.engage('Grace')
    assert again.by == 'Ada'
    assert not again.release('another', 'Ada') and EmergencyStop(StopFile(path)).engaged
    assert again.release(stop.id, 'Grace') and not again.engaged
    assert not EmergencyStop(StopFile(path)).engaged
    assert not again.release(stop.id, 'Grace')
    again.engage('Ada')
    assert again.id != stop.id


@pytest.mark.parametrize('text', ['', '{', '[]', '{"id": 1, "by": ""}', '{"id": null}', '\0' * 40,
                                  '{"id": "a", "by": null}', '[' * 100000])
def test_a_state_that_cannot_be_read_is_a_stop(path, text):
    path.write_text(text)
    stop = EmergencyStop(StopFile(path))
    assert stop.engaged and 'cannot be read' in stop.by
    assert stop.store()
    assert EmergencyStop(StopFile(path)).id == stop.id
    assert stop.release(stop.id, 'Ada') and not EmergencyStop(StopFile(path)).engaged


def test_neither_is_a_file_that_is_none(path):
    path.mkdir()
    stop = EmergencyStop(StopFile(path))
    assert stop.engaged and not stop.store()
    with pytest.raises(StoreError, match='emergency_stop.robot.json'):
        stop.release(stop.id, 'Ada')
    assert stop.engaged


def test_a_host_with_a_new_name_is_still_stopped(tmp_path):
    old, new = (tmp_path / f'emergency_stop.{name}.json' for name in ('old', 'new'))
    stop = EmergencyStop(StopFile(old))
    assert not EmergencyStop(StopFile(new, renamed=True)).engaged
    stop.engage('Ada')
    stop.store()
    assert not EmergencyStop(StopFile(new)).engaged
    again = EmergencyStop(StopFile(new, renamed=True))
    assert again.engaged and again.by.startswith('Ada, ')
    # Once is enough, whatever the other name's file says.
    assert again.release(again.id, 'Ada')
    assert EmergencyStop(StopFile(old)).engaged
    assert not EmergencyStop(StopFile(new, renamed=True)).engaged


def test_a_full_disk_stops_all_the_same_and_is_asked_again(path, clock):
    written, full = [], [True]

    def write(path, text):
        written.append(text)
        if full[0]:
            raise StoreError('no space left')

    stop = EmergencyStop(StopFile(path, write=write), clock=clock)
    stop.engage('Ada')
    assert stop.engaged
    for _ in range(25):
        assert not stop.store()
        clock.now += 0.05
    assert len(written) == 2
    full[0] = False
    clock.now += 1.0
    assert stop.store() and len(written) == 3
    assert stop.store() and len(written) == 3
    full[0] = True
    with pytest.raises(StoreError):
        stop.release(stop.id, 'Ada')
    assert stop.engaged


def test_zero_comes_before_the_disk_and_before_it_is_told(clock, path):
    order = []
    stop = EmergencyStop(StopFile(path, write=lambda *_: order.append('disk')), clock=clock)
    numbers = count(1)
    gate = CommandGate(FAST, Lease(clock=clock), clock=clock, make_nonce=lambda: next(numbers),
                       conditions=[stop.reason])
    controller = TeleopController(gate, order.append, emergency_stop=stop, clock=clock)
    controller.on_emergency_stop_change.append(lambda: order.append(f'told {stop.engaged}'))
    controller.request_lease('a')

    def send(seq, velocity):
        clock.now += 0.04
        controller.command('a', Drive(1, seq, gate.new_nonce(), velocity))
    send(1, ZERO)
    send(2, FORWARD)
    order.clear()
    assert controller.engage_emergency_stop('b')
    assert order == [ZERO, 'told True', 'disk']
    with pytest.raises(TeleopRefused, match='^stopped$'):
        send(3, FORWARD)
    with pytest.raises(TeleopRefused, match='^stopped$'):
        controller.latch_rtcbot_state('a', 1.0, 0.0)
    send(4, ZERO)
    assert controller.engage_emergency_stop('c') and stop.by == 'b'
    assert not controller.release_emergency_stop('x', 'a')
    assert controller.release_emergency_stop(stop.id, 'a') and order[-1] == 'told False'
    # A neutral command from before the release is none of after it.
    with pytest.raises(TeleopRefused, match='^neutral-first$'):
        send(5, FORWARD)
    send(6, ZERO)
    send(7, FORWARD)
    assert order[-1] == FORWARD


def test_a_held_state_does_not_go_on_after_a_release(clock):
    stop = EmergencyStop(clock=clock)
    sent = []
    gate = CommandGate(FAST, Lease(clock=clock), clock=clock, conditions=[stop.reason])
    controller = TeleopController(gate, sent.append, emergency_stop=stop, clock=clock)
    controller.latch_rtcbot_state('r', 1.0, 0.0)
    controller.engage_emergency_stop('a')
    controller.release_emergency_stop(stop.id, 'a')
    for _ in range(10):
        clock.now += 0.05
        controller.keep_alive('r')
        controller.poll()
    assert sent[-1] == ZERO
    assert [v for v in sent if not v.is_zero()] == [FORWARD]


def test_the_guard_says_zero_throughout_a_stop(clock):
    guard = VelocityGuard(0.3, clock)
    guard.set_emergency_stop(True)
    zeros = 0
    for step in range(2000):
        clock.now += 0.005
        if step % 8 == 0:
            # Whoever else sends: nothing passes.
            assert guard.command(FORWARD, clock.now) is None
            assert guard.command(ZERO, clock.now) is None
        zeros += guard.poll() == ZERO
        assert guard.wait() <= 0.05
        guard.set_emergency_stop(True)
    assert 180 <= zeros <= 201
    guard.set_emergency_stop(False)
    zeros = [guard.poll()]
    for _ in range(400):
        clock.now += 0.005
        zeros.append(guard.poll())
    assert 18 <= zeros.count(ZERO) <= 22 and zeros[-1] is None
    assert guard.stop() == ZERO


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_released_stop(tmp_path_factory, text):
    path = tmp_path_factory.mktemp('stop') / 'state.json'
    path.write_bytes(text.encode('utf-8', 'surrogatepass'))
    assert EmergencyStop(StopFile(path)).engaged


def test_stop_and_release_are_read():
    assert parse_teleop('{"type":"stop","request":7}') == Stop(7)
    assert parse_control('{"type":"release","id":"a1"}') == Release('a1')
    for text in ('{"type":"stop"}', '{"type":"stop","request":"1"}'):
        with pytest.raises(ProtocolError):
            parse_teleop(text)
    with pytest.raises(ProtocolError):
        parse_control('{"type":"release"}')
