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

"""The guards that a bridge hears, and whether one of them takes its commands."""

from dataclasses import dataclass

from .guard_messages import BridgeId, GuardState
from ..clock import boot_time, Clock

# A guard speaks twice a second; one that is silent for this long has ended, or hangs.
SILENT_AFTER_S = 2.0
# A graph with more guards than this is broken in a way that needs no further names.
MAX_GUARDS = 16


@dataclass
class _Heard:
    state: GuardState
    first: float
    last: float
    own: bool


class KnownGuards:
    """
    What guards tell, and what follows for a bridge.

    A guard counts as another one beside the newest only if it has spoken since that one came: of
    a guard that was started anew, the one before it is no second guard.
    """

    def __init__(self, bridge: BridgeId, clock: Clock = boot_time) -> None:
        self._bridge = bridge
        self._clock = clock
        self._guards: dict[str, _Heard] = {}

    def hear(self, state: GuardState, own: bool = True) -> None:
        """
        Take what a guard tells.

        :param own: it takes this bridge's commands; else it only publishes on the same topic
        """
        now = self._clock()
        known = self._guards.get(state.guard)
        if known is not None:
            known.state, known.last = state, now
            return
        for guard, heard in list(self._guards.items()):
            if now - heard.last > SILENT_AFTER_S:
                del self._guards[guard]
        if len(self._guards) < MAX_GUARDS:
            self._guards[state.guard] = _Heard(state, now, now, own)

    @property
    def guards(self) -> tuple[GuardState, ...]:
        """Return those that take this bridge's commands now, the newest one first."""
        heard = self._fresh(own=True)
        return tuple(h.state for h in heard if h.last >= heard[0].first)

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
        others = [h.state for h in self._fresh(own=False) if h.state.topic == guard.topic]
        return next((state.holder for state in (guard, *others)
                     if state.holder is not None
                     and state.holder.process != self._bridge.process), None)

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        if len(self.guards) > 1:
            return 'two-guards'
        return 'other-bridge' if self.driven_by is not None else None

    def _fresh(self, own: bool) -> list[_Heard]:
        now = self._clock()
        heard = [h for h in self._guards.values()
                 if h.own == own and now - h.last <= SILENT_AFTER_S]
        return sorted(heard, key=lambda h: h.first, reverse=True)
