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

"""The edges of gate, guard and controller, which a tidy driver never comes to."""

from itertools import count
import math

import pytest
from rtc_bridge.core.driving import emergency_stop
from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.guard_monitor import GuardMonitor
from rtc_bridge.core.driving.lease import ASK_TIME_S, Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Limits, Velocity, ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.core.errors import StoreError
from rtc_bridge.core.protocol.control_messages import Drive, Joy
from rtc_bridge.system.stop_file import StopFile

FORWARD = Velocity(1.0, 0.0, 0.0)
BACK = Velocity(-1.0, 0.0, 0.0)


class Clock:
    """Stands still until it is moved."""

    now = 128.0  # With steps of a binary fraction all sums are exact.

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Bench:
    """A controller with everything around it, and a page called `a` that drives."""

    def __init__(self, clock, limits=Limits(1.0, 0.5, 2.0, 1000.0, 1000.0), **changes):
        self.clock, self.sent, self.seq = clock, [], 0
        numbers = count(1)
        self.stop = EmergencyStop(clock=clock)
        self.reason = None
        self.lease = Lease(60.0, clock)
        self.gate = CommandGate(limits, self.lease, clock=clock, make_nonce=lambda: next(numbers),
                                conditions=[self.stop.reason, lambda: self.reason],
                                **{'timeout': 0.25, **changes})
        self.controller = TeleopController(self.gate, self.sent.append,
                                           lambda *joy: self.sent.append(joy),
                                           emergency_stop=self.stop, clock=clock)

    def begin(self):
        self.controller.request_lease('a')
        self.send(ZERO)
        self.send(FORWARD)
        assert self.sent[-1] == FORWARD
        return self

    def send(self, velocity, tick=None, frame=None, pause=0.03125):
        self.clock.now += pause
        self.seq += 1
        self.controller.command('a',
                                Drive(self.lease.epoch, self.seq, tick or self.gate.new_nonce(),
                                      velocity), frame)

    def joy(self, *axes):
        self.seq += 1
        self.controller.command('a',
                                Joy(self.lease.epoch, self.seq, self.gate.new_nonce(), axes, ()))


@pytest.fixture
def path(tmp_path):
    tmp_path.chmod(0o700)
    return tmp_path / 'stop.json'


@pytest.fixture
def bench(clock):
    return Bench(clock)


def refused(reason):
    return pytest.raises(TeleopRefused, match=f'^{reason}$')


# CommandGate


def test_a_tick_is_worth_as_much_as_it_is_young(bench, clock):
    bench.begin()
    tick = bench.gate.new_nonce()
    bench.send(ZERO, tick, pause=0.5)
    with refused('stale'):
        bench.send(ZERO, tick)


def test_ticks_of_an_earlier_driver_are_stale(bench):
    bench.begin()
    tick = bench.gate.new_nonce()
    bench.controller.release_lease('a')
    bench.controller.request_lease('a')
    with refused('stale'):
        bench.send(ZERO, tick)


def test_old_ticks_are_forgotten(bench, clock):
    for _ in range(1000):
        bench.gate.new_nonce()
        clock.now += 0.0625
    assert len(bench.gate._ticks) == 8 + 1


def test_what_was_refused_does_not_keep_the_robot_moving(bench, clock):
    bench.begin()
    for _ in range(7):
        with refused('stale'):
            bench.send(FORWARD, tick=-1)
        bench.controller.poll()
    bench.sent.clear()
    with refused('stale'):
        bench.send(FORWARD, tick=-1, pause=0.125)
    # The first that comes too late finds the end, and zero is said before the answer.
    assert bench.sent == [ZERO]


def test_the_gamepad_does_not_keep_the_robot_moving(bench, clock):
    bench.begin()
    bench.joy(0.0)
    for _ in range(4):
        clock.now += 0.0625
        bench.joy(0.5)
        bench.controller.poll()
    assert ZERO not in bench.sent[2:]
    clock.now += 0.0625
    bench.controller.poll()
    assert bench.sent[-2:] == [ZERO, ([0.0] * 6, [0] * 15)]
    # And the other way round: what was held before the stop needs a neutral pad first.
    bench.send(ZERO)
    with refused('neutral-first'):
        bench.joy(0.5)


def test_a_gamepad_alone_stops_when_it_falls_silent(bench, clock):
    """A page may send nothing else: then there is no motion that could end."""
    bench.controller.request_lease('a')
    bench.joy(0.0)
    bench.joy(0.5)
    clock.now += 0.25
    bench.controller.poll()
    assert bench.sent[-1][0][0] == -0.5
    clock.now += 0.03125
    bench.controller.poll()
    assert bench.sent[-2:] == [ZERO, ([0.0] * 6, [0] * 15)]
    with refused('neutral-first'):
        bench.joy(0.5)
    bench.joy(0.0)
    bench.joy(0.5)
    # Nor does a stop that is found between commands pass it by.
    bench.reason = 'guard'
    bench.controller.poll()
    assert bench.sent[-2:] == [ZERO, ([0.0] * 6, [0] * 15)]
    bench.reason = None
    # At rest it may be silent.
    bench.joy(0.0)
    bench.sent.clear()
    clock.now += 9.0
    bench.controller.poll()
    assert bench.sent == []


def test_a_gamepad_in_use_is_use(bench, clock):
    bench.controller.request_lease('a')
    for _ in range(3):
        clock.now += 50.0
        bench.joy(0.0)
        bench.joy(0.5)
        bench.controller.poll()
        assert bench.lease.holder == 'a'
    bench.joy(0.0)
    clock.now += 60.5
    bench.joy(0.0)
    bench.controller.poll()
    assert bench.lease.holder is None


def test_what_stops_all_stops_a_robot_in_motion(bench):
    bench.begin()
    bench.reason = 'guard'
    bench.controller.poll()
    assert bench.sent[-1] == ZERO and not bench.gate.moving
    bench.reason = None
    with refused('neutral-first'):
        bench.send(FORWARD)


def test_zero_is_said_at_each_refused_motion(bench):
    """A guard that did not hear the first one hears the next."""
    bench.begin()
    bench.reason = 'guard'
    for _ in range(3):
        bench.sent.clear()
        with refused('guard'):
            bench.send(FORWARD)
        assert bench.sent == [ZERO]


def test_a_halt_at_rest_says_nothing(bench):
    bench.controller.request_lease('a')
    bench.sent.clear()
    bench.controller.stop_and_require_neutral()
    assert bench.sent == []


def test_motion_is_reached_in_steps_from_rest_and_back(clock):
    bench = Bench(clock, Limits(1.0, 1.0, 2.0, 2.0, 4.0))
    bench.controller.request_lease('a')
    bench.send(ZERO)
    for share in (1, 2, 3):
        bench.send(Velocity(1.0, 1.0, -2.0))
        assert bench.sent[-1] == Velocity(*(share * x for x in (0.0625, 0.0625, -0.125)))
    bench.send(BACK)
    # The wish for zero is exempt, component by component.
    assert bench.sent[-1] == Velocity(0.125, 0.0, 0.0)
    # After a stop it begins at rest again, whatever it was before.
    bench.controller.stop_and_require_neutral()
    bench.send(ZERO)
    bench.send(BACK)
    assert bench.sent[-1] == Velocity(-0.0625, 0.0, 0.0)


def test_a_first_wish_of_a_client_that_sends_changes_only_is_one_step(clock):
    bench = Bench(clock, Limits(1.0, 0.0, 2.0, 2.0, 4.0))
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert bench.sent[-1].linear_x == pytest.approx(0.1)


@pytest.mark.parametrize('age, share', [(0.25, 1.0), (0.375, 0.5), (0.5, None)])
def test_speed_by_delay_has_exact_ends(clock, age, share):
    bench = Bench(clock, slow=(0.25, 0.5), max_age=1.0, timeout=1.0).begin()
    tick = bench.gate.new_nonce()
    if share is None:
        with refused('slow'):
            bench.send(FORWARD, tick, pause=age)
    else:
        bench.send(FORWARD, tick, pause=age)
        assert bench.sent[-1].linear_x == share


@pytest.mark.parametrize('slow, share', [((0.25, 0.5), 1.0), ((0.0, 0.0), 1.0), ((0.0, 0.5), 0.5)])
def test_speed_by_delay_gives_each_component_its_share(clock, slow, share):
    bench = Bench(clock, slow=slow, timeout=1.0).begin()
    tick = bench.gate.new_nonce()
    bench.send(Velocity(0.25, -0.25, 0.5), bench.gate.new_nonce(), pause=0.0625)
    clock.now += 0.125
    bench.send(Velocity(0.25, -0.25, 0.5), tick, pause=0.0625)
    assert bench.sent[-1] == Velocity(0.25 * share, -0.25 * share, 0.5 * share)


def test_a_life_sign_counts_from_when_it_was_given(bench, clock):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 1.0
    bench.controller.keep_alive('r', age=0.5)
    clock.now += 1.5
    bench.controller.poll()
    assert bench.sent[-1] == FORWARD
    clock.now += 0.125
    bench.controller.poll()
    assert bench.sent[-1] == ZERO


def test_a_life_sign_revives_nothing(bench, clock):
    """Even if nobody has noticed the end so far."""
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 2.125
    bench.controller.keep_alive('r')
    assert bench.sent[-1] == ZERO and not bench.gate.moving


def test_a_gamepad_that_was_put_down_may_be_silent(bench, clock):
    bench.controller.request_lease('a')
    for axis in (0.0, 0.5, 0.0):
        bench.joy(axis)
    bench.sent.clear()
    clock.now += 9.0
    bench.controller.poll()
    assert bench.sent == []


def test_a_picture_counts_up_to_its_age(clock):
    bench = Bench(clock, max_frame_age=0.5)
    bench.controller.request_lease('a')
    bench.send(ZERO)
    bench.send(FORWARD, frame=clock.now - 0.46875)
    with refused('frozen'):
        bench.send(FORWARD, frame=clock.now - 0.5)


def test_whoever_moves_what_he_holds_is_bound_by_the_stop(bench):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    bench.controller.latch_rtcbot_state('r', 0.0, 0.0)
    bench.stop.engage('b')
    with refused('stopped'):
        bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    bench.stop.release(bench.stop.id, 'b')
    with refused('neutral-first'):
        bench.controller.latch_rtcbot_state('r', 1.0, 0.0)


def test_a_life_sign_of_somebody_else_holds_nothing(bench, clock):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 1.5
    bench.controller.keep_alive('b')
    clock.now += 0.75
    bench.controller.poll()
    assert bench.sent[-1] == ZERO


def test_a_late_life_sign_never_shortens_the_hold(bench, clock):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 1.0
    bench.controller.keep_alive('r')
    bench.controller.keep_alive('r', age=0.875)
    clock.now += 1.875
    bench.controller.poll()
    assert bench.sent[-1] == FORWARD


def test_a_held_state_that_ended_is_found_by_the_next(bench, clock):
    """Whether or not somebody polled in time."""
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 2.25
    with refused('neutral-first'):
        bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert bench.sent == [ZERO, FORWARD, ZERO]


def test_a_command_takes_the_place_of_what_was_held(bench, clock):
    bench.controller.latch_rtcbot_state('a', 1.0, 0.0)
    bench.send(FORWARD)
    clock.now += 0.25
    bench.controller.poll()
    assert bench.sent[-1] == FORWARD
    clock.now += 0.03125
    bench.controller.poll()
    assert bench.sent[-1] == ZERO and not bench.gate.moving


def test_whoever_comes_after_a_driver_begins_at_rest(clock):
    bench = Bench(clock, Limits(1.0, 0.0, 2.0, 2.0, 4.0))
    bench.controller.request_lease('a')
    bench.send(ZERO)
    for _ in range(9):
        bench.send(FORWARD)
    bench.controller.release_lease('a')
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert bench.sent[-1].linear_x == pytest.approx(0.1)


def test_a_gamepad_counts_in_the_same_row(bench):
    bench.controller.request_lease('a')
    bench.joy(0.0)
    bench.seq -= 1
    with refused('sequence'):
        bench.joy(0.0)
    bench.seq -= 1
    with refused('sequence'):
        bench.send(ZERO)


def test_a_halt_forgets_no_stop_that_is_due(bench):
    bench.begin()
    bench.lease.leave('a')
    bench.gate.stop_and_require_neutral()
    assert bench.gate.take_stop() and not bench.gate.take_stop()


def test_what_was_held_through_a_stop_moves_nothing_when_the_seat_is_free_again(bench, clock):
    """Such a client's stick may tremble all the time."""
    hold = bench.controller.latch_rtcbot_state
    hold('r', 1.0, 0.0)
    bench.controller.engage_emergency_stop('b')
    bench.controller.release_emergency_stop(bench.stop.id, 'b')
    with refused('neutral-first'):
        hold('r', 0.9, 0.0, rested=False)
    # It counts as at rest, as it moves nothing: others may drive.
    clock.now += 1.5
    bench.controller.poll()
    assert bench.lease.holder is None
    with refused('neutral-first'):
        hold('r', 1.0, 0.0, rested=False)
    assert bench.lease.holder is None and bench.sent[-1] == ZERO
    hold('r', 0.0, 0.0, rested=False)
    hold('r', 1.0, 0.0, rested=True)
    assert bench.sent[-1] == FORWARD


def test_keys_that_cancel_out_are_no_rest(bench):
    hold = bench.controller.latch_rtcbot_state
    hold('r', 1.0, 0.0)
    bench.controller.engage_emergency_stop('b')
    bench.controller.release_emergency_stop(bench.stop.id, 'b')
    # Back as well, and then not any more: forward was held all the time.
    hold('r', 0.0, 0.0, rested=False, rests=False)
    # Nor is it one when it is looked at again.
    bench.clock.now += 0.0625
    bench.controller.poll()
    with refused('neutral-first'):
        hold('r', 1.0, 0.0, rested=False)
    assert bench.sent[-1] == ZERO


def test_nobody_sits_down_under_a_stop(bench):
    bench.controller.engage_emergency_stop('b')
    with refused('stopped'):
        bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert bench.lease.holder is None


def test_a_client_at_rest_takes_no_seat_and_keeps_none(bench, clock):
    bench.controller.latch_rtcbot_state('r', 0.0, 0.0)
    assert bench.lease.holder is None and bench.sent == []
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    # A stick that trembles within its dead zone is at rest.
    for _ in range(12):
        bench.controller.latch_rtcbot_state('r', 0.0, 0.0)
        clock.now += 0.1
        bench.controller.poll()
    assert bench.lease.holder is None


def test_a_refused_command_counts_for_the_order(bench):
    bench.begin()
    bench.reason = 'guard'
    with refused('guard'):
        bench.send(FORWARD)
    bench.reason = None
    # A neutral one from before the stop, late.
    bench.seq -= 2
    with refused('sequence'):
        bench.send(ZERO)
    bench.seq += 1
    with refused('neutral-first'):
        bench.send(FORWARD)


def test_the_gate_itself_notes_who_drives(bench, clock):
    bench.gate.latch_rtcbot_state('r', FORWARD)
    bench.lease.take('a')
    clock.now += 9.0
    assert not bench.gate.is_idle(1.0)
    bench.lease.take('b')
    bench.lease.take('a')
    tick = bench.gate.new_nonce()
    assert bench.gate.drive('a', Drive(bench.lease.epoch, 1, tick, ZERO)) == ZERO
    bench.lease.take('b')
    bench.lease.take('a')
    with refused('neutral-first'):
        bench.gate.latch_rtcbot_state('a', FORWARD)


# VelocityGuard


@pytest.fixture
def guard(clock):
    """Return a guard that lets motion pass, and says no more zeros."""
    guard = VelocityGuard(0.25, clock)
    guard.command(ZERO, clock.now)
    clock.now += 2.0
    return guard


def test_a_command_of_the_guard_lasts_exactly_its_time(guard, clock):
    assert guard.command(FORWARD, clock.now - 0.25) == FORWARD
    assert guard.poll() is None
    clock.now += 0.001
    assert guard.poll() == ZERO


def test_what_the_guard_refused_counts_for_nothing(guard, clock):
    """Neither does an old neutral command open the way, nor one from the future close it."""
    epoch = guard.epoch
    guard.command(FORWARD, clock.now)
    clock.now += 1.0
    assert guard.poll() == ZERO and guard.epoch != epoch
    assert guard.command(ZERO, clock.now - 0.5) is None
    assert guard.command(FORWARD, clock.now) is None
    assert guard.command(ZERO, clock.now + 60.0) is None
    clock.now += 0.03125
    assert guard.command(ZERO, clock.now) == ZERO
    clock.now += 0.03125
    assert guard.command(FORWARD, clock.now) == FORWARD


def test_a_guard_that_gets_everything_too_late_is_missed(clock):
    """Else the page says "driving" while nothing moves."""
    guard, watch = VelocityGuard(0.25, clock), GuardMonitor(0.5, lambda: True, clock)
    for number in range(30):
        clock.now += 0.0625
        watch.sent(clock.now)
        late = clock.now - 0.375
        assert guard.command(ZERO, late) is None
        if guard.took(late):
            watch.heard(late, guard.epoch)
    assert watch.reason() == 'guard'
    assert guard.command(ZERO, clock.now) == ZERO and guard.took(clock.now)
    watch.heard(clock.now, guard.epoch)
    assert watch.reason() is None


def test_a_last_zero_that_came_late_is_no_fault_for_ever(clock):
    watch = GuardMonitor(0.5, lambda: True, clock)
    watch.sent(clock.now)
    watch.rest()
    clock.now += 60.0
    assert watch.reason() is None


def test_neutral_under_the_stop_is_none_after_it(guard, clock):
    guard.set_emergency_stop(True)
    assert guard.command(ZERO, clock.now) is None
    guard.set_emergency_stop(False)
    clock.now += 0.03125
    assert guard.command(FORWARD, clock.now) is None
    assert guard.command(FORWARD, clock.now) is None


def test_who_lost_his_neutral_command_on_the_way_to_the_guard_is_told(clock):
    """Else a hand that holds a control would wait for ever."""
    guard, watch = VelocityGuard(0.25, clock), GuardMonitor(0.5, lambda: True, clock)
    told = []
    # Neutral again only once the driver has been told.
    for velocity in (FORWARD, FORWARD, ZERO, FORWARD, FORWARD):
        clock.now += 0.03125
        watch.sent(clock.now)
        passed = guard.command(velocity, clock.now)
        told.append((passed, watch.heard(clock.now, guard.epoch)))
    assert told == [(None, False), (None, True), (ZERO, False), (FORWARD, False), (FORWARD, False)]


def test_the_stop_reaches_a_guard_in_motion_at_once(guard, clock):
    guard.command(FORWARD, clock.now)
    epoch = guard.epoch
    guard.set_emergency_stop(True)
    assert guard.poll() == ZERO and guard.epoch != epoch
    # Said again it is no other stop.
    epoch = guard.epoch
    guard.set_emergency_stop(True)
    assert guard.epoch == epoch and guard.poll() is None


def test_the_stop_awaits_no_turn_of_an_earlier_zero(guard, clock):
    assert guard.command(ZERO, clock.now) == ZERO
    clock.now += 0.015625
    assert guard.command(FORWARD, clock.now) == FORWARD
    clock.now += 0.015625
    guard.set_emergency_stop(True)
    assert guard.wait() == 0.0 and guard.poll() == ZERO


def test_zero_is_repeated_for_a_second_from_the_first(guard, clock):
    assert guard.command(ZERO, clock.now) == ZERO
    said = []
    for _ in range(32):
        clock.now += 0.0625
        said.append(guard.poll())
    assert said == [ZERO] * 15 + [None] * 17
    for _ in range(16):
        assert guard.command(ZERO, clock.now) == ZERO
        clock.now += 0.0625
    # Others may publish zero by now, or drive.
    assert guard.poll() is None


def test_a_guard_that_ends_under_a_stop_says_zero(clock):
    guard = VelocityGuard(0.25, clock)
    assert guard.stop() is None
    guard.set_emergency_stop(True)
    assert guard.stop() == ZERO


def test_two_guards_have_two_names(clock):
    assert VelocityGuard(0.25, clock).epoch != VelocityGuard(0.25, clock).epoch


def test_the_guard_sleeps_until_it_is_needed(guard, clock):
    assert guard.wait() == 1.0
    guard.command(FORWARD, clock.now - 0.125)
    assert 0.125 < guard.wait() <= 0.127
    clock.now += guard.wait()
    assert guard.poll() == ZERO
    assert guard.wait() == pytest.approx(0.05)
    clock.now += 0.2
    assert guard.wait() == 0.0
    slow = VelocityGuard(5.0, clock)
    slow.command(ZERO, clock.now)
    clock.now += 0.0625
    slow.command(FORWARD, clock.now)
    assert slow.wait() == 1.0
    clock.now += 6.0
    assert slow.wait() == 0.0


def test_the_guard_is_awaited_from_the_first_unanswered_command(clock):
    watch = GuardMonitor(0.5, lambda: True, clock)
    first = clock.now
    watch.sent(first)
    clock.now += 0.5
    assert watch.reason() is None
    # An answer to that very command is one, and the next is waited for anew.
    watch.heard(first, 'a.0')
    clock.now += 9.0
    assert watch.reason() is None
    watch.sent(clock.now)
    clock.now += 0.5
    assert watch.reason() is None
    clock.now += 0.001
    assert watch.reason() == 'guard'


# TeleopController


def test_nobody_may_drive_after_the_end(bench):
    bench.begin()
    bench.controller.request_lease('b')
    bench.controller.close()
    assert bench.lease.holder is None and bench.sent[-1] == ZERO
    bench.controller.take_lease('b')
    bench.controller.request_lease('b')
    assert bench.lease.holder is None
    with refused('disabled'):
        bench.send(ZERO)


def test_a_halt_stops_at_once_and_asks_for_a_neutral_command(bench):
    bench.begin()
    bench.controller.stop_and_require_neutral()
    assert bench.sent[-1] == ZERO and not bench.gate.moving
    with refused('neutral-first'):
        bench.send(FORWARD)
    assert bench.sent[-1] == ZERO
    bench.send(ZERO)
    bench.send(FORWARD)
    assert bench.sent[-1] == FORWARD


def test_who_takes_the_seat_stops_the_robot_first(bench):
    order = bench.begin().sent
    bench.controller.on_lease_change.append(lambda: order.append(bench.lease.holder))
    bench.controller.take_lease('b')
    assert order[-2:] == [ZERO, 'b']


def test_a_second_press_is_no_other_stop_and_a_wrong_release_none(bench):
    told = []
    bench.controller.on_emergency_stop_change.append(lambda: told.append(bench.stop.id))
    bench.begin()
    assert bench.controller.engage_emergency_stop('b') and not bench.gate.moving
    first = bench.stop.id
    assert bench.controller.engage_emergency_stop('c') and bench.stop.id == first
    assert not bench.controller.release_emergency_stop('another', 'c') and bench.stop.engaged
    assert told == [first]
    assert bench.controller.release_emergency_stop(first, 'c')
    assert told == [first, None]


def test_a_late_sign_of_life_stops_what_has_ended_at_once(bench):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert bench.sent[-1] == FORWARD
    bench.clock.now += 60.0
    bench.controller.keep_alive('r')
    assert bench.sent[-1] == ZERO


def test_a_gamepad_that_is_off_is_refused(bench):
    bench.controller = TeleopController(bench.gate, bench.sent.append, emergency_stop=bench.stop,
                                        clock=bench.clock)
    bench.begin()
    assert not bench.controller.publishes_joy
    with refused('disabled'):
        bench.joy(0.0)


def test_the_stop_ends_the_gamepad_too(bench):
    bench.begin()
    bench.joy(0.0)
    bench.joy(0.5)
    assert bench.controller.engage_emergency_stop('b')
    assert bench.sent[-2:] == [ZERO, ([0.0] * 6, [0] * 15)]
    with refused('stopped'):
        bench.joy(0.5)
    bench.controller.release_emergency_stop(bench.stop.id, 'b')
    with refused('neutral-first'):
        bench.joy(0.5)


@pytest.mark.parametrize('part', ['latch', 'gate', 'zero', 'joy', 'told', 'store'])
def test_a_step_of_the_stop_that_fails_leaves_out_no_other(bench, monkeypatch, path, part):
    bench.stop = EmergencyStop(StopFile(path), clock=bench.clock)
    told, ended, failing = [], [], []

    def fails(name, work):
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
    bench.controller.on_emergency_stop_change += [fails('told', lambda: None),
                                                  lambda: told.append(bench.stop.engaged)]
    # The stop is in force by then: what fails is its log line.
    monkeypatch.setattr(emergency_stop.logger, 'error', fails('latch', lambda *_: None))
    monkeypatch.setattr(bench.gate, 'stop', fails('gate', bench.gate.stop))
    monkeypatch.setattr(bench.stop, '_save', fails('store', bench.stop._save))
    bench.begin()
    bench.joy(0.0)
    bench.joy(0.5)
    bench.sent.clear()
    failing.append(part)
    stored = bench.controller.engage_emergency_stop('b')
    failing.clear()
    assert stored == (part != 'store')
    assert [str(error) for error in ended] == [part] * (part != 'told')
    assert told == [True] and bench.stop.engaged
    assert EmergencyStop(StopFile(path)).engaged == (part != 'store')
    assert bench.sent == [ZERO] * (part != 'zero') + [([0.0] * 6, [0] * 15)] * (part != 'joy')
    # As at the end of the process, which does not wait for the time of the next attempt.
    assert bench.stop.store(at_once=True)
    assert EmergencyStop(StopFile(path)).id == bench.stop.id


def test_a_release_that_fails_half_way_is_told_and_ends_the_process(bench, monkeypatch):
    told, ended = [], []
    bench.controller.on_stop_failure = ended.append
    bench.controller.on_emergency_stop_change.append(lambda: told.append(bench.stop.engaged))
    bench.controller.engage_emergency_stop('b')
    monkeypatch.setattr(bench.gate, 'stop', lambda: 1 / 0)
    assert bench.controller.release_emergency_stop(bench.stop.id, 'b')
    assert told == [True, False] and len(ended) == 1


def test_the_end_goes_through_whatever_fails(bench, monkeypatch):
    bench.begin()
    bench.controller.request_lease('b')
    monkeypatch.setattr(bench.controller, '_publish', lambda velocity: 1 / 0)
    bench.controller.close()
    assert bench.lease.holder is None and not bench.controller.enabled
    bench.lease.take('c')
    monkeypatch.setattr(bench.lease, 'leave', lambda session: 1 / 0)
    bench.controller.close()


def test_the_end_of_a_request_is_told(bench, clock):
    bench.begin()
    told = []
    bench.controller.on_lease_change.append(lambda: told.append(bench.lease.requesters))
    bench.controller.request_lease('b')
    bench.controller.refuse_lease_request('a')
    bench.controller.request_lease('b')
    clock.now += ASK_TIME_S + 0.125
    bench.controller.poll()
    assert told == [('b',), (), ('b',), ()]


def test_a_client_in_motion_makes_no_room(bench, clock):
    bench.controller.latch_rtcbot_state('r', 1.0, 0.0)
    for _ in range(30):
        clock.now += 0.0625
        bench.controller.keep_alive('r')
        bench.controller.poll()
    assert bench.lease.holder == 'r' and bench.sent[-1] == FORWARD
    bench.controller.latch_rtcbot_state('r', 0.0, 0.0)
    clock.now += 1.0
    bench.controller.poll()
    assert bench.lease.holder == 'r'


def test_an_error_of_the_disk_leaves_the_stop_untold_but_in_force(tmp_path, clock):
    def write(path, text):
        raise StoreError('no space left')
    bench = Bench(clock).begin()
    bench.stop._store = StopFile(tmp_path / 'state', write=write)
    for _ in range(2):
        assert not bench.controller.engage_emergency_stop('a')
    assert bench.stop.engaged and bench.sent[-1] == ZERO
    told = []
    bench.controller.on_emergency_stop_change.append(lambda: told.append(1))
    with pytest.raises(StoreError):
        bench.controller.release_emergency_stop(bench.stop.id, 'a')
    assert bench.stop.engaged and not told


# Numbers


@pytest.mark.parametrize('component', ['linear_x', 'linear_y', 'angular_z'])
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_no_component_gets_past_the_guard_that_is_no_number(guard, clock, component, value):
    assert guard.command(Velocity(**{component: value}), clock.now) is None
    assert not Velocity(**{component: value}).is_zero()
