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
The one interface through which every signaling protocol reaches a robot.

The protocols that the relay serves hold a ``RobotLink`` for each robot that they know; those that
the robot dials drive one. In one process the two meet without a wire between them.
"""

from abc import ABC, abstractmethod
from typing import Callable

from .ice import Candidate, IceServer
from .signaling_messages import NATIVE, Offer, OfferRequest, ServiceReply, ServiceRequest
from ..errors import SignalingError


class RobotLink(ABC):
    """
    A robot, as a signaling protocol sees it. Belongs to one event loop.

    What a robot cannot do by its own protocol is refused, or without effect, by default.
    """

    # The protocol that the robot speaks: NATIVE, RTCBOT or KSCALE.
    protocol: str = NATIVE
    # False: every offer must hold all its candidates, and add_candidate() does nothing.
    trickle: bool = False
    # True: what is sent to the robot arrives in order, so candidates may be sent on before the
    # offer is answered.
    keeps_order: bool = False

    def __init__(self) -> None:
        # What to call once a session is over, for whatever reason, by session id: protocols put
        # it here before they ask for the answer. Robots of other protocols do not tell.
        self.on_end: dict[str, Callable[[], object]] = {}
        # What takes the replies of programs, by the session that stands for the app; it returns
        # false if the app does not read.
        self.on_reply: dict[str, Callable[[ServiceReply], bool]] = {}

    @property
    def is_gone(self) -> bool:
        """Tell whether the way to the robot is lost; its sessions may go on."""
        return False

    @abstractmethod
    async def ice_servers(self) -> list[IceServer]:
        """
        Return the ICE servers that a viewer should use.

        :raises SignalingError: the robot cannot be asked
        """

    @abstractmethod
    async def answer(self, offer: Offer) -> str:
        """
        Return the SDP answer to an offer.

        :raises SignalingError: refused, timed out, or the robot went away
        """

    async def admit(self, request: OfferRequest) -> None:
        """
        Do nothing if a viewer may ask for an offer.

        :raises SignalingError: ``denied``
        """
        raise _makes_no_offers()

    async def offer(self, request: OfferRequest) -> str:
        """
        Return the robot's own SDP offer, with all its candidates.

        :raises SignalingError: refused, timed out, or the robot went away
        """
        raise _makes_no_offers()

    async def accept(self, session: str, sdp: str) -> None:
        """
        Take the viewer's answer to the robot's offer.

        :raises SignalingError: it cannot be used; the session is over
        """
        raise _makes_no_offers()

    async def send_to_program(self, message: ServiceRequest) -> None:
        """
        Pass on what an app says to a program on the robot, until its session is closed.

        :raises SignalingError: ``denied``, or the robot went away
        """
        raise SignalingError('denied', 'This robot offers no programs')

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Pass a trickled candidate on; ``None`` ends them. Unknown sessions are ignored."""

    async def close_session(self, session: str) -> None:
        """End a session. Unknown sessions are ignored."""

    def end_programs(self) -> None:
        """End what apps had to do with programs: the way to the apps is lost."""

    def dismiss(self) -> None:
        """Part from the robot: another one, or its own next registration, has its name."""


def _makes_no_offers() -> SignalingError:
    return SignalingError('denied', 'This robot makes no offers')
