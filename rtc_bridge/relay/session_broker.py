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

"""Brings the offers of all protocols to any kind of robot, and knows which sessions there are."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
from functools import partial
import logging
import time

from .event_log import log_event
from .metrics import Metrics
from .viewer_quotas import ViewerQuotas
from ..core.errors import ProtocolError, SignalingError
from ..core.failure_log import failures
from ..core.limits.address_limits import client_key, KeyedRateLimiter
from ..core.limits.sdp_limits import check_sdp, MAX_SESSION_CANDIDATES
from ..core.protocol.json_messages import check_texts
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import NATIVE, Offer, OfferRequest
from ..core.settings.relay_settings import RelaySettings

# Error codes (docs/protocol.md) that are counted by name. Robots may send any other text.
_CODES = frozenset({
    'bad-answer', 'bad-message', 'bad-offer', 'busy', 'denied', 'expired', 'internal',
    'no-camera', 'no-codec', 'no-robot', 'revoked', 'robot-gone', 'robot-timeout', 'too-long',
    'too-many'})


@dataclass
class RelayedSession:
    """
    A session that is being answered or was answered and, as far as is known, is not over.

    ``quotas`` counts it until closed. ``candidates`` is how many the viewer has sent, in its offer
    and after it.
    """

    robot: RobotLink
    offer: Offer | OfferRequest
    quotas: ExitStack
    on_end: Callable[[], object] | None = None
    candidates: int = 0


class SessionBroker:
    """Asks robots for answers to offers, within the limits. Belongs to one event loop."""

    def __init__(self, settings: RelaySettings, metrics: Metrics) -> None:
        self.sessions: dict[str, RelayedSession] = {}
        self.metrics = metrics
        # Seconds, for a robot in this process. Robots behind a WebSocket keep shorter times; a
        # viewer of an RTCBot robot may have to wait for another viewer first.
        self._timeout = 2 * settings.limits.answer_timeout + 1
        self._offer_rates = KeyedRateLimiter(settings.limits.offers_per_minute)
        self._session_quotas = ViewerQuotas(settings.limits, metrics)
        self._page_quotas = ViewerQuotas(settings.limits, metrics)
        metrics.gauge('sessions', 'Sessions that are not over, as far as robots tell',
                      lambda: len(self.sessions))
        metrics.gauge('pages', 'Pages, over a WebSocket or HTTP', lambda: self._page_quotas.in_use)

    @contextmanager
    def page(self, name: str, source: str | None) -> Iterator[None]:
        """
        Count a page that watches the robot of that name, over a WebSocket or over HTTP.

        :raises SignalingError: ``busy``
        """
        with self._page_quotas.acquire(name, source):
            yield

    def count_offer(self, source: str | None) -> None:
        """
        Count what costs a robot as much as an offer.

        :raises SignalingError: ``too-many``
        """
        if not self._offer_rates.allow(client_key(source)):
            self.metrics.refuse('offers', source)
            raise SignalingError('too-many', 'There are too many offers from this address')

    async def ask(self, robot: RobotLink, offer: Offer | OfferRequest,
                  on_end: Callable[[], object] | None = None, label: str = '') -> str:
        """
        Return the robot's answer to an offer, or its own offer if that was requested.

        After an error there is no session left, neither here nor at the robot.

        :param on_end: called when the session ends, to tell the viewer
        :param label: counted in the metrics instead of the offer's protocol
        :raises SignalingError: the offer or the answer is refused, or there is no answer
        """
        began, result, session = time.perf_counter(), 'cancelled', offer.session
        self.metrics.arrived('offer', session)
        try:
            self.count_offer(offer.source)
            self._check(offer)
            # Others do not tell when their sessions end, so those cannot be counted.
            is_counted = robot.protocol == NATIVE
            if is_counted:
                # Before the robot is asked, as the session's end may come right behind the answer.
                candidates = offer.sdp.count('\na=candidate:') if isinstance(offer, Offer) else 0
                self.sessions[session] = RelayedSession(
                    robot, offer, self._session_quotas.acquire(id(robot), offer.source), on_end,
                    candidates)
                robot.on_end[session] = partial(self.end, session)
            try:
                sdp = await self._ask(robot, offer)
            except BaseException:
                if is_counted:
                    self.forget(session)
                raise
            result = 'answered'
            self.metrics.answer_seconds.observe(time.perf_counter() - began)
            return sdp
        except SignalingError as error:
            result = error.code if error.code in _CODES else 'other'
            raise
        finally:
            self.metrics.forget('offer', session)
            if result != 'answered':
                self.metrics.forget('answer', session)
            label = label or offer.protocol
            self.metrics.offers.labels(label, result).inc()
            log_event('an offer came', protocol=label, result=result, source=offer.source,
                      session=short_id(session), seconds=round(time.perf_counter() - began, 3))

    def _check(self, offer: Offer | OfferRequest) -> None:
        """
        Check the texts and the description of an offer against their bounds.

        :raises SignalingError: ``bad-message`` or ``bad-offer``
        """
        try:
            check_texts(offer)
            if isinstance(offer, Offer):
                check_sdp(offer.sdp)
        except ProtocolError as error:
            self.metrics.refuse('texts', offer.source, str(error))
            raise SignalingError('bad-message', str(error)) from None
        except SignalingError as error:
            self.metrics.refuse('sdp', offer.source, str(error))
            raise

    async def _ask(self, robot: RobotLink, offer: Offer | OfferRequest) -> str:
        """
        Ask a robot, and check what it says.

        :raises SignalingError: the robot refuses, fails, takes too long, or answers nonsense
        """
        try:
            async with asyncio.timeout(self._timeout):
                sdp = await (robot.answer(offer) if isinstance(offer, Offer)
                             else robot.offer(offer))
        except SignalingError:
            # The robot has said that there is no session.
            raise
        except TimeoutError:
            failure = SignalingError('robot-timeout',
                                     f'The robot did not answer within {self._timeout:g} s')
        except Exception as error:
            failures.note('answer of a robot', error)
            failure = SignalingError('internal', 'The robot failed to answer')
        else:
            try:
                # Pages and players parse it, too.
                check_sdp(sdp)
                return sdp
            except SignalingError as error:
                self.metrics.refuse('robot_sdp', text=str(error))
                failure = SignalingError('internal', f'The robot sent a bad answer: {error}')
        await robot.close_session(offer.session)
        raise failure

    def allows_candidate(self, session: str) -> bool:
        """
        Count a viewer's candidate; return whether it may go to the robot.

        Sessions that are not known here are counted by another relay.
        """
        found = self.sessions.get(session)
        if found is None:
            return True
        found.candidates += 1
        if found.candidates <= MAX_SESSION_CANDIDATES:
            return True
        self.metrics.refuse('candidates', found.offer.source)
        return False

    def end(self, session: str) -> None:
        """Note that a session is over, and tell its viewer."""
        found = self.sessions.get(session)
        self.forget(session)
        if found is not None and found.on_end is not None:
            found.on_end()

    def forget(self, session: str) -> None:
        """Note that a session is over, as its viewer knows."""
        if found := self.sessions.pop(session, None):
            found.robot.on_end.pop(session, None)
            found.quotas.close()
            log_event('a session is over', logging.DEBUG, session=short_id(session))


def short_id(session: str) -> str:
    """Return a part of a session's id for logs: a WHEP player's whole id would allow to end it."""
    return session.rpartition('.')[2][:8]
