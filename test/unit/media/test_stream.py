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
import math
import threading

import av
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.video.tiers import Path, Scale
from rtc_bridge.media.camera import Camera, CameraSettings
from rtc_bridge.media.encoder import CODECS, Encoder
from rtc_bridge.media.frame import Picture, Shape
from rtc_bridge.media.stream import Limits, VideoStream
from support.patience import PATIENCE

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
    number = 0
    encoder = Encoder(codec, 320, 240, bitrate=400_000, max_bitrate=3_000_000,
                      clock=lambda: number / 30)
    sizes, keyframes = [], 0
    for number in range(120):
        if number >= 60:
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
        async with asyncio.timeout(PATIENCE):
            while len(self.packets) < number:
                self._arrived.clear()
                await self._arrived.wait()


def make_stream():
    return VideoStream('front', 'h264', Limits(1_000_000, 30.0))


def picture(stamp, load=None):
    return Picture(load or (lambda: (texture(64, 64), 'bgr8')), stamp, Shape())


async def test_all_viewers_get_the_same_packets():
    stream, first, second = make_stream(), Watcher(), Watcher()
    stream.subscribe(first)
    stream.subscribe(second)
    stream.put(picture(1.0))
    await second.count(1)
    assert first.packets[0][0] is second.packets[0][0]
    assert first.packets[0][0].pts == 90000
    assert stream.stats.frames == 1
    stream.unsubscribe(first)
    stream.unsubscribe(second)


async def test_nothing_runs_while_nobody_watches():
    stream, watcher = make_stream(), Watcher()
    stream.put(picture(1.0))
    # Not those of other tests, which may still be ending.
    before = set(threading.enumerate())
    stream.subscribe(watcher)
    (started,) = set(threading.enumerate()) - before
    stream.unsubscribe(watcher)
    await asyncio.to_thread(started.join, PATIENCE)
    assert not started.is_alive()
    stream.put(picture(2.0))
    assert not watcher.packets and not stream.stats.frames


async def test_a_newer_picture_replaces_an_unread_one():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    encoding, release = threading.Event(), threading.Event()

    def slow():
        encoding.set()
        assert release.wait(PATIENCE)
        return texture(64, 64), 'bgr8'

    stream.put(picture(1.0, slow))
    assert await asyncio.to_thread(encoding.wait, PATIENCE)
    for stamp in (2.0, 3.0, 4.0):
        stream.put(picture(stamp))
    release.set()
    await watcher.count(2)
    assert [p.pts for p, _ in watcher.packets] == [90000, 360000]
    assert stream.stats.superseded == 2
    stream.unsubscribe(watcher)


async def test_requests_within_a_moment_share_a_keyframe():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    for number in range(6):
        stream.request_keyframe()
        stream.put(picture(1.0 + number / 1000))
        await watcher.count(number + 1)
    assert [k for _, k in watcher.packets] == [True] + [False] * 5
    # The request is kept: the last picture is encoded again when the moment is over.
    await watcher.count(7)
    assert watcher.packets[-1][1]
    stream.unsubscribe(watcher)


async def test_a_keyframe_that_nobody_took_delays_no_other():
    stream, watcher = make_stream(), Watcher(takes=False)
    stream.subscribe(watcher)
    stream.put(picture(1.0))
    await watcher.count(1)
    watcher.takes = True
    stream.request_keyframe()
    stream.put(picture(1.01))
    await watcher.count(2)
    assert watcher.packets[1][1]
    stream.unsubscribe(watcher)


async def failed(stream):
    """Wait until something went wrong with a picture."""
    async with asyncio.timeout(PATIENCE):
        while not stream.stats.errors:
            await asyncio.sleep(0)


async def test_bad_pictures_are_counted_and_end_nothing():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)

    def broken():
        raise ImageError('data has 5 bytes')

    stream.put(picture(1.0, broken))
    await failed(stream)
    stream.put(picture(2.0))
    await watcher.count(1)
    assert stream.stats.last_error == 'data has 5 bytes'
    stream.unsubscribe(watcher)


@pytest.mark.parametrize('error', [MemoryError(), av.error.ExternalError(1, 'no')], ids=repr)
async def test_an_encoder_that_fails_names_the_size_and_ends_nothing(monkeypatch, error):
    stream, watcher = make_stream(), Watcher()
    encode, failures = Encoder.encode, [error]

    def fail_once(self, *arguments):
        if failures:
            raise failures.pop()
        return encode(self, *arguments)
    monkeypatch.setattr(Encoder, 'encode', fail_once)
    stream.subscribe(watcher)
    stream.put(picture(1.0))
    await failed(stream)
    assert stream.stats.last_error == f'h264 encoder at 64x64: {error!r}'
    stream.put(picture(2.0))
    await watcher.count(1)
    assert watcher.packets[0][1]
    stream.unsubscribe(watcher)


async def test_a_bad_picture_loses_no_demand_for_a_keyframe(monkeypatch):
    monkeypatch.setattr('rtc_bridge.media.stream.KEYFRAME_INTERVAL_S', 0.0)
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    stream.put(picture(1.0))
    await watcher.count(1)

    def broken():
        raise ValueError('not even an ImageError')

    stream.put(picture(2.0, broken))
    stream.request_keyframe()
    await failed(stream)
    stream.put(picture(3.0))
    await watcher.count(2)
    assert watcher.packets[1][1]
    stream.unsubscribe(watcher)


async def test_one_who_returns_at_once_gets_a_keyframe():
    stream, watcher = make_stream(), Watcher()
    for count in range(1, 6):
        stream.subscribe(watcher)
        stream.put(picture(float(count)))
        await watcher.count(count)
        stream.unsubscribe(watcher)
    assert all(keyframe for _, keyframe in watcher.packets)


async def test_size_may_change_and_stamps_may_jump():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    for count, (stamp, size) in enumerate(((5.0, 64), (5.1, 96), (1.0, 96), (1.0, 64)), 1):
        stream.put(picture(stamp, lambda size=size: (texture(size, size), 'bgr8')))
        await watcher.count(count)
    times = [p.pts for p, _ in watcher.packets]
    assert times == sorted(set(times))
    assert [k for _, k in watcher.packets] == [True, True, False, True]
    stream.unsubscribe(watcher)


async def test_a_camera_keeps_to_its_frame_rate(clock):
    camera = Camera('front', CameraSettings(max_fps=10.0), lambda: None, clock)
    for _ in range(300):
        clock.now += 1 / 30
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    assert camera.pictures_in == 300
    assert abs(camera.pictures_in - camera.skipped - 100) <= 2
    assert camera.state() == ('waiting', 0.0)


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('width, height', [(20000, 2), (2, 20000)])
async def test_pictures_too_large_to_encode_are_named_and_the_next_one_is_shown(
        codec, width, height):
    camera = Camera('front', CameraSettings(max_fps=1000.0), lambda: None)
    stream, packets = camera.streams[codec], []
    subscription = camera.subscribe(codec, lambda packet, keyframe: packets.append(packet) or True)
    try:
        async with asyncio.timeout(PATIENCE):
            while not stream.stats.errors:
                camera.put(lambda: (np.zeros((height, width, 3), np.uint8), 'bgr8'))
                await asyncio.sleep(0.01)
            assert f'{width}x{height} is too large' in stream.stats.last_error
            assert not packets
            while not packets:
                camera.put(lambda: (texture(64, 64), 'bgr8'))
                await asyncio.sleep(0.01)
    finally:
        camera.unsubscribe(subscription)


async def test_the_last_of_some_pictures_stays_however_soon_it_came():
    camera, watcher = Camera('map', CameraSettings(max_fps=1.0), lambda: None), Watcher()
    camera.latched = True
    subscription = camera.subscribe('h264', watcher)
    for size in (64, 96, 128):
        camera.put(lambda size=size: (texture(size, size), 'bgr8'))
    async with asyncio.timeout(PATIENCE):
        while camera.streams['h264'].stats.size != (128, 128):
            await asyncio.sleep(0.01)
    assert camera.skipped == 0
    camera.unsubscribe(subscription)


async def test_one_who_comes_later_gets_the_last_picture_in_any_codec():
    """Of a publisher that publishes no other, such as that of a map."""
    camera = Camera('map', CameraSettings(), lambda: None)
    first, second = Watcher(), Watcher()
    subscriptions = [camera.subscribe('h264', first)]
    camera.put(lambda: (texture(64, 64), 'bgr8'))
    await first.count(1)
    subscriptions.append(camera.subscribe('vp8', second))
    await second.count(1)
    assert second.packets[0][1] and camera.pictures_in == 1
    for subscription in subscriptions:
        camera.unsubscribe(subscription)
    # Nobody has seen to it meanwhile: what was is not shown as if it came now.
    third = Watcher()
    subscription = camera.subscribe('vp8', third)
    camera.put(lambda: (texture(96, 96), 'bgr8'))
    await third.count(1)
    decoder = av.CodecContext.create('vp8', 'r')
    assert decoder.decode(third.packets[0][0])[0].width == 96
    camera.unsubscribe(subscription)


class Playing:
    """A camera that is played a texture, picture by picture."""

    def __init__(self, **settings):
        self.camera = Camera('front', CameraSettings(**settings), lambda: None)
        self._count = 0

    async def until(self, condition):
        """Show pictures until a condition is true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._count += 1
                self.camera.put(lambda count=self._count: (texture(640, 480, count), 'bgr8'))
                await asyncio.sleep(0.01)


def widths(watcher):
    """Return the width of each picture that a viewer got."""
    decoder = av.CodecContext.create('h264', 'r')
    return [frame.width for packet, _ in watcher.packets for frame in decoder.decode(packet)]


def path(bitrate, **more):
    return Path(bitrate, ramping=False, **more)


async def test_a_viewer_moves_down_and_up_and_always_has_a_picture(monkeypatch):
    # How often an encoder is opened anew for a slow camera is up to the host.
    monkeypatch.setattr('rtc_bridge.media.encoder._REOPEN_AFTER_S', math.inf)
    playing, good, poor = Playing(max_fps=100.0), Watcher(), Watcher()
    camera = playing.camera
    first = camera.subscribe('h264', good, path(2_500_000))
    second = camera.subscribe('h264', poor, path(2_500_000))
    await playing.until(lambda: len(poor.packets) > 2)
    assert [s.label for s in (first, second)] == ['h264', 'h264']
    second.set_path(path(400_000))
    await playing.until(lambda: second.label == 'h264/2')
    assert not camera.streams['h264/4'].watched
    before = len(poor.packets)
    await playing.until(lambda: len(poor.packets) > before + 3)
    second.set_path(path(2_500_000, drives=True))

    def up():
        camera.balance()
        return second.label == 'h264'
    await playing.until(up)
    before = len(poor.packets)
    await playing.until(lambda: len(poor.packets) > before + 3)
    # Every packet could be decoded, each change began with a keyframe, and nothing else did.
    shown = widths(poor)
    assert len(shown) == len(poor.packets)
    changes = [n for n in range(1, len(shown)) if shown[n] != shown[n - 1]]
    assert [shown[n] for n in changes] == [320, 640]
    assert all(poor.packets[n][1] for n in changes)
    # The other viewer saw nothing of it, but for one keyframe, and one that was not taken.
    assert set(widths(good)) == {640}
    assert sum(keyframe for _, keyframe in good.packets) <= 3
    assert not camera.streams['h264/2'].watched
    camera.unsubscribe(first)
    camera.unsubscribe(second)
    assert not camera.watched


async def test_one_who_leaves_while_moving_leaves_nothing_behind():
    playing, watcher = Playing(), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', watcher, path(2_500_000))
    await playing.until(lambda: watcher.packets)
    # A whole tier lower; no picture comes, and so no keyframe.
    other = camera.subscribe('h264', Watcher(), path(2_500_000))
    subscription.set_path(path(300_000))
    assert camera.streams['h264/2'].watched
    camera.unsubscribe(subscription)
    assert not camera.streams['h264/2'].watched and camera.viewers == 1
    camera.unsubscribe(other)


async def test_limits_change_while_running():
    playing, watcher = Playing(max_fps=100.0), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', watcher, path(2_500_000))
    await playing.until(lambda: len(watcher.packets) > 2)
    camera.configure(CameraSettings(max_fps=100.0, max_bitrate=1_000_000,
                                    shape=Shape(max_width=160)))
    before = len(watcher.packets)
    await playing.until(lambda: widths(watcher)[-1] == 160)
    assert camera.streams['h264'].bitrate == 1_000_000
    assert watcher.packets[before:]
    camera.unsubscribe(subscription)


async def test_a_tier_keeps_to_its_own_frame_rate():
    playing, slow = Playing(max_fps=100.0, scales=(Scale(1), Scale(2, 10.0))), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', slow, path(100_000))
    assert subscription.label == 'h264/2'
    await playing.until(lambda: len(slow.packets) > 5)
    times = [packet.pts / 90000 for packet, _ in slow.packets]
    assert times[-1] - times[0] > 0.09 * (len(times) - 2)
    camera.unsubscribe(subscription)


async def test_small_pictures_are_not_made_tiny():
    def shape(width, height, divisor):
        return Picture(lambda: (texture(width, height), 'bgr8'), 0.0, Shape()).i420(divisor).shape

    assert shape(1280, 720, 4) == (270, 320)
    assert shape(644, 482, 4) == (180, 160)
    assert shape(320, 240, 4) == (180, 160)
    assert shape(160, 120, 4) == (180, 160)


async def test_shrinking_keeps_the_picture():
    picture = Picture(lambda: (texture(640, 480), 'bgr8'), 0.0, Shape())
    small, large = picture.i420(2), picture.i420()
    assert picture.i420(2) is small
    expected = large[:480].reshape(240, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(small[:240] - expected).max() <= 1
