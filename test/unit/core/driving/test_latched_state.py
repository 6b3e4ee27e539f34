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

"""RTCBot's clients, which send changes only: what they want is latched, and ends in time."""

import pytest
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from support.driving import Bench, FORWARD, refused


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def moving(bench):
    """Return a bench whose RTCBot client ``r`` drives forward."""
    bench.latch(1.0)
    assert bench.sent == [ZERO, FORWARD]
    return bench


# The lease


def test_motion_takes_a_free_lease(moving):
    assert moving.lease.holder == 'r'


def test_rest_takes_no_lease_and_keeps_none(bench):
    bench.latch(0.0)
    assert bench.lease.holder is None and bench.sent == []
    bench.latch(1.0)
    # A stick that trembles within its dead zone is at rest.
    for _ in range(12):
        bench.latch(0.0)
        bench.wait(0.125)
    assert bench.lease.holder is None and bench.sent[-1] == ZERO
    bench.latch(1.0)
    assert bench.lease.holder == 'r'


def test_a_client_in_motion_keeps_the_lease(moving):
    for _ in range(30):
        moving.clock.now += 0.0625
        moving.gate.keep_alive('r')
        moving.controller.poll()
    assert moving.lease.holder == 'r' and moving.sent[-1] == FORWARD
    moving.latch(0.0)
    moving.wait(1.0)
    assert moving.lease.holder == 'r'
    moving.wait(0.03125)
    assert moving.lease.holder is None


def test_a_client_does_not_take_the_lease_of_another(bench):
    bench.begin(ZERO)
    with refused('epoch'):
        bench.latch(1.0)
    bench.lease.release('a')
    bench.latch(1.0)
    assert bench.sent[-1] == FORWARD


def test_the_next_holder_is_no_idle_client(moving):
    moving.latch(0.0)
    moving.controller.take_lease('a')
    moving.wait(9.0)
    assert moving.lease.holder == 'a'


def test_the_lease_is_not_granted_under_an_emergency_stop(bench):
    bench.controller.engage_emergency_stop('b')
    with refused('stopped'):
        bench.latch(1.0)
    assert bench.lease.holder is None


def test_the_lease_is_granted_while_the_guard_does_not_answer(bench):
    """It may answer the zero that follows a grant."""
    bench.hindrance = 'guard'
    with refused('guard'):
        bench.latch(1.0)
    assert bench.lease.holder == 'r' and bench.sent == [ZERO, ZERO]
    bench.hindrance = None
    # The refusal has stopped the robot: rest has to come first.
    with refused('neutral-first'):
        bench.latch(1.0, was_neutral=False)
    bench.latch(0.0)
    bench.clock.now += 0.03125
    bench.latch(1.0)
    assert bench.sent[-1] == FORWARD


# The latched state


def test_a_state_is_scaled_repeated_and_stopped(bench):
    bench.latch(1.0, 0.5)
    # The rest in which it began, for the guard, and what it wants.
    assert bench.sent == [ZERO, Velocity(1.0, 0.0, 1.0)]
    bench.wait(0.03125)
    assert len(bench.sent) == 2
    bench.wait(0.03125)
    assert bench.sent[2:] == [Velocity(1.0, 0.0, 1.0)]
    bench.sent.clear()
    bench.wait(2.0)
    bench.wait(0.03125)
    assert bench.sent == [ZERO]


def test_a_state_lasts_while_there_are_signs_of_life(moving):
    for _ in range(10):
        moving.clock.now += 1.0
        moving.gate.keep_alive('r')
        moving.controller.poll()
        assert moving.sent[-1] == FORWARD
    moving.wait(2.0625)
    assert moving.sent[-1] == ZERO
    with refused('neutral-first'):
        moving.latch(1.0)
    moving.latch(0.0)
    moving.clock.now += 0.03125
    moving.latch(1.0)
    assert moving.sent[-1] == FORWARD


def test_a_sign_of_life_counts_from_when_it_was_given(moving):
    moving.clock.now += 1.0
    moving.gate.keep_alive('r', age=0.5)
    moving.wait(1.5)
    assert moving.sent[-1] == FORWARD
    moving.wait(0.125)
    assert moving.sent[-1] == ZERO


def test_a_late_sign_of_life_shortens_nothing(moving):
    moving.clock.now += 1.0
    moving.gate.keep_alive('r')
    moving.gate.keep_alive('r', age=0.875)
    moving.wait(1.875)
    assert moving.sent[-1] == FORWARD


def test_a_sign_of_life_revives_nothing(moving):
    """Even if nobody has noticed the end so far: it is found first."""
    moving.clock.now += 2.125
    moving.gate.keep_alive('r')
    assert moving.sent[-1] == ZERO and not moving.gate.active


def test_a_sign_of_life_of_another_session_prolongs_nothing(moving):
    moving.clock.now += 1.5
    moving.gate.keep_alive('b')
    moving.wait(0.75)
    assert moving.sent[-1] == ZERO


def test_the_next_state_finds_that_the_last_one_has_ended(moving):
    """Whether or not the gate was polled in time."""
    moving.clock.now += 2.25
    with refused('neutral-first'):
        moving.latch(1.0)
    assert moving.sent == [ZERO, FORWARD, ZERO]


def test_the_first_state_is_one_step_of_acceleration():
    bench = Bench(max_linear_acceleration=2.0)
    bench.latch(1.0)
    assert bench.sent[-1].linear_x == pytest.approx(0.1)


def test_a_client_after_another_driver_begins_at_rest():
    bench = Bench(max_linear_acceleration=2.0).begin()
    for _ in range(9):
        bench.send(FORWARD)
    bench.lease.release('a')
    bench.latch(1.0)
    assert bench.sent[-1].linear_x == pytest.approx(0.1)


def test_no_frame_is_required_of_such_clients():
    bench = Bench(max_frame_age=1.0)
    bench.latch(1.0)
    assert bench.sent[-1] == FORWARD


def test_a_command_takes_the_place_of_a_state(bench):
    bench.latch(1.0, session='a')
    bench.send(FORWARD)
    bench.wait(0.25)
    assert bench.sent[-1] == FORWARD
    bench.wait(0.03125)
    assert bench.sent[-1] == ZERO and not bench.gate.active


# Stops


@pytest.fixture
def released(moving):
    """Return a bench whose client was in motion at an emergency stop that is over."""
    moving.controller.engage_emergency_stop('b')
    moving.controller.release_emergency_stop(moving.stop.id, 'b')
    return moving


def test_a_state_does_not_go_on_after_a_release(released):
    for _ in range(10):
        released.clock.now += 0.0625
        released.gate.keep_alive('r')
        released.controller.poll()
    assert released.sent[-1] == ZERO
    assert [velocity for velocity in released.sent if not velocity.is_zero()] == [FORWARD]


def test_a_client_at_rest_is_bound_by_the_emergency_stop(moving):
    moving.latch(0.0)
    moving.stop.engage('b')
    with refused('stopped'):
        moving.latch(1.0)
    moving.stop.release(moving.stop.id, 'b')
    with refused('neutral-first'):
        moving.latch(1.0)


def test_what_was_held_through_a_stop_moves_nothing_when_the_lease_is_free_again(released):
    """Such a client's stick may tremble all the time."""
    with refused('neutral-first'):
        released.latch(0.875, was_neutral=False)
    # It counts as at rest, as it moves nothing: others may drive.
    released.wait(1.5)
    assert released.lease.holder is None
    with refused('neutral-first'):
        released.latch(1.0, was_neutral=False)
    assert released.lease.holder is None and released.sent[-1] == ZERO
    released.latch(0.0, was_neutral=False)
    released.latch(1.0, was_neutral=True)
    assert released.sent[-1] == FORWARD


def test_keys_that_cancel_out_are_not_neutral(released):
    # Back as well, and then not any more: forward was held all the time.
    released.latch(0.0, was_neutral=False, is_neutral=False)
    # Nor are they when the state is repeated.
    released.wait(0.0625)
    with refused('neutral-first'):
        released.latch(1.0, was_neutral=False)
    assert released.sent[-1] == ZERO
