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

"""Slots of a viewer: cameras and codecs change without a negotiation."""

import asyncio
from dataclasses import replace

from aiortc.sdp import SessionDescription
import pytest
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.recovery.protection import Protection
from rtc_bridge.peer.session_stats import session_stats
from rtc_bridge.peer.slots import slot as slot_module
from support.patience import PATIENCE
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_a_camera_is_encoded_once_for_all_viewers(connect):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewers = [await connect(sessions) for _ in range(3)]
    for viewer in viewers:
        await viewer.until(lambda: viewer.shows(0, 60))
    stream = front.camera.streams['h264']
    assert stream.viewers == 3
    # Three encoders would have made three times the pictures that came in.
    assert stream.stats.frames <= front.camera.frames_in + 3
    assert front.watched_changes == [True]
    await viewers[0].close()
    await sessions.sessions[viewers[1].id].close('test')
    await sessions.sessions[viewers[2].id].close('test')
    await sessions.close('test')
    assert front.watched_changes == [True, False]


async def test_slots_switch_cameras_without_negotiation(connect):
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 180))
    viewer = await connect(sessions, slots=2)
    await viewer.until(lambda: viewer.shows(0, 60))
    viewer.send('control', type='select', slot=1, camera='rear')
    await viewer.until(lambda: viewer.shows(1, 180))
    viewer.send('control', type='select', slot=0, camera='rear')
    viewer.send('control', type='select', slot=1, camera='front')
    await viewer.until(lambda: viewer.shows(0, 180) and viewer.shows(1, 60))
    viewer.send('control', type='select', slot=1, camera=None)
    await viewer.until(lambda: [s for s in viewer.got('control', 'slot')
                                if s['slot'] == 1][-1]['state'] == 'off')
    assert not sessions.robot.cameras['front'].watched


def streams_of(camera, codec):
    """Return a camera's streams in a codec, of all tiers."""
    return [stream for label, stream in camera.streams.items() if label.split('/')[0] == codec]


def keyframes(camera, codec):
    """Return how many keyframes there were in a codec."""
    return sum(stream.stats.keyframes for stream in streams_of(camera, codec))


async def test_the_codec_changes_while_watched(connect):
    """Without negotiation, and lost packets are repeated under the right payload type."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    sender = sessions.sessions[viewer.id]._pc.getSenders()[0]
    video = next(m for m in SessionDescription.parse(viewer.pc.remoteDescription.sdp).media
                 if m.kind == 'video')
    codecs = {c.payloadType: c for c in video.rtp.codecs}
    for codec in ('vp8', 'h264'):
        # On a busy host the path may be found too narrow for the full picture, hence all tiers.
        before = keyframes(front.camera, codec)
        front.camera.configure(replace(front.camera.settings, codec=codec))
        await until(lambda: keyframes(front.camera, codec) > before)
        # Whatever shows the next colour is of the new codec.
        front.stop()
        front.luma += 60
        front.resume()
        await viewer.until(lambda: viewer.shows(0, front.luma))
        assert sum(stream.viewers for stream in streams_of(front.camera, codec)) == 1
        assert sessions.sessions[viewer.id].slots[0].profile == codec
        # The history is a ring: its last entry need not be the newest packet.
        packet = next(p for p in sender._RTCRtpSender__rtp_history.values()
                      if p.timestamp == sender._RTCRtpSender__rtp_timestamp)
        assert codecs[packet.payload_type].mimeType.lower() == f'video/{codec}'
        rtx = codecs[sender._RTCRtpSender__rtx_payload_type]
        assert rtx.parameters['apt'] == packet.payload_type
    assert not any(stream.watched for stream in streams_of(front.camera, 'vp8'))


async def test_a_viewer_that_decodes_no_frames_gets_another_codec(connect):
    front = TestCamera('front', 60)
    sessions = make_sessions(front, TestCamera('rear', 180))
    viewer = await connect(sessions, slots=2)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='select', slot=1, camera='rear')
    await viewer.until(lambda: viewer.shows(0, 60) and viewer.shows(1, 180))
    packets = 0
    async with asyncio.timeout(PATIENCE):
        while sessions.sessions[viewer.id].slots[0].profile != 'vp8':
            packets += 1
            viewer.send('control', type='shown', slot=0, frames=0, packets=packets)
            await asyncio.sleep(0.1)
    # In whichever tier; a decoder that fails, fails for all the slots.
    await until(lambda: all(any(s.stats.frames for s in streams_of(camera, 'vp8'))
                            for camera in sessions.robot.cameras.values()))
    assert not any(s.watched for camera in sessions.robot.cameras.values()
                   for s in streams_of(camera, 'h264'))
    assert session_stats(sessions.sessions[viewer.id])['failed_codecs'] == 'h264'
    await viewer.until(lambda: {s['slot'] for s in viewer.got('control', 'slot')
                                if s.get('failed_codecs') == ['h264']} == {0, 1})
    seen = len(viewer.lumas[0])
    await viewer.until(lambda: len(viewer.lumas[0]) > seen + 20)


async def test_a_player_that_only_asks_for_keyframes_gets_another_codec(monkeypatch):
    """Its requests count from the first frame of a camera on, and none before."""
    now = 1000.0
    monkeypatch.setattr(slot_module, 'boot_time', lambda: now)
    slot = slot_module.Slot(['h264', 'vp8'], set(), lambda profile: None)

    def ask_thrice(sends):
        nonlocal now
        for _ in range(3):
            now += 3
            slot.track.bytes_sent += sends
            slot.on_keyframe_request()
        slot.check_codec(0.0, False)

    slot.show(TestCamera('front', 60).camera)
    slot.track.bytes_sent += 1000
    slot.show(TestCamera('rear', 60).camera)
    ask_thrice(sends=0)
    assert slot.profile == 'h264'
    ask_thrice(sends=1000)
    assert (slot.profile, slot.failed_codecs) == ('vp8', {'h264'})
    slot.stop()


async def test_random_loss_takes_half_of_the_bitrate_only_without_recovery_packets(clock):
    slot = slot_module.Slot(['h264'], set(), None)
    lossy = BandwidthEstimate(1_000_000, random_loss=True)
    slot.set_estimate(lossy)
    assert slot.track.repeat and slot._estimate.bitrate == 500_000
    slot.track.correction = object()
    slot.set_estimate(lossy)
    assert not slot.track.repeat and slot._estimate.bitrate == 1_000_000
    slot.track.protection = Protection(clock)
    for _ in range(500):
        clock.now += 1 / 30
        slot.track.protection.on_sent(7000, 1750)
    slot.set_estimate(lossy)
    assert slot._estimate.bitrate == pytest.approx(800_000, rel=0.01)
    slot.stop()
