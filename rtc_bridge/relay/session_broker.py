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

"""Where all doors bring their offers: one way to ask any kind of robot, and who is watching."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import sys
import time

from .metrics import log, Metrics
from ..core.errors import ProtocolError, SignalingError
from ..core.failure_log import failures
from ..core.limits.address_limits import (
    client_key, ConcurrencyQuota, is_loopback, KeyedRateLimiter,
)
from ..core.limits.sdp_limits import check_sdp, MAX_SESSION_CANDIDATES
from ..core.protocol.json_messages import check_texts
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import NATIVE, Offer, OfferRequest
from ..core.settings.relay_settings import RelaySettings

# Codes that robots may send, and which are counted by name: docs/protocol.md.
_CODES = frozenset({
    'bad-answer', 'bad-message', 'bad-offer', 'busy', 'denied', 'expired', 'internal',
    'no-camera', 'no-codec', 'no-robot', 'revoked', 'robot-gone', 'robot-timeout', 'too-long',
    'too-many'})

# So many of a robot's places each address may have, whatever its share is.
_LEAST = 4


@dataclass
class Viewing:
    """
    A session that was answered and, as far as is known, is not over.

    ``candidates`` is how many the viewer has sent, in its offer and behind it.
    """

    robot: RobotLink
    offer: Offer | OfferRequest
    ended: Callable[[], object] | None = None
    candidates: int = 0


class _Seats:
    """Places for viewers: those of a robot, those of an address, and those of both."""

    def __init__(self, settings: RelaySettings, metrics: Metrics) -> None:
        """Start with all of them free."""
        self._metrics = metrics
        most = settings.limits.viewers_per_robot
        self._limits = [(ConcurrencyQuota(sys.maxsize, each), name, text) for each, name, text in (
            (most, 'viewers_per_robot', 'This robot has as many viewers as it may'),
            (settings.limits.viewers_per_address, 'viewers_per_address',
             'There are too many viewers from this address'),
            # Or somebody could keep all others out.
            (max(_LEAST, most // 4), 'viewers_per_address',
             'This robot has as many viewers from this address as it may'))]

    @property
    def taken(self) -> int:
        """Return how many there are."""
        return self._limits[0][0].in_use

    def take(self, robot: Hashable, source: str | None) -> None:
        """
        Take a place.

        :raises SignalingError: ``busy``
        """
        taken: list[tuple[ConcurrencyQuota, Hashable]] = []
        for (places, setting, text), key in self._keys(robot, source):
            if not places.acquire(key):
                for others, their_key in taken:
                    others.release(their_key)
                self._metrics.refuse(setting, source)
                raise SignalingError('busy', text)
            taken.append((places, key))

    def give_back(self, robot: Hashable, source: str | None) -> None:
        """Free a place."""
        for (places, _, _), key in self._keys(robot, source):
            places.release(key)

    def _keys(self, robot: Hashable, source: str | None) -> Iterator[tuple]:
        keys = robot, client_key(source)
        # A tunnel or proxy on this host brings many people: they are not counted together.
        return zip(self._limits, keys if is_loopback(source) else (*keys, keys))


class Desk:
    """Brings offers to robots, within the limits."""

    def __init__(self, settings: RelaySettings, metrics: Metrics) -> None:
        """Start with nobody watching."""
        self.viewings: dict[str, Viewing] = {}
        self.metrics = metrics
        # An RTCBot robot's viewer may have to wait for others first, and both have their time.
        # Robots behind a WebSocket keep these shorter times; this is for one in this process.
        self._limit = 2 * settings.limits.answer_timeout + 1
        self._rates = KeyedRateLimiter(settings.limits.offers_per_minute)
        self._sessions = _Seats(settings, metrics)
        self._pages = _Seats(settings, metrics)
        metrics.gauge('sessions', 'Sessions that are not over, as far as robots tell',
                      lambda: len(self.viewings))
        metrics.gauge('pages', "Pages' WebSockets", lambda: self._pages.taken)

    @contextmanager
    def page(self, name: str, source: str | None) -> Iterator[None]:
        """
        Hold a place for a page's WebSocket.

        :raises SignalingError: ``busy``
        """
        self._pages.take(name, source)
        try:
            yield
        finally:
            self._pages.give_back(name, source)

    async def ask(self, robot: RobotLink, offer: Offer | OfferRequest,
                  ended: Callable[[], object] | None = None, door: str = '') -> str:
        """
        Return the robot's answer, or the offer it was called for. No failure leaves a session.

        :param ended: called at the end of the session, to tell the viewer
        :param door: which one is counted, if not the offer's own
        :raises SignalingError: whatever went wrong
        """
        began, result = time.perf_counter(), 'cancelled'
        self.metrics.came('offer', offer.session)
        try:
            sdp = await self._admit(robot, offer, ended)
            result = 'answered'
            self.metrics.answering.observe(time.perf_counter() - began)
            return sdp
        except SignalingError as error:
            result = error.code if error.code in _CODES else 'other'
            raise
        finally:
            self.metrics.forget('offer', offer.session)
            if result != 'answered':
                self.metrics.forget('answer', offer.session)
            door = door or offer.protocol
            self.metrics.offers.labels(door, result).inc()
            log('an offer came', door=door, result=result, source=offer.source,
                session=offer.session.rpartition('.')[2][:8],
                seconds=round(time.perf_counter() - began, 3))

    def count(self, source: str | None) -> None:
        """
        Count what costs a robot as much as an offer.

        :raises SignalingError: ``too-many``
        """
        if not self._rates.allow(client_key(source)):
            self.metrics.refuse('offers', source)
            raise SignalingError('too-many', 'There are too many offers from this address')

    def check_sdp(self, sdp: str, source: str | None, code: str = 'bad-offer') -> None:
        """
        Do nothing if a viewer's description may go to a robot.

        :raises SignalingError: it is beyond the bounds
        """
        try:
            check_sdp(sdp, code=code)
        except SignalingError as error:
            self.metrics.refuse('sdp', source, str(error))
            raise

    async def _admit(self, robot: RobotLink, offer: Offer | OfferRequest,
                     ended: Callable[[], object] | None) -> str:
        self.count(offer.source)
        try:
            check_texts(offer)
        except ProtocolError as error:
            self.metrics.refuse('texts', offer.source, str(error))
            raise SignalingError('bad-message', str(error)) from None
        if isinstance(offer, Offer):
            self.check_sdp(offer.sdp, offer.source)
        session = offer.session
        if robot.protocol != NATIVE:
            # Its sessions cannot be counted: it never tells their ends.
            return await self._ask(robot, offer)
        self._sessions.take(id(robot), offer.source)
        # All is noted before the answer, as the end may come right behind it.
        candidates = offer.sdp.count('\na=candidate:') if isinstance(offer, Offer) else 0
        self.viewings[session] = Viewing(robot, offer, ended, candidates)
        robot.on_end[session] = lambda: self.end(session)
        try:
            return await self._ask(robot, offer)
        except BaseException:
            self.forget(session)
            raise

    def takes_candidate(self, session: str) -> bool:
        """
        Count a viewer's candidate; tell whether it may go to the robot.

        Of sessions that are another relay's to count it may.
        """
        viewing = self.viewings.get(session)
        if viewing is None:
            return True
        viewing.candidates += 1
        if viewing.candidates <= MAX_SESSION_CANDIDATES:
            return True
        self.metrics.refuse('candidates', viewing.offer.source)
        return False

    def end(self, session: str) -> None:
        """Take a session for over, and tell its viewer."""
        viewing = self.viewings.get(session)
        self.forget(session)
        if viewing is not None and viewing.ended is not None:
            viewing.ended()

    def forget(self, session: str) -> None:
        """Take a session for over."""
        if viewing := self.viewings.pop(session, None):
            viewing.robot.on_end.pop(session, None)
            self._sessions.give_back(id(viewing.robot), viewing.offer.source)

    async def _ask(self, robot: RobotLink, offer: Offer | OfferRequest) -> str:
        try:
            async with asyncio.timeout(self._limit):
                sdp = await (robot.answer(offer) if isinstance(offer, Offer)
                             else robot.offer(offer))
        except SignalingError:
            raise
        except TimeoutError:
            failure = SignalingError('robot-timeout',
                                     f'The robot did not answer in {self._limit:g} s')
        except Exception as error:
            failures.note('answer of a robot', error)
            failure = SignalingError('internal', 'The robot failed to answer')
        else:
            try:
                # Pages and players have parsers, too.
                check_sdp(sdp)
                return sdp
            except SignalingError as error:
                self.metrics.refuse('robot_sdp', text=str(error))
                failure = SignalingError('internal', f'The robot sent a bad answer: {error}')
        await robot.close_session(offer.session)
        raise failure
