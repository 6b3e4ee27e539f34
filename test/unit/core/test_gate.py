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

"""The gate, the guard and the controller, with a clock of the test's own."""

from itertools import count
import math

import pytest

from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.guard_monitor import GuardMonitor
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Limits, Velocity, ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.control_messages import Drive, Joy, parse_teleop

FAST = Limits(1.0, 0.5, 2.0, 1000.0, 1000.0)
FORWARD = Velocity(1.0, 0.0, 0.0)


@pytest.fixture
def gate(clock):
    numbers = count(1)
    return CommandGate(FAST, Lease(60.0, clock), clock=clock, make_nonce=lambda: next(numbers))


class Driver:
    """A well-behaved page: takes the lease and counts."""

    def __init__(self, gate, session='a'):
        self.gate, self.session, self.seq = gate, session, 0
        gate.lease.request(session)
        assert gate.lease.holder == session
        assert gate.take_stop()

    def send(self, velocity, **changes):
        self.gate._clock.now += 0.04
        self.seq += 1
        command = {'epoch': self.gate.lease.epoch, 'seq': self.seq, 'nonce': None,
                   'velocity': velocity} | changes
        if command['nonce'] is None:
            command['nonce'] = self.gate.new_nonce()
        return self.gate.drive(self.session, Drive(**command))


def refused(reason):
    return pytest.raises(TeleopRefused, match=f'^{reason}$')


def test_a_neutral_command_opens_the_way(gate):
    driver = Driver(gate)
    with refused('neutral-first'):
        driver.send(FORWARD)
    assert driver.send(ZERO) == ZERO
    assert driver.send(FORWARD) == FORWARD


def test_nobody_else_drives(gate):
    Driver(gate)
    with refused('epoch'):
        gate.drive('b', Drive(gate.lease.epoch, 1, gate.new_nonce(), ZERO))


def test_commands_of_an_older_epoch_are_refused(gate):
    driver = Driver(gate)
    driver.send(ZERO)
    old = gate.lease.epoch
    gate.lease.leave('a')
    gate.lease.request('a')
    with refused('epoch'):
        driver.send(ZERO, epoch=old)
    # Each epoch counts anew, and asks for a neutral command again.
    driver.seq = 0
    with refused('neutral-first'):
        driver.send(FORWARD)


@pytest.mark.parametrize('seq', [0, 1, 2])
def test_a_sequence_number_counts_once(gate, seq):
    driver = Driver(gate)
    driver.send(ZERO)
    driver.send(ZERO)
    with refused('sequence'):
        driver.send(FORWARD, seq=seq)


def test_a_command_that_waited_is_stale(gate, clock):
    driver = Driver(gate)
    nonce = gate.new_nonce()
    driver.send(ZERO, nonce=nonce)
    clock.now += 0.25
    driver.send(ZERO, nonce=nonce)
    clock.now += 0.20
    with refused('stale'):
        driver.send(FORWARD, nonce=nonce)


def test_an_unknown_nonce_is_stale(gate):
    driver = Driver(gate)
    with refused('stale'):
        driver.send(ZERO, nonce=12345)


def test_silence_stops_the_robot_once_and_asks_for_neutral(gate, clock):
    driver = Driver(gate)
    driver.send(ZERO)
    driver.send(FORWARD)
    clock.now += 0.3
    assert gate.poll() is None
    clock.now += 0.01
    assert gate.poll() == ZERO
    assert gate.poll() is None
    with refused('neutral-first'):
        driver.send(FORWARD)
    driver.send(ZERO)
    assert driver.send(FORWARD) == FORWARD


def test_a_late_command_does_not_outrun_the_watchdog(gate, clock):
    """After a pause of the whole process the command is handled before the timer."""
    driver = Driver(gate)
    driver.send(ZERO)
    driver.send(FORWARD)
    clock.now += 0.27
    with refused('neutral-first'):
        driver.send(FORWARD)
    # Nor does it swallow the zero.
    assert gate.poll() == ZERO
    assert gate.poll() is None


def test_velocity_is_clamped(gate):
    driver = Driver(gate)
    driver.send(ZERO)
    assert driver.send(Velocity(9.0, -9.0, 9.0)) == Velocity(1.0, -0.5, 2.0)


def test_acceleration_is_limited_but_stopping_is_not(clock):
    numbers = count(1)
    gate = CommandGate(Limits(1.0, 0.0, 2.0, 2.0, 4.0), Lease(), clock=clock,
                       make_nonce=lambda: next(numbers))
    driver = Driver(gate)
    driver.send(ZERO)
    clock.now += 0.01
    first = driver.send(Velocity(1.0, 0.0, 2.0))
    assert first.linear_x == pytest.approx(0.1)
    assert first.angular_z == pytest.approx(0.2)
    # A long pause between two commands buys no leap: the step is capped at 0.1 s.
    clock.now += 0.25
    assert driver.send(Velocity(1.0, 0.0, 2.0)).linear_x == pytest.approx(0.3)
    assert driver.send(ZERO) == ZERO


def test_holonomic_motion_needs_a_limit(clock):
    numbers = count(1)
    gate = CommandGate(Limits(), Lease(), clock=clock, make_nonce=lambda: next(numbers))
    driver = Driver(gate)
    driver.send(ZERO)
    assert driver.send(Velocity(0.0, 1.0, 0.0)) == ZERO


@pytest.mark.parametrize('text', [
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"linear_x":NaN,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"linear_x":1e999,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"linear_x":"1","angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"linear_x":true,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1.5,"tick":1,"linear_x":0,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":9007199254740993,"tick":1,"linear_x":0,"angular_z":0}',
    '{"type":"drive","epoch":-1,"seq":1,"tick":1,"linear_x":0,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"angular_z":0}',
    '{"type":"drive","epoch":1,"seq":1,"tick":1,"linear_x":' + '9' * 400 + ',"angular_z":0}',
    '{"type":"joy","epoch":1,"seq":1,"tick":1,"axes":[0,null],"buttons":[]}',
    '{"type":"joy","epoch":1,"seq":1,"tick":1,"axes":[' + '0,' * 40 + '0],"buttons":[]}',
    '[1]', '"drive"', 'drive', '', '{"type":"warp"}', '{"type":7}', '[' * 100000,
])
def test_what_is_no_command_is_refused(text):
    with pytest.raises(ProtocolError):
        parse_teleop(text)


def test_a_command_is_read():
    command = parse_teleop('{"type":"drive","epoch":3,"seq":7,"tick":9,"linear_x":0.5,'
                           '"linear_y":-0.25,"angular_z":1}')
    assert command == Drive(3, 7, 9, Velocity(0.5, -0.25, 1.0))
    assert math.isclose(command.velocity.angular_z, 1.0)


@pytest.mark.parametrize('seen', [None, 98.9])
def test_nobody_moves_on_a_frozen_picture(clock, seen):
    numbers = count(1)
    gate = CommandGate(FAST, Lease(), clock=clock, max_frame_age=1.0,
                       make_nonce=lambda: next(numbers))
    driver = Driver(gate)

    def send(velocity, frame):
        clock.now += 0.04
        driver.seq += 1
        return gate.drive('a', Drive(1, driver.seq, gate.new_nonce(), velocity), frame)
    assert send(ZERO, seen) == ZERO
    with refused('frozen'):
        send(FORWARD, seen)
    send(ZERO, seen)
    frame = clock.now
    assert send(FORWARD, frame) == FORWARD
    # Commands go on, the picture does not.
    while clock.now < frame + 0.95:
        assert send(FORWARD, frame) == FORWARD
    clock.now = frame + 1.0
    with refused('frozen'):
        send(FORWARD, frame)
    assert gate.poll() == ZERO
    # The picture is back, the hand is still on the stick.
    with refused('neutral-first'):
        send(FORWARD, clock.now)
    with refused('frozen'):
        gate.joy('a', Joy(1, driver.seq + 1, gate.new_nonce(), (1.0,), ()), seen)


def test_only_a_camera_for_driving_counts(clock):
    numbers = count(1)
    gate = CommandGate(FAST, Lease(), clock=clock, max_frame_age=1.0,
                       make_nonce=lambda: next(numbers))
    driver = Driver(gate)

    def send(velocity, for_driving, kind=gate.drive):
        clock.now += 0.04
        driver.seq += 1
        command = (Drive(1, driver.seq, gate.new_nonce(), velocity) if kind == gate.drive else
                   Joy(1, driver.seq, gate.new_nonce(), (velocity.linear_x,), ()))
        return kind('a', command, clock.now, for_driving=for_driving)
    # At rest one may look at whatever there is.
    assert send(ZERO, False) == ZERO
    with refused('camera'):
        send(FORWARD, False)
    with refused('camera'):
        send(FORWARD, False, gate.joy)
    send(ZERO, True)
    assert send(FORWARD, True) == FORWARD
    # Another camera is chosen on the way: that ends it.
    with refused('camera'):
        send(FORWARD, False)
    assert gate.poll() == ZERO
    with refused('neutral-first'):
        send(FORWARD, True)
    # Where no picture is asked for it is all the same.
    gate.max_frame_age = 0.0
    send(ZERO, False)
    assert send(FORWARD, False) == FORWARD


def test_rtcbot_clients_tell_of_no_pictures(clock):
    gate = CommandGate(FAST, Lease(), clock=clock, max_frame_age=1.0)
    assert gate.latch_rtcbot_state('r', FORWARD) == FORWARD


# RTCBot's clients: changes only, held


def test_a_held_state_lasts_while_there_are_signs_of_life(gate, clock):
    gate.latch_rtcbot_state('r', FORWARD)
    assert gate.take_stop()
    for _ in range(10):
        clock.now += 1.0
        gate.keep_alive('r')
        assert gate.poll() == FORWARD
    clock.now += 2.01
    assert gate.poll() == ZERO
    gate.keep_alive('r')
    assert gate.poll() is None
    with refused('neutral-first'):
        gate.latch_rtcbot_state('r', FORWARD)
    gate.latch_rtcbot_state('r', ZERO)
    clock.now += 0.04
    assert gate.latch_rtcbot_state('r', FORWARD) == FORWARD


def test_an_old_sign_of_life_does_not_lengthen_the_hold(gate, clock):
    gate.latch_rtcbot_state('r', FORWARD)
    clock.now += 1.5
    gate.keep_alive('r', age=1.4)
    clock.now += 0.7
    assert gate.poll() == ZERO


def test_a_held_state_takes_the_lease_only_if_it_is_free(gate):
    driver = Driver(gate)
    driver.send(ZERO)
    with refused('epoch'):
        gate.latch_rtcbot_state('r', FORWARD)
    gate.lease.leave('a')
    assert gate.latch_rtcbot_state('r', FORWARD) == FORWARD
    assert gate.lease.holder == 'r'


# VelocityGuard


def test_the_guard_is_silent_until_the_first_command(clock):
    guard = VelocityGuard(0.3, clock)
    clock.now += 60
    assert guard.poll() is None
    assert guard.stop() is None


@pytest.fixture
def guard(clock):
    """Return a guard that saw a neutral command, a while ago."""
    guard = VelocityGuard(0.3, clock)
    clock.now -= 10
    guard.command(ZERO, clock.now)
    clock.now += 10
    return guard


def test_the_guard_passes_fresh_commands_only(guard, clock):
    assert guard.command(FORWARD, clock.now - 0.31) is None
    assert guard.command(FORWARD, clock.now + 0.01) is None
    assert guard.command(FORWARD, clock.now - 0.05) == FORWARD
    assert guard.command(FORWARD, clock.now - 0.05) is None
    assert guard.command(FORWARD, clock.now - 0.10) is None


@pytest.mark.parametrize('velocity, stamp', [
    (Velocity(math.nan, 0.0, 0.0), 100.0), (Velocity(0.0, 0.0, math.inf), 100.0),
    (FORWARD, math.nan), (FORWARD, -1.0)])
def test_the_guard_passes_no_numbers_that_are_none(guard, velocity, stamp):
    assert guard.command(velocity, stamp) is None
    assert guard.command(FORWARD, 100.0) == FORWARD


def test_the_guard_says_zero_for_a_second_when_commands_end(guard, clock):
    guard.command(FORWARD, clock.now)
    # From the command's own stamp, however late it came.
    clock.now += 0.29
    assert guard.poll() is None
    zeros = []
    for _ in range(400):
        clock.now += 0.005
        zeros.append(guard.poll())
    assert 19 <= zeros.count(ZERO) <= 21
    assert set(zeros) == {ZERO, None}
    assert zeros[2] == ZERO
    assert guard.wait() == 1.0


def test_a_zero_passes_at_once_and_is_repeated(guard, clock):
    guard.command(FORWARD, clock.now)
    clock.now += 0.02
    assert guard.command(ZERO, clock.now) == ZERO
    assert guard.poll() is None
    clock.now += 0.05
    assert guard.poll() == ZERO
    assert guard.stop() == ZERO


def test_a_stream_of_zeros_does_not_keep_the_guard_talking(guard, clock):
    """The page sends neutral commands for as long as it holds the lease."""
    guard.command(FORWARD, clock.now)
    for _ in range(100):
        clock.now += 0.04
        assert guard.command(ZERO, clock.now) == ZERO
        assert guard.poll() is None
    clock.now += 0.04
    assert guard.command(FORWARD, clock.now) == FORWARD


def test_motion_ends_the_zeros(clock):
    guard = VelocityGuard(0.3, clock)
    guard.command(ZERO, clock.now)
    clock.now += 0.06
    guard.command(FORWARD, clock.now)
    assert guard.poll() is None


def test_a_guard_that_was_started_meanwhile_does_not_lurch(clock):
    guard = VelocityGuard(0.3, clock)
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
    clock.now += 0.31
    assert guard.command(FORWARD, clock.now) is None
    assert guard.poll() == ZERO and guard.epoch != epoch
    epoch = guard.epoch
    clock.now += 0.04
    guard.command(ZERO, clock.now)
    clock.now += 0.04
    assert guard.command(FORWARD, clock.now) == FORWARD
    # A stop that was commanded is none of its own.
    clock.now += 0.04
    guard.command(ZERO, clock.now)
    clock.now += 2.0
    guard.poll()
    assert guard.epoch == epoch


def test_the_guard_is_watched(clock):
    matched = [True]
    watch = GuardMonitor(0.6, lambda: matched[0], clock)
    assert watch.reason() is None
    watch.sent(clock.now)
    first = clock.now
    for _ in range(14):
        clock.now += 0.04
        watch.sent(clock.now)
    assert watch.reason() is None
    clock.now += 0.05
    assert watch.reason() == 'guard'
    # An answer to what was sent before it is none.
    assert not watch.heard(first - 1, 'a.0')
    assert watch.reason() == 'guard'
    assert not watch.heard(first + 0.04, 'a.0')
    assert watch.reason() is None
    assert not watch.heard(first + 0.08, 'a.0')
    assert watch.heard(first + 0.12, 'a.1')
    assert watch.heard(first + 0.16, 'b.0')
    assert not watch.heard(first + 0.20, 'b.0')
    matched[0] = False
    assert watch.reason() == 'guard'


@pytest.mark.parametrize('age, share', [(0.1, 1.0), (0.2, 1.0), (0.3, 0.5), (0.35, 0.25)])
def test_speed_falls_with_the_delay(clock, age, share):
    numbers = count(1)
    gate = CommandGate(FAST, Lease(), clock=clock, slow=(0.2, 0.4), max_age=5.0, timeout=5.0,
                       make_nonce=lambda: next(numbers))
    driver = Driver(gate)
    driver.send(ZERO)
    nonce = gate.new_nonce()
    clock.now += age - 0.04
    velocity = driver.send(Velocity(1.0, 0.0, -2.0), nonce=nonce)
    assert (velocity.linear_x, velocity.angular_z) == pytest.approx((share, -2.0 * share))


def test_beyond_a_delay_nothing_moves(clock):
    numbers = count(1)
    gate = CommandGate(FAST, Lease(), clock=clock, slow=(0.2, 0.4), max_age=5.0, timeout=5.0,
                       make_nonce=lambda: next(numbers))
    driver = Driver(gate)
    driver.send(ZERO)
    driver.send(FORWARD)
    nonce = gate.new_nonce()
    clock.now += 0.4
    with refused('slow'):
        driver.send(FORWARD, nonce=nonce)
    assert gate.poll() == ZERO
    with refused('neutral-first'):
        driver.send(FORWARD)


# TeleopController


@pytest.fixture
def sent():
    return []


@pytest.fixture
def controller(gate, clock, sent):
    return TeleopController(gate, sent.append, lambda *joy: sent.append(joy), clock=clock)


def drive(controller, seq, velocity):
    gate = controller.gate
    gate._clock.now += 0.04
    controller.command('a', Drive(gate.lease.epoch, seq, gate.new_nonce(), velocity))


def test_leaving_publishes_zero_at_once(controller, sent):
    controller.request_lease('a')
    drive(controller, 1, ZERO)
    drive(controller, 2, FORWARD)
    controller.release_lease('b')
    assert sent[-1] == FORWARD
    controller.release_lease('a')
    assert sent[-1] == ZERO
    assert controller.gate.lease.holder is None


def test_a_disabled_pilot_lets_nobody_drive(gate, sent):
    controller = TeleopController(gate, sent.append, enabled=False)
    controller.request_lease('a')
    assert gate.lease.holder is None
    with refused('disabled'):
        drive(controller, 1, ZERO)
    with refused('disabled'):
        controller.latch_rtcbot_state('a', 1.0, 0.0)
    assert not sent


def test_the_gamepad_passes_the_same_gate_and_ends_at_zero(controller, gate, sent, clock):
    controller.request_lease('a')
    pad = Joy(gate.lease.epoch, 1, gate.new_nonce(), (0.5, 0.0), (1.0,))
    with refused('neutral-first'):
        controller.command('a', pad)
    drive(controller, 2, ZERO)
    # Sticks at rest say nothing of the buttons.
    with refused('neutral-first'):
        controller.command('a', Joy(gate.lease.epoch, 3, gate.new_nonce(), (0.5, 0.0), (1.0,)))
    controller.command('a', Joy(gate.lease.epoch, 4, gate.new_nonce(), (0.0, 0.0), (0.0,)))
    controller.command('a', Joy(gate.lease.epoch, 5, gate.new_nonce(), (0.5, 0.0), (1.0,)))
    assert sent[-1] == ([-0.5, 0.0, 0.0, 0.0, 0.0, 0.0], [1] + [0] * 14)
    clock.now += 0.4
    controller.poll()
    assert sent[-1] == ([0.0] * 6, [0] * 15)
    assert ZERO in sent


def test_a_held_state_is_scaled_repeated_and_stopped(controller, sent, clock):
    controller.latch_rtcbot_state('r', 1.0, 0.5)
    # The rest it began with, for the guard, and the wish.
    assert sent == [ZERO, Velocity(1.0, 0.0, 1.0)]
    del sent[0]
    clock.now += 0.04
    controller.poll()
    assert len(sent) == 1
    clock.now += 0.02
    controller.poll()
    assert len(sent) == 2
    clock.now += 2.0
    controller.poll()
    assert sent[-1] == ZERO
    controller.poll()
    assert sent[-1] == ZERO and len(sent) == 3


def test_a_hand_over_ends_what_was_before_it_is_told(controller, sent):
    order = []
    controller.on_lease_change.append(lambda: order.append((controller.lease.holder, sent[-1])))
    controller.request_lease('a')
    drive(controller, 1, ZERO)
    drive(controller, 2, FORWARD)
    old = controller.lease.epoch
    controller.request_lease('b')
    assert sent[-1] == FORWARD
    controller.hand_over_lease('a')
    assert order == [('a', ZERO), ('a', FORWARD), ('b', ZERO)]
    with refused('epoch'):
        controller.command('a', Drive(old, 3, controller.gate.new_nonce(), FORWARD))
    with refused('neutral-first'):
        controller.command('b',
                           Drive(controller.lease.epoch, 1, controller.gate.new_nonce(), FORWARD))
    assert sent[-1] == ZERO


def test_who_takes_over_from_a_client_at_rest_is_not_sent_away(controller, clock):
    controller.latch_rtcbot_state('r', 0.0, 0.0)
    clock.now += 1.5
    controller.keep_alive('r')
    controller.take_lease('a')
    controller.poll()
    assert controller.lease.holder == 'a'


def test_an_idle_driver_loses_the_lease(controller, sent, clock):
    controller.request_lease('a')
    for seq in range(1, 1500):
        # Neutral commands, 25 a second, are no motion.
        drive(controller, seq, ZERO)
    controller.poll()
    assert controller.lease.holder == 'a'
    drive(controller, 1500, FORWARD)
    for _ in range(59):
        clock.now += 1.0
        controller.poll()
    assert controller.lease.holder == 'a'
    sent.clear()
    clock.now += 1.1
    controller.poll()
    assert controller.lease.holder is None and sent == [ZERO]


def test_the_zero_of_a_stop_comes_before_what_follows(controller, sent, clock):
    controller.request_lease('a')
    drive(controller, 1, ZERO)
    drive(controller, 2, FORWARD)
    controller.command('a',
                       Joy(controller.gate.lease.epoch, 3, controller.gate.new_nonce(), (0.0,),
                           ()))
    controller.command('a',
                       Joy(controller.gate.lease.epoch, 4, controller.gate.new_nonce(), (0.5,),
                           ()))
    clock.now += 0.31
    sent.clear()
    with refused('neutral-first'):
        drive(controller, 5, FORWARD)
    assert sent == [ZERO, ([0.0] * 6, [0] * 15)]
    controller.poll()
    assert len(sent) == 2


def test_a_client_at_rest_makes_room(controller, sent, clock):
    controller.latch_rtcbot_state('r', 1.0, 0.0)
    clock.now += 0.9
    controller.keep_alive('r')
    controller.latch_rtcbot_state('r', 0.0, 0.0)
    for _ in range(12):
        clock.now += 0.1
        controller.keep_alive('r')
        controller.poll()
    assert controller.gate.lease.holder is None
    assert sent[-1] == ZERO
    controller.latch_rtcbot_state('r', 1.0, 0.0)
    assert controller.gate.lease.holder == 'r'


def test_everybody_hears_of_a_new_driver(controller):
    heard = []
    controller.on_lease_change.append(lambda: heard.append(controller.gate.lease.holder))
    controller.request_lease('a')
    controller.request_lease('b')
    controller.release_lease('b')
    controller.release_lease('a')
    controller.latch_rtcbot_state('r', 1.0, 0.0)
    controller.close()
    assert heard == ['a', 'a', 'a', None, 'r', None]
