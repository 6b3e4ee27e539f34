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
"""Places for those who have proved nothing yet, and the order of the answers to their offers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import time
from typing import Protocol

from ..core.errors import SignalingError
from ..core.limits.address_limits import client_key, is_loopback
from ..core.limits.refusals import refusals
from ..core.supervision import call_guarded

# Sessions without a proof at a time, in all and of one source. They last for 5 s.
MAX_UNPROVEN = 8
MAX_UNPROVEN_PER_SOURCE = 2
# Offers that wait for their turn, of all and of one source, and seconds that one does. One takes
# about 50 ms, or 2 s while a STUN or TURN server that has just died does not answer.
MAX_WAITING = 8
MAX_WAITING_PER_SOURCE = 2
TURN_TIMEOUT_S = 3.0
# Pause between two answers: so many times what the first one took of the processor, within these
# bounds in seconds. They get a third of the event loop.
PAUSE_SHARE, LEAST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 0.05, 0.25


class Unproven(Protocol):
    """A session that may be one without a proof."""

    role: str
    state: str
    source: str | None
    ending: bool

    def end(self, reason: str, code: str = '') -> None:
        """Begin to end the session."""


class UnprovenSessions:
    """
    Those who came one way in, the robot's own server or one relay, and have proved nothing yet.

    They have places of their own, so that they never take one of somebody who has a role.
    """

    def __init__(self) -> None:
        self._sessions: list[Unproven] = []
        self._turn = asyncio.Lock()
        self._waiting: list[str | None] = []

    @asynccontextmanager
    async def turn(self, source: str | None) -> AsyncIterator[None]:
        """
        Wait until no other offer of a stranger is being answered.

        :raises SignalingError: ``busy``
        """
        neighbours = sum(_are_one(other, source) for other in self._waiting)
        if len(self._waiting) >= MAX_WAITING or neighbours >= MAX_WAITING_PER_SOURCE:
            raise _busy(source)
        self._waiting.append(source)
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise _busy(source) from None
        finally:
            self._waiting.remove(source)
        began = time.thread_time()
        try:
            yield
        finally:
            pause = PAUSE_SHARE * (time.thread_time() - began)
            asyncio.get_running_loop().call_later(
                min(max(pause, LEAST_PAUSE_S), LONGEST_PAUSE_S), call_guarded,
                'turn of a stranger', self._turn.release)

    def enter(self, session: Unproven) -> None:
        """
        Give a session a place; the oldest one that is not connected makes room for it.

        :raises SignalingError: ``busy``
        """
        self._sessions = [s for s in self._sessions if s.role == 'none' and not s.ending]
        neighbours = [s for s in self._sessions if _are_one(s.source, session.source)]
        for there, most in ((neighbours, MAX_UNPROVEN_PER_SOURCE),
                            (self._sessions, MAX_UNPROVEN)):
            if len(there) < most:
                continue
            oldest = next((s for s in there if s.state != 'connected'), None)
            if oldest is None:
                raise _busy(session.source)
            oldest.end('somebody else needs its place')
            self._sessions.remove(oldest)
        self._sessions.append(session)


def _are_one(source: str | None, other: str | None) -> bool:
    """
    Tell whether two sources may be one person's.

    A tunnel or proxy on this host brings many people, and a relay may tell no address.
    """
    return (source is not None and not is_loopback(source)
            and client_key(source) == client_key(other))


def _busy(source: str | None) -> SignalingError:
    error = SignalingError('busy', 'others are at the door')
    refusals.note('place for an unproven session', source)
    return error
