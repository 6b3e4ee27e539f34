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

"""The command gate: which commands of a page pass, and when the robot is stopped."""

from dataclasses import replace

import pytest
from rtc_bridge.core.driving.command_gate import CommandGate
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from rtc_bridge.core.errors import ParameterError
from support.driving import BACK, Bench, FORWARD, JOY_AT_REST, refused, teleop_settings


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def driven(bench):
    """Return a bench whose page ``a`` drives forward."""
    return bench.begin()


# Neutral before motion


def test_motion_needs_a_neutral_command_first(bench):
    bench.controller.request_lease('a')
    with refused('neutral-first'):
        bench.send(FORWARD)
    assert bench.send(ZERO) == ZERO
    assert bench.send(FORWARD) == FORWARD


def test_a_stop_requires_a_neutral_command(driven):
    driven.gate.stop_and_require_neutral()
    assert driven.sent[-1] == ZERO and not driven.gate.active
    with refused('neutral-first'):
        driven.send(FORWARD)
    assert driven.sent[-1] == ZERO
    driven.send(ZERO)
    assert driven.send(FORWARD) == FORWARD


def test_a_stop_at_rest_publishes_nothing(bench):
    bench.controller.request_lease('a')
    bench.sent.clear()
    bench.gate.stop_and_require_neutral()
    assert bench.sent == []


# Epoch, sequence, nonce


def test_only_the_holder_drives(driven):
    with refused('epoch'):
        driven.send(ZERO, session='b')


def test_commands_of_an_earlier_epoch_are_refused(driven):
    earlier = driven.lease.epoch
    driven.lease.release('a')
    driven.controller.request_lease('a')
    with refused('epoch'):
        driven.send(ZERO, epoch=earlier)
    # Each epoch counts anew, and requires a neutral command again.
    driven.seq = 0
    with refused('neutral-first'):
        driven.send(FORWARD)


def test_the_gate_is_told_of_each_new_epoch(driven):
    """However the lease changes: the robot has stopped before the next call of the gate."""
    driven.sent.clear()
    driven.lease.take('b')
    assert driven.sent == [ZERO] and not driven.gate.active
    driven.lease.release('b')
    assert driven.sent == [ZERO, ZERO]


@pytest.mark.parametrize('seq', [0, 1, 2])
def test_a_sequence_number_counts_once(driven, seq):
    with refused('sequence'):
        driven.send(FORWARD, seq=seq)


def test_commands_and_gamepad_states_share_their_sequence(bench):
    bench.controller.request_lease('a')
    bench.send_joy(0.0)
    bench.seq -= 1
    with refused('sequence'):
        bench.send_joy(0.0)
    bench.seq -= 1
    with refused('sequence'):
        bench.send(ZERO)


def test_a_refused_command_counts_for_the_sequence(driven):
    driven.hindrance = 'guard'
    with refused('guard'):
        driven.send(FORWARD)
    driven.hindrance = None
    # A neutral one from before the stop, late.
    driven.seq -= 2
    with refused('sequence'):
        driven.send(ZERO)
    driven.seq += 1
    with refused('neutral-first'):
        driven.send(FORWARD)


def test_an_old_nonce_is_stale(driven):
    nonce = driven.gate.new_nonce()
    driven.send(ZERO, nonce=nonce, pause=0.5)
    with refused('stale'):
        driven.send(ZERO, nonce=nonce)


def test_an_unknown_nonce_is_stale(driven):
    with refused('stale'):
        driven.send(ZERO, nonce=12345)


def test_a_nonce_of_an_earlier_epoch_is_stale(driven):
    nonce = driven.gate.new_nonce()
    driven.lease.release('a')
    driven.controller.request_lease('a')
    with refused('stale'):
        driven.send(ZERO, nonce=nonce)


def test_old_nonces_are_forgotten(bench):
    for _ in range(1000):
        bench.gate.new_nonce()
        bench.clock.now += 0.0625
    assert len(bench.gate._nonces) == 8 + 1


# The end of commands


def test_silence_stops_the_robot_once(driven):
    driven.sent.clear()
    driven.wait(0.25)
    assert driven.sent == []
    driven.wait(0.03125)
    driven.wait(0.03125)
    assert driven.sent == [ZERO]
    with refused('neutral-first'):
        driven.send(FORWARD)
    driven.send(ZERO)
    assert driven.send(FORWARD) == FORWARD


def test_a_late_command_does_not_outrun_the_timeout(driven):
    """After a pause of the whole process the command is handled before the timer."""
    driven.sent.clear()
    with refused('neutral-first'):
        driven.send(FORWARD, pause=0.28125)
    # Nor does it swallow the zero.
    assert driven.sent == [ZERO]
    driven.wait(0.0)
    assert driven.sent == [ZERO]


def test_refused_commands_do_not_keep_the_robot_moving(driven):
    driven.sent.clear()
    for _ in range(7):
        with refused('stale'):
            driven.send(FORWARD, nonce=-1)
        driven.controller.poll()
    with refused('stale'):
        driven.send(FORWARD, nonce=-1, pause=0.125)
    # The first that comes too late finds the end: zero is published before the answer.
    assert driven.sent == [ZERO]


# Conditions


def test_a_condition_stops_a_robot_in_motion(driven):
    driven.hindrance = 'guard'
    driven.controller.poll()
    assert driven.sent[-1] == ZERO and not driven.gate.active
    driven.hindrance = None
    with refused('neutral-first'):
        driven.send(FORWARD)


def test_each_refused_motion_publishes_zero(driven):
    """A guard that did not hear the first zero hears the next one."""
    driven.hindrance = 'guard'
    for _ in range(3):
        driven.sent.clear()
        with refused('guard'):
            driven.send(FORWARD)
        assert driven.sent == [ZERO]


# Limits


def test_velocity_is_clamped(driven):
    assert driven.send(Velocity(9.0, -9.0, 9.0)) == Velocity(1.0, -0.5, 2.0)


def test_sideways_motion_needs_a_limit():
    bench = Bench(max_linear_y=0.0).begin()
    assert bench.send(Velocity(0.0, 1.0, 0.0)) == ZERO


def test_motion_up_and_down_needs_a_limit_and_keeps_to_all_rules():
    up = Velocity(linear_z=9.0)
    assert Bench().begin().send(up) == ZERO
    bench = Bench(max_linear_z=0.75, max_linear_acceleration=2.5)
    bench.controller.request_lease('a')
    with refused('neutral-first'):
        bench.send(up)
    bench.send(ZERO)
    # A step of 0.05 s, as forward and sideways.
    assert bench.send(up, pause=0.05).linear_z == pytest.approx(0.125)
    for _ in range(10):
        last = bench.send(up, pause=0.05)
    assert last == Velocity(linear_z=0.75)
    # The lease goes on as long as only this moves, and its end stops it at once.
    bench.hindrance = 'guard'
    with refused('guard'):
        bench.send(up)
    assert bench.sent[-1] == ZERO
    bench.hindrance = None
    with refused('neutral-first'):
        bench.send(up)


def test_acceleration_is_limited_and_stopping_is_not():
    bench = Bench(max_linear_acceleration=2.0, max_angular_acceleration=4.0)
    bench.controller.request_lease('a')
    bench.send(ZERO)
    # The first command has no predecessor to measure from: it counts as one of 0.05 s.
    first = bench.send(Velocity(1.0, 0.0, 2.0), pause=0.05)
    assert first.linear_x == pytest.approx(0.1)
    assert first.angular_z == pytest.approx(0.2)
    # A long pause between two commands allows no leap: the step is capped at 0.1 s.
    assert bench.send(Velocity(1.0, 0.0, 2.0), pause=0.2).linear_x == pytest.approx(0.3)
    assert bench.send(ZERO) == ZERO


def test_motion_is_reached_in_steps_from_rest_and_back():
    bench = Bench(max_linear_y=1.0, max_linear_acceleration=2.0, max_angular_acceleration=4.0)
    bench.controller.request_lease('a')
    bench.send(ZERO)
    for share in (1, 2, 3):
        assert bench.send(Velocity(1.0, 1.0, -2.0)) == Velocity(
            *(share * x for x in (0.0625, 0.0625, -0.125)))
    # A target of zero is exempt, component by component.
    assert bench.send(BACK) == Velocity(0.125, 0.0, 0.0)
    # After a stop it begins at rest again, whatever it was before.
    bench.gate.stop_and_require_neutral()
    bench.send(ZERO)
    assert bench.send(BACK) == Velocity(-0.0625, 0.0, 0.0)


def test_a_target_of_zero_has_no_sign(driven):
    assert repr(driven.send(Velocity(-0.0, -0.0, -0.0, -0.0))) == repr(ZERO)


# The frame that the driver sees


@pytest.mark.parametrize('age', [None, 1.125])
def test_nobody_moves_by_a_frozen_picture(age):
    bench = Bench(max_frame_age=1.0)
    bench.controller.request_lease('a')
    seen = None if age is None else bench.clock.now - age
    assert bench.send(ZERO, frame_time=seen) == ZERO
    with refused('frozen'):
        bench.send(FORWARD, frame_time=seen)
    with refused('frozen'):
        bench.send_joy(1.0, frame_time=seen)
    bench.send(ZERO, frame_time=seen)
    seen = bench.clock.now
    # Commands go on, the picture does not.
    while bench.clock.now < seen + 1.0:
        assert bench.send(FORWARD, frame_time=seen) == FORWARD
    bench.sent.clear()
    with refused('frozen'):
        bench.send(FORWARD, frame_time=seen)
    assert bench.sent == [ZERO]
    # The picture is back, the hand is still on the stick.
    with refused('neutral-first'):
        bench.send(FORWARD, frame_time=bench.clock.now)


def test_a_frame_counts_up_to_its_age():
    bench = Bench(max_frame_age=0.5)
    bench.controller.request_lease('a')
    bench.send(ZERO)
    bench.send(FORWARD, frame_time=bench.clock.now - 0.46875)
    with refused('frozen'):
        bench.send(FORWARD, frame_time=bench.clock.now - 0.5)


def test_only_a_camera_for_driving_counts():
    bench = Bench(max_frame_age=1.0)
    bench.controller.request_lease('a')

    def send(velocity, camera_may_drive):
        return bench.send(velocity, frame_time=bench.clock.now, camera_may_drive=camera_may_drive)
    # At rest one may look at any camera.
    assert send(ZERO, False) == ZERO
    with refused('camera'):
        send(FORWARD, False)
    with refused('camera'):
        bench.send_joy(1.0, frame_time=bench.clock.now, camera_may_drive=False)
    send(ZERO, True)
    assert send(FORWARD, True) == FORWARD
    # Another camera is selected on the way: that stops the robot.
    bench.sent.clear()
    with refused('camera'):
        send(FORWARD, False)
    assert bench.sent == [ZERO]
    with refused('neutral-first'):
        send(FORWARD, True)
    # Where no frame is required any camera will do.
    bench.gate.settings = replace(bench.gate.settings, max_frame_age=0.0)
    send(ZERO, False)
    assert send(FORWARD, False) == FORWARD


# Speed by delay


@pytest.mark.parametrize('age, share', [(0.125, 1.0), (0.25, 1.0), (0.375, 0.5), (0.4375, 0.25)])
def test_speed_falls_with_the_delay(age, share):
    bench = Bench(max_linear_z=0.5, slow_from=0.25, slow_to=0.5, max_age=1.0,
                  timeout=1.0).begin()
    nonce = bench.gate.new_nonce()
    assert bench.send(Velocity(1.0, 0.25, -2.0, 0.5), nonce=nonce, pause=age) == Velocity(
        share, 0.25 * share, -2.0 * share, 0.5 * share)


@pytest.mark.parametrize('slow_to, share', [(0.0, 1.0), (0.5, 0.5)])
def test_speed_by_delay_may_begin_at_once_or_never(slow_to, share):
    bench = Bench(slow_from=0.0, slow_to=slow_to, timeout=1.0).begin()
    nonce = bench.gate.new_nonce()
    assert bench.send(FORWARD, nonce=nonce, pause=0.25) == FORWARD.scaled(share)


def test_beyond_a_delay_nothing_moves():
    bench = Bench(slow_from=0.25, slow_to=0.5, max_age=1.0, timeout=1.0).begin()
    nonce = bench.gate.new_nonce()
    bench.sent.clear()
    with refused('slow'):
        bench.send(FORWARD, nonce=nonce, pause=0.5)
    assert bench.sent == [ZERO]
    with refused('neutral-first'):
        bench.send(FORWARD)


def test_a_range_of_delays_that_is_empty_is_refused():
    with pytest.raises(ParameterError, match='teleop.slow_to is 0.2, .* which is 0.3'):
        CommandGate(teleop_settings(slow_from=0.3, slow_to=0.2), Lease())


# Gamepads


def test_a_gamepad_needs_a_neutral_gamepad_first(bench):
    bench.controller.request_lease('a')
    with refused('neutral-first'):
        bench.send_joy(0.5, buttons=(1.0,))
    bench.send(ZERO)
    # A neutral command says nothing of the buttons.
    with refused('neutral-first'):
        bench.send_joy(0.5, buttons=(1.0,))
    bench.send_joy(0.0, buttons=(0.0,))
    bench.send_joy(0.5, buttons=(1.0,))
    assert bench.sent[-1] == ([-0.5, 0.0, 0.0, 0.0, 0.0, 0.0], [1] + [0] * 14)


def test_a_gamepad_does_not_keep_the_robot_moving(driven):
    driven.send_joy(0.0)
    for _ in range(4):
        driven.clock.now += 0.0625
        driven.send_joy(0.5)
        driven.controller.poll()
    assert ZERO not in driven.sent[2:]
    driven.wait(0.0625)
    assert driven.sent[-2:] == [ZERO, JOY_AT_REST]
    # And the other way round: what was held before the stop needs a neutral gamepad first.
    driven.send(ZERO)
    with refused('neutral-first'):
        driven.send_joy(0.5)


def test_a_gamepad_alone_stops_when_it_falls_silent(bench):
    """Its states may be all that a page sends: then there is no command that could end."""
    bench.controller.request_lease('a')
    bench.send_joy(0.0)
    bench.send_joy(0.5)
    bench.wait(0.25)
    assert bench.sent[-1][0][0] == -0.5
    bench.wait(0.03125)
    assert bench.sent[-2:] == [ZERO, JOY_AT_REST]
    with refused('neutral-first'):
        bench.send_joy(0.5)
    bench.send_joy(0.0)
    bench.send_joy(0.5)
    # A condition that is found between commands stops it, too.
    bench.hindrance = 'guard'
    bench.controller.poll()
    assert bench.sent[-2:] == [ZERO, JOY_AT_REST]


def test_a_gamepad_at_rest_may_be_silent(bench):
    bench.controller.request_lease('a')
    for axis in (0.0, 0.5, 0.0):
        bench.send_joy(axis)
    bench.sent.clear()
    bench.wait(9.0)
    assert bench.sent == []


def test_a_gamepad_in_use_keeps_the_lease(bench):
    bench.controller.request_lease('a')
    for _ in range(3):
        bench.clock.now += 50.0
        bench.send_joy(0.0)
        bench.send_joy(0.5)
        bench.controller.poll()
        assert bench.lease.holder == 'a'
    bench.send_joy(0.0)
    bench.clock.now += 60.5
    bench.send_joy(0.0)
    bench.controller.poll()
    assert bench.lease.holder is None
