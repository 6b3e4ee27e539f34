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
The command gate: each motion command from outside passes here, or is refused with a reason.

Pure: no thread, no timer. The caller polls the gate, publishes the velocities that it returns, and
publishes zero whenever the gate calls ``on_stop``.
"""

import logging
import math
from typing import Callable, Sequence

from .freshness import FreshnessNonces, random_nonce
from .latched_state import LatchedState
from .lease import Lease
from .velocity import Velocity, VelocityLimits, ZERO
from ..clock import boot_time, Clock
from ..errors import ParameterError, RtcBridgeError
from ..protocol.teleop_messages import Drive, Joy
from ..settings.driving_settings import TeleopSettings

logger = logging.getLogger(__name__)

# Seconds of acceleration that one command may use. Pages send every 50 ms or faster; without this
# limit the command after a pause would change the velocity by a leap.
_MAX_STEP_S = 0.1
# The same for the first command after a stop, which has no predecessor to measure from.
_FIRST_STEP_S = 0.05


class TeleopRefused(RtcBridgeError):
    """A command or a lease is refused; the text is a reason code of ``docs/protocol.md``."""


class CommandGate:
    """
    Lets the commands of the lease's holder pass, and stops the robot when they end.

    Motion is accepted only after a neutral command since the last stop or grant: a hand that still
    holds a control when driving becomes possible must not make the robot lurch.

    :param settings: limits of velocity, acceleration and age
    :param lease: the lease; the gate takes over its ``on_new_epoch``
    :param latch_timeout: seconds that the latched state of an RTCBot client lasts after the last
        sign of life of its session
    :param conditions: each returns a reason code while nothing may move, otherwise ``None``
    :raises ParameterError: ``slow_to`` is not above ``slow_from``
    """

    def __init__(self, settings: TeleopSettings, lease: Lease, *, latch_timeout: float = 2.0,
                 conditions: Sequence[Callable[[], str | None]] = (), clock: Clock = boot_time,
                 make_nonce: Callable[[], int] = random_nonce) -> None:
        if settings.slow_to and settings.slow_to <= settings.slow_from:
            raise ParameterError(
                f'parameter teleop.slow_to is {settings.slow_to}, allowed is 0, or more than '
                f'teleop.slow_from, which is {settings.slow_from}')
        self.settings = settings
        self.limits = VelocityLimits(
            settings.max_linear_x, settings.max_linear_y, settings.max_angular_z,
            settings.max_linear_acceleration, settings.max_angular_acceleration,
            settings.max_linear_z)
        self.lease = lease
        lease.on_new_epoch = self._begin_epoch
        # Called whenever the robot has to stand still now: publish zero before anything else.
        self.on_stop: Callable[[], None] = lambda: None
        self._latched = LatchedState(latch_timeout)
        self._conditions = conditions
        self._clock = clock
        self._nonces = FreshnessNonces(make_nonce)
        # Highest sequence number of this epoch.
        self._seq = 0
        # Whether a neutral command was seen since the last stop or grant; a gamepad's buttons need
        # a neutral gamepad state besides.
        self._neutral_seen = False
        self._joy_neutral_seen = False
        self._velocity = ZERO
        # Time of the last accepted command; None while no command is in force.
        self._accepted_at: float | None = None
        # Time of the last gamepad state in motion; None while the gamepad is neutral.
        self._joy_moved_at: float | None = None

    # Stopping

    def require_neutral(self) -> None:
        """Forget all motion without a call of ``on_stop``; a neutral command has to come first."""
        self._velocity = ZERO
        self._accepted_at = self._joy_moved_at = None
        self._latched.clear(self._clock())
        self._neutral_seen = self._joy_neutral_seen = False

    def stop_and_require_neutral(self) -> None:
        """Require a neutral command, and stop the robot if a command is in force."""
        if self.active:
            self._stop('the guard stopped')
        else:
            self.require_neutral()

    @property
    def active(self) -> bool:
        """Tell whether a command is in force, neutral or not."""
        return self._accepted_at is not None or self._joy_moved_at is not None

    def is_idle(self, seconds: float) -> bool:
        """Tell whether the holder is an RTCBot client that has been at rest for this long."""
        return self._latched.is_idle(self._clock(), seconds)

    def _stop(self, cause: str) -> None:
        logger.debug('stop of session %s: %s', (self.lease.holder or 'none')[:8], cause)
        self.require_neutral()
        self.on_stop()

    def _begin_epoch(self) -> None:
        """Stop what the previous holder did, and forget its nonces and sequence numbers."""
        self._nonces.clear()
        self._seq = 0
        self._latched.in_use = False
        self._stop(f'epoch {self.lease.epoch} begins')

    def _stop_when_silent(self, now: float) -> None:
        """Stop when the command in force has reached its end."""
        timeout = self.settings.timeout
        if self._latched.target is not None:
            if self._latched.silence(now) > self._latched.timeout:
                self._stop(f'no sign of life for {self._latched.timeout:g} s')
        elif self._accepted_at is not None and now - self._accepted_at > timeout:
            self._stop(f'no command for {timeout:g} s')
        # A gamepad ends on its own: its states may be all that a page sends.
        if self._joy_moved_at is not None and now - self._joy_moved_at > timeout:
            self._stop(f'no gamepad state for {timeout:g} s')

    # Commands of pages

    def new_nonce(self) -> int:
        """Return a new nonce for the lease's holder to echo."""
        return self._nonces.new(self._clock(), self.settings.max_age)

    def drive(self, session: str, command: Drive, frame_time: float | None = None, *,
              camera_may_drive: bool = True) -> Velocity:
        """
        Return the velocity to publish for a command.

        :param frame_time: boot time at which the frame that the driver sees came to the robot;
            ``None`` if they see none
        :param camera_may_drive: whether the selected camera is one for driving
        :raises TeleopRefused: with the reason
        """
        now, age = self._admit(session, command)
        target = self.limits.clamp(command.velocity)
        moving = not target.is_zero()
        if moving:
            self._permit_motion(self._neutral_seen, now, age, frame_time, camera_may_drive)
            if self.settings.slow_to and age > self.settings.slow_from:
                target = target.scaled((self.settings.slow_to - age)
                                       / (self.settings.slow_to - self.settings.slow_from))
        else:
            self._neutral_seen = True
        if self._latched.in_use:
            self._latched.leave()
        return self._advance(target, now, moving)

    def joy(self, session: str, command: Joy, frame_time: float | None = None, *,
            camera_may_drive: bool = True) -> None:
        """
        Check a gamepad's state, which may be published if this returns.

        :param frame_time: as for :meth:`drive`
        :param camera_may_drive: as for :meth:`drive`
        :raises TeleopRefused: with the reason
        """
        now, age = self._admit(session, command)
        if command.is_neutral():
            self._joy_neutral_seen = True
            self._joy_moved_at = None
        else:
            self._permit_motion(self._joy_neutral_seen, now, age, frame_time, camera_may_drive)
            self._joy_moved_at = self.lease.last_motion = now

    def _admit(self, session: str, command: Drive | Joy) -> tuple[float, float]:
        """
        Check epoch, nonce and sequence; return the time, and the age of the command's nonce.

        That age is a round trip and a little: the nonce's way to the page, and the command's back.
        """
        if session != self.lease.holder or command.epoch != self.lease.epoch:
            raise TeleopRefused('epoch')
        now = self._clock()
        self._stop_when_silent(now)
        # A nonce that is not known is infinitely old.
        age = now - self._nonces.made.get(command.nonce, -math.inf)
        if age > self.settings.max_age:
            raise TeleopRefused('stale')
        if command.seq <= self._seq:
            raise TeleopRefused('sequence')
        # Also if it is refused below: what the hands did before is of no interest any more.
        self._seq = command.seq
        return now, age

    def _permit_motion(self, neutral_seen: bool, now: float, age: float | None = None,
                       frame_time: float | None = None, camera_may_drive: bool = True) -> None:
        """
        Return if motion is allowed now; otherwise stop the robot, unless only neutral is missing.

        It is refused if anything hinders it, or if the driver sees or sends too late.

        :param age: of the command in seconds, ``None`` for clients that tell neither this nor what
            they see: of them it is not asked
        :raises TeleopRefused: with the reason
        """
        reason = self.hindrance()
        if reason is None and age is not None:
            if self.settings.max_frame_age and not camera_may_drive:
                reason = 'camera'
            elif self.settings.max_frame_age and (
                    frame_time is None or now - frame_time > self.settings.max_frame_age):
                reason = 'frozen'
            elif self.settings.slow_to and age >= self.settings.slow_to:
                reason = 'slow'
        if reason is not None:
            # Zero at each refused command: it also asks a guard that did not answer again.
            self._stop(f'motion refused: {reason}')
            raise TeleopRefused(reason)
        if not neutral_seen:
            raise TeleopRefused('neutral-first')

    def hindrance(self) -> str | None:
        """Return the reason code of the first condition that lets nothing move, if any."""
        for condition in self._conditions:
            reason = condition()
            if reason is not None:
                return reason
        return None

    def _advance(self, target: Velocity, now: float, moving: bool) -> Velocity:
        """
        Accept a target; return the velocity that acceleration allows now.

        :param moving: the target is not zero
        """
        seconds = (_FIRST_STEP_S if self._accepted_at is None else
                   min(now - self._accepted_at, _MAX_STEP_S))
        self._velocity = self.limits.approach(self._velocity, target, seconds)
        self._accepted_at = now
        if moving:
            self.lease.last_motion = now
        return self._velocity

    # States of RTCBot's clients

    def accept_rest_as_neutral(self) -> None:
        """Count the rest in which an RTCBot client begins as the neutral command of its grant."""
        self._neutral_seen = True

    def latch_rtcbot_state(self, session: str, velocity: Velocity, is_neutral: bool) -> Velocity:
        """
        Return the velocity to publish for the state of an RTCBot client, which lasts from now on.

        :param is_neutral: a velocity of zero is neutral, not keys that cancel each other out
        :raises TeleopRefused: with the reason
        """
        if session != self.lease.holder:
            raise TeleopRefused('epoch')
        now = self._clock()
        self._latched.in_use = True
        self._stop_when_silent(now)
        target = self.limits.clamp(velocity)
        moving = not target.is_zero()
        if moving:
            self._permit_motion(self._neutral_seen, now)
        elif is_neutral:
            self._neutral_seen = True
        self._latched.latch(target, now)
        return self._advance(target, now, moving)

    def keep_alive(self, session: str, age: float = 0.0) -> None:
        """
        Note a sign of life of a session: it prolongs its latched state.

        :param age: seconds since the sign was given
        """
        if session == self.lease.holder:
            now = self._clock()
            # A sign of life after the end of the state does not revive it.
            self._stop_when_silent(now)
            self._latched.keep_alive(now - age)

    def poll(self) -> Velocity | None:
        """Stop what has ended or may not go on; return the velocity of a latched state, if any."""
        now = self._clock()
        self._stop_when_silent(now)
        if self.active:
            reason = self.hindrance()
            if reason is not None:
                self._stop(reason)
        target = self._latched.target
        return None if target is None else self._advance(target, now, not target.is_zero())
