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

"""Setting up aiortc's side of a session: connection, slots, offer and answer."""

import asyncio
from collections.abc import Mapping, Sequence
import contextlib
import logging

from aiortc import (
    RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from . import aiortc_compat
from .media.sound_track import SoundTrack
from .robot_context import RobotContext
from .slots.slot import Slot
from .slots.slot_track import SlotTrack
from .slots.viewer_path import ViewerPath
from ..core.limits.rate_limit import RateLimiter
from ..core.supervision import guarded
from ..media.sound.sound_stream import SoundStream

logger = logging.getLogger(__name__)
# Seconds that others get between two steps of setting up a session, which take some 10 ms each.
_TURN_S = 0.001


def make_connection(robot: RobotContext) -> RTCPeerConnection:
    """Return a connection that uses the ICE servers that are reachable now."""
    # Always an explicit list: without one aiortc asks a public STUN server.
    servers = [RTCIceServer(urls=list(server.urls), username=server.username,
                            credential=server.credential)
               for server in robot.ice.for_robot(robot.robot_id)]
    return RTCPeerConnection(RTCConfiguration(iceServers=servers))


async def let_others_run() -> None:
    """
    Let the event loop handle what has come, such as commands, between two long steps.

    ``asyncio.sleep(0)`` would not do: the loop takes the task up again before it reads sockets,
    and a command passes several callbacks from its socket to the gate.
    """
    await asyncio.sleep(_TURN_S)


async def discard(pc: RTCPeerConnection) -> None:
    """Close a connection that could not be set up."""
    pc.remove_all_listeners()
    # aiortc cannot close a data section that has no transport yet.
    with contextlib.suppress(AttributeError):
        await asyncio.shield(pc.close())


async def apply_offer(pc: RTCPeerConnection, sdp: str, path: ViewerPath,
                      audio_codecs: Sequence[RTCRtpCodecParameters] = (),
                      video_codecs: Mapping[
                          RTCRtpTransceiver, Sequence[RTCRtpCodecParameters]] | None = None,
                      ) -> None:
    """
    Apply a viewer's offer, and make the answer.

    Sections are matched with the transceivers that the connection has already. All others
    become inactive.

    :param path: gets transport-wide feedback, where the viewer offers it
    :param audio_codecs: as in :class:`ViewerOffer`
    :param video_codecs: those that the offer lists, of each transceiver that gets recovery packets
        if they are among them
    :raises Exception: aiortc has no common base for what it raises on a strange description
    """
    await let_others_run()
    own = pc.getTransceivers()
    await pc.setRemoteDescription(RTCSessionDescription(sdp, 'offer'))
    await let_others_run()
    for transceiver in pc.getTransceivers():
        if transceiver not in own:
            transceiver.direction = 'inactive'
        elif transceiver.kind == 'audio' and transceiver.sender.track is not None:
            aiortc_compat.accept_redundancy(transceiver, audio_codecs)
    # An exception would end aiortc's reading of the whole connection.
    aiortc_compat.accept_transport_feedback(
        pc, add=path.note_sent, delay=path.pace,
        take=guarded('RTCP of a viewer', path.on_transport_feedback))
    # After that: recovery packets have the header extensions of the stream.
    for transceiver, offered in (video_codecs or {}).items():
        track = transceiver.sender.track
        if isinstance(track, SlotTrack):
            track.correction = aiortc_compat.accept_correction(transceiver, offered)
    await pc.setLocalDescription()


def direction(sends: bool, receives: bool) -> str:
    """Return the direction of a section (RFC 8866, section 6.7), as the robot has it."""
    if sends:
        return 'sendrecv' if receives else 'sendonly'
    return 'recvonly' if receives else 'inactive'


def make_slot(transceiver: RTCRtpTransceiver, profiles: Sequence[str], failed: set[str],
              path: ViewerPath, budget: RateLimiter, name: str) -> Slot:
    """
    Return a slot that sends over a transceiver.

    :param profiles: those that viewer and robot have in common, in the robot's order
    :param failed: as in :class:`Slot`
    :param path: takes what the viewer reports by RTCP
    :param budget: keyframes that the viewer may bring about, in all its slots
    :param name: of the slot, for the log
    """
    switch = aiortc_compat.make_codec_switch(transceiver)
    if switch is None:
        profiles = profiles[:1]
    slot = Slot(profiles, failed, switch, budget, name=name)
    transceiver.sender.replaceTrack(slot.track)
    transceiver.setCodecPreferences(aiortc_compat.preferences(profiles))
    slot.track.sender = transceiver.sender
    # An exception would end aiortc's reading of the whole connection.
    on_nack = guarded('RTCP of a viewer', slot.track.on_nack)
    aiortc_compat.watch_rtcp(
        transceiver.sender,
        on_keyframe_request=guarded('RTCP of a viewer', slot.on_keyframe_request),
        on_report=guarded('RTCP of a viewer', path.on_report),
        on_remb=guarded('RTCP of a viewer', path.on_remb),
        on_nack=lambda lost: on_nack(lost) or [])
    return slot


def make_sound_track(pc: RTCPeerConnection, sound: SoundStream | None, *,
                     talks: bool = False) -> SoundTrack | None:
    """
    Return the track by which the connection sends the robot's sound; nobody listens yet.

    :param sound: ``None``: there is none, and no track
    :param talks: whether the viewer's voice may come, too
    """
    if sound is None and not talks:
        return None
    transceiver = pc.addTransceiver('audio', direction(sound is not None, talks))
    track = None
    if sound is not None:
        track = SoundTrack(sound, aiortc_compat.make_redundancy_switch(transceiver))
        transceiver.sender.replaceTrack(track)
        # An exception would end aiortc's reading of the whole connection.
        aiortc_compat.watch_rtcp(transceiver.sender, on_report=guarded(
            'RTCP of a viewer', track.redundancy.on_report))
    transceiver.setCodecPreferences([
        codec for codec in RTCRtpSender.getCapabilities('audio').codecs
        if codec.mimeType.lower() == 'audio/opus'])
    aiortc_compat.use_own_stream(transceiver.sender)
    return track


def log_states(pc: RTCPeerConnection, name: str) -> None:
    """Log each change of a connection's states at debug level, and how it is connected."""
    def log() -> None:
        logger.debug('%s: signaling %s, gathering %s, ICE %s, connection %s%s', name,
                     pc.signalingState, pc.iceGatheringState, pc.iceConnectionState,
                     pc.connectionState, ''.join(
                         f', {pair}' for pair in aiortc_compat.selected_pairs(pc)))

    for event in ('signalingstatechange', 'icegatheringstatechange', 'iceconnectionstatechange',
                  'connectionstatechange'):
        pc.on(event, guarded('session', log))
