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
The sessions that came one way and have not proved an invite yet.

They cost the robot work for viewers without a proof, so they are few, they are set up one after
the other, and they never take the place of a session that has a role.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import logging
import time
from typing import Protocol

from ..core.errors import SignalingError
from ..core.limits.address_limits import client_key, is_loopback
from ..core.limits.refusals import refusals
from ..core.supervision import call_guarded

logger = logging.getLogger(__name__)

# Sessions without a proof at a time, in all and of one source. Each lasts for 5 s.
MAX_UNPROVEN = 8
MAX_UNPROVEN_PER_SOURCE = 2
# Offers that wait for their turn, in all and of one source, and the seconds that one waits. To
# answer one takes about 50 ms, or 2 s if a STUN or TURN server has just died.
MAX_WAITING = 8
MAX_WAITING_PER_SOURCE = 2
TURN_TIMEOUT_S = 3.0
# Pause between two answers, as a multiple of the processor time of the first one, and its bounds
# in seconds: offers without a proof get a third of the event loop's time.
PAUSE_SHARE, MIN_PAUSE_S, MAX_PAUSE_S = 2.0, 0.05, 0.25


class UnprovenSession(Protocol):
    """What is asked of a session here."""

    state: str
    source: str | None

    @property
    def role(self) -> str:
        """Return ``none`` until the session has proved an invite."""

    @property
    def ending(self) -> bool:
        """Tell whether the session has begun to end."""

    def end(self, reason: str, code: str = '') -> None:
        """Begin to end the session."""


class UnprovenSessions:
    """
    Limits the sessions without a proof that came one way: by the own server, or by one relay.

    Set one up within :meth:`turn`, and give it a place by :meth:`enter`. Belongs to the event
    loop.
    """

    def __init__(self) -> None:
        self._sessions: list[UnprovenSession] = []
        self._turn = asyncio.Lock()
        self._waiting: list[str | None] = []

    @asynccontextmanager
    async def turn(self, source: str | None) -> AsyncIterator[None]:
        """
        Wait until no other offer without a proof is being answered.

        :param source: address that the offer came from, ``None`` if unknown
        :raises SignalingError: ``busy``
        """
        neighbours = sum(_is_one_client(other, source) for other in self._waiting)
        if len(self._waiting) >= MAX_WAITING or neighbours >= MAX_WAITING_PER_SOURCE:
            raise _busy(source, f'{len(self._waiting)} offers wait, {neighbours} of this source')
        self._waiting.append(source)
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise _busy(source, f'no turn within {TURN_TIMEOUT_S:g} s') from None
        finally:
            self._waiting.remove(source)
        began = time.thread_time()
        try:
            yield
        finally:
            pause = PAUSE_SHARE * (time.thread_time() - began)
            asyncio.get_running_loop().call_later(
                min(max(pause, MIN_PAUSE_S), MAX_PAUSE_S), call_guarded,
                'turn of an unproven offer', self._turn.release)

    def enter(self, session: UnprovenSession) -> None:
        """
        Give a session a place; the oldest one that is not connected makes room for it.

        :raises SignalingError: ``busy``
        """
        self._sessions = [other for other in self._sessions
                          if other.role == 'none' and not other.ending]
        neighbours = [other for other in self._sessions
                      if _is_one_client(other.source, session.source)]
        for group, limit in ((neighbours, MAX_UNPROVEN_PER_SOURCE),
                             (self._sessions, MAX_UNPROVEN)):
            if len(group) < limit:
                continue
            oldest = next((other for other in group if other.state != 'connected'), None)
            if oldest is None:
                raise _busy(session.source, f'{len(group)} unproven sessions are connected')
            oldest.end('another session needs its place')
            self._sessions.remove(oldest)
        self._sessions.append(session)
        logger.debug('%d unproven sessions, %d of them from %s', len(self._sessions),
                     len(neighbours) + 1, session.source or 'an unknown address')


def _is_one_client(source: str | None, other: str | None) -> bool:
    """
    Tell whether two sources count as one client.

    A tunnel or proxy on this host brings many people, and a relay may not tell an address: these
    are never one client.
    """
    return (source is not None and not is_loopback(source)
            and client_key(source) == client_key(other))


def _busy(source: str | None, why: str) -> SignalingError:
    logger.debug('no place for an unproven session from %s: %s', source or 'an unknown address',
                 why)
    refusals.note('place for an unproven session', source)
    return SignalingError('busy', 'too many others ask for a session just now; try again')
