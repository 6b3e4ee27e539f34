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
from dataclasses import dataclass
import logging

from ..core.errors import SignalingError
from ..core.link import Offer, RobotLink

_logger = logging.getLogger('rtc_bridge.relay')


@dataclass(frozen=True)
class Viewing:
    """A session that was answered and, as far as is known, is not over."""

    robot: RobotLink
    offer: Offer


class Desk:
    """
    Brings offers to robots.

    :param limit: seconds until an answer, for robots in this process that hang; those behind a
        WebSocket keep their own, shorter times
    """

    def __init__(self, limit: float) -> None:
        """Start with nobody watching."""
        self.viewings: dict[str, Viewing] = {}
        self._limit = limit

    async def ask(self, robot: RobotLink, offer: Offer) -> str:
        """
        Return the robot's answer. No failure leaves a session behind.

        :raises SignalingError: whatever went wrong
        """
        session = offer.session
        if robot.kind == 'v1':
            # Robots of other kinds would never tell the end. The entry is there before the
            # answer, as the end may come right behind it.
            self.viewings[session] = Viewing(robot, offer)
            robot.ends[session] = lambda: self.viewings.pop(session, None)
        try:
            return await self._ask(robot, offer)
        except BaseException:
            self.forget(session)
            raise

    def forget(self, session: str) -> None:
        """Take a session for over."""
        if viewing := self.viewings.pop(session, None):
            viewing.robot.ends.pop(session, None)

    async def _ask(self, robot: RobotLink, offer: Offer) -> str:
        try:
            async with asyncio.timeout(self._limit):
                return await robot.answer(offer)
        except SignalingError:
            raise
        except TimeoutError:
            failure = SignalingError('robot-timeout',
                                     f'The robot did not answer in {self._limit:g} s')
        except Exception:
            _logger.exception('a robot failed to answer')
            failure = SignalingError('internal', 'The robot failed to answer')
        await robot.close_session(offer.session)
        raise failure
