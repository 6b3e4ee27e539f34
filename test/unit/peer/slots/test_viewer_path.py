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

"""Network paths of real viewers: measured, probed, shared among slots."""

import asyncio
import time
from types import SimpleNamespace

from aiortc.rtp import RTCP_PSFB_FIR, RtcpPsfbPacket
import pytest
from rtc_bridge.core.limits.peer_limits import KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ
from rtc_bridge.core.limits.rate_limit import RateLimiter
from rtc_bridge.core.video.retransmission import MAX_SAVED_S, SHARE
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.peer.session import Session
from rtc_bridge.peer.slots.viewer_path import ViewerPath
from support.patience import PATIENCE
from support.viewer import make_sessions, NoisyCamera, TestCamera, until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures('steady_path')]
MAX_BITRATE = NoisyCamera.MAX_BITRATE
TIERS = CameraSettings().scales


async def flood(viewer):
    """Ask for keyframes, and for packets that there are and that never were, once each."""
    receiver = viewer.pc.getReceivers()[0]
    ssrc = next(iter(receiver._RTCRtpReceiver__remote_streams))
    await receiver._send_rtcp_pli(ssrc)
    await receiver._send_rtcp(RtcpPsfbPacket(
        fmt=RTCP_PSFB_FIR, ssrc=receiver._RTCRtpReceiver__rtcp_ssrc, media_ssrc=ssrc))
    newest = receiver._RTCRtpReceiver__remote_streams[ssrc].max_seq
    await receiver._send_rtcp_nack(ssrc, sorted((newest - n) % 65536 for n in range(100)))
    await receiver._send_rtcp_nack(ssrc, list(range(0, 65536, 640)))


async def test_a_viewer_that_floods_does_not_affect_others(watch):
    camera = NoisyCamera('front')
    sessions = make_sessions(camera)
    clean, clean_slot, clean_rate = await watch(sessions)
    rude, rude_slot, rude_rate = await watch(sessions)
    await until(lambda: clean_slot.stream == rude_slot.stream == 'h264' and min(
        clean_rate.bitrate, rude_rate.bitrate) > 0.95 * MAX_BITRATE)
    clean.sizes.clear()
    stream = camera.camera.streams['h264']
    frames, keyframes = stream.stats.frames, stream.stats.keyframes
    seen, again, began = len(clean.lumas[0]), rude_slot.track.bytes_resent, time.monotonic()
    demands, lowest = 0, clean_rate.bitrate
    async with asyncio.timeout(PATIENCE):
        while stream.stats.frames - frames < 150:
            await flood(rude)
            demands += 2
            await asyncio.sleep(0.01)
            lowest = min(lowest, clean_rate.bitrate)
    seconds = time.monotonic() - began
    made = stream.stats.frames - frames
    # Each picture that was made gets to the clean viewer, of the same size unless its own path is
    # found to be narrow, as on a busy host.
    if lowest > 0.9 * MAX_BITRATE:
        await clean.until(lambda: len(clean.lumas[0]) - seen >= made - 2)
        assert clean_slot.stream == rude_slot.stream == 'h264'
        assert clean.sizes[0] == {(320, 240)}
        assert stream.bitrate > 0.9 * MAX_BITRATE
    assert demands > 5 * (KEYFRAME_DEMANDS + KEYFRAME_DEMANDS_HZ * seconds)
    # What was asked for is still being answered. On a busy host the clean one asks as well, and
    # one keyframe of each may be under way.
    allowed = KEYFRAME_DEMANDS + KEYFRAME_DEMANDS_HZ * (time.monotonic() - began)
    assert stream.stats.keyframes - keyframes <= 2 * (allowed + 1)
    resent = rude_slot.track.bytes_resent - again
    seconds = time.monotonic() - began
    assert resent <= SHARE * MAX_BITRATE / 8 * (seconds + MAX_SAVED_S) + 1250


async def test_padding_leads_back_to_the_best_tier(watch):
    """One in a lower tier beside one in the best can only prove its path with more."""
    camera = NoisyCamera('front')
    sessions = make_sessions(camera)
    first, first_slot, first_rate = await watch(sessions)
    await until(lambda: first_rate.bitrate > 0.9 * MAX_BITRATE)
    second, slot, rate = await watch(sessions)
    first.sizes.clear()
    lowest = first_rate.bitrate
    # As if its path had been narrow for a while.
    async with asyncio.timeout(PATIENCE):
        while slot.stream == 'h264' or rate.bitrate > 200_000:
            rate.on_loss_report(0.9)
            await asyncio.sleep(0.1)
            lowest = min(lowest, first_rate.bitrate)
        again = slot.track.bytes_resent
        while slot.stream != 'h264':
            await asyncio.sleep(0.01)
            lowest = min(lowest, first_rate.bitrate)
    assert slot.track.bytes_resent - again > 10_000
    # Unless its own path is found to be narrow, as on a busy host.
    if lowest > 0.9 * MAX_BITRATE:
        assert first_slot.stream == 'h264' and first.sizes[0] == {(320, 240)}
    # The pictures of both tiers; those of the best one may still be on their way.
    await second.until(lambda: second.sizes[0] > {(320, 240)})


async def test_an_idle_slot_does_not_hold_back_the_other(watch):
    """What it leaves of its share proves nothing of the path."""
    busy = NoisyCamera('busy')
    idle = TestCamera('idle', 60, max_bitrate=MAX_BITRATE)
    viewer, slot, rate = await watch(make_sessions(busy, idle), slots=2)
    viewer.send('control', type='select', slot=1, camera='idle')
    await viewer.until(lambda: viewer.lumas[1])
    idle.stop()
    await until(lambda: busy.camera.streams['h264'].bitrate > 0.9 * MAX_BITRATE and
                rate.bitrate > 1.8 * MAX_BITRATE)


async def test_a_still_scene_keeps_its_quality(watch):
    """Its few bits prove nothing, neither for nor against the path."""
    sessions = make_sessions(TestCamera('front', 60, size=(640, 480), scales=TIERS))
    viewer, slot, rate = await watch(sessions)
    seen = len(viewer.lumas[0])
    # That many are more than the time in which paths are found out.
    await until(lambda: len(viewer.lumas[0]) - seen > 240)
    assert slot.stream == 'h264' and viewer.sizes[0] == {(640, 480)}


async def test_the_path_is_measured(connect):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    session: Session = sessions.sessions[viewer.id]
    await until(lambda: session.path.congestion.rtt and session.path.congestion.send_rate())
    assert session.path.congestion.rtt < 5 and not session.path.congestion.stale


class Shown:
    """A slot; what it shows says whether pictures are sent."""

    camera = None


async def test_services_get_what_pictures_and_sound_leave(clock):
    path, slot = ViewerPath(), Shown()
    path._spare = RateLimiter(1.0, 0.0, clock)
    path.congestion = SimpleNamespace(estimate=SimpleNamespace(bitrate=1_000_000))
    path.slots, path.sound = [slot], SimpleNamespace(bitrate=100_000)
    # Nothing is shown: SCTP finds out by itself what the path carries.
    assert path.spend_spare(1_000_000) == 0.0
    slot.camera = 'front'
    path._bitrate[slot] = 500_000.0
    # 80 % of 400 kbit/s.
    assert path.spend_spare(4_000) == pytest.approx(0.1)
    # The pause is over, and pictures take all there is: 50 kbit/s are left.
    clock.now += 0.1
    path._bitrate[slot] = 2_000_000.0
    assert path.spend_spare(625) == pytest.approx(0.1)
