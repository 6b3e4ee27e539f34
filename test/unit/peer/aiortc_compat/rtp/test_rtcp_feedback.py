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

"""Feedback of viewers by RTCP."""

import asyncio

import pytest
from rtc_bridge.peer.aiortc_compat import newest_packets
from support.patience import PATIENCE
from support.viewer import make_sessions, TestCamera

pytestmark = pytest.mark.asyncio


async def brings_a_keyframe(camera, viewer, complain):
    """Complain as a viewer, by RTCP, until its camera makes another keyframe."""
    stats = camera.camera.streams['h264'].stats
    before = stats.keyframes
    receiver = viewer.pc.getReceivers()[0]
    ssrc = next(iter(receiver._RTCRtpReceiver__remote_streams))
    async with asyncio.timeout(PATIENCE):
        while stats.keyframes == before:
            await complain(receiver, ssrc)
            await asyncio.sleep(0.05)


async def test_a_picture_loss_indication_brings_a_keyframe(connect):
    """The viewer's PLI reaches the encoder."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    await brings_a_keyframe(front, viewer, lambda receiver, ssrc: receiver._send_rtcp_pli(ssrc))


async def test_losses_that_are_not_repaired_bring_a_keyframe(connect):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    track = sessions.sessions[viewer.id].slots[0].track
    await brings_a_keyframe(front, viewer, lambda receiver, ssrc: receiver._send_rtcp_nack(
        ssrc, [newest_packets(track.sender)[-1] + 1000 + n & 0xFFFF for n in range(200)]))
