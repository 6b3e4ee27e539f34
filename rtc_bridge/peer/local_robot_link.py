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

"""The robot in this process, as signaling sees it."""

from dataclasses import replace
import logging

from .answering_session import AnsweringSession
from .app_programs import AppPrograms
from .offering_session import OfferingSession
from .sessions import Sessions
from .unproven_sessions import UnprovenSessions
from ..core.errors import ProtocolError, SignalingError
from ..core.limits.address_limits import is_global
from ..core.limits.refusals import refusals
from ..core.limits.sdp_limits import check_sdp, max_sections
from ..core.protocol.ice import Candidate, check_candidate, IceServer
from ..core.protocol.json_messages import check_texts
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Offer, OfferRequest, ServiceReply, ServiceRequest,
)

logger = logging.getLogger(__name__)


class LocalRobotLink(RobotLink):
    """
    The robot as viewers reach it one way: by its own server, or through one relay.

    Everything that it gets comes from outside: it checks sizes, texts and the SDP, decides on the
    role, and only then makes a session. Each way has one link, since sessions without a proof are
    counted for each of them apart. Belongs to the event loop.

    :param via: ``server`` for the robot's own server, ``relay`` for a relay
    """

    trickle = True

    def __init__(self, sessions: Sessions, via: str) -> None:
        super().__init__()
        self.on_end = sessions.on_end
        self._sessions = sessions
        self._robot = sessions.robot
        self._via = via
        self._max_sections = max_sections(sessions.robot.max_slots)
        self._unproven = UnprovenSessions()
        self._programs = AppPrograms(
            lambda name, role: self._robot.open_service(name, role, messages=True), self._reply,
            lambda session: self.on_reply.pop(session, None))

    async def ice_servers(self) -> list[IceServer]:
        """Return the ICE servers that a viewer should use."""
        return list(self._robot.ice.for_viewer(self._robot.robot_id))

    async def answer(self, offer: Offer) -> str:
        """
        Begin a session; return the SDP answer with all candidates.

        :raises SignalingError: the offer is refused
        """
        self._check(offer)
        if self._via == 'relay' and is_global(offer.source):
            # Behind a NAT, where a browser's hidden ports are not open: checks would be wasted.
            offer = replace(offer, is_direct=False)
        access = self._robot.access
        role, invite = access.anonymous_role(self._via, offer.protocol, offer.origin), None
        if role == 'none' and offer.protocol == 'whep' and offer.bearer is not None:
            invite = access.verify_bearer(offer.bearer, self._via)
        elif role == 'none':
            return await self._answer_unproven(offer)
        self._log_decision(offer, role if invite is None else invite.invite.role)
        session = AnsweringSession(offer, role, self._robot, invite)
        return await self._sessions.begin(session, session.answer)

    async def _answer_unproven(self, offer: Offer) -> str:
        """Begin a session that has to prove an invite, if one can be proved and there is room."""
        if offer.protocol != 'v1' or not self._robot.access.accepts_invites:
            raise self._refusal(offer)
        async with self._unproven.turn(offer.source):
            session = AnsweringSession(offer, 'none', self._robot)
            self._unproven.enter(session)
            self._log_decision(offer, 'none until a proof')
            try:
                return await self._sessions.begin(session, session.answer)
            except BaseException:
                session.end('not set up')
                raise

    async def admit(self, request: OfferRequest) -> None:
        """
        Do nothing if a viewer may ask for an offer.

        :raises SignalingError: ``denied``
        """
        self._check(request)
        self._role_of(request)

    async def offer(self, request: OfferRequest) -> str:
        """
        Begin a session in which the robot offers; return the SDP offer with all candidates.

        :raises SignalingError: the request is refused
        """
        self._check(request)
        role = self._role_of(request)
        self._log_decision(request, role)
        session = OfferingSession(request, role, self._robot)
        return await self._sessions.begin(session, session.offer)

    async def accept(self, session: str, sdp: str) -> None:
        """
        Give a session the answer to its offer; an answer that cannot be used ends the session.

        :raises SignalingError: ``bad-answer``
        """
        found = self._sessions.sessions.get(session)
        if not isinstance(found, OfferingSession):
            raise SignalingError('bad-answer', 'no offer waits for this answer')
        try:
            with refusals.noted('sdp', found.source):
                check_sdp(sdp, self._max_sections, 'bad-answer')
            await found.accept(sdp)
        except BaseException:
            await found.close('its answer cannot be used')
            raise

    async def send_to_program(self, message: ServiceRequest) -> None:
        """
        Give a program what an app says.

        :raises SignalingError: ``denied`` or ``bad-message``
        """
        session = message.request.session
        try:
            self._check(message.request)
            role = self._role_of(message.request)
        except SignalingError:
            # A relay may name any number of sessions.
            self._programs.close(session)
            self.on_reply.pop(session, None)
            raise
        self._programs.send(session, message.service, role, message.payload)

    def _reply(self, reply: ServiceReply) -> bool:
        take = self.on_reply.get(reply.session)
        return take is not None and take(reply)

    def end_programs(self) -> None:
        """End what apps had to do with programs: the way to the apps is lost."""
        self._programs.close_all()

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a trickled candidate to its session, if its texts are within their bounds."""
        found = self._sessions.sessions.get(session)
        try:
            check_candidate(session, candidate)
        except ProtocolError as error:
            refusals.note('candidates', found.source if found is not None else None, str(error))
            return
        if found is not None:
            await found.add_candidate(candidate)

    async def close_session(self, session: str) -> None:
        """End a session, as its viewer wishes."""
        self._programs.close(session)
        found = self._sessions.sessions.get(session)
        if found is not None:
            await found.close('the viewer closed it')

    def _check(self, request: Offer | OfferRequest) -> None:
        """
        Do nothing if the texts and the description of a request are within their bounds.

        :raises SignalingError: ``bad-message`` or ``bad-offer``
        """
        try:
            # A bearer may be any text: the check of the bearer itself says no more than "wrong".
            check_texts(replace(request, bearer=None))
            if isinstance(request, Offer):
                check_sdp(request.sdp, self._max_sections)
        except ProtocolError as error:
            refusals.note('texts', request.source, str(error))
            raise SignalingError('bad-message', str(error)) from None
        except SignalingError as error:
            refusals.note('sdp', request.source, str(error))
            raise

    def _role_of(self, request: OfferRequest) -> str:
        """
        Return the role of a viewer that asks for an offer, ``view`` or ``drive``.

        :raises SignalingError: ``denied``
        """
        access = self._robot.access
        if access.anonymous_role(self._via, request.protocol, request.origin) == 'none':
            raise self._refusal(request)
        return access.kscale_role(self._via, request.protocol, request.bearer, request.origin)

    def _refusal(self, request: Offer | OfferRequest) -> SignalingError:
        """Return why a viewer is not let in; count it if only its page's origin is the reason."""
        access = self._robot.access
        error = access.refusal(self._via, request.protocol, request.origin)
        if access.lacks_only_origin(self._via, request.protocol, request.origin):
            refusals.note('origin', request.source, str(error))
        return error

    def _log_decision(self, request: Offer | OfferRequest, role: str) -> None:
        logger.debug('session %s from %s via %s, protocol %s, origin %s: role %s',
                     request.session[:8], request.source or 'an unknown address', self._via,
                     request.protocol, request.origin or 'none', role)
