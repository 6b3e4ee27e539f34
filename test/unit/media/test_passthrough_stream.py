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

"""H.264 that is passed on as it is: from a keyframe on, without gaps, or not at all."""

import asyncio

import av
import pytest
from rtc_bridge.core.bitstreams.h264_headers import nal_type, PPS, SPS
from rtc_bridge.core.bitstreams.h264_stream import split_nals, START_CODE
from rtc_bridge.core.video.video_codecs import EncoderSettings
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.passthrough_stream import (
    KEYFRAME_TIMEOUT_S, PassthroughStream, REQUEST_INTERVAL_S,
)
from support.fake_clock import FakeClock
from support.frames import encode_h264, i420, texture, to_avcc

pytestmark = pytest.mark.asyncio


class Viewer:
    """Keeps the frames of a stream."""

    def __init__(self):
        self.got = []

    def deliver(self, stream, frame):
        """Keep a frame."""
        self.got.append(frame)
        return True


class Watched(Viewer):
    """A stream with one viewer, and a clock that stands still."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.asked = 0
        self.stream = PassthroughStream('front', self._ask, self.clock)
        self.stream.subscribe(self)

    def _ask(self):
        self.asked += 1

    async def put(self, *units):
        for unit in units:
            self.clock.now += 0.03
            self.stream.put(unit, self.clock.now)
        # Frames that were handed over to the loop are delivered before this returns.
        await asyncio.sleep(0)


def source(count, keyframes=(0,)):
    encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000), 800_000)
    return [bytes(encoder.encode(i420(texture(320, 240, n)), n * 3000, n in keyframes))
            for n in range(count)]


def bare(unit):
    return b''.join(START_CODE + n for n in split_nals(unit) if nal_type(n) not in (SPS, PPS))


@pytest.mark.parametrize('form', [bytes, to_avcc])
async def test_frames_arrive_as_they_were_sent(form):
    units, watched = source(8), Watched()
    await watched.put(*map(form, units))
    assert [frame.keyframe for frame in watched.got] == [True] + [False] * 7
    expected, decoder = (av.CodecContext.create('h264', 'r') for _ in range(2))
    for encoded, unit in zip(watched.got, units):
        frame, = decoder.decode(av.Packet(bytes(encoded.packet)))
        wanted, = expected.decode(av.Packet(unit))
        assert (frame.to_ndarray() == wanted.to_ndarray()).all()
    stamps = [frame.packet.pts for frame in watched.got]
    assert stamps == sorted(set(stamps))
    assert watched.stream.stats.encode_s == 0 and watched.stream.stats.size == (320, 240)


async def test_a_late_viewer_gets_a_keyframe_with_parameter_sets():
    units, watched = source(8, (0, 6)), Watched()
    await watched.put(units[0])
    late = Viewer()
    watched.stream.subscribe(late)
    watched.stream.request_keyframe()
    watched.stream.request_keyframe()
    assert watched.asked == 1
    await watched.put(*units[1:6], bare(units[6]))
    keyframe = next(frame for frame in late.got if frame.keyframe)
    assert {SPS, PPS} <= {nal_type(nal) for nal in split_nals(bytes(keyframe.packet))}


async def test_nothing_is_delivered_after_a_gap_until_the_next_keyframe():
    units, watched = source(6, (0, 4)), Watched()
    await watched.put(units[0])
    watched.stream.gap()
    await watched.put(*units[2:])
    assert [frame.keyframe for frame in watched.got] == [True, True, False]
    assert watched.asked == 1


async def test_a_stream_without_keyframes_is_refused_until_one_comes():
    units, watched = source(3, (0, 2)), Watched()
    await watched.put(units[1])
    assert not watched.stream.fault
    watched.clock.now += REQUEST_INTERVAL_S
    await watched.put(units[1])
    assert watched.asked == 2
    watched.clock.now += KEYFRAME_TIMEOUT_S
    await watched.put(units[1])
    assert 'no keyframe' in watched.stream.fault and not watched.got
    await watched.put(units[2])
    assert not watched.stream.fault and len(watched.got) == 1


async def test_viewers_keep_their_frames_while_a_new_one_waits_for_a_keyframe():
    units, watched = source(4), Watched()
    await watched.put(*units[:2])
    watched.stream.request_keyframe()
    watched.clock.now += KEYFRAME_TIMEOUT_S
    await watched.put(*units[2:])
    assert 'no keyframe' in watched.stream.fault and len(watched.got) == 4


async def test_b_frames_are_refused_with_the_reason():
    watched = Watched()
    await watched.put(*encode_h264('High', options={'bf': '2', 'b_strategy': '0'}))
    assert 'B frames' in watched.stream.fault and not watched.got
    # Another stream takes its place.
    await watched.put(*source(2))
    assert not watched.stream.fault and len(watched.got) == 2


async def test_garbage_is_counted_and_not_delivered():
    units, watched = source(4, (0, 3)), Watched()
    await watched.put(units[0], b'\xff\xd8 no H.264', units[2])
    assert len(watched.got) == 1 and watched.stream.stats.errors == 1
    await watched.put(units[3])
    assert len(watched.got) == 2
