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

"""A session in which the robot offers and the viewer answers, as K-Scale's do."""

from aiortc import RTCDataChannel, RTCRtpTransceiver, RTCSessionDescription

from . import aiortc_compat
from .channels.chat import ChatChannel
from .connection import discard, make_slot
from .robot_context import RobotContext
from .session import Session
from .viewer_description import only_sha256, read_answer, ViewerOffer
from ..core.errors import SignalingError
from ..core.protocol.robot_link import Call, Candidate, Offer
from ..core.protocol.strict_json import shorten
from ..core.supervision import spawn
from ..core.video.video_codecs import PROFILES
from ..media.camera import Camera

CHAT = 'chat'
# What may wait for the answer; a host has a candidate or two for each of its addresses.
MAX_EARLY_CANDIDATES = 64


class OfferingSession(Session):
    """One viewer, who sees the cameras of a call as long as there are any."""

    def __init__(self, call: Call, role: str, robot: RobotContext) -> None:
        super().__init__(Offer(call.session, '', call.door, source=call.source), role, robot)
        # A viewer that names none, and sees none yet, gets the first.
        self._wanted = call.cameras or (0,)
        self._transceivers: list[RTCRtpTransceiver] = []
        self._early: list[Candidate | None] | None = []

    async def offer(self) -> str:
        """
        Return the offer, with all candidates in it.

        :raises SignalingError: ``bad-message`` or ``no-camera``
        """
        self._check_wanted()
        # K-Scale's robots send VP8, and its programs may decode nothing else.
        self._ours = sorted(self._encodings(ViewerOffer('', 1, frozenset(PROFILES))),
                            key=lambda encoding: encoding != 'vp8')
        pc = self._connect()
        try:
            with aiortc_compat.limited_by(self.limits):
                self._channels[CHAT] = ChatChannel(pc.createDataChannel(CHAT), self)
                for _ in self._wanted:
                    transceiver = pc.addTransceiver('video', 'sendonly')
                    transceiver.setCodecPreferences(aiortc_compat.preferences(self._ours))
                    self._transceivers.append(transceiver)
                await pc.setLocalDescription()
        except BaseException:
            await discard(pc)
            raise
        self._pc = pc
        self.state = 'connecting'
        self._watch_task = spawn('session', self._watch(), on_failure=self.fail)
        return only_sha256(pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        """
        Take the answer, once.

        :raises SignalingError: ``bad-answer``
        """
        if self._early is None or self.state == 'closed':
            raise SignalingError('bad-answer', 'no offer waits for this answer')
        early, self._early = self._early, None
        text, decoded = read_answer(sdp)
        if len(decoded) != len(self._transceivers) or not all(
                codecs & set(self._ours) for codecs in decoded):
            raise SignalingError('bad-answer', f'{len(self._transceivers)} video sections with '
                                               f'one of {", ".join(self._ours)} were offered')
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(text, 'answer'))
        except Exception as error:
            # aiortc has no common base for what a strange description can raise in it.
            raise SignalingError('bad-answer', f'answer cannot be used: {error!r}') from error
        if self.state == 'closed':
            return
        # Made now, as a slot has the codecs that were agreed on.
        self.slots = self.path.slots = [
            make_slot(transceiver, [e for e in self._ours if e in codecs], self._failed_codecs,
                      self.path, self.budgets.keyframes, f'{self._name} slot {number}')
            for number, (transceiver, codecs) in enumerate(zip(self._transceivers, decoded))]
        for slot in self.slots:
            slot.track.on_failure = self.fail
        self.fill_first_slot()
        for candidate in early:
            await self.add_candidate(candidate)

    async def add_candidate(self, candidate: Candidate | None) -> None:
        """Take a trickled candidate, which may come before the answer."""
        if self._early is None:
            await super().add_candidate(candidate)
        elif len(self._early) < MAX_EARLY_CANDIDATES:
            self._early.append(candidate)

    def fill_first_slot(self, name: str | None = None) -> None:
        """Show in each empty slot what is wanted there, if it is there."""
        for slot, wanted in zip(self.slots, self._wanted):
            if slot.camera is None and self.state != 'closed':
                slot.show(self._camera(wanted))

    def _camera(self, wanted: str | int) -> Camera | None:
        cameras = self.robot.cameras
        if isinstance(wanted, str):
            return cameras.get(wanted)
        return list(cameras.values())[wanted] if wanted < len(cameras) else None

    def _check_wanted(self) -> None:
        if len(self._wanted) > self.robot.max_slots:
            raise SignalingError('bad-message', f'{len(self._wanted)} cameras, at most '
                                                f'{self.robot.max_slots} can be seen at once')
        for wanted in self._wanted:
            # The first one may be still to come.
            if wanted != 0 and self._camera(wanted) is None:
                there = ', '.join(self.robot.cameras) or 'none'
                raise SignalingError('no-camera',
                                     f'no camera {shorten(wanted)}, there are: {there}')

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._tell_once('channel', 'channel %s is not used', channel.label)
