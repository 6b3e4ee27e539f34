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

"""Who of the viewers is heard, or seen, on the robot: one at a time."""

from collections.abc import Callable
from typing import NamedTuple

from .policy import may_drive


class FloorWords(NamedTuple):
    """What a viewer reads who may not have the floor."""

    off: str = 'this robot takes no sound'
    role: str = 'the role view may not talk'
    driver: str = 'only who drives may talk'
    taken: str = 'somebody else talks'


class Floor:
    """
    Gives the floor to one session at a time. Belongs to the event loop.

    :param given_to: ``off``: nobody, ``driver``: the driver and supervisors, or ``role``: all who
        may drive
    :param is_driver: tells whether a session holds the lease
    :ivar on_change: called when another session has the floor, or none
    """

    def __init__(self, given_to: str, is_driver: Callable[[str], bool] = lambda session: False,
                 words: FloorWords = FloorWords()) -> None:
        self.on_change: list[Callable[[], None]] = []
        self._given_to = given_to
        self._is_driver = is_driver
        self._words = words
        self._holder: str | None = None
        self._role = 'none'

    @property
    def enabled(self) -> bool:
        """Tell whether anybody may have the floor."""
        return self._given_to != 'off'

    def disable(self) -> None:
        """Let nobody have it: there is nothing that it leads to."""
        self._given_to = 'off'

    @property
    def holder(self) -> str | None:
        """Return the session that has the floor."""
        return self._holder

    def refusal(self, session: str, role: str) -> str:
        """Return why a session may not have the floor, '' if it may."""
        if not self.enabled:
            return self._words.off
        if not may_drive(role):
            return self._words.role
        if self._given_to == 'driver' and role != 'supervise' and not self._is_driver(session):
            return self._words.driver
        if self._holder not in (None, session) and not (
                role == 'supervise' and self._role != 'supervise'):
            return self._words.taken
        return ''

    def ask(self, session: str, role: str) -> str:
        """Give a session the floor; return why not, '' if it has it."""
        refusal = self.refusal(session, role)
        if not refusal and self._holder != session:
            self._set(session, role)
        return refusal

    def release(self, session: str) -> None:
        """Take the floor from a session, if it has it."""
        if session == self._holder:
            self._set(None, 'none')

    def lease_changed(self) -> None:
        """Take the floor from who may not have it any more."""
        if self._holder is not None and self.refusal(self._holder, self._role):
            self._set(None, 'none')

    def _set(self, session: str | None, role: str) -> None:
        self._holder, self._role = session, role
        for call in self.on_change:
            call()
