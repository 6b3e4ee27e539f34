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

"""What the last process before the motors lets pass."""

import math
import secrets

from .velocity import Velocity, ZERO
from ..clock import boot_time, Clock

ZERO_PERIOD_S = 0.05
ZERO_TIME_S = 1.0
# A bridge that sends nothing for this long, not even neutral commands, makes room for another.
BRIDGE_SILENCE_S = 1.0


class VelocityGuard:
    """
    Pass fresh velocities on; when they stop, say zero, 20 times a second for one second.

    Nothing is said before the first fresh command: until then somebody else may be driving. While
    the emergency stop is engaged nothing passes, and zero is said all the time. After the start,
    and after any stop that was not commanded, motion needs a neutral command first; ``epoch``
    changes with each of these, and with each motion refused so, for who commands to know.

    The commands of one bridge pass, the first that sends any, until it is silent for
    ``BRIDGE_SILENCE_S``; those of others are refused. Another one begins as after a stop.

    :param timeout: seconds a command lasts, from its own stamp
    """

    def __init__(self, timeout: float = 0.3, clock: Clock = boot_time) -> None:
        """Start silent."""
        self._timeout = timeout
        self._clock = clock
        # Stamp of the newest command that was fresh.
        self._stamp = -1.0
        # Time after which the command has expired; None while none is in force.
        self._deadline: float | None = None
        self._zero_until = 0.0
        self._next_zero = 0.0
        self._latched = False
        # Whose commands pass, and the time after which it has been silent for too long.
        self._holder: str | None = None
        self._held_until = 0.0
        self._name = secrets.token_hex(4)
        self._stops = 0
        self._neutral_seen = False

    @property
    def epoch(self) -> str:
        """Return what names the time since motion last came to need a neutral command."""
        return f'{self._name}.{self._stops}'

    @property
    def holder(self) -> str | None:
        """Return the bridge whose commands pass, if it has not fallen silent."""
        return self._holder if self._clock() <= self._held_until else None

    def took(self, stamp: float) -> bool:
        """Tell whether the command of this stamp was the last that came in time."""
        return stamp == self._stamp

    def set_emergency_stop(self, engaged: bool) -> None:
        """Take whether the emergency stop is engaged; :meth:`poll` after this."""
        if engaged != self._latched:
            self._latched = engaged
            self._stop(self._clock())

    def command(self, velocity: Velocity, stamp: float, bridge: str = '') -> Velocity | None:
        """
        Return what to publish for a command, or ``None`` if it must not pass.

        :param stamp: boot-time clock of this host, in seconds, when the command was accepted
        :param bridge: who sent it
        """
        now = self._clock()
        if not all(map(math.isfinite, (stamp, *vars(velocity).values()))):
            return None
        if not 0.0 <= now - stamp <= self._timeout or not self._hold(bridge, now):
            return None
        if stamp <= self._stamp:
            return None
        self._expire(now)
        self._stamp = stamp
        if self._latched:
            return None
        if velocity.is_zero():
            self._neutral_seen = True
            if self._deadline is not None or now >= self._zero_until:
                self._start_zero(now)
            self._next_zero = now + ZERO_PERIOD_S
            return ZERO
        if not self._neutral_seen:
            # The neutral command got lost, or came too late: who sent it takes it for heard.
            self._stops += 1
            return None
        self._zero_until = 0.0
        self._deadline = stamp + self._timeout
        return velocity

    def poll(self) -> Velocity | None:
        """Return zero if it is to be published now, else ``None``."""
        now = self._clock()
        self._expire(now)
        if now >= self._zero_until and not self._latched or now < self._next_zero:
            return None
        self._next_zero = now + ZERO_PERIOD_S
        return ZERO

    def stop(self) -> Velocity | None:
        """Return the last zero to publish when the program ends, if there ever was one before."""
        return ZERO if self._latched or self._stamp >= 0 else None

    def wait(self) -> float:
        """Return for how many seconds ``poll`` has nothing to say, at most 1."""
        now = self._clock()
        if self._deadline is not None:
            return max(0.0, min(self._deadline - now + 0.001, 1.0))
        if now < self._zero_until or self._latched:
            return max(0.0, self._next_zero - now)
        return 1.0

    def _hold(self, bridge: str, now: float) -> bool:
        """Tell whether the commands of this bridge pass, and note that it is not silent."""
        if bridge != self._holder:
            if self._holder is not None:
                if now <= self._held_until:
                    return False
                self._stop(now)
            self._holder = bridge
        self._held_until = now + BRIDGE_SILENCE_S
        return True

    def _expire(self, now: float) -> None:
        if self._deadline is not None and now > self._deadline:
            self._stop(now)

    def _stop(self, now: float) -> None:
        self._stops += 1
        self._neutral_seen = False
        self._start_zero(now)

    def _start_zero(self, now: float) -> None:
        self._zero_until = now + ZERO_TIME_S
        self._next_zero = now
        self._deadline = None
