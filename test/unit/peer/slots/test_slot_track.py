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

"""The track that gives encoded frames to aiortc."""

import asyncio
from types import SimpleNamespace

import pytest
from rtc_bridge.core.video.frame_times import CaptureDelay
from rtc_bridge.media.encoded_frame import EncodedFrame
from rtc_bridge.peer.slots.keyframe_requests import KeyframeRequests
from rtc_bridge.peer.slots.slot_track import SlotTrack
from support.patience import PATIENCE
from support.viewer import make_sessions, NoisyCamera, TestCamera, until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures('steady_path')]


async def test_a_pause_ends_with_a_keyframe(watch):
    camera = NoisyCamera('front')
    viewer, slot, congestion = await watch(make_sessions(camera))
    # No other pause takes the place of this one.
    congestion._pushback_at = float('inf')
    stats = camera.camera.streams['h264'].stats
    slot.track.pause(PATIENCE)
    sent, frames, keyframes = slot.track.bytes_sent, stats.frames, stats.keyframes
    await until(lambda: stats.frames - frames >= 3)
    assert slot.track.bytes_sent == sent
    slot.track.pause(0.0)
    await until(lambda: slot.track.bytes_sent > sent)
    # The first that was sent again was whole.
    assert stats.keyframes > keyframes
    seen = len(viewer.lumas[0])
    await viewer.until(lambda: len(viewer.lumas[0]) > seen)


async def test_a_frame_that_came_in_a_pause_is_made_up_for(watch):
    """It may be the last one that comes."""
    camera = TestCamera('front', 60)
    _, slot, congestion = await watch(make_sessions(camera))
    congestion._pushback_at = float('inf')
    slot.track.pause(PATIENCE)
    camera.luma = 180
    frames = camera.camera.streams['h264'].stats.frames
    await until(lambda: camera.camera.streams['h264'].stats.frames > frames + 1)
    camera.stop()
    sent = slot.track.bytes_sent
    slot.track.pause(0.0)
    await until(lambda: slot.track.bytes_sent > sent)


async def test_a_frame_is_noted_once_aiortc_asks_for_the_next_one_of_the_same_camera():
    track = SlotTrack('slot', KeyframeRequests(lambda: None), 'h264', None)
    track.sender = SimpleNamespace(_RTCRtpSender__packet_count=1, _RTCRtpSender__rtp_timestamp=7)
    track.restart(CaptureDelay())

    async def give(pts):
        # It waits for the frame: what was sent before is noted by then.
        asked = asyncio.create_task(track.recv())
        await asyncio.sleep(0)
        first = track.times.first
        packet = SimpleNamespace(pts=pts, size=9)
        assert track.put(EncodedFrame(packet, True, pts / 90_000, 3.0))
        assert await asked is packet
        return first

    assert await give(0) is None
    assert await give(3000) == 7 and track.times.arrival_of(7) == 3.0
    track.restart(CaptureDelay())
    # What aiortc had been given was of the camera before.
    assert await give(6000) is None
    assert await give(9000) == 7
    track.stop()


async def test_what_was_lost_before_a_keyframe_is_not_sent_again(watch):
    camera = TestCamera('front', 60)
    _, slot, _ = await watch(make_sessions(camera))
    track = slot.track
    await until(lambda: track._keyframe_begins is not None)
    first = track._keyframe_begins
    before = [(first - n & 0xFFFF, float('inf')) for n in range(1, 9)]
    demanded = []
    track._keyframes.request = lambda: demanded.append(1)
    assert track.on_nack(before) == [] and not demanded
    assert track.on_nack([*before, (first, 0.0)]) == [first, first]
    # Of the keyframe itself, or after it, none may be missing.
    track.on_nack([(first + 1000 & 0xFFFF, float('inf'))])
    assert demanded
    # After a while the numbers of the packets have wrapped.
    track._keyframe_at -= 10
    demanded.clear()
    track._keyframes._demanded_at = float('-inf')
    assert track.on_nack([((first - 8) & 0xFFFF, float('inf'))]) == [] and demanded


async def test_a_keyframe_is_spread_until_frames_wait_for_it():
    track = SlotTrack('slot', KeyframeRequests(lambda: None), 'h264', None)

    async def give(keyframe):
        asked = asyncio.create_task(track.recv())
        await asyncio.sleep(0)
        put(keyframe)
        await asked

    def put(keyframe):
        number = next(numbers)
        track.put(EncodedFrame(SimpleNamespace(pts=number, size=9), keyframe, 0.0, 0.0))

    numbers = iter(range(1, 9))
    assert not track.may_spread
    await give(True)
    spread = []
    for _ in range(3):
        spread.append(track.may_spread)
        put(False)
    assert spread == [True, True, False]
    track._frames.clear()
    await give(True)
    assert track.may_spread
    # Once it is out, whatever is sent next is no part of it.
    asked = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    assert not track.may_spread
    put(False)
    await asked
    assert not track.may_spread
    track.stop()


async def test_padding_repeats_the_largest_packets_up_to_its_size(watch):
    _, slot, _ = await watch(make_sessions(NoisyCamera('front')))
    sent = []

    async def send_again(sequences):
        sent.extend(sequences)
        return 1000

    slot.track._send_again = send_again
    await slot.track.pad(5500)
    assert len(sent) == 6 and len(set(sent)) == 4
    sent.clear()
    # Of small ones no flood.
    await slot.track.pad(100_000)
    assert len(sent) == 8
