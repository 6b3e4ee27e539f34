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

"""The result of one check of a set-up, and the report of all."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
import json
from typing import Any, Literal

from ..limits.log_limits import escape

State = Literal['ok', 'warn', 'fail', 'skipped']
STATES: tuple[State, ...] = ('ok', 'warn', 'fail', 'skipped')
# Characters of a text: names from a network are in some.
_MAX_TEXT = 1000


@dataclass(frozen=True)
class Check:
    """
    What one check found.

    :ivar name: what was checked
    :ivar state: ``ok``; ``warn``: it works, or may not be needed; ``fail``: it does not work;
        ``skipped``: it could not be tried, or does not apply
    :ivar text: what was found, one line
    :ivar remedy: what to do, '' where nothing is to be done
    :ivar values: further facts, for programs
    """

    name: str
    state: State
    text: str
    remedy: str = ''
    values: dict[str, Any] = field(default_factory=dict)


def exit_status(checks: Iterable[Check]) -> int:
    """Return 1 if something failed, 0 if nothing did; warnings do not count."""
    return int(any(check.state == 'fail' for check in checks))


def summary(checks: Sequence[Check]) -> str:
    """Return how many checks have each state, in one line."""
    words = {'ok': 'ok', 'warn': 'to look at', 'fail': 'failed', 'skipped': 'skipped'}
    return ', '.join(f'{sum(check.state == state for check in checks)} {words[state]}'
                     for state in STATES)


def report_text(checks: Sequence[Check]) -> str:
    """Return a line for each check, below it what to do."""
    width = max((len(check.name) for check in checks), default=0)
    lines = []
    for check in checks:
        lines.append(f'{check.state:<8}{escape(check.name, _MAX_TEXT):<{width + 2}}'
                     f'{escape(check.text, _MAX_TEXT)}')
        if check.remedy:
            lines.append(' ' * 8 + '-> ' + escape(check.remedy, _MAX_TEXT))
    return '\n'.join([*lines, '', summary(checks)])


def report_json(checks: Sequence[Check], version: str) -> str:
    """Return the report for programs."""
    return json.dumps({
        'version': version, 'failed': exit_status(checks) == 1,
        'checks': [asdict(check) for check in checks]}, indent=1)
