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

"""A camera with its streams: frame rate, tiers, and viewers that move between them."""

import asyncio
import math
import threading

import av
import numpy as np
import pytest
from rtc_bridge.core.cameras.picture_monitor import SourceFacts
from rtc_bridge.core.cameras.picture_reason import no_publisher
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.video.tiers import Scale
from rtc_bridge.core.video.video_codecs import CODECS
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.media.images.i420 import RenderOptions
from support.frames import texture, Watcher
from support.patience import PATIENCE

pytestmark = pytest.mark.asyncio


async def test_a_camera_keeps_to_its_frame_rate(clock):
    camera = Camera('front', CameraSettings(max_fps=10.0), lambda: None, clock)
    for _ in range(300):
        clock.now += 1 / 30
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    assert camera.frames_in == 300
    assert abs(camera.frames_in - camera.encoded.skipped - 100) <= 2
    assert camera.state() == ('waiting', 0.0)


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('width, height', [(20000, 2), (2, 20000)])
async def test_an_image_that_is_too_large_is_reported_and_the_next_one_is_shown(
        codec, width, height):
    camera = Camera('front', CameraSettings(max_fps=1000.0), lambda: None)
    stream, frames = camera.streams[codec], []
    subscription = camera.subscribe(codec, lambda frame: frames.append(frame) or True)
    try:
        async with asyncio.timeout(PATIENCE):
            while not stream.stats.errors:
                camera.put(lambda: (np.zeros((height, width, 3), np.uint8), 'bgr8'))
                await asyncio.sleep(0.01)
            assert f'{width}x{height} is too large' in stream.stats.last_error
            assert not frames
            while not frames:
                camera.put(lambda: (texture(64, 64), 'bgr8'))
                await asyncio.sleep(0.01)
    finally:
        camera.unsubscribe(subscription)


async def test_a_picture_that_is_nearly_black_has_a_reason():
    camera, watcher = Camera('mask', CameraSettings(), lambda: None), Watcher()
    subscription = camera.subscribe('h264', watcher)
    async with asyncio.timeout(PATIENCE):
        while camera.reason() is None:
            camera.put(lambda: (np.full((48, 64), 7, np.uint8), 'mono8'))
            await asyncio.sleep(0.02)
    assert camera.reason().code == 'flat-picture'
    assert 'cameras.mask.range' in camera.reason().text and camera.state()[0] == 'live'
    camera.unsubscribe(subscription)


async def test_the_last_image_of_a_transient_local_publisher_is_not_left_out():
    camera, watcher = Camera('map', CameraSettings(max_fps=1.0), lambda: None), Watcher()
    camera.transient_local = True
    subscription = camera.subscribe('h264', watcher)
    for size in (64, 96, 128):
        camera.put(lambda size=size: (texture(size, size), 'bgr8'))
    async with asyncio.timeout(PATIENCE):
        while camera.streams['h264'].stats.size != (128, 128):
            await asyncio.sleep(0.01)
    assert camera.encoded.skipped == 0
    camera.unsubscribe(subscription)


async def test_a_later_viewer_gets_the_last_image_in_any_codec():
    """Of a publisher that publishes no other, such as that of a map."""
    camera = Camera('map', CameraSettings(), lambda: None)
    first, second = Watcher(), Watcher()
    subscriptions = [camera.subscribe('h264', first)]
    camera.put(lambda: (texture(64, 64), 'bgr8'))
    await first.count(1)
    subscriptions.append(camera.subscribe('vp8', second))
    await second.count(1)
    assert second.frames[0].keyframe and camera.frames_in == 1
    for subscription in subscriptions:
        camera.unsubscribe(subscription)


async def test_a_viewer_that_is_expected_finds_an_image():
    told = []
    camera = Camera('front', CameraSettings(), lambda: told.append(camera.watched))
    with camera.expected():
        assert camera.watched and camera.viewers == 0 and not camera.encoded.watched
        camera.put(lambda: (texture(64, 64), 'bgr8'))
        watcher = Watcher()
        subscription = camera.subscribe('h264', watcher)
    await watcher.count(1)
    assert told == [True]
    camera.unsubscribe(subscription)
    assert told == [True, False]
    # Nobody came.
    with camera.expected():
        pass
    assert told == [True, False, True, False] and not camera.watched


async def test_a_warm_camera_has_a_picture_for_the_next_viewer_at_once():
    told, watchers = [], [Watcher(), Watcher()]
    camera = Camera('front', CameraSettings(keep_warm=1000.0),
                    lambda: told.append(camera.watched))
    subscription = camera.subscribe('h264', watchers[0])
    camera.unsubscribe(subscription)
    # It is subscribed to, and nothing is encoded.
    assert camera.watched and not camera.viewers and not camera.encoded.watched
    camera.put(lambda: (texture(64, 64), 'bgr8'))
    subscription = camera.subscribe('h264', watchers[1])
    await watchers[1].count(1)
    assert told == [True] and not watchers[0].frames
    camera.unsubscribe(subscription)
    assert told == [True]
    # A shorter time counts at once.
    camera.configure(CameraSettings())
    assert told == [True, False] and not camera.watched


async def test_warmth_ends_and_no_sooner_for_one_who_comes_and_goes():
    told, ended = [], asyncio.Event()
    camera = Camera('front', CameraSettings(keep_warm=1000.0), lambda: (
        told.append(camera.watched), camera.watched or ended.set()))
    camera.unsubscribe(camera.subscribe('h264', Watcher()))
    first = camera._linger
    subscription = camera.subscribe('h264', Watcher())
    assert first.cancelled()
    # Who is awaited while the last viewer leaves, and never comes.
    with camera.expected():
        camera.unsubscribe(subscription)
        assert camera._linger is None
    left_at = camera._left_at
    with camera.expected():
        pass
    # Not from that moment on.
    assert told == [True] and camera._left_at == left_at
    camera.configure(CameraSettings(keep_warm=0.05))
    async with asyncio.timeout(PATIENCE):
        await ended.wait()
    assert told == [True, False] and not camera.watched


async def test_the_next_viewer_of_a_warm_camera_waits_for_a_picture_of_their_own(clock):
    camera = Camera('front', CameraSettings(keep_warm=1000.0), lambda: None, clock)
    watcher = Watcher()
    subscription = camera.subscribe('h264', watcher)
    for _ in range(6):
        clock.now += 1 / 30
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    await watcher.count(1)
    await until_state(camera, 'live')
    camera.unsubscribe(subscription)
    # The camera's own video is left alone meanwhile, and no keyframe is missed.
    camera.put_video(b'no access unit')
    assert not camera.source.stream.stats.errors and camera.frames_in == 7
    clock.now += 1.0
    with camera.expected():
        assert camera.state() == ('waiting', 0.0)
    camera.configure(CameraSettings())


async def until_state(camera, state):
    """Wait for a state of a camera, and return the seconds without a picture."""
    async with asyncio.timeout(PATIENCE):
        while camera.state()[0] != state:
            await asyncio.sleep(0.01)
    return camera.state()[1]


async def test_the_last_image_of_a_slow_camera_is_kept_for_the_next_viewer(clock):
    camera, first, second = Camera('slow', CameraSettings(), lambda: None, clock), *[
        Watcher() for _ in range(2)]
    subscription = camera.subscribe('h264', first)
    camera.put(lambda: (texture(64, 64), 'bgr8'))
    came = clock.now
    await first.count(1)
    clock.now += 15.0
    assert camera.state() == ('still', 15.0)
    camera.unsubscribe(subscription)
    clock.now += 15.0
    subscription = camera.subscribe('h264', second)
    assert await until_state(camera, 'still') == 30.0
    await second.count(1)
    # With its age: for driving it is too old.
    assert second.frames[0].arrival == came and camera.reason() is None
    camera.unsubscribe(subscription)


async def test_the_last_image_of_a_quick_camera_is_not_shown_as_if_it_came_now(clock):
    camera, first, second = Camera('quick', CameraSettings(), lambda: None, clock), *[
        Watcher() for _ in range(2)]
    subscription = camera.subscribe('h264', first)
    for _ in range(6):
        clock.now += 1 / 30
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    await first.count(1)
    camera.unsubscribe(subscription)
    subscription = camera.subscribe('h264', second)
    camera.put(lambda: (texture(96, 96), 'bgr8'))
    await second.count(1)
    decoder = av.CodecContext.create('h264', 'r')
    assert decoder.decode(second.frames[0].packet)[0].width == 96
    camera.unsubscribe(subscription)


async def test_threads_encode_slices_of_pictures_of_full_size():
    settings, watchers = CameraSettings(threads=3, max_fps=100.0), (Watcher(), Watcher())
    camera = Camera('threads', settings, lambda: None)
    for stream, watcher in zip(('h264', 'h264/2'), watchers):
        camera.streams[stream].subscribe(watcher)
    camera.put(lambda: (texture(256, 256), 'bgr8'))
    found = []
    for stream, watcher in zip(('h264', 'h264/2'), watchers):
        await watcher.count(1)
        found.append(bytes(watcher.frames[0].packet).count(b'\0\0\1\x65'))
        camera.streams[stream].unsubscribe(watcher)
    assert found == [3, 1]


@pytest.mark.usefixtures('pictures_once')
async def test_the_last_image_of_a_burst_is_shown():
    camera, watcher = Camera('burst', CameraSettings(max_fps=20.0), lambda: None), Watcher()
    subscription = camera.subscribe('h264', watcher)
    for number in range(60):
        size = 128 if number == 59 else 64
        camera.put(lambda size=size: (texture(size, size), 'bgr8'))
    async with asyncio.timeout(PATIENCE):
        while camera.streams['h264'].stats.size != (128, 128):
            await asyncio.sleep(0.01)
    # And nothing between that and the first one.
    assert len(watcher.frames) <= 3
    camera.unsubscribe(subscription)


def broken():
    """Load an image that cannot be shown."""
    raise ImageError("unknown encoding 'RGB8'", 'unknown-encoding', {'encoding': 'RGB8'})


async def test_what_cannot_be_shown_is_no_picture_and_has_a_reason(clock, caplog):
    camera = Camera('rear/image_raw', CameraSettings(), lambda: None, clock)
    camera.monitor.source = SourceFacts('/rear/image_raw', ('/rear/driver',))
    watcher = Watcher()
    subscription = camera.subscribe('h264', watcher)

    async def put(load):
        made = camera.streams['h264'].stats.frames + camera.source.stream.stats.errors
        clock.now += 0.5
        camera.put(load)
        async with asyncio.timeout(PATIENCE):
            while made == camera.streams['h264'].stats.frames + camera.source.stream.stats.errors:
                if camera.streams['h264'].stats.errors > errors:
                    break
                await asyncio.sleep(0.01)
    errors = 0
    for _ in range(4):
        await put(broken)
        errors = camera.streams['h264'].stats.errors
        assert camera.state()[0] == 'waiting'
    reason = camera.reason()
    assert (reason.code, reason.values['encoding']) == ('unknown-encoding', 'RGB8')
    assert '/rear/image_raw' in reason.text and 'cameras.rear.image_raw.encoding' in reason.text
    # A good one: whatever was wrong, it is shown; an error beside good pictures is none.
    await put(lambda: (texture(64, 64), 'bgr8'))
    assert camera.state() == ('live', 0.0) and camera.reason() is None
    await put(broken)
    assert camera.state() == ('live', 0.0) and camera.reason() is None
    clock.now += 2.0
    await put(broken)
    assert camera.state()[0] == 'lost' and camera.reason().code == 'unknown-encoding'
    assert sum('RGB8' in record.message for record in caplog.records) == 1
    camera.unsubscribe(subscription)
    assert camera.reason() is None


async def test_what_comes_and_is_never_made_a_picture_has_a_reason(clock):
    camera = Camera('front', CameraSettings(), lambda: None, clock)
    camera.monitor.source = SourceFacts('/front', keyframe_listeners=0)
    # Its first image takes very long.
    release, subscription = threading.Event(), camera.subscribe('h264', Watcher())

    def busy():
        assert release.wait(PATIENCE)
        return texture(64, 64), 'bgr8'

    for _ in range(12):
        clock.now += 0.5
        camera.put(busy)
    assert (camera.state()[0], camera.reason().code) == ('waiting', 'encoded-late')
    camera.source.active = True
    assert camera.reason().code == 'no-keyframes' and 'nobody listens' in camera.reason().text
    release.set()
    await until_state(camera, 'live')
    assert camera.reason() is None
    camera.unsubscribe(subscription)


async def test_silence_of_a_publisher_is_told_apart_from_nothing_that_arrives(clock):
    camera = Camera('front', CameraSettings(), lambda: None, clock)
    subscription = camera.subscribe('h264', Watcher())
    # A publisher that is not found at once is none that is missing.
    camera.topic_reason = no_publisher('/front')
    assert camera.reason() is None
    clock.now += 20.0
    assert camera.reason().code == 'no-publisher'
    camera.topic_reason = None
    # Nothing is known of the topic yet.
    assert camera.reason() is None
    camera.monitor.source = SourceFacts('/front', ('/driver',), True)
    assert camera.reason().code == 'nothing-arrives'
    camera.topic_reason = no_publisher('/front')
    assert camera.reason().code == 'no-publisher'
    camera.topic_reason = None
    for _ in range(10):
        clock.now += 0.1
        camera.put(lambda: (texture(64, 64), 'bgr8'))
    await until_state(camera, 'live')
    clock.now += 2.0
    assert camera.state() == ('lost', 2.0) and camera.reason() is None
    clock.now += 4.0
    assert camera.reason().code == 'publisher-silent'
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
    return [frame.width for encoded in watcher.frames
            for frame in decoder.decode(encoded.packet)]


async def test_a_viewer_moves_down_and_up_without_a_break(monkeypatch):
    # How often an encoder is opened anew for a slow camera is up to the host.
    monkeypatch.setattr('rtc_bridge.media.encoder._REOPEN_AFTER_S', math.inf)
    playing, good, poor = Playing(max_fps=100.0), Watcher(), Watcher()
    camera = playing.camera
    first = camera.subscribe('h264', good, BandwidthEstimate(2_500_000))
    second = camera.subscribe('h264', poor, BandwidthEstimate(2_500_000))
    await playing.until(lambda: len(poor.frames) > 2)
    assert [s.stream_key for s in (first, second)] == ['h264', 'h264']
    second.set_estimate(BandwidthEstimate(400_000), False)
    await playing.until(lambda: second.stream_key == 'h264/2')
    assert not camera.streams['h264/4'].watched
    before = len(poor.frames)
    await playing.until(lambda: len(poor.frames) > before + 3)
    second.set_estimate(BandwidthEstimate(2_500_000), True)

    def up():
        camera.balance()
        return second.stream_key == 'h264'
    await playing.until(up)
    before = len(poor.frames)
    await playing.until(lambda: len(poor.frames) > before + 3)
    # Every packet could be decoded, each change began with a keyframe, and nothing else did.
    shown = widths(poor)
    assert len(shown) == len(poor.frames)
    changes = [n for n in range(1, len(shown)) if shown[n] != shown[n - 1]]
    assert [shown[n] for n in changes] == [320, 640]
    assert all(poor.frames[n].keyframe for n in changes)
    # The other viewer saw nothing of it, but for one keyframe, and one that was not taken.
    assert set(widths(good)) == {640}
    assert sum(f.keyframe for f in good.frames) <= 3
    assert not camera.streams['h264/2'].watched
    camera.unsubscribe(first)
    camera.unsubscribe(second)
    assert not camera.watched


async def test_a_viewer_that_leaves_while_it_moves_leaves_both_streams():
    playing, watcher = Playing(), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', watcher, BandwidthEstimate(2_500_000))
    await playing.until(lambda: watcher.frames)
    # A whole tier lower; no picture comes, and so no keyframe.
    other = camera.subscribe('h264', Watcher(), BandwidthEstimate(2_500_000))
    subscription.set_estimate(BandwidthEstimate(300_000), False)
    assert camera.streams['h264/2'].watched
    camera.unsubscribe(subscription)
    assert not camera.streams['h264/2'].watched and camera.viewers == 1
    camera.unsubscribe(other)


async def test_settings_change_while_running():
    playing, watcher = Playing(max_fps=100.0), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', watcher, BandwidthEstimate(2_500_000))
    await playing.until(lambda: len(watcher.frames) > 2)
    camera.configure(CameraSettings(max_fps=100.0, max_bitrate=1_000_000,
                                    render=RenderOptions(max_width=160)))
    before = len(watcher.frames)
    await playing.until(lambda: widths(watcher)[-1] == 160)
    assert camera.streams['h264'].bitrate == 1_000_000
    assert watcher.frames[before:]
    camera.unsubscribe(subscription)


async def test_a_tier_keeps_to_its_frame_rate():
    playing, slow = Playing(max_fps=100.0, scales=(Scale(1), Scale(2, 10.0))), Watcher()
    camera = playing.camera
    subscription = camera.subscribe('h264', slow, BandwidthEstimate(100_000))
    assert subscription.stream_key == 'h264/2'
    await playing.until(lambda: len(slow.frames) > 5)
    times = [f.presentation_time for f in slow.frames]
    assert times[-1] - times[0] > 0.09 * (len(times) - 2)
    camera.unsubscribe(subscription)
