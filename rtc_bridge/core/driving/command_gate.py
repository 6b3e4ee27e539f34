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
The gate: every motion command from outside passes here, or is refused with a reason.

A command counts only with the epoch of the lease it was made for (:mod:`.lease`).
Pure: no thread, no timer; the caller polls it and publishes what it returns.
"""

from collections import OrderedDict
import secrets
from typing import Callable, Sequence

from .lease import Lease
from .velocity import Limits, Velocity, ZERO
from ..clock import boot_time, Clock
from ..protocol.control_messages import Drive, Joy

# Commands come every 50 ms or faster; a longer step would let one command jump.
_MAX_STEP_S = 0.1


class TeleopRefused(Exception):
    """A command was refused; the text is the reason code of ``docs/protocol.md``."""


class CommandGate:
    """
    The commands of the driver, and the stop when they end.

    :param limits: velocity and acceleration limits
    :param lease: tells who drives
    :param timeout: seconds without an accepted command until the robot is stopped
    :param max_age: largest age in seconds of the tick that a command echoes
    :param max_frame_age: largest age in seconds of the picture that the driver sees; 0: any
    :param slow: ages of the tick in seconds up to which speed is full, and from which on there is
        none; between them it falls. With (0, 0) it never does
    :param conditions: each returns why nothing may move now, ``None`` if it does not mind
    :param hold_timeout: seconds that a held state lasts after the last sign of life
    """

    def __init__(self, limits: Limits, lease: Lease, *, timeout: float = 0.3, max_age: float = 0.5,
                 max_frame_age: float = 0.0, hold_timeout: float = 2.0,
                 slow: tuple[float, float] = (0.0, 0.0),
                 conditions: Sequence[Callable[[], str | None]] = (), clock: Clock = boot_time,
                 make_nonce: Callable[[], int] = lambda: secrets.randbelow(2 ** 53)) -> None:
        """Start at rest."""
        self.limits = limits
        self.lease = lease
        self.timeout = timeout
        self.max_age = max_age
        self.max_frame_age = max_frame_age
        self._hold_timeout = hold_timeout
        self._slow = slow
        self._conditions = conditions
        self._clock = clock
        self._make_nonce = make_nonce
        # The epoch that all below belongs to.
        self._epoch = lease.epoch
        # Ticks given to the holder, oldest first, with the time each was made.
        self._ticks: OrderedDict[int, float] = OrderedDict()
        self._seq = 0
        # Motion is refused until a neutral command was seen since the last stop or grant; a
        # gamepad's buttons until a neutral gamepad was.
        self._neutral_seen = False
        self._joy_neutral_seen = False
        # The commands have ended, and nobody has been told yet.
        self._stop_due = False
        self._velocity = ZERO
        # Time of the last accepted command, or None while stopped.
        self._accepted: float | None = None
        # Time of the last gamepad's state in motion, or None while it rests.
        self._joy_accepted: float | None = None
        # Whether the driver is a client that sends changes only; what it wants, since when, and
        # when it last gave a sign of life.
        self._by_changes = False
        self._held: Velocity | None = None
        self._held_since = 0.0
        self._alive = 0.0

    def stop(self) -> None:
        """Stand still: motion needs a neutral command first."""
        self._velocity = ZERO
        self._accepted = self._joy_accepted = None
        if self._held is not None:
            self._held, self._held_since = None, self._clock()
        self._neutral_seen = False
        self._joy_neutral_seen = False
        self._stop_due = False

    def stop_and_require_neutral(self) -> None:
        """Stop what is in force, if anything is: zero is due."""
        due = self.moving or self._stop_due
        self.stop()
        self._stop_due = due

    def take_stop(self) -> bool:
        """Tell, once, that the commands have ended: zero is to be published before all else."""
        self._follow()
        due, self._stop_due = self._stop_due, False
        return due

    @property
    def moving(self) -> bool:
        """Tell whether a command is in force, be it neutral."""
        self._follow()
        return self._accepted is not None or self._joy_accepted is not None

    # Commands

    def new_nonce(self) -> int:
        """Return a new tick for the holder to echo."""
        self._follow()
        now = self._clock()
        tick = self._make_nonce()
        self._ticks[tick] = now
        while self._ticks and now - next(iter(self._ticks.values())) > self.max_age:
            self._ticks.popitem(last=False)
        return tick

    def drive(self, session: str, command: Drive, frame: float | None = None, *,
              for_driving: bool = True) -> Velocity:
        """
        Return the velocity to publish for a driver's command.

        :param frame: when the picture that the driver sees came to the robot, if he sees one
        :param for_driving: whether one may drive by the camera that the driver has selected
        :raises TeleopRefused: with the reason
        """
        now, age = self._check(session, command)
        target = self.limits.clamp(command.velocity)
        if not target.is_zero():
            self._permit(self._neutral_seen, self._doubt(frame, for_driving, now, age))
            target = target.scaled(self._share(age))
        self._held, self._by_changes = None, False
        return self._move(target, now, neutral=target.is_zero())

    def joy(self, session: str, command: Joy, frame: float | None = None, *,
            for_driving: bool = True) -> None:
        """
        Check a gamepad's state, which may be published if this returns.

        :param frame: as for :meth:`drive`
        :param for_driving: as for :meth:`drive`
        :raises TeleopRefused: with the reason
        """
        now, age = self._check(session, command)
        if command.is_neutral():
            self._joy_neutral_seen = True
            self._joy_accepted = None
        else:
            self._permit(self._joy_neutral_seen, self._doubt(frame, for_driving, now, age))
            self._joy_accepted = now
            self.lease.use()

    def latch_rtcbot_state(self, session: str, velocity: Velocity, rested: bool = True,
                           rests: bool = True) -> Velocity | None:
        """
        Take the state of a client that sends changes only (RTCBot's), stamped on arrival.

        Motion takes the lease if that is free, and rest leaves it so (``None``: nothing to
        publish). Such a client starts at rest and tells changes, so its state before this one may
        be the neutral command that a grant asks for.

        :param rested: that state was rest
        :param rests: a velocity of zero is rest, not keys that cancel out
        :raises TeleopRefused: another session drives, or the state was in motion at the stop
        """
        target = self.limits.clamp(velocity)
        if self.lease.holder is None:
            if target.is_zero():
                return None
            if not rested:
                raise TeleopRefused('neutral-first')
            reason = self._hindrance()
            if reason is not None and reason != 'guard':
                # Do not grant the lease while nothing may move. A guard that did not answer may
                # answer the zero that follows a grant.
                raise TeleopRefused(reason)
            self.lease.take(session)
            self._follow()
            self._neutral_seen = True
        if self.lease.holder != session:
            raise TeleopRefused('epoch')
        now = self._clock()
        self._by_changes = True
        self._expire(now)
        if not target.is_zero():
            self._permit(self._neutral_seen)
        if target != self._held:
            self._held_since = now
        self._held = target
        self._alive = now
        return self._move(target, now, neutral=target.is_zero() and rests)

    def keep_alive(self, session: str, age: float = 0.0) -> None:
        """Note a sign of life of a session, ``age`` seconds old, for the state it holds."""
        if session == self.lease.holder:
            now = self._clock()
            # A sign of life after the hold has ended does not revive it.
            self._expire(now)
            self._alive = max(self._alive, now - age)

    def poll(self) -> Velocity | None:
        """
        Return what to publish now without a new command.

        Zero, once, when the commands have ended; a held state again and again; else ``None``.
        """
        now = self._clock()
        self._expire(now)
        if self.moving and self._hindrance():
            self.stop_and_require_neutral()
        if self.take_stop():
            return ZERO
        if self._held is not None:
            return self._move(self._held, now, neutral=False)
        return None

    def is_idle(self, seconds: float) -> bool:
        """Tell whether the driver is a client that sends changes, and at rest for this long."""
        self._follow()
        return (self._by_changes and self._held in (None, ZERO)
                and self._clock() - self._held_since > seconds)

    def _check(self, session: str, command: Drive | Joy) -> tuple[float, float]:
        """Return the time, and the age of the command's tick: a round trip and a little."""
        if not self.lease.holds(session, command.epoch):
            raise TeleopRefused('epoch')
        now = self._clock()
        self._expire(now)
        made = self._ticks.get(command.nonce)
        if made is None or now - made > self.max_age:
            raise TeleopRefused('stale')
        if command.seq <= self._seq:
            raise TeleopRefused('sequence')
        # Be it refused: an older one that comes later is no news of the hands.
        self._seq = command.seq
        return now, now - made

    def _hindrance(self) -> str | None:
        return next(filter(None, (condition() for condition in self._conditions)), None)

    def _share(self, age: float) -> float:
        """Return which share of its speed a command of this age may have."""
        full, none = self._slow
        return 1.0 if age <= full or not none else max(0.0, (none - age) / (none - full))

    def _doubt(self, frame: float | None, for_driving: bool, now: float,
               age: float) -> str | None:
        """Return why a driver who sees and sends so late may not move anything."""
        if self.max_frame_age and not for_driving:
            return 'camera'
        seen = frame is not None and now - frame <= self.max_frame_age
        if self.max_frame_age and not seen:
            return 'frozen'
        return None if self._share(age) else 'slow'

    def _permit(self, neutral_seen: bool, reason: str | None = None) -> None:
        """Refuse motion that must not be, and say zero in its place."""
        reason = self._hindrance() or reason
        if reason is not None:
            self.stop()
            # Each time: a guard that did not answer may do so now.
            self._stop_due = True
            raise TeleopRefused(reason)
        if not neutral_seen:
            raise TeleopRefused('neutral-first')

    def _follow(self) -> None:
        """Begin anew, with a stop, if somebody else drives now, or nobody."""
        if self._epoch != self.lease.epoch:
            self.stop()
            self._stop_due = True
            self._epoch = self.lease.epoch
            self._seq = 0
            self._by_changes = False
            self._ticks.clear()

    def _expire(self, now: float) -> None:
        """Stop if the commands have ended."""
        self._follow()
        since, allowed = ((self._accepted, self.timeout) if self._held is None
                          else (self._alive, self._hold_timeout))
        # A gamepad ends on its own: it may be all that a page sends.
        if (self._accepted is not None and now - since > allowed
                or self._joy_accepted is not None and now - self._joy_accepted > self.timeout):
            self.stop()
            self._stop_due = True

    def _move(self, target: Velocity, now: float, neutral: bool) -> Velocity:
        # At rest there is no last command to measure a step from: take one of ours.
        dt = 0.05 if self._accepted is None else min(now - self._accepted, _MAX_STEP_S)
        self._velocity = self.limits.approach(self._velocity, target, dt)
        self._accepted = now
        self._neutral_seen |= neutral
        if not target.is_zero():
            self.lease.use()
        return self._velocity
