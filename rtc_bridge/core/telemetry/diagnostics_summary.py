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

"""``diagnostic_msgs`` as a summary: the worst level, how many there are, and the worst names."""

from collections import OrderedDict
from typing import Any

from ..clock import boot_time, Clock

# Statuses that are kept, by name; the oldest is forgotten first.
_MAX_STATUSES = 512
# Seconds after which a status that came no more counts as stale, as in diagnostic_aggregator.
STALE_AFTER_S = 5.0
# Seconds after which it is forgotten: what it was of is there no more.
FORGOTTEN_AFTER_S = 60.0
# Names and messages that are shown, and characters of each.
_MAX_WORST = 4
_MAX_TEXT = 80
OK, WARN, ERROR, STALE = range(4)
# From the least to the worst: what says nothing is worse than a warning, and an error is known.
_SEVERITY = {OK: 0, WARN: 1, STALE: 2, ERROR: 3}
_NAMES = {OK: 'ok', WARN: 'warn', ERROR: 'error', STALE: 'stale'}
LEVELS = {OK: 'ok', WARN: 'amber', STALE: 'amber', ERROR: 'red'}


def level_of(status: Any) -> int:
    """Return the level of a ``DiagnosticStatus``; what is no level counts as an error."""
    level = status.level
    number = level[0] if isinstance(level, bytes) and level else level
    return number if number in _SEVERITY else ERROR


class DiagnosticsSummary:
    """Collects the statuses of one topic, which several nodes publish."""

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        # Level, message and time of each, the one that came last at the end.
        self._statuses: OrderedDict[str, tuple[int, str, float]] = OrderedDict()
        self._read_at = 0.0

    def read(self, message: Any) -> dict[str, Any]:
        """
        Take a ``DiagnosticArray``; return the summary of all that is known.

        ``counts`` are the numbers of statuses by level, ``worst`` the names and messages of those
        with the worst level, if that is not ``ok``.
        """
        now = self._clock()
        if now - self._read_at > STALE_AFTER_S:
            # Nobody watched, or nobody published: the statuses are not stale, they are unknown.
            self._statuses.clear()
        self._read_at = now
        for status in message.status:
            self._statuses[status.name] = level_of(status), status.message, now
            self._statuses.move_to_end(status.name)
        while len(self._statuses) > _MAX_STATUSES:
            self._statuses.popitem(last=False)
        while self._statuses and now - next(iter(self._statuses.values()))[2] > FORGOTTEN_AFTER_S:
            self._statuses.popitem(last=False)
        levels = {name: STALE if now - came > STALE_AFTER_S else level
                  for name, (level, _, came) in self._statuses.items()}
        worst = max(levels.values(), key=_SEVERITY.__getitem__, default=OK)
        counts = {_NAMES[level]: list(levels.values()).count(level) for level in _SEVERITY}
        named = [name for name, level in levels.items() if level == worst] if worst else []
        return {
            '$': 'diagnostics', 'level': LEVELS[worst], 'worst_level': _NAMES[worst],
            'counts': {name: count for name, count in counts.items() if count},
            'worst': [[name[:_MAX_TEXT], self._statuses[name][1][:_MAX_TEXT]]
                      for name in sorted(named)[:_MAX_WORST]]}
