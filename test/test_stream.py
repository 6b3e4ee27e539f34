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

"""The encoder thread: once for all, newest picture only, keyframes on demand."""

import asyncio
import threading

import av
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.camera import Camera, CameraSettings
from rtc_bridge.media.encoder import CODECS, Encoder
from rtc_bridge.media.picture import Picture, Shape
from rtc_bridge.media.stream import VideoStream

pytestmark = pytest.mark.asyncio
DECODERS = {'h264': 'h264', 'vp8': 'vp8'}


def texture(width, height, shift=0):
    """Return a smooth BGR texture that moves."""
    y, x = np.mgrid[:height, :width]
    luma = 128 + 60 * np.sin((x + 4 * shift) / 17) + 50 * np.cos(y / 13)
    return np.repeat(luma[..., None], 3, 2).astype(np.uint8)


def i420(pixels):
    return Picture(lambda: (pixels, 'bgr8'), 0.0, Shape()).i420()


@pytest.mark.parametrize('codec', CODECS)
async def test_pictures_survive_the_encoder(codec):
    encoder = Encoder(codec, 320, 240, bitrate=800_000, max_bitrate=1_000_000)
    decoder = av.CodecContext.create(DECODERS[codec], 'r')
    source = None
    for number in range(20):
        source = i420(texture(320, 240, number))
        packet = encoder.encode(source, number * 3000, keyframe=number == 10)
        assert packet.pts == number * 3000
        assert packet.is_keyframe == (number in (0, 10))
        frame = decoder.decode(packet)[0]
    decoded = frame.to_ndarray(format='yuv420p')
    error = np.mean((decoded[:240].astype(float) - source[:240]) ** 2)
    assert 10 * np.log10(255 ** 2 / error) > 30


async def test_h264_is_annex_b_with_parameter_sets_at_each_keyframe():
    encoder = Encoder('h264', 64, 64, bitrate=300_000, max_bitrate=300_000)
    for number in range(3):
        data = bytes(encoder.encode(i420(texture(64, 64)), number * 3000, keyframe=number == 2))
        kinds = {data[i + 4] & 31 for i in range(len(data) - 4) if data[i:i + 4] == b'\0\0\0\1'}
        assert ({7, 8} <= kinds) == (number != 1)


@pytest.mark.parametrize('codec', CODECS)
async def test_the_bitrate_changes_while_running(codec):
    """H.264 without a keyframe."""
    rng = np.random.default_rng(1)
    noise = [i420(rng.integers(0, 255, (240, 320, 3), np.uint8)) for _ in range(10)]
    encoder = Encoder(codec, 320, 240, bitrate=400_000, max_bitrate=3_000_000)
    sizes, keyframes = [], 0
    for number in range(120):
        if number == 60:
            encoder.set_bitrate(2_000_000)
        packet = encoder.encode(noise[number % 10], number * 3000, keyframe=False)
        sizes.append(packet.size)
        keyframes += packet.is_keyframe
    # Thirty pictures are a second.
    before, after = sum(sizes[30:60]) * 8, sum(sizes[90:]) * 8
    assert before < 1_000_000 and 1_200_000 < after < 3_000_000
    assert keyframes == (1 if codec == 'h264' else 2)


class Watcher:
    """Collects a stream's packets."""

    def __init__(self, takes=True):
        self.packets = []
        self.takes = takes
        self._arrived = asyncio.Event()

    def __call__(self, packet, keyframe):
        self.packets.append((packet, keyframe))
        self._arrived.set()
        return self.takes

    async def count(self, number):
        async with asyncio.timeout(10):
            while len(self.packets) < number:
                self._arrived.clear()
                await self._arrived.wait()


def make_stream():
    return VideoStream('front', 'h264', max_bitrate=1_000_000, fps=30)


def picture(stamp, load=None):
    return Picture(load or (lambda: (texture(64, 64), 'bgr8')), stamp, Shape())


async def test_all_viewers_get_the_same_packets():
    stream, first, second = make_stream(), Watcher(), Watcher()
    subscriptions = [stream.subscribe(first), stream.subscribe(second)]
    stream.put(picture(1.0))
    await second.count(1)
    assert first.packets[0][0] is second.packets[0][0]
    assert first.packets[0][0].pts == 90000
    assert stream.stats.frames == 1
    for subscription in subscriptions:
        stream.unsubscribe(subscription)


async def test_the_slowest_viewer_that_is_heard_of_sets_the_rate(monkeypatch):
    rates = []
    monkeypatch.setattr(Encoder, 'set_bitrate', lambda self, bitrate: rates.append(bitrate))
    stream, watcher = make_stream(), Watcher()
    fast, slow = stream.subscribe(watcher), stream.subscribe(Watcher())
    fast.bitrate, slow.bitrate = 900_000, 300_000
    stream.put(picture(1.0))
    await watcher.count(1)
    for count, (first, second) in enumerate(((0, 0), (0, 1), (1, 1)), 2):
        fast.quiet, slow.quiet = bool(first), bool(second)
        stream.put(picture(float(count)))
        await watcher.count(count)
    assert rates == [300_000, 900_000, 300_000]
    stream.unsubscribe(fast)
    stream.unsubscribe(slow)


async def test_nothing_runs_while_nobody_watches():
    stream, watcher = make_stream(), Watcher()
    stream.put(picture(1.0))
    before = threading.active_count()
    subscription = stream.subscribe(watcher)
    assert threading.active_count() == before + 1
    stream.unsubscribe(subscription)
    async with asyncio.timeout(10):
        while threading.active_count() > before:
            await asyncio.sleep(0)
    stream.put(picture(2.0))
    assert not watcher.packets and not stream.stats.frames


async def test_a_newer_picture_replaces_an_unread_one():
    stream, watcher = make_stream(), Watcher()
    subscription = stream.subscribe(watcher)
    encoding, release = threading.Event(), threading.Event()

    def slow():
        encoding.set()
        assert release.wait(10)
        return texture(64, 64), 'bgr8'

    stream.put(picture(1.0, slow))
    assert await asyncio.to_thread(encoding.wait, 10)
    for stamp in (2.0, 3.0, 4.0):
        stream.put(picture(stamp))
    release.set()
    await watcher.count(2)
    assert [p.pts for p, _ in watcher.packets] == [90000, 360000]
    assert stream.stats.superseded == 2
    stream.unsubscribe(subscription)


async def test_requests_within_a_moment_share_a_keyframe():
    stream, watcher = make_stream(), Watcher()
    subscription = stream.subscribe(watcher)
    for number in range(6):
        stream.request_keyframe()
        stream.put(picture(1.0 + number / 1000))
        await watcher.count(number + 1)
    assert [k for _, k in watcher.packets] == [True] + [False] * 5
    # The request is kept: the last picture is encoded again when the moment is over.
    await watcher.count(7)
    assert watcher.packets[-1][1]
    stream.unsubscribe(subscription)


async def test_a_keyframe_that_nobody_took_delays_no_other():
    stream, watcher = make_stream(), Watcher(takes=False)
    subscription = stream.subscribe(watcher)
    stream.put(picture(1.0))
    await watcher.count(1)
    watcher.takes = True
    stream.request_keyframe()
    stream.put(picture(1.01))
    await watcher.count(2)
    assert watcher.packets[1][1]
    stream.unsubscribe(subscription)


async def test_bad_pictures_are_counted_and_end_nothing():
    stream, watcher = make_stream(), Watcher()
    subscription = stream.subscribe(watcher)

    def broken():
        raise ImageError('data has 5 bytes')

    stream.put(picture(1.0, broken))
    async with asyncio.timeout(10):
        while not stream.stats.errors:
            await asyncio.sleep(0)
    stream.put(picture(2.0))
    await watcher.count(1)
    assert stream.stats.last_error == 'data has 5 bytes'
    stream.unsubscribe(subscription)


async def test_a_bad_picture_loses_no_demand_for_a_keyframe(monkeypatch):
    monkeypatch.setattr('rtc_bridge.media.stream.KEYFRAME_INTERVAL_S', 0.0)
    stream, watcher = make_stream(), Watcher()
    subscription = stream.subscribe(watcher)
    stream.put(picture(1.0))
    await watcher.count(1)

    def broken():
        raise ValueError('not even an ImageError')

    stream.put(picture(2.0, broken))
    stream.request_keyframe()
    async with asyncio.timeout(10):
        while not stream.stats.errors:
            await asyncio.sleep(0)
    stream.put(picture(3.0))
    await watcher.count(2)
    assert watcher.packets[1][1]
    stream.unsubscribe(subscription)


async def test_one_who_returns_at_once_gets_a_keyframe():
    stream, watcher = make_stream(), Watcher()
    for count in range(1, 6):
        subscription = stream.subscribe(watcher)
        stream.put(picture(float(count)))
        await watcher.count(count)
        stream.unsubscribe(subscription)
    assert all(keyframe for _, keyframe in watcher.packets)


async def test_size_may_change_and_stamps_may_jump():
    stream, watcher = make_stream(), Watcher()
    subscription = stream.subscribe(watcher)
    for count, (stamp, size) in enumerate(((5.0, 64), (5.1, 96), (1.0, 96), (1.0, 64)), 1):
        stream.put(picture(stamp, lambda size=size: (texture(size, size), 'bgr8')))
        await watcher.count(count)
    times = [p.pts for p, _ in watcher.packets]
    assert times == sorted(set(times))
    assert [k for _, k in watcher.packets] == [True, True, False, True]
    stream.unsubscribe(subscription)


async def test_a_camera_keeps_to_its_frame_rate():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    clock = Clock()
    camera = Camera('front', CameraSettings(max_fps=10.0), lambda: None, clock)
    for _ in range(300):
        clock.now += 1 / 30
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    assert camera.pictures_in == 300
    assert abs(camera.pictures_in - camera.skipped - 100) <= 2
    assert camera.state() == ('waiting', 0.0)
