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

"""A connection of aiortc's, and the slots that send over it."""

import asyncio
import contextlib

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpTransceiver

from . import aiortc_compat
from .robot_context import RobotContext
from .slot import Slot
from .viewer_path import ViewerPath
from ..core.limits.rate_limit import RateLimiter
from ..core.supervision import guarded


def make_connection(robot: RobotContext) -> RTCPeerConnection:
    """Return a connection that uses the robot's ICE servers of now."""
    servers = [RTCIceServer(urls=list(s.urls), username=s.username, credential=s.credential)
               for s in robot.ice.for_robot(robot.robot_id)]
    return RTCPeerConnection(RTCConfiguration(iceServers=servers))


async def discard(pc: RTCPeerConnection) -> None:
    """Close a connection that could not be set up."""
    pc.remove_all_listeners()
    # aiortc cannot close a data section that was given no transport.
    with contextlib.suppress(AttributeError):
        await asyncio.shield(pc.close())


def make_slot(transceiver: RTCRtpTransceiver, encodings: list[str], failed: set[str],
              path: ViewerPath, keyframes: RateLimiter, name: str) -> Slot:
    """
    Return a slot that sends over a transceiver.

    :param encodings: those that viewer and robot have in common, in the robot's order
    :param failed: as in :class:`Slot`
    :param path: hears what the viewer reports
    :param keyframes: what the viewer may ask for, in all its slots
    :param name: of the slot, for the log
    """
    switch = aiortc_compat.make_codec_switch(transceiver)
    if switch is None:
        encodings = encodings[:1]
    slot = Slot(encodings, failed, switch, keyframes, name=name)
    transceiver.sender.replaceTrack(slot.track)
    transceiver.setCodecPreferences(aiortc_compat.preferences(encodings))
    slot.track.sender = transceiver.sender
    on_nack = guarded('RTCP of a viewer', slot.track.on_nack)
    # An exception would end aiortc's reading of the whole connection.
    aiortc_compat.watch_rtcp(
        transceiver.sender,
        on_keyframe_request=guarded('RTCP of a viewer', slot.on_keyframe_request),
        on_report=guarded('RTCP of a viewer', path.on_report),
        on_remb=guarded('RTCP of a viewer', path.congestion.on_remb),
        on_nack=lambda lost: on_nack(lost) or [])
    return slot
