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

"""A session in which the robot offers and the viewer answers, as K-Scale's apps do."""

from collections.abc import Sequence
import logging

from aiortc import RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription

from . import aiortc_compat
from .channels.chat import ChatChannel
from .negotiation import direction, discard, make_slot, make_sound_track
from .remote_description import only_sha256, read_answer
from .robot_context import RobotContext
from .session import Session
from .slots.slot import Slot
from ..core.access.policy import may_drive
from ..core.errors import SignalingError
from ..core.protocol.ice import Candidate
from ..core.protocol.signaling_messages import OfferRequest
from ..core.protocol.strict_json import shorten
from ..core.video.video_codecs import PROFILES
from ..media.camera import Camera

logger = logging.getLogger(__name__)

CHAT = 'chat'
# Candidates that are kept until the answer comes. A host has one or two for each of its addresses.
MAX_EARLY_CANDIDATES = 64


class OfferingSession(Session):
    """One viewer, who sees the cameras of its request as long as they are there."""

    def __init__(self, request: OfferRequest, role: str, robot: RobotContext) -> None:
        super().__init__(request.session, request.protocol, request.source, role, robot)
        # By number or name, for each slot. Without any the viewer gets the first camera.
        self._wanted: tuple[str | int, ...] = request.cameras or (0,)
        # K-Scale's robots send VP8, and its programs may decode nothing else.
        self._profiles = sorted(robot.common_profiles(PROFILES),
                                key=lambda profile: profile != 'vp8')
        self._audio = request.audio
        self._takes_pictures = (may_drive(role) and robot.camera_floor.enabled
                                and 'vp8' in self._profiles)
        self._transceivers: list[RTCRtpTransceiver] = []
        # Candidates that came before the answer; None once that is here.
        self._early: list[Candidate | None] | None = []

    async def offer(self) -> str:
        """
        Return the SDP offer, with all candidates in it.

        :raises SignalingError: ``bad-message``, ``busy`` or ``no-camera``
        """
        self._check_wanted()
        pc = self._connect()
        try:
            # aiortc makes transports on the way, which get their limits here.
            with self._making_transports():
                self.channels[CHAT] = ChatChannel(pc.createDataChannel(CHAT), self)
                for number in range(len(self._wanted)):
                    transceiver = pc.addTransceiver('video', direction(
                        True, self._takes_pictures and not number))
                    transceiver.setCodecPreferences(aiortc_compat.preferences(self._profiles))
                    self._transceivers.append(transceiver)
                if self._audio:
                    self.sound = make_sound_track(pc, self.robot.sound,
                                                  talks=self.robot.floor.enabled)
                await pc.setLocalDescription()
        except BaseException:
            await discard(pc)
            raise
        logger.debug('%s: offers %d video sections in %s', self.name, len(self._wanted),
                     ', '.join(self._profiles))
        self._start(pc)
        return only_sha256(pc.localDescription.sdp)

    def _check_wanted(self) -> None:
        """
        Do nothing if the cameras of the request are there, and not too many.

        :raises SignalingError: ``bad-message`` or ``no-camera``
        """
        if len(self._wanted) > self.robot.max_slots:
            raise SignalingError('bad-message', f'{len(self._wanted)} cameras, at most '
                                                f'{self.robot.max_slots} can be seen at once')
        for wanted in self._wanted:
            # The first camera may be still to come.
            if wanted != 0 and self._camera(wanted) is None:
                raise SignalingError('no-camera', f'no camera {shorten(wanted)}, there are: '
                                                  f'{", ".join(self.robot.cameras) or "none"}')

    async def accept(self, sdp: str) -> None:
        """
        Take the answer, once.

        :raises SignalingError: ``bad-answer``
        """
        if self._early is None or self._pc is None or self.state == 'closed':
            raise SignalingError('bad-answer', 'no offer waits for this answer')
        early, self._early = self._early, None
        text, decoded = read_answer(sdp, may_send=self._takes_pictures)
        if len(decoded) != len(self._transceivers) or not all(
                profiles & set(self._profiles) for profiles in decoded):
            raise SignalingError('bad-answer', f'{len(self._transceivers)} video sections with '
                                               f'one of {", ".join(self._profiles)} were offered')
        await self._apply(self._pc, text)
        if self.state == 'closed':
            return
        # Made only now, since a slot has the codecs that were agreed on.
        self._use_slots([self._make_slot(number, profiles)
                         for number, profiles in enumerate(decoded)])
        self.show_cameras()
        if self.sound is not None:
            self.sound.listen(True)
        if self._audio and self.robot.floor.enabled:
            self.media.take_voice(self._pc.localDescription.sdp)
        first = self._transceivers[0]
        if self._takes_pictures and first.currentDirection == 'sendrecv':
            self.media.take_pictures(first, self._pc.localDescription.sdp)
        for candidate in early:
            await self.add_candidate(candidate)

    @staticmethod
    async def _apply(pc: RTCPeerConnection, sdp: str) -> None:
        try:
            await pc.setRemoteDescription(RTCSessionDescription(sdp, 'answer'))
        except Exception as error:
            # aiortc has no common base for what it raises on a strange description.
            raise SignalingError('bad-answer', f'answer cannot be used: {error!r}') from error

    def _make_slot(self, number: int, decoded: set[str]) -> Slot:
        profiles: Sequence[str] = [e for e in self._profiles if e in decoded]
        return make_slot(self._transceivers[number], profiles, self.failed_codecs, self.path,
                         self.budgets.keyframes, f'{self.name} slot {number}')

    async def add_candidate(self, candidate: Candidate | None) -> None:
        """Take a trickled candidate, which may come before the answer."""
        if self._early is None:
            await super().add_candidate(candidate)
        elif len(self._early) < MAX_EARLY_CANDIDATES:
            self._early.append(candidate)

    def show_cameras(self) -> None:
        """Show in each empty slot the camera that is wanted there, if there is one."""
        for slot, wanted in zip(self.slots, self._wanted):
            if slot.camera is None and self.state != 'closed':
                slot.show(self._camera(wanted))

    def _camera(self, wanted: str | int) -> Camera | None:
        cameras = self.robot.cameras
        if isinstance(wanted, str):
            return self.robot.camera_named(wanted)
        return list(cameras.values())[wanted] if wanted < len(cameras) else None
