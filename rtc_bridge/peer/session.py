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

"""One viewer's session on the robot, from its negotiation to its end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import logging
from typing import Callable

from aiortc import RTCDataChannel, RTCPeerConnection

from . import aiortc_compat
from .authorization import SessionAuthorization
from .channels.channel import Channel
from .media.sound_track import SoundTrack
from .media.viewer_media import ViewerMedia
from .negotiation import let_others_run, log_states, make_connection
from .path_report import report_no_path
from .remote_candidates import RemoteCandidates
from .robot_context import RobotContext
from .slots.slot import Slot
from .slots.viewer_path import STEP_S, ViewerPath
from ..core.access.policy import may_drive, VerifiedInvite
from ..core.clock import boot_time
from ..core.errors import SignalingError
from ..core.limits.address_limits import reachable_address
from ..core.limits.log_limits import LogSampler
from ..core.limits.peer_limits import PeerLimits, SessionBudgets
from ..core.limits.refusals import refusals
from ..core.network.host_candidates import PortsInUse
from ..core.protocol.control_messages import ViewerStats
from ..core.protocol.ice import Candidate
from ..core.protocol.strict_json import shorten
from ..core.supervision import guard, guarded, spawn

logger = logging.getLogger(__name__)

# Seconds from the answer, or from the robot's offer, until the connection has to be there.
CONNECT_TIMEOUT_S = 15.0
# Seconds: a viewer that leaves earlier has not waited for a path.
_MIN_TRIED_S = 3.0
# Seconds without an answer to a consent check after which a viewer is gone. Checks go out five
# times a second. aiortc's close() gets as long.
DEAD_AFTER_S = 4.0
# A range that is too small may refuse many.
_port_reports = LogSampler()


class Session:
    """
    One viewer: a connection, video slots and data channels. Belongs to the event loop.

    Its ``state`` is ``new``, ``connecting`` once the description was returned, ``connected``, then
    ``closed``. Subclasses negotiate; :meth:`end` ends the session in any state.

    :param session_id: chosen by the viewer's side
    :param protocol: by which the viewer came
    :param source: address of the viewer, as far as signaling knows it
    :param role: ``none`` until a proof, ``view`` or ``drive``
    :param invite: that a WHEP player has shown
    :param is_direct: ``source`` is the viewer's own address, not that of a proxy
    :ivar selected: the viewer has chosen the camera of slot 0
    :ivar viewer_stats: what the page measured last, and when it said so (boot-time clock)
    :ivar failed_codecs: codecs that the viewer decodes nothing of, in any slot
    :ivar media: takes what the viewer says, and what its camera shows
    :ivar sound: by which the viewer hears the robot, ``None`` if it cannot
    :ivar on_closed: called once when the session is over
    """

    def __init__(self, session_id: str, protocol: str, source: str | None, role: str,
                 robot: RobotContext, invite: VerifiedInvite | None = None, *,
                 is_direct: bool = False) -> None:
        self.session_id = session_id
        self.name = f'session {session_id[:8]}'
        self.protocol = protocol
        self.source = source
        self.robot = robot
        self.authorization = SessionAuthorization(role, robot.robot_id, robot.access, invite)
        self.budgets = SessionBudgets()
        self.limits = PeerLimits(self._on_breach, self.role != 'none')
        self.slots: list[Slot] = []
        self.sound: SoundTrack | None = None
        self.media = ViewerMedia(session_id, protocol, self.authorization, self.limits, robot)
        self.channels: dict[str, Channel] = {}
        self.path = ViewerPath(self.name, robot.burst)
        self.state = 'new'
        self.selected = False
        self.viewer_stats: tuple[ViewerStats, float] | None = None
        self.failed_codecs: set[str] = set()
        self.on_closed: Callable[[Session], None] = lambda session: None
        self._candidates = RemoteCandidates(
            self.name, reachable_address(source) if is_direct else None)
        self._logged_channel = False
        self._pc: RTCPeerConnection | None = None
        self._watch_task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._began = boot_time()

    @property
    def role(self) -> str:
        """Return ``none``, ``view``, ``drive`` or ``supervise``."""
        return self.authorization.role

    @property
    def drives(self) -> bool:
        """Tell whether the session holds the lease."""
        return self.robot.teleop.lease.holder == self.session_id

    @property
    def ending(self) -> bool:
        """Tell whether the session has begun to end."""
        return self._closing is not None

    def _connect(self) -> RTCPeerConnection:
        """Return a new connection whose events this session gets."""
        pc = make_connection(self.robot)
        pc.on('datachannel', guarded('session', self._on_channel, on_failure=self.fail))
        pc.on('connectionstatechange', guarded('session', self._on_state, on_failure=self.fail))
        if logger.isEnabledFor(logging.DEBUG):
            log_states(pc, self.name)
        return pc

    @contextmanager
    def _making_transports(self) -> Iterator[None]:
        """
        Let aiortc make and open transports in the block, within this session's limits.

        :raises SignalingError: ``busy``, all UDP ports are in use
        """
        try:
            with (aiortc_compat.limited_by(self.limits),
                  aiortc_compat.gathering_by(self.robot.host_candidates)):
                yield
        except PortsInUse as error:
            refusals.note('UDP port', self.source, str(error))
            if count := _port_reports.count():
                logger.warning('%s from %s is refused as busy, refusal %d: %s; give it more ports',
                               self.name, self.source or '?', count, error)
            raise SignalingError('busy', f'{error}; try again when another viewer has gone'
                                 ) from None

    def _start(self, pc: RTCPeerConnection) -> None:
        """Wait for the viewer to connect, as the description goes out now."""
        self._pc = pc
        self.state = 'connecting'
        self._watch_task = spawn('session', self._watch(pc), on_failure=self.fail)

    def _use_slots(self, slots: list[Slot]) -> None:
        self.slots = self.path.slots = slots
        self.path.sound = self.sound
        for slot in slots:
            slot.track.on_failure = self.fail

    async def add_candidate(self, candidate: Candidate | None) -> None:
        """Take a trickled candidate; ``None`` ends them."""
        if self._pc is not None and self.state != 'closed':
            await self._candidates.add(self._pc, candidate)

    def show_cameras(self) -> None:
        """Put cameras into slots that have none, as the viewer wishes."""

    def cameras_changed(self) -> None:
        """Take out cameras that have gone, show others, and tell the viewer."""
        for slot in self.slots:
            if slot.camera is not None and slot.camera.name not in self.robot.cameras:
                slot.show(None)
                self.selected = False
        self.show_cameras()
        for channel in self.channels.values():
            channel.cameras_changed()

    def floor_changed(self) -> None:
        """Hear the viewer, or hear it no more, and tell it who is heard."""
        self.media.floor_changed()
        for channel in self.channels.values():
            channel.floor_changed()

    def camera_floor_changed(self) -> None:
        """Show what the viewer's camera sees, or no more, and tell the viewer whose is shown."""
        self.media.camera_floor_changed()
        for channel in self.channels.values():
            channel.camera_floor_changed()

    def confirm_stop(self, request: int) -> None:
        """Tell the page that its request for an emergency stop was carried out."""
        for channel in self.channels.values():
            channel.stop_changed(request)

    def prove(self, nonce: bytes, payload: str, mac: bytes) -> bytes | None:
        """Check the page's proof; return the robot's, or begin to end the session."""
        if self._pc is None:
            return None
        try:
            robot_mac = self.authorization.prove(self._pc, nonce, payload, mac)
        except SignalingError as error:
            self.end(str(error), error.code)
            return None
        self.limits.prove()
        if not may_drive(self.role):
            # It may have driven without an invite, and now shows one that is for watching only.
            self.robot.teleop.lease.release(self.session_id)
            self.media.release()
        logger.info('%s: %s by the invite of %s', self.name, self.role,
                    shorten(self.authorization.invite_name))
        self.show_cameras()
        return robot_mac

    def open_channel(self, channel: RTCDataChannel) -> Channel | None:
        """Return the channel that the viewer has opened, ``None`` if it is not used."""
        return None

    def _on_channel(self, channel: RTCDataChannel) -> None:
        opened = self.open_channel(channel) if self.state != 'closed' else None
        if opened is not None:
            logger.debug('%s: channel %s is open', self.name, channel.label)
            self.channels[channel.label] = opened
        elif not self._logged_channel:
            # Once: a viewer can open many.
            self._logged_channel = True
            logger.info('%s: channel %s is not used, further ones are not logged', self.name,
                        shorten(channel.label))

    def _on_state(self) -> None:
        state = self._pc.connectionState if self._pc is not None else 'new'
        if state == 'connected' and self.state == 'connecting':
            self.state = 'connected'
            logger.info('%s connected after %.2f s: role %s, protocol %s, from %s', self.name,
                        boot_time() - self._began, self.role, self.protocol, self.source or '?')
        elif state in ('failed', 'closed'):
            self.end(f'connection {state}')

    def _on_breach(self, reason: str) -> None:
        """Take that the viewer's association is ended for what came over it."""
        refusals.note('data channels', self.source, reason)
        # A page that has proved an invite may come again by itself, and keeps its STOP button.
        code = 'denied' if self.role == 'none' else 'internal'
        # At once: after this nothing can be sent any more.
        self._close_channels(reason, code)
        self.end(reason, code)

    async def _watch(self, pc: RTCPeerConnection) -> None:
        """Notice that the session is over, and steer what goes over its path."""
        while True:
            await asyncio.sleep(STEP_S)
            answered = aiortc_compat.last_answer(pc)
            over = self._why_over(answered)
            if over is not None:
                self.end(*over)
                return
            if self.state == 'connected' and answered is not None:
                self.robot.teleop.gate.keep_alive(self.session_id, boot_time() - answered)
            for slot in self.slots:
                slot.check_codec(self.path.congestion.fraction_lost, 'control' in self.channels)
            self.media.watch()
            self.path.step(pc, self.drives)
            for channel in self.channels.values():
                channel.watch()

    def _why_over(self, answered: float | None) -> tuple[str, str] | None:
        """
        Return why the session is over, for a person and as a code; ``None`` if it is not.

        :param answered: when the viewer last answered a check, ``None`` if never
        """
        now = boot_time()
        if self.state == 'connecting' and now - self._began > CONNECT_TIMEOUT_S:
            return f'no connection within {CONNECT_TIMEOUT_S:g} s', ''
        fault = self.authorization.fault()
        if fault is not None:
            return str(fault), fault.code
        if self.state == 'connected' and answered is not None and now - answered > DEAD_AFTER_S:
            return f'no sign of life for {DEAD_AFTER_S:g} s', ''
        return None

    def end(self, reason: str, code: str = '') -> None:
        """
        Begin to end the session, from a callback.

        :param reason: for a person
        :param code: for the page: ``denied``, ``no-proof``, ``expired``, ``revoked``, ``clock``,
            ``bad-sdp`` or ``internal``
        """
        if self._closing is None:
            self._closing = spawn('end of a session', self._close(reason, code))

    def fail(self, error: BaseException) -> None:
        """Begin to end the session, as a part of it has failed; the failure was noted."""
        self.end(f'an internal error: {type(error).__name__}', 'internal')

    async def close(self, reason: str) -> None:
        """End the session; calling it again waits for the same end."""
        self.end(reason)
        if self._closing is not None:
            await asyncio.shield(self._closing)

    async def _close(self, reason: str, code: str) -> None:
        found_no_path = (self.state == 'connecting'
                         and boot_time() - self._began > _MIN_TRIED_S)
        self.state = 'closed'
        logger.info('%s ends: %s', self.name, reason)
        if found_no_path:
            with guard('end of a session'):
                assert self._pc is not None
                report_no_path(self.name, self.source, self._pc, self._candidates.counts,
                               self.limits.ice_checks, self.robot)
        # First: a message that is still on its way must not take the lease again.
        self._close_channels(reason, code)
        # Each step is taken whatever happens in the others.
        steps: list[Callable[[], object]] = [
            lambda: self.robot.teleop.lease.release(self.session_id),
            self.media.release,
            *(slot.stop for slot in self.slots), *([self.sound.stop] if self.sound else []),
            self.path.close, lambda: self.on_closed(self)]
        for step in steps:
            with guard('end of a session'):
                step()
        if self._watch_task is not None:
            self._watch_task.cancel()
        if self._pc is not None:
            self._pc.remove_all_listeners()
            # What was said last goes out: without pictures aiortc would abort before.
            await let_others_run()
            try:
                async with asyncio.timeout(DEAD_AFTER_S):
                    await self._pc.close()
            except TimeoutError:
                logger.warning('%s: aiortc did not close its connection', self.name)

    def _close_channels(self, reason: str, code: str) -> None:
        for channel in self.channels.values():
            with guard('end of a session'):
                channel.close(reason, code)
