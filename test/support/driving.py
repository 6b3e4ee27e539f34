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

"""A robot to drive in one process, without ROS and without waiting."""

from itertools import count

import pytest
from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from rtc_bridge.core.errors import StoreError
from rtc_bridge.core.protocol.teleop_messages import Drive, Joy
from rtc_bridge.core.settings.driving_settings import TeleopSettings
from support.fake_clock import FakeClock

FORWARD = Velocity(1.0, 0.0, 0.0)
BACK = Velocity(-1.0, 0.0, 0.0)
# A gamepad at rest as sensor_msgs/Joy: axes and buttons.
JOY_AT_REST = ([0.0] * 6, [0] * 15)
# All velocities that tests use are reached within one command.
QUICK = {'max_linear_x': 1.0, 'max_linear_y': 0.5, 'max_angular_z': 2.0,
         'max_linear_acceleration': 1000.0, 'max_angular_acceleration': 1000.0}


def teleop_settings(**changes):
    """Return settings that ask for no frames, with other values where the test names them."""
    return TeleopSettings(**{**QUICK, 'max_frame_age': 0.0, 'timeout': 0.25, **changes})


def refused(reason):
    """Expect that a command or a lease is refused for this very reason."""
    return pytest.raises(TeleopRefused, match=f'^{reason}$')


class MemoryStore:
    """Keeps the state of an emergency stop in memory, as a file would."""

    def __init__(self, text=None):
        self.text = text
        # Texts that were written, in turn, also those that a full disk did not take.
        self.written = []
        self.full = False
        # Stores of the same robot under names that it had before.
        self.earlier_stores = []

    def __str__(self):
        return 'the store'

    def read(self):
        if self.text is None:
            raise FileNotFoundError
        return self.text if isinstance(self.text, bytes) else self.text.encode()

    def write(self, text):
        self.written.append(text)
        if self.full:
            raise StoreError('no space left')
        self.text = text

    def earlier(self):
        return self.earlier_stores


class Bench:
    """
    Lease, gate, controller and emergency stop as the bridge joins them, and pages that drive.

    ``sent`` is what was published, in turn: velocities, and gamepads as pairs of axes and buttons.
    ``hindrance`` is the reason code of one more condition for motion. Times are sums of binary
    fractions, so that comparisons at the very end of a period are exact.

    :param changes: of the settings
    """

    def __init__(self, clock=None, *, store=None, latch_timeout=2.0, **changes):
        self.clock = clock = clock or FakeClock(128.0)
        nonces = count(1)
        self.sent = []
        self.hindrance = None
        # Why nobody may have the lease.
        self.lease_reason = None
        self.stop = EmergencyStop(store, clock=clock)
        self.lease = Lease(60.0, clock)
        self.gate = CommandGate(
            teleop_settings(**changes), self.lease, latch_timeout=latch_timeout,
            conditions=[self.stop.reason, lambda: self.hindrance], clock=clock,
            make_nonce=lambda: next(nonces))
        self.controller = TeleopController(
            self.gate, self.sent.append, lambda *joy: self.sent.append(joy),
            emergency_stop=self.stop, lease_reason=lambda: self.lease_reason, clock=clock)
        # Of the last command; a new epoch may go on with it.
        self.seq = 0

    def begin(self, velocity=FORWARD):
        """Let page ``a`` take the lease and drive; return this."""
        self.controller.request_lease('a')
        self.send(ZERO)
        self.send(velocity)
        return self

    def send(self, velocity, *, session='a', pause=0.03125, seq=None, epoch=None, nonce=None,
             **view):
        """
        Send a command that is good where the test says nothing else; return what was published.

        :param pause: seconds that pass before it
        :param view: frame and camera as :meth:`CommandGate.drive` takes them
        """
        self.clock.now += pause
        self.seq += 1
        self.controller.command(session, Drive(
            self.lease.epoch if epoch is None else epoch, self.seq if seq is None else seq,
            self.gate.new_nonce() if nonce is None else nonce, velocity), **view)
        return self.sent[-1]

    def send_joy(self, *axes, buttons=(), **view):
        """Send a gamepad's state of page ``a``."""
        self.seq += 1
        self.controller.command('a', Joy(
            self.lease.epoch, self.seq, self.gate.new_nonce(), axes, buttons), **view)

    def latch(self, forward, left=0.0, session='r', **neutral):
        """Send the state of an RTCBot client, as shares of the limits."""
        self.controller.latch_rtcbot_state(session, forward, left, **neutral)

    def wait(self, seconds):
        """Let time pass, and poll as the bridge does all the time."""
        self.clock.now += seconds
        self.controller.poll()
