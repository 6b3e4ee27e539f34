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

"""Driving as sessions ask for it: the lease, commands through the gate, the emergency stop."""

import logging
from typing import Callable

from .command_gate import CommandGate, TeleopRefused
from .emergency_stop import EmergencyStop
from .teleop_inputs import gamepad_to_joy
from .velocity import Velocity, ZERO
from ..clock import boot_time, Clock
from ..protocol.teleop_messages import Drive, Joy
from ..supervision import guard, OnFailure

logger = logging.getLogger(__name__)

# Seconds between two calls of poll() while the lease is held.
POLL_PERIOD_S = 0.02
# Seconds between two nonces to the lease's holder (docs/protocol.md): 20 Hz, as commands come.
NONCE_PERIOD_S = 0.05
# Seconds after which the velocity of a latched state is published again: 20 Hz, well within the
# guard's timeout of 0.3 s.
_REPEAT_PERIOD_S = 0.05
# Seconds of rest after which an RTCBot client loses the lease: it knows of no lease to release.
_IDLE_TIME_S = 1.0


class TeleopController:
    """
    Joins lease, command gate and emergency stop to the publishers.

    Sessions call it, and ``lease`` and ``gate`` themselves, all in one event loop.

    The robot is stopped before anybody is told why: zero is the first thing that follows a change
    of the lease or an emergency stop.

    :param gate: the command gate; this takes over its ``on_stop`` and its lease's ``on_change``
    :param publish: takes each velocity that may reach the motors
    :param publish_joy: takes axes and buttons of ``sensor_msgs/Joy``; ``None``: gamepads are off
    :param emergency_stop: the emergency stop, which is one of the gate's conditions
    :param enabled: whether anybody may drive at all
    :param lease_reason: returns a reason code while the lease may not be granted, otherwise
        ``None``
    """

    def __init__(self, gate: CommandGate, publish: Callable[[Velocity], None],
                 publish_joy: Callable[[list[float], list[int]], None] | None = None, *,
                 emergency_stop: EmergencyStop | None = None, enabled: bool = True,
                 lease_reason: Callable[[], str | None] = lambda: None,
                 clock: Clock = boot_time) -> None:
        self.gate = gate
        self.lease = gate.lease
        self.emergency_stop = emergency_stop or EmergencyStop()
        self.enabled = enabled
        # Called whenever the lease's holder or the requests for it have changed.
        self.on_lease_change: list[Callable[[], None]] = []
        # Called whenever the emergency stop was engaged or released.
        self.on_emergency_stop_change: list[Callable[[], None]] = []
        # Called when zero or an emergency stop could not be carried out. Nothing here stops the
        # robot any more: the process has to end, so that the guard publishes zero.
        self.on_stop_failure: OnFailure = lambda error: None
        self._lease_reason = lease_reason
        self._publish = publish
        self._publish_joy = publish_joy
        self._clock = clock
        # Whether the last gamepad state that was published was in motion.
        self._joy_moved = False
        # When the velocity of a latched state was published last.
        self._latch_published_at = 0.0
        gate.on_stop = self._stop
        gate.lease.on_change = self._tell_lease

    @property
    def publishes_joy(self) -> bool:
        """Tell whether gamepads are published."""
        return self._publish_joy is not None

    # The lease

    def request_lease(self, session: str) -> None:
        """
        Give a session the lease if it is free; otherwise ask its holder for it.

        :raises TeleopRefused: nobody may drive now
        """
        if self.enabled:
            self._check_lease_reason()
            self.lease.request(session)

    def take_lease(self, session: str) -> None:
        """
        Give a session the lease without asking its holder.

        :raises TeleopRefused: nobody may drive now
        """
        if self.enabled:
            self._check_lease_reason()
            self.lease.take(session)

    def revoke_lease_if_refused(self) -> None:
        """End the lease, and all requests for it, if nobody may drive now."""
        if self._lease_reason() is not None:
            while self.lease.holder is not None:
                self.lease.release(self.lease.holder)

    def _check_lease_reason(self) -> None:
        reason = self._lease_reason()
        if reason is not None:
            raise TeleopRefused(reason)

    # Commands

    def command(self, session: str, message: Drive | Joy, frame_time: float | None = None, *,
                camera_may_drive: bool = True) -> None:
        """
        Publish what a page commands, if the gate lets it pass.

        :param frame_time: boot time at which the frame that the driver sees came to the robot;
            ``None`` if they see none
        :param camera_may_drive: whether the selected camera is one for driving
        :raises TeleopRefused: with the reason
        """
        if not self.enabled or isinstance(message, Joy) and self._publish_joy is None:
            raise TeleopRefused('disabled')
        if isinstance(message, Drive):
            self._publish(self.gate.drive(session, message, frame_time,
                                          camera_may_drive=camera_may_drive))
        else:
            self.gate.joy(session, message, frame_time, camera_may_drive=camera_may_drive)
            self._send_joy(message)

    def latch_rtcbot_state(self, session: str, forward: float, left: float, *,
                           was_neutral: bool = True, is_neutral: bool = True) -> None:
        """
        Publish what an RTCBot client wants, and go on until it wants something else.

        Motion takes the lease if that is free, and rest leaves it free. Such a client starts at
        rest and tells of each change, so that the state before this one may be the neutral command
        that a grant requires.

        :param forward: share of the largest speed, from -1 to 1
        :param left: share of the largest turning rate, from -1 to 1
        :param was_neutral: the state before this one was neutral
        :param is_neutral: zero means that nothing is held, not that keys cancel each other out
        :raises TeleopRefused: with the reason
        """
        if not self.enabled:
            raise TeleopRefused('disabled')
        limits = self.gate.limits
        wanted = Velocity(forward * limits.linear_x, 0.0, left * limits.angular_z)
        if self.lease.holder is None:
            if wanted.is_zero():
                return
            self._grant_to_rtcbot_client(session, was_neutral)
        self._send_latched(self.gate.latch_rtcbot_state(session, wanted, is_neutral))

    def _grant_to_rtcbot_client(self, session: str, was_neutral: bool) -> None:
        if not was_neutral:
            raise TeleopRefused('neutral-first')
        reason = self.gate.hindrance()
        if reason is not None and reason != 'guard':
            # Do not grant the lease while nothing may move. A guard that did not answer may answer
            # the zero that follows a grant.
            raise TeleopRefused(reason)
        self.lease.take(session)
        self.gate.accept_rest_as_neutral()

    def poll(self) -> None:
        """Stop what has ended, repeat what is latched; call this every ``POLL_PERIOD_S``."""
        if self.lease.holder is not None and self.gate.is_idle(_IDLE_TIME_S):
            self.lease.release(self.lease.holder)
        self.lease.poll()
        velocity = self.gate.poll()
        if velocity is not None and (
                self._clock() - self._latch_published_at >= _REPEAT_PERIOD_S):
            self._send_latched(velocity)

    def close(self) -> None:
        """Stop for good: nobody drives from now on. A zero that fails is noted only."""
        self.enabled = False
        while (holder := self.lease.holder) is not None:
            with guard('last zero'):
                self.lease.release(holder)
            if self.lease.holder == holder:
                break

    # The emergency stop

    def engage_emergency_stop(self, by: str) -> bool:
        """
        Stop until a release; return whether the stop would outlast a loss of power by now.

        A step that fails is noted and leaves out no other one: the guard is told of the stop and
        the disk gets it, whatever happened before. Then ``on_stop_failure`` ends the process.

        :param by: the name of a person or interface, for people
        """
        errors: list[BaseException] = []

        def attempt(step: Callable[[], object]) -> object:
            with guard('emergency stop', errors.append):
                return step()
            return None

        if not self.emergency_stop.engaged:
            attempt(lambda: self.emergency_stop.engage(by))
            attempt(self.gate.require_neutral)
            # Before anything that takes time: viewers without number, a disk.
            attempt(self._publish_zero)
            self._tell('emergency stop notification', self.on_emergency_stop_change)
        stored = attempt(self.emergency_stop.store)
        if errors:
            self.on_stop_failure(errors[0])
        return self.emergency_stop.engaged and bool(stored)

    def release_emergency_stop(self, stop_id: str, by: str) -> bool:
        """
        End the emergency stop of this id; return whether it was the one in force.

        :raises StoreError: it cannot be written, so the stop remains
        """
        released = self.emergency_stop.release(stop_id, by)
        if released:
            # If this fails, motion might go on without a neutral command first.
            with guard('emergency stop', self.on_stop_failure):
                self.gate.require_neutral()
            self._tell('emergency stop notification', self.on_emergency_stop_change)
        return released

    # Outputs

    def _send_latched(self, velocity: Velocity) -> None:
        self._latch_published_at = self._clock()
        self._publish(velocity)

    def _send_joy(self, state: Joy) -> None:
        self._joy_moved = not state.is_neutral()
        if self._publish_joy is not None:
            self._publish_joy(*gamepad_to_joy(state.axes, state.buttons))

    def _stop(self) -> None:
        try:
            self._publish_zero()
        except Exception as error:
            self.on_stop_failure(error)
            raise

    def _publish_zero(self) -> None:
        """Publish zero, and a gamepad at rest: the second one even if the first one fails."""
        try:
            self._publish(ZERO)
        finally:
            if self._joy_moved and self._publish_joy is not None:
                self._publish_joy(*gamepad_to_joy((), ()))
                self._joy_moved = False

    def _tell_lease(self) -> None:
        logger.info('driver: %s, epoch %d, %d requests', self.lease.holder or 'nobody',
                    self.lease.epoch, len(self.lease.requesters))
        self._tell('lease notification', self.on_lease_change)

    @staticmethod
    def _tell(name: str, listeners: list[Callable[[], None]]) -> None:
        for listener in list(listeners):
            # A listener that fails keeps no other from being told.
            with guard(name):
                listener()
