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

"""One viewer's session on the robot: one offer, one answer, slots and channels."""

import asyncio
import logging
from typing import Callable

from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from . import aiortc_compat
from .authorization import SessionAuthorization
from .channels.channel import Channel
from .channels.control import ControlChannel
from .channels.rtcbot import RTCBotChannel
from .channels.teleop import TeleopChannel
from .connection import discard, make_connection, make_slot
from .robot_context import RobotContext
from .slot import Slot
from .viewer_description import answer_to, read_offer, ViewerOffer
from .viewer_path import STEP_S, ViewerPath
from ..core.access.policy import may_drive, VerifiedInvite
from ..core.clock import boot_time
from ..core.errors import SignalingError
from ..core.limits.peer_limits import PeerLimits
from ..core.limits.peer_limits import SessionBudgets
from ..core.limits.refusals import refusals
from ..core.limits.sdp_limits import MAX_SESSION_CANDIDATES
from ..core.protocol.robot_link import Candidate, Offer
from ..core.protocol.strict_json import shorten
from ..core.supervision import guard, guarded, spawn
from ..core.video.video_codecs import codec_of, PROFILES
from ..core.video.viewer_stats import ViewerStats

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 15.0
# A peer that answers no check for this long is gone; checks go out five times a second.
DEAD_AFTER_S = 4.0
# A page tells each second what it measured, while it is looked at.
FIGURES_HOLD_S = 3.0


class Session:
    """
    One viewer.

    :param role: ``none`` until a proof, ``view`` or ``drive``
    :param admission: what a WHEP player showed, if it did
    """

    def __init__(self, offer: Offer, role: str, robot: RobotContext,
                 admission: VerifiedInvite | None = None) -> None:
        """Prepare; :meth:`answer` begins."""
        self.session_id = offer.session
        self._name = f'session {offer.session[:8]}'
        self.door = offer.door
        self.source = offer.source
        self.authorization = SessionAuthorization(role, robot.robot_id, robot.access, admission)
        self.robot = robot
        self.budgets = SessionBudgets()
        self.limits = PeerLimits(self._on_breach, self.role != 'none')
        self.slots: list[Slot] = []
        self.path = ViewerPath()
        self.state = 'new'
        # Called once when the session is over.
        self.on_closed: Callable[[Session], None] = lambda session: None
        self._failed_codecs: set[str] = set()
        # Set once a viewer, or its door, has said what slot 0 is to show.
        self.selected = False
        # What the page measured last, and when it said so.
        self.figures: tuple[ViewerStats, float] | None = None
        # What was logged once.
        self._told: set[str] = set()
        self._candidates = 0
        self._offer = offer
        self._pc: RTCPeerConnection | None = None
        self._channels: dict[str, Channel] = {}
        self._watch_task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._began = boot_time()

    async def answer(self) -> str:
        """
        Return the answer, with all candidates in it.

        :raises SignalingError: ``bad-offer``, ``no-camera`` or ``no-codec``
        """
        offer = read_offer(self._offer.sdp, provable=self.role == 'none')
        if self.door == 'whep' and not offer.slots:
            raise SignalingError('bad-offer', 'a WHEP player has to offer to receive video')
        self.authorization.take_offer(offer.fingerprint)
        self._candidates += self._offer.sdp.count('\na=candidate:')
        name = self._offer.camera
        # Who has proved nothing is told of no cameras.
        if name is not None and name not in self.robot.cameras and self.role != 'none':
            there = ', '.join(self.robot.cameras) or 'none'
            raise SignalingError('no-camera', f'no camera {shorten(name)}, there are: {there}')
        if offer.slots and not self._encodings(offer):
            raise SignalingError('no-codec', 'the viewer decodes none of: '
                                             + ', '.join(self.robot.codecs))
        await self._negotiate(offer)
        self.state = 'connecting'
        self.fill_first_slot(name)
        self.authorization.start_clock()
        self._watch_task = spawn('session', self._watch(), on_failure=self.fail)
        return answer_to(offer, self._pc.localDescription.sdp)

    def _encodings(self, offer: ViewerOffer) -> list[str]:
        """Return what both sides can, in our order."""
        return [e for c in self.robot.codecs for e in PROFILES
                if codec_of(e) == c and e in offer.encodings and (
                    e != 'h264-main' or self.robot.h264_profile == 'main')]

    async def _negotiate(self, offer: ViewerOffer) -> None:
        """Apply the offer with all the codecs for all slots."""
        # aiortc parses it once more: what others wait for, as commands, comes in between.
        await asyncio.sleep(0)
        encodings = self._encodings(offer)
        pc = self._connect()
        slots = []
        try:
            # Transports are made on the way, and get candidates at once.
            with aiortc_compat.limited_by(self.limits):
                for number in range(min(offer.slots, self.robot.max_slots)):
                    # Made before the offer is applied, so that they are matched with its sections.
                    transceiver = pc.addTransceiver('video', 'sendonly')
                    slots.append(make_slot(transceiver, encodings, self._failed_codecs, self.path,
                                           self.budgets.keyframes,
                                           f'{self._name} slot {number}'))
                await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, 'offer'))
                for transceiver in pc.getTransceivers():
                    if transceiver.sender.track is None:
                        # Nothing is received: microphones and cameras of viewers are not for us.
                        transceiver.direction = 'inactive'
                await pc.setLocalDescription()
        except BaseException as error:
            await discard(pc)
            # aiortc has no common base for what a strange description can raise in it.
            if not isinstance(error, Exception):
                raise
            raise SignalingError('bad-offer', f'offer cannot be answered: {error!r}') from error
        if self.ending:
            # Meanwhile it was closed, or another one needed its place.
            await discard(pc)
            raise SignalingError('busy', 'the session ended before it was answered')
        self._pc, self.slots = pc, slots
        self.path.slots = slots
        for slot in slots:
            slot.track.on_failure = self.fail
        if slots:
            slots[0].keyframes.driving_budget = self.budgets.driving_keyframes

    def _connect(self) -> RTCPeerConnection:
        """Return a connection that this session hears of."""
        pc = make_connection(self.robot)
        pc.on('datachannel', guarded('session', self._on_channel, on_failure=self.fail))
        pc.on('connectionstatechange', guarded('session', self._on_state, on_failure=self.fail))
        return pc

    def fill_first_slot(self, name: str | None = None) -> None:
        """
        Show the named camera, or the first one for driving, unless the viewer has chosen already.

        A page that was given a camera to watch only, as there was no other, gets the first one
        for driving when that comes.
        """
        if self.selected or not self.slots or self.state == 'closed' or self.role == 'none':
            return
        camera = self.robot.cameras.get(name) if name else self.robot.first_camera()
        self.selected = camera is not None and (
            name is not None or camera.settings.drive or self.door != 'v1')
        self.slots[0].show(camera)

    async def add_candidate(self, candidate: Candidate | None) -> None:
        """Take a trickled candidate; what is none is left out, and logged."""
        self._candidates += 1
        if self._pc is None or self.state == 'closed' or (
                self._candidates > MAX_SESSION_CANDIDATES):
            # Of these, fewer are checked: see core/limits/ice_check_limits.py.
            return
        if candidate is None or '.local ' in candidate.candidate:
            # mDNS names are left out here as in the offer, so the end is not passed on either:
            # the connect timeout ends a session whose checks find nothing.
            return
        try:
            parsed = candidate_from_sdp(candidate.candidate.removeprefix('candidate:'))
            parsed.sdpMid = candidate.sdp_mid
            parsed.sdpMLineIndex = candidate.sdp_m_line_index
            await self._pc.addIceCandidate(parsed)
        except (ValueError, AssertionError, IndexError) as error:
            self._tell_once('candidate', f'no ICE candidate: %s ({type(error).__name__})',
                            candidate.candidate)

    def cameras_changed(self) -> None:
        """Tell the viewer that cameras came or went."""
        for slot in self.slots:
            if slot.camera is not None and slot.camera.name not in self.robot.cameras:
                slot.show(None)
                self.selected = False
        self.fill_first_slot()
        for channel in self._channels.values():
            channel.cameras_changed()

    def confirm_stop(self, request: int) -> None:
        """Tell the page that its request for an emergency stop was carried out."""
        for channel in self._channels.values():
            channel.stop_changed(request)

    @property
    def channels(self) -> dict[str, Channel]:
        """Return the channels by label."""
        return dict(self._channels)

    @property
    def ending(self) -> bool:
        """Tell whether the session has begun to end."""
        return self._closing is not None

    @property
    def role(self) -> str:
        """Return ``none``, ``view``, ``drive`` or ``supervise``."""
        return self.authorization.role

    def prove(self, nonce: bytes, payload: str, mac: bytes) -> bytes | None:
        """Check the page's proof; return the robot's, or begin to end the session."""
        try:
            mac = self.authorization.prove(self._pc, nonce, payload, mac)
        except SignalingError as error:
            self.end(str(error), error.code)
            return None
        self.limits.prove()
        if not may_drive(self.role):
            # It may have driven without an invite, which is for watching only.
            self.robot.teleop.lease.release(self.session_id)
        logger.info('%s: %s by the invite of %s', self._name, self.role,
                    shorten(self.authorization.invite))
        self.fill_first_slot(self._offer.camera)
        return mac

    def stats(self) -> dict[str, str]:
        """Return the session's state for diagnostics."""
        cameras = [s.camera.name for s in self.slots if s.camera is not None]
        figures, told = self.figures or (None, 0.0)
        fresh = figures is not None and boot_time() - told < FIGURES_HOLD_S
        return {'door': self.door, 'role': self.role, 'state': self.state,
                'invite': self.authorization.invite, 'source': self.source or '',
                'cameras': ' '.join(cameras),
                'codec': self.slots[0].codec if self.slots else '',
                'failed_codecs': ' '.join(sorted(self._failed_codecs)),
                'streams': ' '.join(slot.stream for slot in self.slots if slot.stream),
                'kbit_per_s': f'{self.path.congestion.send_rate() / 1000:.0f}',
                'round_trip_ms': f'{self.path.congestion.rtt * 1000:.0f}',
                'path_kbit_per_s': f'{self.path.congestion.bitrate / 1000:.0f}',
                'lost_percent': f'{self.path.congestion.fraction_lost * 100:.1f}',
                'drives': str(self.robot.teleop.lease.holder == self.session_id).lower(),
                **({f'page_{k}': v for k, v in figures.texts().items()} if fresh else {})}

    async def close(self, reason: str) -> None:
        """End the session; calling it again waits for the same end."""
        self.end(reason)
        await asyncio.shield(self._closing)

    async def _close(self, reason: str, code: str) -> None:
        self.state = 'closed'
        logger.info('%s ends: %s', self._name, reason)
        # Deaf first: a message that is still on its way must not take the lease again.
        self._close_channels(reason, code)
        # Whatever of the rest fails, the rest of it is done.
        for end in (lambda: self.robot.teleop.lease.release(self.session_id),
                    *(slot.stop for slot in self.slots), self.path.close,
                    lambda: self.on_closed(self)):
            with guard('end of a session'):
                end()
        if self._watch_task is not None:
            self._watch_task.cancel()
        if self._pc is not None:
            self._pc.remove_all_listeners()
            try:
                async with asyncio.timeout(DEAD_AFTER_S):
                    await self._pc.close()
            except TimeoutError:
                logger.warning('%s: aiortc did not close its connection', self._name)

    def _close_channels(self, reason: str, code: str) -> None:
        for channel in self._channels.values():
            with guard('end of a session'):
                channel.close(reason, code)

    def end(self, reason: str, code: str = '') -> None:
        """
        Begin to end the session, from a callback.

        :param code: why, for the page: ``denied``, ``no-proof``, ``expired``, ``revoked``,
            ``clock``, ``bad-sdp``, ``internal``
        """
        if self._closing is None:
            self._closing = spawn('end of a session', self._close(reason, code))

    def fail(self, error: BaseException) -> None:
        """Begin to end the session, as a part of it has failed; the failure was noted."""
        self.end(f'an internal error: {type(error).__name__}', 'internal')

    def _tell_once(self, kind: str, text: str, value: str) -> None:
        """Log the first of each kind: a viewer can send thousands."""
        if kind not in self._told:
            self._told.add(kind)
            logger.info('%s: ' + text + '; more of this kind are not told', self._name,
                        shorten(value))

    def _on_breach(self, reason: str) -> None:
        """Take that the viewer's association is ended for what came over it."""
        refusals.note('data channels', self.source, reason)
        # Who has proved an invite is let in again: its page comes anew by itself, and keeps STOP.
        code = 'denied' if self.role == 'none' else 'internal'
        self._close_channels(reason, code)
        self.end(reason, code)

    def _on_state(self) -> None:
        state = self._pc.connectionState if self._pc is not None else 'new'
        if state == 'connected' and self.state == 'connecting':
            self.state = 'connected'
            logger.info('%s connected after %.2f s: %s by door %s from %s', self._name,
                        boot_time() - self._began, self.role, self.door, self.source or '?')
        elif state in ('failed', 'closed'):
            self.end(f'connection {state}')

    def _on_channel(self, channel: RTCDataChannel) -> None:
        kinds = {'control': ControlChannel, 'teleop': TeleopChannel, 'default': RTCBotChannel}
        kind = kinds.get(channel.label)
        # RTCBot's way to drive, without ticks and sequence, is not for sessions that have ours.
        mixed = bool(self._channels) and (channel.label == 'default') != (
            'default' in self._channels)
        # Before the proof there is only our page's way in.
        kind = None if self.role == 'none' and channel.label == 'default' else kind
        if kind is None or mixed or channel.label in self._channels or self.state == 'closed':
            # RTCBot's clients may open more channels; nobody here listens to them.
            self._tell_once('channel', 'channel %s is not used', channel.label)
            return
        self._channels[channel.label] = kind(channel, self)

    async def _watch(self) -> None:
        """Notice death, and steer what goes over the path."""
        while True:
            await asyncio.sleep(STEP_S)
            now = boot_time()
            if self.state == 'connecting' and now - self._began > CONNECT_TIMEOUT_S:
                return self.end(f'no connection within {CONNECT_TIMEOUT_S:g} s')
            fault = self.authorization.fault()
            if fault is not None:
                return self.end(str(fault), fault.code)
            answered = aiortc_compat.last_answer(self._pc)
            if self.state == 'connected' and answered is not None:
                if now - answered > DEAD_AFTER_S:
                    return self.end(f'no sign of life for {DEAD_AFTER_S:g} s')
                self.robot.teleop.gate.keep_alive(self.session_id, now - answered)
            for slot in self.slots:
                slot.check_codec(self.path.congestion.fraction_lost, 'control' in self._channels)
            self.path.step(self._pc, self.robot.teleop.lease.holder == self.session_id)
            for channel in self._channels.values():
                channel.watch()
