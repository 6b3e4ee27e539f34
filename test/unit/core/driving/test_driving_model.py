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

"""
Whatever pages, ROS and the network do: no motion without a reason for it.

Lease, gate, emergency stop and guard together, as the bridge joins them, against a model that
knows only the rules.
"""

from itertools import count

from hypothesis import settings, strategies as st
from hypothesis.stateful import invariant, rule, RuleBasedStateMachine
from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.guard_monitor import GuardMonitor
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Velocity
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.core.protocol.teleop_messages import Drive, Joy
from rtc_bridge.core.settings.driving_settings import TeleopSettings
from support.fake_clock import FakeClock

MAX_AGE, MAX_FRAME_AGE, TIMEOUT, LATCH_TIMEOUT, IDLE = 0.5, 1.0, 0.3, 2.0, 60.0
SETTINGS = TeleopSettings(
    max_linear_x=1.0, max_linear_y=0.5, max_linear_z=0.75, max_angular_z=2.0,
    max_linear_acceleration=2.0, max_angular_acceleration=4.0, timeout=TIMEOUT, max_age=MAX_AGE,
    max_frame_age=MAX_FRAME_AGE)
pages = st.sampled_from('abc')
speeds = st.sampled_from([0.0, 0.0, -1.0, 9.0])


class Driving(RuleBasedStateMachine):
    """Does anything in any order, and looks at each velocity that comes out."""

    def __init__(self):
        super().__init__()
        self.clock = clock = FakeClock()
        numbers = count(1)
        self.matched = True
        self.guard = VelocityGuard(TIMEOUT, clock)
        self.monitor = GuardMonitor(2 * TIMEOUT, lambda: self.matched, clock)
        self.stop = EmergencyStop(clock=clock)
        self.lease = Lease(IDLE, clock)
        gate = CommandGate(SETTINGS, self.lease, latch_timeout=LATCH_TIMEOUT, clock=clock,
                           make_nonce=lambda: next(numbers),
                           conditions=[self.stop.reason, self.monitor.reason])
        self.controller = TeleopController(gate, self.publish, self.publish_joy,
                                           emergency_stop=self.stop, clock=clock)
        self.controller.on_lease_change.append(self.lease_changed)
        self.controller.on_emergency_stop_change.append(self.begin_anew)
        # The model. What was published, and has not reached the guard.
        self.wire = []
        self.last = None
        self.nonces = [(-1, self.clock.now)]
        self.seq = 0
        self.highest = {}
        # The epoch for which a command justifies motion, while it is handled.
        self.justified = None
        # The epoch of an RTCBot client's latched state.
        self.latched = None
        # What each RTCBot client holds, whether or not it has the lease.
        self.controls = {}
        # When the last command was accepted, or the client that latched a state gave a sign of
        # life, and for how long that lasts. A refused command changes neither.
        self.since, self.lasts = self.clock.now, 0.0
        # Neutral commands accepted since the last stop, grant or release.
        self.neutral = self.joy_neutral = False
        self.epoch = self.lease.epoch
        # What the motors were told, and the stamp of the command that made it so.
        self.motors = (Velocity(), self.clock.now)

    # What comes out of the bridge

    def publish(self, velocity):
        assert abs(velocity.linear_x) <= 1.0 and abs(velocity.linear_y) <= 0.5
        assert abs(velocity.linear_z) <= 0.75 and abs(velocity.angular_z) <= 2.0
        if not velocity.is_zero():
            assert not self.stop.engaged and self.monitor.reason() is None
            assert self.lease.holder is not None and self.neutral
            # Be it a new one: if the one before has ended, a neutral one comes first.
            assert self.clock.now - self.since <= self.lasts
            assert self.lease.epoch == (self.latched if self.justified is None else self.justified)
        self.last = velocity
        self.wire.append((velocity, self.clock.now))
        self.monitor.sent(self.clock.now)

    def publish_joy(self, axes, buttons):
        if any(axes) or any(buttons):
            assert not self.stop.engaged and self.monitor.reason() is None
            assert self.justified == self.lease.epoch and self.joy_neutral

    def lease_changed(self):
        if self.lease.epoch != self.epoch:
            # Zero is the last word before anybody is told of another driver.
            assert self.last.is_zero()
            self.epoch = self.lease.epoch
            self.begin_anew()

    def begin_anew(self):
        self.neutral = self.joy_neutral = False

    # What pages and RTCBot clients do

    @rule(page=pages, act=st.sampled_from(['request_lease', 'take_lease']))
    def ask(self, page, act):
        getattr(self.controller, act)(page)

    @rule(page=pages, act=st.sampled_from(['release', 'hand_over', 'refuse']))
    def decide(self, page, act):
        getattr(self.lease, act)(page)

    @rule()
    def make_nonce(self):
        self.nonces.append((self.controller.gate.new_nonce(), self.clock.now))

    @rule(page=pages, x=speeds, z=speeds, nonce=st.integers(1, 3), joy=st.booleans(),
          frame_age=st.sampled_from([None, 0.05, 0.05, 0.9, 1.2, 50.0]),
          epoch=st.sampled_from([0, 0, 0, -1, 1]), step=st.sampled_from([1, 1, 1, 0, -1]))
    def command(self, page, x, z, nonce, joy, frame_age, epoch, step):
        self.command_of(page, x, z, nonce, joy, frame_age, epoch, step)

    @rule(x=speeds, joy=st.booleans())
    def good_command(self, x, joy):
        self.make_nonce()
        self.command_of(self.lease.holder or 'a', x, 0.0, 1, joy, 0.05, 0, 1)

    @rule(joy=st.booleans(), flaw=st.sampled_from([
        {'nonce': 2}, {'frame_age': None}, {'frame_age': 1.2}, {'epoch': -1}, {'epoch': 1},
        {'step': 0}, {'page': 'd'}]))
    def nearly_good_command(self, joy, flaw):
        self.make_nonce()
        self.command_of(**{'page': self.lease.holder or 'a', 'x': 1.0, 'z': 0.0, 'nonce': 1,
                           'joy': joy, 'frame_age': 0.05, 'epoch': 0, 'step': 1, **flaw})

    @rule(page=pages, pause=st.sampled_from([0.04, 0.31]))
    def drive_off(self, page, pause):
        """Do what most of the rest needs: a page drives, and the guard lets its commands pass."""
        self.controller.take_lease(page)
        for x, seconds in ((0.0, 0.04), (1.0, 0.04), (1.0, pause)):
            self.clock.now += seconds
            self.good_command(x, False)
            self.carry()

    @rule(pause=st.sampled_from([0.1, 0.25]), joy=st.booleans())
    def go_on(self, pause, joy):
        """Send what is refused between two good commands: it may not join them."""
        self.wait(pause)
        self.make_nonce()
        self.command_of(self.lease.holder or 'a', 1.0, 0.0, 1, joy, 0.05, 0, 0)
        self.wait(pause)
        self.good_command(1.0, False)

    @rule(page=pages)
    def swap(self, page):
        self.controller.request_lease(page)
        if self.lease.holder is not None:
            self.lease.hand_over(self.lease.holder)

    def command_of(self, page, x, z, nonce, joy, frame_age, epoch, step):
        self.controller.poll()
        number, made = self.nonces[-min(nonce, len(self.nonces))]
        self.seq += step
        epoch += self.lease.epoch
        frame = None if frame_age is None else self.clock.now - frame_age
        message = (Joy(epoch, self.seq, number, (x,), (z,)) if joy else
                   Drive(epoch, self.seq, number, Velocity(x, 0.0, z, x)))
        still = not (x or z)
        good = (page == self.lease.holder and epoch == self.lease.epoch
                and self.clock.now - made <= MAX_AGE and self.seq > self.highest.get(epoch, 0))
        seen = frame_age is not None and frame_age <= MAX_FRAME_AGE
        self.justified = epoch if good and (seen or still) else None
        latched, self.latched = self.latched, None
        try:
            self.controller.command(page, message, frame)
        except TeleopRefused as refused:
            self.latched = latched
            if str(refused) not in ('epoch', 'stale', 'sequence'):
                # It counts for the order all the same.
                assert good
                self.highest[epoch] = self.seq
            if str(refused) in ('stopped', 'frozen', 'guard'):
                self.begin_anew()
        else:
            assert good and (seen or still)
            self.highest[epoch] = self.seq
            if joy:
                self.latched = latched
                self.joy_neutral |= still
            else:
                self.neutral |= still
                self.since, self.lasts = self.clock.now, TIMEOUT
        self.justified = None

    @rule(page=pages, forward=st.sampled_from([0.0, 1.0, -1.0]))
    def latch(self, page, forward):
        self.controller.poll()
        was_neutral, self.controls[page] = not self.controls.get(page), forward
        free = self.lease.holder is None
        if free and not forward:
            published = len(self.wire)
            self.controller.latch_rtcbot_state(page, 0.0, 0.0, was_neutral=was_neutral)
            assert self.lease.holder is None and len(self.wire) == published
            return
        takes = free and was_neutral and not self.stop.engaged
        if takes:
            # Such a client begins at rest: that is its neutral command.
            self.epoch, self.neutral = self.lease.epoch + 1, True
        before = (self.latched, self.since, self.lasts)
        if takes:
            self.since, self.lasts = self.clock.now, LATCH_TIMEOUT
        if takes or self.lease.holder == page:
            self.latched = self.lease.epoch + takes
        try:
            self.controller.latch_rtcbot_state(page, forward, 0.0, was_neutral=was_neutral)
        except TeleopRefused as refused:
            assert takes or not free or self.lease.holder is None
            self.latched, self.since, self.lasts = before
            if str(refused) in ('stopped', 'guard'):
                self.begin_anew()
        else:
            self.neutral |= forward == 0.0
            self.since, self.lasts = self.clock.now, LATCH_TIMEOUT

    @rule(page=pages)
    def sign_of_life(self, page):
        self.controller.gate.keep_alive(page)
        latched = self.latched is not None and self.clock.now - self.since <= self.lasts
        if page == self.lease.holder and latched:
            self.since = self.clock.now

    @rule()
    def press(self):
        before = self.stop.id
        self.controller.engage_emergency_stop('a')
        assert self.stop.engaged and (self.stop.id == before or self.last.is_zero())

    @rule(right=st.booleans())
    def release(self, right):
        released = self.controller.release_emergency_stop(self.stop.id or '' if right else 'x',
                                                          'a')
        assert not released or right

    # What happens around them

    @rule(seconds=st.sampled_from([0.001, 0.04, 0.04, 0.04, 0.1, 0.25, 0.31, 0.6, 1.1, 2.1, 61.0]),
          polled=st.sampled_from([True, True, True, False]))
    def wait(self, seconds, polled=True):
        self.clock.now += seconds
        if polled:
            self.controller.poll()

    @rule()
    def carry(self):
        """Bring what was sent to the guard, late or not, and its answers to the bridge."""
        self.guard.set_emergency_stop(self.stop.engaged)
        wire, self.wire = self.wire, []
        for velocity, stamp in wire:
            passed = self.guard.command(velocity, stamp)
            if passed is not None:
                assert passed.is_zero() or not self.stop.engaged
                assert passed.is_zero() or self.clock.now - stamp <= TIMEOUT
                self.motors = (passed, stamp)
            if self.monitor.answered(stamp, self.guard.epoch):
                self.begin_anew()
                self.controller.gate.stop_and_require_neutral()

    @rule()
    def lose(self):
        self.wire.clear()

    @rule()
    def restart_guard(self):
        self.guard = VelocityGuard(TIMEOUT, self.clock)
        # Meanwhile the base has stopped by itself.
        self.motors = (Velocity(), self.clock.now)

    @rule(matched=st.booleans())
    def discover(self, matched):
        self.matched = matched

    @invariant()
    def the_motors_stop_in_time(self):
        if self.guard.poll() is not None:
            self.motors = (Velocity(), self.clock.now)
        velocity, stamp = self.motors
        assert velocity.is_zero() or self.clock.now - stamp <= TIMEOUT


def test_a_page_may_go_on_from_a_latched_state():
    """It lasts longer than a command, and a refused command takes nothing of it."""
    driving = Driving()
    driving.wait(0.31)
    driving.latch('a', 1.0)
    driving.wait(0.31)
    # The first echoes a nonce that never was, the second the one before the newest.
    for refused in (True, False):
        driving.nearly_good_command(False, {'nonce': 2})
        assert not driving.last.is_zero()
        assert (driving.latched is not None) == refused
    # From here on it is a command, which lasts as long as commands do.
    driving.carry()
    driving.wait(0.31)
    assert driving.monitor.reason() is None
    assert driving.last.is_zero() and not driving.controller.gate.active


TestDriving = Driving.TestCase
TestDriving.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
