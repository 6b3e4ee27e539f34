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

"""The rules of ``cmd_vel_guard``, the last process before the motors."""

import logging
import math
import secrets

from .velocity import Velocity, ZERO
from ..clock import boot_time, Clock

logger = logging.getLogger(__name__)

# Seconds between two zeros: 20 Hz, as commands come.
ZERO_PERIOD_S = 0.05
# Seconds of zeros after commands have ended: a base that misses the first ones hears another.
ZERO_TIME_S = 1.0
# A bridge that sends nothing for this many seconds, not even neutral commands, makes room for
# another one.
BRIDGE_SILENCE_S = 1.0
# Longest wait between two polls, seconds.
_MAX_WAIT_S = 1.0
# Commands expire after their deadline, not at it: a wait ends this many seconds later.
_WAIT_MARGIN_S = 0.001


class VelocityGuard:
    """
    Lets fresh velocities pass; when they end, publishes zero 20 times a second for one second.

    * Nothing is published before the first fresh command: until then another publisher may drive.
    * While an emergency stop is engaged nothing passes, and zero is published all the time.
    * After the start and after each stop that was not commanded, motion needs a neutral command
      first. ``epoch`` changes with each such stop, and with each motion that is refused for it, so
      that the bridge can ask its driver for a neutral command.
    * Commands of one bridge pass, the first one that sends any, until it is silent for
      ``BRIDGE_SILENCE_S``; those of others are refused. Another bridge begins as after a stop.

    All times are boot time in seconds. It is pure: the caller publishes what is returned.

    :param timeout: seconds that a command lasts, from its own stamp
    """

    def __init__(self, timeout: float = 0.3, clock: Clock = boot_time) -> None:
        self._timeout = timeout
        self._clock = clock
        # Stamp of the newest command that came in time.
        self.last_stamp = -1.0
        # When the command in force expires; None while no command is in force.
        self._deadline: float | None = None
        self._zero_until = 0.0
        self._next_zero = 0.0
        self._emergency_stop = False
        # The bridge whose commands pass, and the time after which it has been silent for too long.
        self._holder: str | None = None
        self._holder_until = 0.0
        self._neutral_seen = False
        # Changes each time motion needs a neutral command again: a random text for this process,
        # and a count.
        self._process_id = secrets.token_hex(4)
        self._epoch_number = 0
        self.epoch = f'{self._process_id}.0'

    @property
    def holder(self) -> str | None:
        """Return the bridge whose commands pass, unless it has fallen silent."""
        return self._holder if self._clock() <= self._holder_until else None

    def set_emergency_stop(self, engaged: bool) -> None:
        """Take whether an emergency stop is engaged; call :meth:`poll` after this."""
        if engaged != self._emergency_stop:
            self._emergency_stop = engaged
            self._stop(self._clock(), f'emergency stop {"engaged" if engaged else "released"}')

    def interrupt(self, cause: str) -> Velocity | None:
        """
        End motion, as what takes it is about to change; return the zero to publish before that.

        Motion needs a neutral command again; at rest nothing changes.

        :param cause: for the log
        """
        now = self._clock()
        self._stop_when_expired(now)
        if self._deadline is None:
            return None
        self._stop(now, cause)
        return ZERO

    def command(self, velocity: Velocity, stamp: float, bridge: str = '') -> Velocity | None:
        """
        Return what to publish for a command, or ``None`` if it must not pass.

        :param stamp: boot time of this host when the bridge published the command
        :param bridge: the bridge that did
        """
        now = self._clock()
        if not all(map(math.isfinite, (stamp, velocity.linear_x, velocity.linear_y,
                                       velocity.angular_z, velocity.linear_z))):
            return None
        if not 0.0 <= now - stamp <= self._timeout:
            return None
        if bridge != self._holder:
            if self._holder is not None:
                if now <= self._holder_until:
                    return None
                self._stop(now, 'another bridge drives')
            self._holder = bridge
        self._holder_until = now + BRIDGE_SILENCE_S
        if stamp <= self.last_stamp:
            return None
        self._stop_when_expired(now)
        self.last_stamp = stamp
        if self._emergency_stop:
            return None
        if velocity.is_zero():
            self._neutral_seen = True
            if self._deadline is not None or now >= self._zero_until:
                self._start_zeros(now)
            self._next_zero = now + ZERO_PERIOD_S
            return ZERO
        if not self._neutral_seen:
            # The neutral command was lost or came too late; the bridge takes it for heard.
            self._begin_epoch()
            return None
        self._zero_until = 0.0
        self._deadline = stamp + self._timeout
        return velocity

    def poll(self) -> Velocity | None:
        """Return zero if it is to be published now, otherwise ``None``."""
        now = self._clock()
        self._stop_when_expired(now)
        if now >= self._zero_until and not self._emergency_stop or now < self._next_zero:
            return None
        self._next_zero = now + ZERO_PERIOD_S
        return ZERO

    def last_zero(self) -> Velocity | None:
        """Return the zero to publish when the program ends, if it ever took part in driving."""
        return ZERO if self._emergency_stop or self.last_stamp >= 0 else None

    def wait(self) -> float:
        """Return for how many seconds :meth:`poll` has nothing to say, at most 1."""
        now = self._clock()
        if self._deadline is not None:
            return max(0.0, min(self._deadline - now + _WAIT_MARGIN_S, _MAX_WAIT_S))
        if now < self._zero_until or self._emergency_stop:
            return max(0.0, self._next_zero - now)
        return _MAX_WAIT_S

    def _stop_when_expired(self, now: float) -> None:
        if self._deadline is not None and now > self._deadline:
            self._stop(now, f'no command for {self._timeout:g} s')

    def _stop(self, now: float, cause: str) -> None:
        self._neutral_seen = False
        self._start_zeros(now)
        self._begin_epoch()
        logger.debug('zero for %g s, epoch %s: %s', ZERO_TIME_S, self.epoch, cause)

    def _begin_epoch(self) -> None:
        """Let the bridge know, by the answer to its next command, that a neutral one is needed."""
        self._epoch_number += 1
        self.epoch = f'{self._process_id}.{self._epoch_number}'

    def _start_zeros(self, now: float) -> None:
        self._zero_until = now + ZERO_TIME_S
        self._next_zero = now
        self._deadline = None
