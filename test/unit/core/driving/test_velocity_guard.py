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

"""The velocity guard: what passes to the motors, and when it says zero."""

import math

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from support.driving import BACK, FORWARD
from support.fake_clock import FakeClock

TIMEOUT = 0.25


@pytest.fixture
def clock():
    return FakeClock(128.0)


@pytest.fixture
def guard(clock):
    """Return a guard that lets motion pass, and says no more zeros."""
    guard = VelocityGuard(TIMEOUT, clock)
    guard.command(ZERO, clock.now)
    clock.now += 2.0
    return guard


@pytest.fixture
def moving(clock):
    """Return a guard that lets the commands of bridge ``one`` pass, which moves the robot."""
    guard = VelocityGuard(TIMEOUT, clock)
    guard.command(ZERO, clock.now, 'one')
    clock.now += 0.05
    assert guard.command(FORWARD, clock.now, 'one') == FORWARD
    return guard


# Fresh commands pass


def test_only_fresh_commands_pass(guard, clock):
    assert guard.command(FORWARD, clock.now - 0.28125) is None
    assert guard.command(FORWARD, clock.now + 0.03125) is None
    assert guard.command(FORWARD, clock.now - 0.0625) == FORWARD
    assert guard.command(FORWARD, clock.now - 0.0625) is None
    assert guard.command(FORWARD, clock.now - 0.125) is None


def test_a_command_lasts_exactly_its_time(guard, clock):
    assert guard.command(FORWARD, clock.now - 0.25) == FORWARD
    assert guard.poll() is None
    clock.now += 0.001
    assert guard.poll() == ZERO


@pytest.mark.parametrize('stamp', [math.nan, math.inf, -1.0])
def test_a_stamp_that_is_not_a_time_passes_nothing(guard, stamp):
    assert guard.command(FORWARD, stamp) is None
    assert guard.command(FORWARD, 130.0) == FORWARD


@pytest.mark.parametrize('component', ['linear_x', 'linear_y', 'linear_z', 'angular_z'])
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_a_component_that_is_not_finite_passes_nothing(guard, clock, component, value):
    assert guard.command(Velocity(**{component: value}), clock.now) is None
    assert not Velocity(**{component: value}).is_zero()
    assert guard.command(FORWARD, clock.now) == FORWARD


def test_a_refused_command_counts_for_nothing(guard, clock):
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


def test_what_interrupts_motion_stops_it_and_nothing_else(guard, clock):
    epoch = guard.epoch
    assert guard.interrupt('test') is None and guard.poll() is None
    guard.command(FORWARD, clock.now)
    clock.now += 0.03125
    assert guard.interrupt('test') == ZERO and guard.epoch != epoch
    assert guard.poll() == ZERO
    assert guard.command(FORWARD, clock.now) is None
    clock.now += 0.03125
    assert guard.command(ZERO, clock.now) == ZERO
    assert guard.command(FORWARD, clock.now + 0.0) is None
    clock.now += 0.03125
    assert guard.command(FORWARD, clock.now) == FORWARD


# Neutral before motion


def test_a_guard_that_starts_in_the_middle_of_motion_does_not_lurch(clock):
    guard = VelocityGuard(TIMEOUT, clock)
    for _ in range(5):
        clock.now += 0.04
        assert guard.command(FORWARD, clock.now) is None
        assert guard.poll() is None
    clock.now += 0.04
    assert guard.command(ZERO, clock.now) == ZERO
    clock.now += 0.04
    assert guard.command(FORWARD, clock.now) == FORWARD


def test_a_guard_that_stopped_by_itself_does_not_go_on_by_itself(guard, clock):
    epoch = guard.epoch
    assert guard.command(FORWARD, clock.now) == FORWARD
    # Found by the next command, before anybody looked.
    clock.now += 0.28125
    assert guard.command(FORWARD, clock.now) is None
    assert guard.poll() == ZERO and guard.epoch != epoch
    epoch = guard.epoch
    clock.now += 0.04
    guard.command(ZERO, clock.now)
    clock.now += 0.04
    assert guard.command(FORWARD, clock.now) == FORWARD
    # A stop that was commanded is not one of its own.
    clock.now += 0.04
    guard.command(ZERO, clock.now)
    clock.now += 2.0
    guard.poll()
    assert guard.epoch == epoch


def test_two_guards_have_two_names(clock):
    assert VelocityGuard(TIMEOUT, clock).epoch != VelocityGuard(TIMEOUT, clock).epoch


# Zero


def test_a_guard_is_silent_until_the_first_command(clock):
    guard = VelocityGuard(TIMEOUT, clock)
    clock.now += 60
    assert guard.poll() is None
    assert guard.last_zero() is None


def test_zero_is_said_for_a_second_when_commands_end(guard, clock):
    guard.command(FORWARD, clock.now)
    # From the command's own stamp, however late it came.
    clock.now += 0.24
    assert guard.poll() is None
    zeros = []
    for _ in range(400):
        clock.now += 0.005
        zeros.append(guard.poll())
    assert 19 <= zeros.count(ZERO) <= 21
    assert set(zeros) == {ZERO, None}
    assert zeros[2] == ZERO
    assert guard.wait() == 1.0


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


def test_a_commanded_zero_passes_at_once_and_is_repeated(guard, clock):
    guard.command(FORWARD, clock.now)
    clock.now += 0.02
    assert guard.command(ZERO, clock.now) == ZERO
    assert guard.poll() is None
    clock.now += 0.05
    assert guard.poll() == ZERO
    assert guard.last_zero() == ZERO


def test_a_stream_of_zeros_adds_no_zeros_of_the_guard(guard, clock):
    """A page sends neutral commands for as long as it holds the lease."""
    guard.command(FORWARD, clock.now)
    for _ in range(100):
        clock.now += 0.04
        assert guard.command(ZERO, clock.now) == ZERO
        assert guard.poll() is None
    clock.now += 0.04
    assert guard.command(FORWARD, clock.now) == FORWARD


def test_motion_ends_the_zeros(clock):
    guard = VelocityGuard(TIMEOUT, clock)
    guard.command(ZERO, clock.now)
    clock.now += 0.06
    guard.command(FORWARD, clock.now)
    assert guard.poll() is None


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


# The emergency stop


def test_zero_is_said_throughout_an_emergency_stop(clock):
    guard = VelocityGuard(TIMEOUT, clock)
    guard.set_emergency_stop(True)
    zeros = 0
    for step in range(2000):
        clock.now += 0.005
        if step % 8 == 0:
            # Nothing passes, whichever bridge it comes from.
            assert guard.command(FORWARD, clock.now) is None
            assert guard.command(ZERO, clock.now) is None
        zeros += guard.poll() == ZERO
        assert guard.wait() < 0.051
        guard.set_emergency_stop(True)
    assert 180 <= zeros <= 201
    guard.set_emergency_stop(False)
    zeros = [guard.poll()]
    for _ in range(400):
        clock.now += 0.005
        zeros.append(guard.poll())
    assert 18 <= zeros.count(ZERO) <= 22 and zeros[-1] is None
    assert guard.last_zero() == ZERO


def test_the_emergency_stop_reaches_a_guard_in_motion_at_once(guard, clock):
    guard.command(FORWARD, clock.now)
    epoch = guard.epoch
    guard.set_emergency_stop(True)
    assert guard.poll() == ZERO and guard.epoch != epoch
    # Said again it is the same stop.
    epoch = guard.epoch
    guard.set_emergency_stop(True)
    assert guard.epoch == epoch and guard.poll() is None


def test_the_emergency_stop_waits_for_no_turn_of_an_earlier_zero(guard, clock):
    assert guard.command(ZERO, clock.now) == ZERO
    clock.now += 0.015625
    assert guard.command(FORWARD, clock.now) == FORWARD
    clock.now += 0.015625
    guard.set_emergency_stop(True)
    assert guard.wait() == 0.0 and guard.poll() == ZERO


def test_a_neutral_command_under_the_stop_does_not_count_after_it(guard, clock):
    guard.set_emergency_stop(True)
    assert guard.command(ZERO, clock.now) is None
    guard.set_emergency_stop(False)
    clock.now += 0.03125
    assert guard.command(FORWARD, clock.now) is None
    assert guard.command(FORWARD, clock.now) is None


def test_a_guard_that_ends_under_a_stop_says_zero(clock):
    guard = VelocityGuard(TIMEOUT, clock)
    assert guard.last_zero() is None
    guard.set_emergency_stop(True)
    assert guard.last_zero() == ZERO


# One bridge at a time


def test_the_first_bridge_drives_and_another_one_is_refused(moving, clock):
    epoch = moving.epoch
    for _ in range(40):
        clock.now += 0.03
        assert moving.command(FORWARD, clock.now, 'one') == FORWARD
        clock.now += 0.02
        for velocity in (ZERO, BACK):
            assert moving.command(velocity, clock.now, 'two') is None
            assert moving.last_stamp != clock.now
        assert moving.holder == 'one' and moving.poll() is None
    assert moving.epoch == epoch


def test_a_bridge_that_says_zero_still_drives(moving, clock):
    for _ in range(40):
        clock.now += 0.05
        moving.command(ZERO, clock.now, 'one')
        assert moving.command(FORWARD, clock.now + 0.001, 'two') is None
    assert moving.holder == 'one'


def test_a_bridge_that_is_silent_for_a_second_makes_room(moving, clock):
    clock.now += 1.0
    assert moving.poll() == ZERO and moving.holder == 'one'
    assert moving.command(ZERO, clock.now, 'two') is None
    clock.now += 0.01
    assert moving.holder is None
    # As after a stop: the other one begins with a neutral command.
    epoch = moving.epoch
    assert moving.command(BACK, clock.now, 'two') is None
    assert moving.holder == 'two' and moving.epoch != epoch
    clock.now += 0.05
    assert moving.command(ZERO, clock.now, 'two') == ZERO
    clock.now += 0.05
    assert moving.command(BACK, clock.now, 'two') == BACK
    assert moving.command(FORWARD, clock.now, 'one') is None


def test_a_long_timeout_ends_with_the_turn(clock):
    """Otherwise the last command of the bridge before would be in force for seconds."""
    guard = VelocityGuard(5.0, clock)
    guard.command(ZERO, clock.now, 'one')
    clock.now += 0.05
    guard.command(FORWARD, clock.now, 'one')
    clock.now += 1.5
    assert guard.poll() is None
    guard.command(BACK, clock.now, 'two')
    assert guard.poll() == ZERO


def test_commands_that_are_too_old_keep_no_turn_and_take_none(moving, clock):
    for _ in range(30):
        clock.now += 0.05
        assert moving.command(FORWARD, clock.now - 0.28125, 'one') is None
    assert moving.holder is None
    assert moving.command(ZERO, clock.now - 0.28125, 'two') is None and moving.holder is None


@given(st.lists(st.tuples(st.sampled_from(['one', 'two', '']), st.sampled_from([ZERO, FORWARD]),
                          st.sampled_from([0.01, 0.05, 0.31, 1.01])), max_size=40))
def test_motions_of_two_bridges_are_a_second_apart(steps):
    """Whatever they send: between them lies a second of the first bridge's silence."""
    clock = FakeClock()
    guard, last, spoke = VelocityGuard(0.3, clock), None, {}
    for bridge, velocity, pause in steps:
        clock.now += pause
        passed = guard.command(velocity, clock.now, bridge)
        if passed == FORWARD:
            if last not in (None, bridge):
                assert clock.now - spoke[last] > 1.0
            last = bridge
        if guard.holder == bridge:
            spoke[bridge] = clock.now
