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

"""A session in which the viewer offers and the robot answers: pages, RTCBot, WHEP."""

from contextlib import nullcontext
import logging

from aiortc import RTCDataChannel, RTCPeerConnection, RTCRtpTransceiver

from . import aiortc_compat
from .channels.channel import Channel
from .channels.opening import make_channel
from .negotiation import (
    apply_offer, direction, discard, let_others_run, make_slot, make_sound_track,
)
from .remote_description import only_sha256, read_offer, VideoSection, ViewerOffer, without_bundle
from .robot_context import RobotContext
from .session import Session
from .slots.slot import Slot
from ..core.access.policy import may_drive, VerifiedInvite
from ..core.errors import SignalingError
from ..core.protocol.signaling_messages import Offer
from ..core.protocol.strict_json import shorten
from ..media.camera import Camera

logger = logging.getLogger(__name__)


class AnsweringSession(Session):
    """
    One viewer that offers to receive video.

    :param invite: that a WHEP player has shown
    """

    def __init__(self, offer: Offer, role: str, robot: RobotContext,
                 invite: VerifiedInvite | None = None) -> None:
        super().__init__(offer.session, offer.protocol, offer.source, role, robot, invite,
                         is_direct=offer.is_direct)
        self._sdp = offer.sdp
        # The camera that slot 0 is to show first, by name; None: the robot's first.
        self._camera = offer.camera

    async def answer(self) -> str:
        """
        Return the SDP answer, with all candidates in it.

        :raises SignalingError: ``bad-offer``, ``bad-sdp``, ``busy``, ``no-camera`` or ``no-codec``
        """
        await let_others_run()
        offer = read_offer(self._candidates.reveal_in(self._sdp), provable=self.role == 'none')
        self._check(offer)
        self.authorization.offered_fingerprint = offer.fingerprint
        self._candidates.count_in(self._sdp)
        camera = self._first_camera() if offer.slots else None
        with nullcontext() if camera is None else camera.expected():
            pc = await self._negotiate(offer)
            self._start(pc)
            self.show_cameras()
        self.authorization.start_clock()
        sdp = only_sha256(pc.localDescription.sdp)
        return sdp if offer.bundled else without_bundle(sdp)

    def _check(self, offer: ViewerOffer) -> None:
        """
        Do nothing if the robot has what the offer asks for.

        :raises SignalingError: ``bad-offer``, ``no-camera`` or ``no-codec``
        """
        if self.protocol == 'whep' and not offer.slots:
            raise SignalingError('bad-offer', 'a WHEP player has to offer to receive video')
        cameras = self.robot.cameras
        # A viewer without a role is not told which cameras there are.
        if self._camera is not None and self.role != 'none' and (
                self.robot.camera_named(self._camera) is None):
            raise SignalingError('no-camera', f'no camera {shorten(self._camera)}, there are: '
                                              f'{", ".join(cameras) or "none"}')
        if offer.slots and not self.robot.common_profiles(offer.profiles):
            raise SignalingError('no-codec', 'the viewer decodes none of: '
                                             + ', '.join(self.robot.codecs))

    async def _negotiate(self, offer: ViewerOffer) -> RTCPeerConnection:
        """
        Apply the offer, with a slot for each video section and all common codecs for each.

        :raises SignalingError: ``bad-offer``, or ``busy`` if the session ended meanwhile or all
            UDP ports are in use
        """
        # aiortc parses the offer once more.
        await let_others_run()
        profiles = self.robot.common_profiles(offer.profiles)
        pc = self._connect()
        slots: list[Slot] = []
        # What the viewer lists for the sections that show pictures and take none.
        video_codecs = {}
        incoming: RTCRtpTransceiver | None = None
        try:
            # aiortc makes transports on the way, which get their limits here.
            with self._making_transports():
                # Before the offer is applied, so that aiortc matches them with its sections.
                for section in offer.video:
                    shows = section.receives and len(slots) < self.robot.max_slots
                    takes = incoming is None and self._takes_pictures(section, profiles)
                    transceiver = pc.addTransceiver('video', direction(shows, takes))
                    if takes:
                        incoming = transceiver
                        transceiver.setCodecPreferences(aiortc_compat.vp8_alone())
                    if shows and not takes:
                        video_codecs[transceiver] = section.codecs
                    if shows:
                        slots.append(make_slot(
                            transceiver, ['vp8'] if takes else profiles, self.failed_codecs,
                            self.path, self.budgets.keyframes,
                            f'{self.name} slot {len(slots)}'))
                if offer.hears:
                    talks = offer.talks and self.robot.floor.enabled
                    self.sound = make_sound_track(pc, self.robot.sound, talks=talks)
                    self.path.sound_is_apart = talks
                await apply_offer(pc, offer.sdp, self.path, offer.audio_codecs, video_codecs)
        except BaseException as error:
            await discard(pc)
            if isinstance(error, SignalingError) or not isinstance(error, Exception):
                raise
            raise SignalingError('bad-offer', f'offer cannot be answered: {error!r}') from error
        if self.ending:
            # Meanwhile it was closed, or another session needed its place.
            await discard(pc)
            raise SignalingError('busy', 'the session ended before it was answered')
        logger.debug('%s: %d slots for %d video sections, in %s; bundled %s, provable %s',
                     self.name, len(slots), offer.slots, ', '.join(profiles),
                     offer.bundled, offer.fingerprint is not None)
        self._use_slots(slots)
        if offer.talks and self.robot.floor.enabled:
            self.media.take_voice(pc.localDescription.sdp)
        if incoming is not None:
            self.media.take_pictures(incoming, pc.localDescription.sdp)
        if self.sound is not None and self.protocol != 'v1' and self.role != 'none':
            # Other clients cannot say when they listen.
            self.sound.listen(True)
        if slots:
            slots[0].keyframes.driving_budget = self.budgets.driving_keyframes
        return pc

    def _takes_pictures(self, section: VideoSection, profiles: list[str]) -> bool:
        """Tell whether the viewer may send pictures by a section: in VP8, which all know."""
        may = may_drive(self.role) or self.role == 'none'
        return may and section.sends_vp8 and self.robot.camera_floor.enabled and (
            not section.receives or 'vp8' in profiles)

    def show_cameras(self) -> None:
        """
        Show a camera in slot 0, unless the viewer has chosen one already.

        It is the one that the offer names, or the robot's first one for driving. A page that got a
        camera for watching only, as there was no other, gets the first one for driving when that
        comes.
        """
        if self.selected or not self.slots or self.state == 'closed' or self.role == 'none':
            return
        camera, name, self._camera = self._first_camera(), self._camera, None
        self.selected = camera is not None and (
            name is not None or camera.settings.drive or self.protocol != 'v1')
        self.slots[0].show(camera)

    def _first_camera(self) -> Camera | None:
        """Return the camera to show first; ``None`` if there is none that the viewer may see."""
        if self.role == 'none':
            return None
        return (self.robot.camera_named(self._camera) if self._camera
                else self.robot.first_camera())

    def open_channel(self, channel: RTCDataChannel) -> Channel | None:
        """Return the channel that the viewer has opened, ``None`` if it is not used."""
        return make_channel(channel, self, self.channels)
