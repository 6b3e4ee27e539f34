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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
import sys
import time

from .watch import log, Metrics
from ..core.crowd import Places, Rates, site
from ..core.errors import SignalingError
from ..core.link import Call, Offer, RobotLink
from ..core.parameters import Value

_logger = logging.getLogger('rtc_bridge.relay')

# Codes that robots may send, and which are counted by name: docs/protocol.md.
_CODES = frozenset({
    'bad-message', 'bad-offer', 'busy', 'denied', 'expired', 'internal', 'no-camera', 'no-codec',
    'no-robot', 'revoked', 'robot-gone', 'robot-timeout', 'too-many'})


@dataclass(frozen=True)
class Viewing:
    """A session that was answered and, as far as is known, is not over."""

    robot: RobotLink
    offer: Offer | Call
    ended: Callable[[], object] | None = None


class Desk:
    """
    Brings offers to robots, within the limits.

    :param settings: as in :mod:`rtc_bridge.core.relay_settings`
    """

    def __init__(self, settings: dict[str, Value], metrics: Metrics) -> None:
        """Start with nobody watching."""
        self.viewings: dict[str, Viewing] = {}
        self.metrics = metrics
        # An RTCBot robot's viewer may have to wait for others first, and both have their time.
        # Robots behind a WebSocket keep these shorter times; this is for one in this process.
        self._limit = 2 * settings['limits.answer_timeout'] + 1
        self._rates = Rates(settings['limits.offers_per_minute'])
        each = settings['limits.viewers_per_robot'], settings['limits.viewers_per_address']
        self._sessions = [Places(sys.maxsize, limit) for limit in each]
        self._pages = [Places(sys.maxsize, limit) for limit in each]
        metrics.gauge('sessions', 'Sessions that are not over, as far as robots tell',
                      lambda: len(self.viewings))
        metrics.gauge('pages', "Pages' WebSockets", lambda: self._pages[0].taken)

    @contextmanager
    def page(self, name: str, source: str | None) -> Iterator[None]:
        """
        Hold a place for a page's WebSocket.

        :raises SignalingError: ``busy``
        """
        keys = name, site(source)
        self._take(self._pages, keys)
        try:
            yield
        finally:
            _give_back(self._pages, keys)

    def _take(self, both: list[Places], keys: tuple[object, object]) -> None:
        of_robot, of_address = both
        if not of_robot.take(keys[0]):
            self.metrics.refused.labels('viewers_per_robot').inc()
            raise SignalingError('busy', 'This robot has as many viewers as it may')
        if not of_address.take(keys[1]):
            of_robot.give_back(keys[0])
            self.metrics.refused.labels('viewers_per_address').inc()
            raise SignalingError('busy', 'There are too many viewers from this address')

    async def ask(self, robot: RobotLink, offer: Offer | Call,
                  ended: Callable[[], object] | None = None) -> str:
        """
        Return the robot's answer, or the offer it was called for. No failure leaves a session.

        :param ended: called at the end of the session, if the viewer is another relay's
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
            door = offer.door if ended is None else 'relay'
            self.metrics.offers.labels(door, result).inc()
            log('an offer came', door=door, result=result, source=offer.source,
                session=offer.session.rpartition('.')[2][:8],
                seconds=round(time.perf_counter() - began, 3))

    def count(self, source: str | None) -> None:
        """
        Count what costs a robot as much as an offer.

        :raises SignalingError: ``too-many``
        """
        if not self._rates.allow(site(source)):
            self.metrics.refused.labels('offers').inc()
            raise SignalingError('too-many', 'There are too many offers from this address')

    async def _admit(self, robot: RobotLink, offer: Offer | Call,
                     ended: Callable[[], object] | None) -> str:
        self.count(offer.source)
        session = offer.session
        if robot.kind != 'v1':
            # Its sessions cannot be counted: it never tells their ends.
            return await self._ask(robot, offer)
        self._take(self._sessions, (id(robot), site(offer.source)))
        # All is noted before the answer, as the end may come right behind it.
        self.viewings[session] = Viewing(robot, offer, ended)
        robot.ends[session] = lambda: self.end(session)
        try:
            return await self._ask(robot, offer)
        except BaseException:
            self.forget(session)
            raise

    def end(self, session: str) -> None:
        """Take a session for over, and tell the relay of its viewer, if that is another."""
        viewing = self.viewings.get(session)
        self.forget(session)
        if viewing is not None and viewing.ended is not None:
            viewing.ended()

    def forget(self, session: str) -> None:
        """Take a session for over."""
        if viewing := self.viewings.pop(session, None):
            viewing.robot.ends.pop(session, None)
            _give_back(self._sessions, (id(viewing.robot), site(viewing.offer.source)))

    async def _ask(self, robot: RobotLink, offer: Offer | Call) -> str:
        try:
            async with asyncio.timeout(self._limit):
                sdp = await (robot.answer(offer) if isinstance(offer, Offer)
                             else robot.offer(offer))
            sdp.encode()
            return sdp
        except SignalingError:
            raise
        except UnicodeEncodeError:
            # JSON's escapes can write halves of characters.
            failure = SignalingError('internal', 'The robot sent an answer that is no text')
        except TimeoutError:
            failure = SignalingError('robot-timeout',
                                     f'The robot did not answer in {self._limit:g} s')
        except Exception:
            _logger.exception('a robot failed to answer')
            failure = SignalingError('internal', 'The robot failed to answer')
        await robot.close_session(offer.session)
        raise failure


def _give_back(both: list[Places], keys: tuple[object, object]) -> None:
    for places, key in zip(both, keys):
        places.give_back(key)
