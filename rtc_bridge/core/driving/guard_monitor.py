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

"""The guards as a bridge sees them: whether one answers, and whose commands they take."""

from dataclasses import dataclass
from typing import Callable

from .guard_messages import BridgeId, GuardState
from ..clock import boot_time, Clock

# Seconds after which a guard that says nothing has ended, or hangs; it speaks twice a second.
GUARD_SILENCE_S = 2.0
# A graph with more guards than this is broken in a way that needs no further names.
MAX_GUARDS = 16


class GuardMonitor:
    """
    Compares the commands that were sent to the guard with its answers.

    :param timeout: seconds in which a command is to be answered
    :param count_guards: returns how many guards there are, as far as ROS knows
    """

    def __init__(self, timeout: float, count_guards: Callable[[], int],
                 clock: Clock = boot_time) -> None:
        self._timeout = timeout
        self._count_guards = count_guards
        self._clock = clock
        # Stamp of the first command that is not answered, boot time in seconds.
        self._unanswered: float | None = None
        self._epoch: str | None = None

    def sent(self, stamp: float) -> None:
        """Note the stamp of a command to the guard, boot time in seconds."""
        if self._unanswered is None:
            self._unanswered = stamp

    def forget_unanswered(self) -> None:
        """Wait for no answer: nobody drives, and a last zero that came too late is no fault."""
        self._unanswered = None

    def answered(self, stamp: float, epoch: str) -> bool:
        """
        Take the guard's answer to a command.

        Return whether its epoch has changed: the guard has stopped by itself, or is another
        process, and lets no motion pass before a neutral command.
        """
        if self._unanswered is not None and stamp >= self._unanswered:
            self._unanswered = None
        changed = self._epoch is not None and epoch != self._epoch
        self._epoch = epoch
        return changed

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        late = self._unanswered is not None and self._clock() - self._unanswered > self._timeout
        return 'guard' if late or not self._count_guards() else None


@dataclass
class _HeardGuard:
    state: GuardState
    # Boot times at which it was heard first and last.
    first: float
    last: float
    # Whether it takes this bridge's commands.
    own: bool


class KnownGuards:
    """
    What guards tell of themselves, and what follows for a bridge.

    A guard counts as another one beside the newest only if it has spoken since that one came: of
    a guard that was started anew, the one before it is not a second guard.
    """

    def __init__(self, bridge: BridgeId, clock: Clock = boot_time) -> None:
        self._bridge = bridge
        self._clock = clock
        # By the guard's id.
        self._guards: dict[str, _HeardGuard] = {}

    def hear(self, state: GuardState, own: bool = True) -> None:
        """
        Record what a guard tells of itself (``cmd_vel_guard/state``).

        :param own: it takes this bridge's commands; otherwise it only publishes on the same topic
        """
        now = self._clock()
        known = self._guards.get(state.guard)
        if known is not None:
            known.state, known.last = state, now
            return
        for guard, heard in list(self._guards.items()):
            if now - heard.last > GUARD_SILENCE_S:
                del self._guards[guard]
        if len(self._guards) < MAX_GUARDS:
            self._guards[state.guard] = _HeardGuard(state, now, now, own)

    @property
    def guards(self) -> tuple[GuardState, ...]:
        """Return the guards that take this bridge's commands now, the newest one first."""
        heard = self._alive(own=True)
        return tuple(guard.state for guard in heard if guard.last >= heard[0].first)

    @property
    def guard(self) -> GuardState | None:
        """Return the guard that takes this bridge's commands, if one is heard."""
        return next(iter(self.guards), None)

    @property
    def driven_by(self) -> BridgeId | None:
        """
        Return the other bridge whose commands move the motors now, if there is one.

        Its guard may be another one that publishes on the same topic as this bridge's.
        """
        guard = self.guard
        if guard is None:
            return None
        others = [heard.state for heard in self._alive(own=False)
                  if heard.state.topic == guard.topic]
        return next((state.holder for state in (guard, *others)
                     if state.holder is not None
                     and state.holder.process != self._bridge.process), None)

    def reason(self) -> str | None:
        """Return why nobody may drive by this bridge, as a code of ``docs/protocol.md``."""
        if len(self.guards) > 1:
            return 'two-guards'
        return 'other-bridge' if self.driven_by is not None else None

    def _alive(self, own: bool) -> list[_HeardGuard]:
        now = self._clock()
        alive = [heard for heard in self._guards.values()
                 if heard.own == own and now - heard.last <= GUARD_SILENCE_S]
        return sorted(alive, key=lambda heard: heard.first, reverse=True)
