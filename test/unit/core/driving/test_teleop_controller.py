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

"""The controller: the lease, the order of zero and news, and the emergency stop's steps."""

import pytest
from rtc_bridge.core.driving import emergency_stop
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.lease import REQUEST_TIME_S
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import ZERO
from rtc_bridge.core.errors import StoreError
from support.driving import Bench, FORWARD, JOY_AT_REST, MemoryStore, refused


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def driven(bench):
    """Return a bench whose page ``a`` drives forward."""
    return bench.begin()


# The lease


def test_the_end_of_the_lease_publishes_zero_at_once(driven):
    driven.lease.release('b')
    assert driven.sent[-1] == FORWARD
    driven.lease.release('a')
    assert driven.sent[-1] == ZERO and driven.lease.holder is None


def test_a_hand_over_stops_the_robot_before_it_is_told(bench):
    told = []
    bench.controller.on_lease_change.append(
        lambda: told.append((bench.lease.holder, bench.sent[-1])))
    bench.begin()
    earlier = bench.lease.epoch
    bench.controller.request_lease('b')
    assert bench.sent[-1] == FORWARD
    bench.lease.hand_over('a')
    assert told == [('a', ZERO), ('a', FORWARD), ('b', ZERO)]
    with refused('epoch'):
        bench.send(FORWARD, epoch=earlier)
    with refused('neutral-first'):
        bench.send(FORWARD, session='b')
    assert bench.sent[-1] == ZERO


def test_a_take_over_stops_the_robot_before_it_is_told(driven):
    driven.controller.on_lease_change.append(lambda: driven.sent.append(driven.lease.holder))
    driven.controller.take_lease('b')
    assert driven.sent[-2:] == [ZERO, 'b']


def test_each_change_of_the_lease_is_told(bench):
    told = []
    bench.controller.on_lease_change.append(
        lambda: told.append((bench.lease.holder, bench.lease.requesters)))
    for session in 'aab':
        bench.controller.request_lease(session)
    bench.lease.refuse('a')
    bench.controller.request_lease('b')
    # The request ends by itself.
    bench.wait(REQUEST_TIME_S + 0.125)
    bench.lease.release('a')
    bench.lease.release('a')
    bench.latch(1.0)
    bench.controller.close()
    assert told == [('a', ()), ('a', ('b',)), ('a', ()), ('a', ('b',)), ('a', ()), (None, ()),
                    ('r', ()), (None, ())]


def test_an_idle_holder_loses_the_lease(bench):
    bench.controller.request_lease('a')
    for _ in range(1500):
        # Neutral commands, 25 a second, are no motion.
        bench.send(ZERO)
    bench.controller.poll()
    assert bench.lease.holder == 'a'
    bench.send(FORWARD)
    for _ in range(59):
        bench.wait(1.0)
    assert bench.lease.holder == 'a'
    bench.sent.clear()
    bench.wait(1.125)
    assert bench.lease.holder is None and bench.sent == [ZERO]


def test_nobody_gets_the_lease_while_there_is_a_reason_against_it(bench):
    bench.controller.request_lease('a')
    bench.controller.request_lease('b')
    bench.lease_reason = 'other-bridge'
    bench.controller.revoke_lease_if_refused()
    assert bench.lease.holder is None and not bench.lease.requesters
    for ask in (bench.controller.request_lease, bench.controller.take_lease):
        with refused('other-bridge'):
            ask('a')
    bench.lease_reason = None
    bench.controller.revoke_lease_if_refused()
    bench.controller.request_lease('a')
    assert bench.lease.holder == 'a'


# Commands


def test_a_disabled_controller_lets_nobody_drive(bench):
    bench.controller.enabled = False
    bench.controller.request_lease('a')
    bench.controller.take_lease('a')
    assert bench.lease.holder is None
    with refused('disabled'):
        bench.send(ZERO)
    with refused('disabled'):
        bench.latch(1.0)
    assert not bench.sent


def test_a_gamepad_is_refused_where_gamepads_are_off(bench):
    bench.controller = TeleopController(bench.gate, bench.sent.append, emergency_stop=bench.stop,
                                        clock=bench.clock)
    bench.begin()
    assert not bench.controller.publishes_joy
    with refused('disabled'):
        bench.send_joy(0.0)


def test_zero_comes_before_the_answer_to_a_late_command(driven):
    driven.send_joy(0.0)
    driven.send_joy(0.5)
    driven.clock.now += 0.3125
    driven.sent.clear()
    with refused('neutral-first'):
        driven.send(FORWARD)
    assert driven.sent == [ZERO, JOY_AT_REST]
    driven.controller.poll()
    assert len(driven.sent) == 2


def test_zero_that_cannot_be_published_ends_the_process(driven):
    failed = []
    driven.controller.on_stop_failure = failed.append
    driven.controller._publish = lambda velocity: 1 / 0
    with pytest.raises(ZeroDivisionError):
        driven.lease.release('a')
    assert driven.lease.holder is None and not driven.gate.active
    assert [type(error) for error in failed] == [ZeroDivisionError]


# The end


def test_nobody_drives_after_the_end(driven):
    driven.controller.request_lease('b')
    driven.controller.close()
    assert driven.lease.holder is None and driven.sent[-1] == ZERO
    driven.controller.take_lease('b')
    driven.controller.request_lease('b')
    assert driven.lease.holder is None
    with refused('disabled'):
        driven.send(ZERO)


def test_the_end_goes_through_whatever_fails(driven, monkeypatch):
    driven.controller.request_lease('b')
    monkeypatch.setattr(driven.controller, '_publish', lambda velocity: 1 / 0)
    driven.controller.close()
    assert driven.lease.holder is None and not driven.controller.enabled
    driven.gate.on_stop = lambda: None
    driven.lease.take('c')
    monkeypatch.setattr(driven.lease, 'release', lambda session: 1 / 0)
    driven.controller.close()


# The emergency stop


def test_zero_comes_before_the_disk_and_before_the_stop_is_told():
    store = MemoryStore()
    bench = Bench(store=store).begin()
    order = bench.sent
    store.write = lambda text: order.append('disk')
    bench.controller.on_emergency_stop_change.append(
        lambda: order.append(f'told {bench.stop.engaged}'))
    order.clear()
    assert bench.controller.engage_emergency_stop('b')
    assert order == [ZERO, 'told True', 'disk']
    for seq, velocity in ((1, FORWARD), (2, ZERO)):
        if velocity.is_zero():
            bench.send(velocity)
            continue
        with refused('stopped'):
            bench.send(velocity)
    with refused('stopped'):
        bench.latch(1.0, session='a')
    bench.send(ZERO)
    assert bench.controller.release_emergency_stop(bench.stop.id, 'a')
    assert order[-1] == 'told False'
    # A neutral command from before the release does not count after it.
    with refused('neutral-first'):
        bench.send(FORWARD)
    bench.send(ZERO)
    assert bench.send(FORWARD) == FORWARD


def test_a_second_press_changes_nothing_and_a_wrong_release_ends_nothing(driven):
    told = []
    driven.controller.on_emergency_stop_change.append(lambda: told.append(driven.stop.id))
    assert driven.controller.engage_emergency_stop('b') and not driven.gate.active
    first = driven.stop.id
    assert driven.controller.engage_emergency_stop('c')
    assert (driven.stop.id, driven.stop.by) == (first, 'b')
    assert not driven.controller.release_emergency_stop('another', 'c') and driven.stop.engaged
    assert told == [first]
    assert driven.controller.release_emergency_stop(first, 'c')
    assert told == [first, None]


def test_the_stop_ends_the_gamepad_too(driven):
    driven.send_joy(0.0)
    driven.send_joy(0.5)
    assert driven.controller.engage_emergency_stop('b')
    assert driven.sent[-2:] == [ZERO, JOY_AT_REST]
    with refused('stopped'):
        driven.send_joy(0.5)
    driven.controller.release_emergency_stop(driven.stop.id, 'b')
    with refused('neutral-first'):
        driven.send_joy(0.5)


@pytest.mark.parametrize('part', ['engage', 'gate', 'zero', 'joy', 'told', 'store'])
def test_a_step_of_the_stop_that_fails_leaves_out_no_other(monkeypatch, part):
    store = MemoryStore()
    bench = Bench(store=store)
    told, ended, failing = [], [], []

    def fails(name, work):
        """Return a function that does the work, and fails if this part is to fail now."""
        def call(*args, **kwargs):
            if name == part and name in failing:
                raise ZeroDivisionError(name)
            return work(*args, **kwargs)
        return call
    bench.controller = TeleopController(
        bench.gate, fails('zero', bench.sent.append),
        fails('joy', lambda *joy: bench.sent.append(joy)),
        emergency_stop=bench.stop, clock=bench.clock)
    bench.controller.on_stop_failure = ended.append
    bench.controller.on_emergency_stop_change += [
        fails('told', lambda: None), lambda: told.append(bench.stop.engaged)]
    # The stop is in force by then: what fails is its log line.
    monkeypatch.setattr(emergency_stop.logger, 'error', fails('engage', lambda *_: None))
    monkeypatch.setattr(bench.gate, 'require_neutral', fails('gate', bench.gate.require_neutral))
    monkeypatch.setattr(bench.stop, '_save', fails('store', bench.stop._save))
    bench.begin()
    bench.send_joy(0.0)
    bench.send_joy(0.5)
    bench.sent.clear()
    failing.append(part)
    stored = bench.controller.engage_emergency_stop('b')
    failing.clear()
    assert stored == (part != 'store')
    assert [str(error) for error in ended] == [part] * (part != 'told')
    assert told == [True] and bench.stop.engaged
    assert EmergencyStop(store).engaged == (part != 'store')
    assert bench.sent == [ZERO] * (part != 'zero') + [JOY_AT_REST] * (part != 'joy')
    # As at the end of the process, which does not wait for the time of the next attempt.
    assert bench.stop.store(at_once=True)
    assert EmergencyStop(store).id == bench.stop.id


def test_a_release_that_fails_half_way_is_told_and_ends_the_process(bench, monkeypatch):
    told, ended = [], []
    bench.controller.on_stop_failure = ended.append
    bench.controller.on_emergency_stop_change.append(lambda: told.append(bench.stop.engaged))
    bench.controller.engage_emergency_stop('b')
    monkeypatch.setattr(bench.gate, 'require_neutral', lambda: 1 / 0)
    assert bench.controller.release_emergency_stop(bench.stop.id, 'b')
    assert told == [True, False] and len(ended) == 1


def test_a_full_disk_keeps_the_stop_unconfirmed_but_in_force():
    store = MemoryStore()
    bench = Bench(store=store).begin()
    store.full = True
    for _ in range(2):
        assert not bench.controller.engage_emergency_stop('a')
    assert bench.stop.engaged and bench.sent[-1] == ZERO
    told = []
    bench.controller.on_emergency_stop_change.append(lambda: told.append(1))
    with pytest.raises(StoreError):
        bench.controller.release_emergency_stop(bench.stop.id, 'a')
    assert bench.stop.engaged and not told
