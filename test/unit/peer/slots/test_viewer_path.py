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
import re
from struct import pack
import time
from types import SimpleNamespace

from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RTCP_PSFB_FIR, RtcpPsfbPacket, RtpPacket
import pytest
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.congestion.congestion_control import CongestionController
from rtc_bridge.core.congestion.delay_based_control import DelayBasedController
from rtc_bridge.core.feedback.transport_feedback import TICK_S
from rtc_bridge.core.limits.peer_limits import KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ
from rtc_bridge.core.limits.rate_limit import RateLimiter
from rtc_bridge.core.recovery.retransmission import MAX_SAVED_S, SHARE
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.peer.aiortc_compat import TRANSPORT_SEQUENCE_URI
from rtc_bridge.peer.session import Session
from rtc_bridge.peer.slots import viewer_path
from rtc_bridge.peer.slots.viewer_path import ViewerPath
from support.patience import PATIENCE
from support.transport_feedback import write_transport_feedback
from support.viewer import make_sessions, NoisyCamera, TestCamera, until, Viewer

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
    # Smaller pictures of before may be under way.
    clean.sizes.clear()
    await until(lambda: (320, 240) in clean.sizes[0])
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

    def path_bitrate(self, bitrate):
        return bitrate


async def test_services_get_what_pictures_and_sound_leave(clock):
    path, slot = ViewerPath(), Shown()
    path._spare = RateLimiter(1.0, 0.0, clock)
    path.congestion = SimpleNamespace(estimate=SimpleNamespace(bitrate=1_000_000))
    path.slots, path.sound = [slot], SimpleNamespace(bitrate=100_000)
    # Nothing is shown: SCTP finds out by itself what the path carries.
    assert path.spend_spare(1_000_000) == 0.0
    slot.camera = 'front'
    path._probes.bitrates[slot] = 500_000.0
    # 80 % of 400 kbit/s.
    assert path.spend_spare(4_000) == pytest.approx(0.1)
    # The pause is over, and pictures take all there is: 50 kbit/s are left.
    clock.now += 0.1
    path._probes.bitrates[slot] = 2_000_000.0
    assert path.spend_spare(625) == pytest.approx(0.1)


def with_transport_cc(sdp):
    """Return an offer of aiortc that has the extension and the feedback, as browsers' have."""
    sdp = re.sub(r'(a=rtcp-fb:(\d+) nack pli\r\n)', r'\1a=rtcp-fb:\2 transport-cc\r\n', sdp)
    return re.sub(r'(m=video .*\r\n)', rf'\1a=extmap:13 {TRANSPORT_SEQUENCE_URI}\r\n', sdp)


class Arrivals:
    """What a viewer's transport receives, told to the robot by transport-wide feedback."""

    def __init__(self, pc):
        self.transport = pc.getTransceivers()[0].receiver.transport
        self.numbers, self.reported, self.count = {}, 0, 0
        header_map = HeaderExtensionsMap()
        header_map.configure(RTCRtpParameters(headerExtensions=[
            RTCRtpHeaderExtensionParameters(13, TRANSPORT_SEQUENCE_URI)]))
        handle = self.transport._handle_rtp_data

        async def note_and_handle(data, arrival_time_ms):
            number = RtpPacket.parse(data, header_map).extensions.transport_sequence_number
            self.numbers[number] = boot_time()
            await handle(data, arrival_time_ms=arrival_time_ms)

        self.transport._handle_rtp_data = note_and_handle

    async def report(self, late=lambda number: 0.0):
        """Send feedback on what has come since the last one."""
        numbers, self.numbers = self.numbers, {}
        first, last = self.reported, max(numbers, default=-1)
        if last < first:
            return
        self.reported = last + 1
        ticks, packets = None, []
        reference = int((min(numbers.values()) + late(first)) / 0.064)
        ticks = reference * 256
        for number in range(first, last + 1):
            at = numbers.get(number)
            delta = None if at is None else int((at + late(number)) / TICK_S) - ticks
            packets.append(delta)
            ticks += delta or 0
        fci = write_transport_feedback(first, reference % 2 ** 24, self.count % 256, packets,
                                       padded=True)
        self.count += 1
        await self.transport._send_rtp(
            pack('!BBHLL', 0x8F, 205, 2 + len(fci) // 4, 1, 2) + fci)


async def test_feedback_takes_over_and_gives_back(connect, monkeypatch):
    """A viewer that gives feedback is steered by it, until it gives none any more."""
    sessions = make_sessions(NoisyCamera('front'))
    viewer = Viewer()
    await connect(sessions, viewer, change=with_transport_cc)
    arrivals = Arrivals(viewer.pc)
    path = sessions.sessions[viewer.id].path
    assert isinstance(path.congestion, CongestionController)
    async with asyncio.timeout(PATIENCE):
        while not (isinstance(path.congestion, DelayBasedController)
                   and path.congestion.bitrate > 0.9 * MAX_BITRATE):
            await asyncio.sleep(0.05)
            await arrivals.report()
        assert arrivals.reported > 20
        # Each packet waits longer than the one before.
        began, controller = arrivals.reported, path.congestion
        while controller.overuse_at is None or controller.bitrate > 0.7 * MAX_BITRATE:
            await asyncio.sleep(0.05)
            await arrivals.report(lambda number: max(0, number - began) * 0.005)
    assert path.pacer.rate >= controller.bitrate
    before = controller.bitrate
    # What cannot be read changes nothing.
    for fci in (b'', bytes(8), b'\0\0\0\xff' + bytes(4)):
        path.on_transport_feedback(fci)
    assert path.congestion is controller and controller.bitrate == before
    monkeypatch.setattr(viewer_path, '_FEEDBACK_TIMEOUT_S', 0.5)
    await until(lambda: isinstance(path.congestion, CongestionController))
    assert path.congestion.bitrate >= before
    # What is known of the path stays, but not how much may be sent at once.
    assert path.congestion.overuse_at and not path.congestion.in_slow_start
    await until(lambda: not path.pacer.rate)


@pytest.fixture
def round_trips(monkeypatch):
    """Give the round trips that a path without a connection measures, one for each look."""
    trips = []
    monkeypatch.setattr(viewer_path.aiortc_compat, 'round_trip', lambda pc: trips[-1])
    return trips


async def test_uploads_follow_round_trips_whatever_controls_the_path(round_trips):
    path = ViewerPath()
    path.congestion = DelayBasedController(600_000, 150_000, MAX_BITRATE)

    def look(rtt):
        path.uploads.note(path.uploads.window)
        round_trips.append((len(round_trips) + 1.0, rtt))
        path.step(None, True)
        return path.uploads.window
    before = look(0.05)
    assert [look(0.05) for _ in range(3)][-1] > before
    assert min(look(0.6) for _ in range(4)) < before


@pytest.mark.parametrize('apart', [True, False])
async def test_sound_without_feedback_counts_as_carried(round_trips, apart):
    path = ViewerPath()
    round_trips.append(None)
    path.sound_is_apart = apart
    path.sound = SimpleNamespace(bytes_sent=0, bitrate=0.0, max_bitrate=0.0, wanted=0.0)
    path.step(None, True)
    path.sound.bytes_sent = 10_000
    path.step(None, True)
    assert (path._apart.rate() > 0) is apart


async def test_losses_of_the_path_decide_on_recovery_packets(watch):
    _, slot, congestion = await watch(make_sessions(TestCamera('front', 60)))
    protection = slot.track.protection
    assert not protection.covers(True)
    congestion._loss.average = 0.05
    await until(lambda: protection.covers(True))
    # Its round trip is short: what else is lost is sent again in time.
    assert not protection.covers(False)


async def test_keyframes_are_spread_on_a_path_that_is_known_to_be_narrow():
    path = ViewerPath()
    path.slots = [SimpleNamespace(track=SimpleNamespace(
        may_spread=may, sender=SimpleNamespace(_ssrc=ssrc)))
        for ssrc, may in ((1, False), (2, True))]
    assert path.pace(2) == 0
    path.pacer.rate = 100_000.0
    for _ in range(10):
        path.note_sent(1200)
    # The pictures of another slot do not wait for it.
    assert path.pace(2) > 0 and path.pace(1) == path.pace(3) == 0
