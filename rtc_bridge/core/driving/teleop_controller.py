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

"""The gate with its outputs: what sessions ask for, and what is published."""

import logging
from typing import Callable

from .command_gate import CommandGate, TeleopRefused
from .emergency_stop import EmergencyStop
from .gamepad_mapping import to_ros
from .velocity import Velocity, ZERO
from ..clock import boot_time, Clock
from ..protocol.control_messages import Drive, Joy
from ..supervision import guard, OnFailure

logger = logging.getLogger(__name__)
# How often poll() is to be called while somebody drives.
POLL_PERIOD_S = 0.02
NONCE_PERIOD_S = 0.05
_REPEAT_S = 0.05
_REST_S = 1.0


class TeleopController:
    """
    Joins one gate to the publishers; sessions call it, in one thread.

    :param publish: takes each velocity that may reach the motors
    :param publish_joy: takes axes and buttons in ROS order, or ``None`` if joy is off
    :param emergency_stop: the emergency stop; it belongs among the gate's conditions, too
    :param lease_reason: returns why nobody may drive now, ``None`` if one may
    """

    def __init__(self, gate: CommandGate, publish: Callable[[Velocity], None],
                 publish_joy: Callable[[list[float], list[int]], None] | None = None, *,
                 emergency_stop: EmergencyStop | None = None, enabled: bool = True,
                 lease_reason: Callable[[], str | None] = lambda: None,
                 clock: Clock = boot_time) -> None:
        """Start with nobody driving."""
        self.gate = gate
        self.lease = gate.lease
        self.emergency_stop = emergency_stop or EmergencyStop()
        self.enabled = enabled
        # Called whenever another one drives, or others ask for the lease.
        self.on_lease_change: list[Callable[[], None]] = []
        # Called whenever the emergency stop was latched or released.
        self.on_emergency_stop_change: list[Callable[[], None]] = []
        # Called when an emergency stop, or zero, could not be carried out: nothing here stops the
        # robot any more, so the process has to end, and the guard says zero.
        self.on_stop_failure: OnFailure = lambda error: None
        self._lease_reason = lease_reason
        self._publish = publish
        self._publish_joy = publish_joy
        self._clock = clock
        self._joy_moved = False
        self._last_published = 0.0
        # What was said of the lease last.
        self._told: tuple[int, tuple[str, ...]] = (self.lease.epoch, ())

    @property
    def publishes_joy(self) -> bool:
        """Tell whether gamepads are published."""
        return self._publish_joy is not None

    def request_lease(self, session: str) -> None:
        """
        Give a session the lease if it is free, else ask its holder.

        :raises TeleopRefused: nobody may drive now
        """
        if self.enabled:
            self._permit_lease()
            self.lease.request(session)
            self._settle()

    def take_lease(self, session: str) -> None:
        """
        Give a session the lease, whoever holds it.

        :raises TeleopRefused: nobody may drive now
        """
        if self.enabled:
            self._permit_lease()
            self.lease.take(session)
            self._settle()

    def revoke_lease_if_refused(self) -> None:
        """Take the lease back, and drop all requests for it, if nobody may drive now."""
        if self._lease_reason() is not None:
            while self.lease.holder is not None:
                self.release_lease(self.lease.holder)

    def release_lease(self, session: str) -> None:
        """Stop at once if this session drives: it gave up, or its path broke."""
        self.lease.leave(session)
        self._settle()

    def hand_over_lease(self, session: str, request: int | None = None) -> None:
        """Give the lease of this session, if it holds it, to the one who asks."""
        self.lease.hand_over(session, request)
        self._settle()

    def refuse_lease_request(self, session: str, request: int | None = None) -> None:
        """Refuse the one who asks this session for the lease."""
        self.lease.refuse(session, request)
        self._settle()

    def command(self, session: str, message: Drive | Joy, frame: float | None = None, *,
                for_driving: bool = True) -> None:
        """
        Take a driver's command.

        :param frame: when the picture that the driver sees came to the robot, if he sees one
        :param for_driving: whether one may drive by the camera that the driver has selected
        :raises TeleopRefused: with the reason
        """
        if not self.enabled:
            raise TeleopRefused('disabled')
        if isinstance(message, Joy):
            return self._joy(session, message, frame, for_driving)
        try:
            velocity = self.gate.drive(session, message, frame, for_driving=for_driving)
        finally:
            self._settle()
        self._send(velocity)

    def latch_rtcbot_state(self, session: str, forward: float, left: float, rested: bool = True,
                           rests: bool = True) -> None:
        """
        Take the state of an RTCBot client: shares of the limits, from -1 to 1.

        :param rested: its state before this one was rest
        :param rests: it is at rest if both are zero, not holding what cancels out
        :raises TeleopRefused: with the reason
        """
        if not self.enabled:
            raise TeleopRefused('disabled')
        limits = self.gate.limits
        try:
            velocity = self.gate.latch_rtcbot_state(session, Velocity(
                forward * limits.linear_x, 0.0, left * limits.angular_z), rested, rests)
        finally:
            self._settle()
        if velocity is not None:
            self._send(velocity)

    def stop_and_require_neutral(self) -> None:
        """Stop what is in force; the driver has to begin again with a neutral command."""
        self.gate.stop_and_require_neutral()
        self._settle()

    def engage_emergency_stop(self, by: str) -> bool:
        """
        Stop until a release; tell whether the stop would outlast a loss of power by now.

        A step that fails is noted and keeps none of the others from being taken: the guard hears
        of the stop, and the disk gets it, whatever happened before. Then the process ends.
        """
        errors: list[BaseException] = []

        def attempt(step: Callable[[], object]) -> object:
            with guard('emergency stop', errors.append):
                return step()
            return None

        if not self.emergency_stop.engaged:
            attempt(lambda: self.emergency_stop.engage(by))
            attempt(self.gate.stop)
            # Before anything that takes its time: many viewers, a disk.
            attempt(self._publish_zero)
            self._tell('emergency stop told', self.on_emergency_stop_change)
        stored = attempt(self.emergency_stop.store)
        if errors:
            self.on_stop_failure(errors[0])
        return self.emergency_stop.engaged and bool(stored)

    def release_emergency_stop(self, stop: str, by: str) -> bool:
        """
        End the emergency stop of this id; tell whether it was the one in force.

        :raises StoreError: it cannot be written, so the stop remains
        """
        released = self.emergency_stop.release(stop, by)
        if released:
            # If this fails, motion might go on without a neutral command first.
            with guard('emergency stop', self.on_stop_failure):
                self.gate.stop()
            self._tell('emergency stop told', self.on_emergency_stop_change)
        return released

    def keep_alive(self, session: str, age: float = 0.0) -> None:
        """Note a sign of life of a session, ``age`` seconds old."""
        self.gate.keep_alive(session, age)
        self._settle()

    def poll(self) -> None:
        """Stop what has ended, repeat what is held; call every ``POLL_PERIOD_S``."""
        if self.gate.is_idle(_REST_S):
            # An RTCBot client knows no lease: whoever rests makes room.
            self.release_lease(self.lease.holder)
        self.lease.poll()
        self._settle()
        velocity = self.gate.poll()
        if velocity is None:
            return
        if not self.gate.moving:
            self._stop()
        elif self._clock() - self._last_published >= _REPEAT_S:
            self._send(velocity)

    def close(self) -> None:
        """Stop for good: nobody drives from now on. A zero that fails is noted only."""
        self.enabled = False
        while (holder := self.lease.holder) is not None:
            with guard('last zero'):
                self.release_lease(holder)
            if self.lease.holder == holder:
                break

    def _permit_lease(self) -> None:
        reason = self._lease_reason()
        if reason is not None:
            raise TeleopRefused(reason)

    def _joy(self, session: str, message: Joy, frame: float | None, for_driving: bool) -> None:
        if self._publish_joy is None:
            raise TeleopRefused('disabled')
        try:
            self.gate.joy(session, message, frame, for_driving=for_driving)
        finally:
            self._settle()
        self._joy_moved = not message.is_neutral()
        self._publish_joy(*to_ros(message.axes, message.buttons))

    def _settle(self) -> None:
        """
        Publish the stop that the gate found to be due, before anything else.

        Only then is it told that somebody else drives.
        """
        if self.gate.take_stop():
            self._stop()
        seat = (self.lease.epoch, self.lease.requesters)
        if seat != self._told:
            self._told = seat
            self._changed()

    def _send(self, velocity: Velocity) -> None:
        self._last_published = self._clock()
        self._publish(velocity)

    def _stop(self) -> None:
        try:
            self._publish_zero()
        except Exception as error:
            self.on_stop_failure(error)
            raise

    def _publish_zero(self) -> None:
        """Publish zero, and a gamepad at rest: the second one even if the first one fails."""
        try:
            self._send(ZERO)
        finally:
            if self._joy_moved and self._publish_joy is not None:
                self._publish_joy(*to_ros((), ()))
                self._joy_moved = False

    def _changed(self) -> None:
        logger.info('driver: %s', self.lease.holder or 'nobody')
        self._tell('lease told', self.on_lease_change)

    @staticmethod
    def _tell(name: str, calls: list[Callable[[], None]]) -> None:
        for call in list(calls):
            # Who cannot be told keeps nobody else from hearing it.
            with guard(name):
                call()
