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

"""All sessions of a robot, and the way in for every signaling door."""

import asyncio
from dataclasses import replace
import logging
from typing import Any, Awaitable, Callable

from .channels.channel import Channel
from .offering_session import OfferingSession
from .robot_context import RobotContext
from .session import Session
from .unproven_sessions import UnprovenSessions
from ..core.errors import ProtocolError, SignalingError
from ..core.limits.refusals import refusals
from ..core.limits.sdp_limits import check_sdp, max_sections
from ..core.protocol.robot_link import (
    Call, Candidate, check_candidate, check_texts, IceServer, Offer,
)
from ..core.supervision import guard

logger = logging.getLogger(__name__)


class Sessions:
    """Makes, keeps and ends the sessions; belongs to one event loop."""

    def __init__(self, robot: RobotContext) -> None:
        """Start with none."""
        self.robot = robot
        self.sessions: dict[str, Session] = {}
        self.ends: dict[str, Callable[[], None]] = {}
        self._closing = False
        # By the way in that they came.
        self._strangers: dict[str, UnprovenSessions] = {}
        robot.pilot.on_lease.append(self._lease_changed)
        robot.pilot.on_stop.append(self._stop_changed)
        robot.name_of = self._name_of

    def link(self, via: str, way: str = '') -> 'HostLink':
        """
        Return the robot as a door sees it.

        :param via: ``server`` for the robot's own doors, ``relay`` for a relay's
        :param way: tells one relay from the others, whose strangers are counted apart
        """
        return HostLink(self, via, way)

    async def answer(self, offer: Offer, via: str, way: str = '') -> str:
        """
        Begin a session.

        :param way: as for :meth:`link`
        :raises SignalingError: the offer is refused
        """
        role, admission = self.robot.access.role(via, offer.door, offer.origin), None
        if role == 'none' and offer.door == 'whep' and offer.bearer is not None:
            admission = self.robot.access.bearer(offer.bearer, via)
        elif role == 'none':
            return await self._answer_stranger(offer, via, way)
        session = Session(offer, role, self.robot, self._closed, admission)
        return await self._begin(session, session.answer)

    def _refusal(self, ask: Offer | Call, via: str) -> SignalingError:
        """Return why somebody is not let in; count it if only their page's origin is why."""
        access = self.robot.access
        error = access.refusal(via, ask.door, ask.origin)
        if access.is_for_own_pages(via, ask.door, ask.origin):
            refusals.note('origin', ask.source, str(error))
        return error

    async def _answer_stranger(self, offer: Offer, via: str, way: str) -> str:
        """Let somebody in who has yet to prove an invite, if that can be and there is room."""
        if offer.door != 'v1' or not self.robot.access.provable:
            raise self._refusal(offer, via)
        strangers = self._strangers.setdefault(f'{via} {way}', UnprovenSessions())
        async with strangers.turn(offer.source):
            session = Session(offer, 'none', self.robot, self._closed)
            strangers.enter(session)
            try:
                return await self._begin(session, session.answer)
            except BaseException:
                session.end('not set up')
                raise

    def admit(self, call: Call, via: str) -> str:
        """
        Return the role of somebody who calls, ``view`` or ``drive``.

        :raises SignalingError: ``denied``
        """
        if self.robot.access.role(via, call.door, call.origin) == 'none':
            raise self._refusal(call, via)
        return self.robot.access.caller(via, call.door, call.bearer, call.origin)

    async def offer(self, call: Call, via: str) -> str:
        """
        Begin a session that makes the offer.

        :raises SignalingError: the call is refused
        """
        session = OfferingSession(call, self.admit(call, via), self.robot, self._closed)
        return await self._begin(session, session.offer)

    async def accept(self, session: str, sdp: str) -> None:
        """
        Give a session the answer to its offer; if it cannot be used, the session is over.

        :raises SignalingError: ``bad-answer``
        """
        found = self.sessions.get(session)
        if not isinstance(found, OfferingSession):
            raise SignalingError('bad-answer', 'no offer waits for this answer')
        try:
            with refusals.noted('sdp', found.source):
                check_sdp(sdp, max_sections(self.robot.max_slots), 'bad-answer')
            await found.accept(sdp)
        except BaseException:
            await found.close('its answer cannot be used')
            raise

    async def _begin(self, session: Session, make: Callable[[], Awaitable[str]]) -> str:
        if self._closing:
            raise SignalingError('robot-gone', 'the robot stops')
        if session.session_id in self.sessions:
            raise SignalingError('bad-message', 'this session has had its offer')
        self.sessions[session.session_id] = session
        try:
            return await make()
        except BaseException:
            await session.close('not set up')
            raise

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a candidate to its session."""
        if session in self.sessions:
            await self.sessions[session].add_candidate(candidate)

    async def close_session(self, session: str, reason: str) -> None:
        """End one session."""
        if session in self.sessions:
            await self.sessions[session].close(reason)

    async def close(self, reason: str) -> None:
        """End all sessions, and begin no more."""
        self._closing = True
        await asyncio.gather(*(session.close(reason) for session in self.sessions.values()))

    def cameras_changed(self) -> None:
        """Tell every viewer that cameras came or went."""
        self._tell('cameras told', lambda session: session.cameras_changed())

    def send_message(self, data: Any) -> None:
        """Send an application's value to every viewer."""
        self._tell('message to viewers', lambda session: session.send_message(data))

    def _name_of(self, session: str) -> str | None:
        found = self.sessions.get(session)
        return found.authorization.invite or None if found is not None else None

    @property
    def takes_telemetry(self) -> bool:
        """Tell whether anybody is there to see the robot's values."""
        return any(session.role != 'none' and 'control' in session.channels
                   for session in self.sessions.values())

    def send_telemetry(self, values: dict[str, Any]) -> None:
        """Send new values by name to every page."""
        self._tell_channels('telemetry told', lambda channel: channel.send_telemetry(values))

    def actions_changed(self) -> None:
        """Tell every page which services may be called."""
        self._tell_channels('actions told', lambda channel: channel.actions_changed())

    def notices_changed(self) -> None:
        """Tell every page what is wrong on the way of commands to the motors."""
        self._tell_channels('notices told', lambda channel: channel.notices_changed())

    def _lease_changed(self) -> None:
        self._tell('lease told', lambda session: session.lease_changed())

    def _stop_changed(self) -> None:
        self._tell('emergency stop told', lambda session: session.stop_changed())

    def _tell(self, name: str, tell: Callable[[Session], None]) -> None:
        for session in list(self.sessions.values()):
            # Who cannot be told has to come anew, and keeps nobody else from hearing it.
            with guard(name, session.fail):
                tell(session)

    def _tell_channels(self, name: str, tell: Callable[[Channel], None]) -> None:
        def tell_all(session: Session) -> None:
            for channel in session.channels.values():
                tell(channel)
        self._tell(name, tell_all)

    def _closed(self, session: Session) -> None:
        if self.sessions.get(session.session_id) is not session:
            # It was refused, as another one has its id.
            return
        del self.sessions[session.session_id]
        if ended := self.ends.pop(session.session_id, None):
            with guard('end of a session'):
                ended()


class HostLink:
    """The robot itself as a :class:`~rtc_bridge.core.protocol.robot_link.RobotLink`."""

    trickle = True
    kind = 'v1'

    def __init__(self, sessions: Sessions, via: str, way: str = '') -> None:
        """Remember which way its sessions come."""
        self._sessions = sessions
        self._via = via
        self._way = way

    @property
    def ends(self) -> dict[str, Callable[[], None]]:
        """Return what to call once a session is over, by session id."""
        return self._sessions.ends

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use."""
        robot = self._sessions.robot
        return list(robot.ice.for_viewer(robot.robot_id))

    async def answer(self, offer: Offer) -> str:
        """
        Return the SDP answer to an offer.

        :raises SignalingError: the offer is refused
        """
        _check_texts(offer)
        with refusals.noted('sdp', offer.source):
            check_sdp(offer.sdp, max_sections(self._sessions.robot.max_slots))
        return await self._sessions.answer(offer, self._via, self._way)

    async def admit(self, call: Call) -> None:
        """
        Do nothing if somebody may call.

        :raises SignalingError: ``denied``
        """
        _check_texts(call)
        self._sessions.admit(call, self._via)

    async def offer(self, call: Call) -> str:
        """
        Return an SDP offer.

        :raises SignalingError: the call is refused
        """
        _check_texts(call)
        return await self._sessions.offer(call, self._via)

    async def accept(self, session: str, sdp: str) -> None:
        """
        Take the answer to an offer.

        :raises SignalingError: it cannot be used
        """
        await self._sessions.accept(session, sdp)

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a trickled candidate on, if its texts are within their bounds."""
        try:
            check_candidate(session, candidate)
        except ProtocolError as error:
            found = self._sessions.sessions.get(session)
            refusals.note('candidates', found and found.source, str(error))
            return
        await self._sessions.add_candidate(session, candidate)

    async def close_session(self, session: str) -> None:
        """End a session."""
        await self._sessions.close_session(session, 'the viewer closed it')


def _check_texts(ask: Offer | Call) -> None:
    """
    Do nothing if the texts of an offer or call are within their bounds.

    :raises SignalingError: ``bad-message``
    """
    try:
        # What judges a bearer takes any text, and says no more than that it is wrong.
        check_texts(replace(ask, bearer=None))
    except ProtocolError as error:
        refusals.note('texts', ask.source, str(error))
        raise SignalingError('bad-message', str(error)) from None
