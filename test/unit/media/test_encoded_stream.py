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

"""The encoder thread: once for all viewers, the newest image only, keyframes on demand."""

import asyncio
import math
import threading

import av
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.video.tiers import Tier
from rtc_bridge.media import frame_mailbox
from rtc_bridge.media.encoded_stream import EncodedStream
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.media.images.i420 import RenderOptions
from support.frames import i420, texture, Watcher
from support.patience import PATIENCE

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures('pictures_once')]


def make_stream():
    return EncodedStream('front', 'h264', Tier(1_000_000, 30.0))


def frame(arrival, load=None):
    """Return an image that arrived at a time."""
    return Frame(load or (lambda: (texture(64, 64), 'bgr8')), arrival, RenderOptions())


async def test_all_viewers_get_the_same_frames():
    stream, first, second = make_stream(), Watcher(), Watcher()
    stream.subscribe(first)
    stream.subscribe(second)
    stream.mailbox.put(frame(1.0))
    await second.count(1)
    assert first.frames[0] is second.frames[0]
    assert first.frames[0].packet.pts == 90000
    assert stream.stats.frames == 1
    stream.unsubscribe(first)
    stream.unsubscribe(second)


async def test_the_encoder_thread_runs_only_while_there_are_viewers():
    stream, watcher = make_stream(), Watcher()
    stream.mailbox.put(frame(1.0))
    # Not those of other tests, which may still be ending.
    before = set(threading.enumerate())
    stream.subscribe(watcher)
    (started,) = set(threading.enumerate()) - before
    stream.unsubscribe(watcher)
    await asyncio.to_thread(started.join, PATIENCE)
    assert not started.is_alive()
    stream.mailbox.put(frame(2.0))
    assert not watcher.frames and not stream.stats.frames


async def test_a_newer_image_supersedes_an_unread_one():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    encoding, release = threading.Event(), threading.Event()

    def slow():
        encoding.set()
        assert release.wait(PATIENCE)
        return texture(64, 64), 'bgr8'

    stream.mailbox.put(frame(1.0, slow))
    assert await asyncio.to_thread(encoding.wait, PATIENCE)
    for stamp in (2.0, 3.0, 4.0):
        stream.mailbox.put(frame(stamp))
    release.set()
    await watcher.count(2)
    assert [f.packet.pts for f in watcher.frames] == [90000, 360000]
    assert stream.stats.superseded == 2
    stream.unsubscribe(watcher)


async def test_requests_within_the_interval_share_a_keyframe(monkeypatch):
    monkeypatch.setattr(frame_mailbox, 'KEYFRAME_INTERVAL_S', PATIENCE)
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    for number in range(6):
        stream.request_keyframe()
        stream.mailbox.put(frame(1.0 + number / 1000))
        await watcher.count(number + 1)
    assert [f.keyframe for f in watcher.frames] == [True] + [False] * 5
    # The request is kept: the last picture is encoded again when the moment is over.
    monkeypatch.setattr(frame_mailbox, 'KEYFRAME_INTERVAL_S', 0.0)
    with stream.mailbox._changed:
        stream.mailbox._changed.notify_all()
    await watcher.count(7)
    assert watcher.frames[-1].keyframe
    stream.unsubscribe(watcher)


async def test_a_keyframe_that_no_viewer_took_does_not_delay_the_next():
    stream, watcher = make_stream(), Watcher(takes=False)
    stream.subscribe(watcher)
    stream.mailbox.put(frame(1.0))
    await watcher.count(1)
    watcher.takes = True
    stream.request_keyframe()
    stream.mailbox.put(frame(1.01))
    await watcher.count(2)
    assert watcher.frames[1].keyframe
    stream.unsubscribe(watcher)


async def failed(stream):
    """Wait until something went wrong with a picture."""
    async with asyncio.timeout(PATIENCE):
        while not stream.stats.errors:
            await asyncio.sleep(0)


async def test_images_that_cannot_be_shown_are_counted():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)

    def broken():
        raise ImageError('data has 5 bytes')

    stream.mailbox.put(frame(1.0, broken))
    await failed(stream)
    stream.mailbox.put(frame(2.0))
    await watcher.count(1)
    assert stream.stats.last_error == 'data has 5 bytes'
    stream.unsubscribe(watcher)


@pytest.mark.parametrize('error', [MemoryError(), av.error.ExternalError(1, 'no')], ids=repr)
async def test_a_failed_encoder_is_replaced_and_the_error_names_the_size(monkeypatch, error):
    stream, watcher = make_stream(), Watcher()
    encode, failures = Encoder.encode, [error]

    def fail_once(self, *arguments, **options):
        if failures:
            raise failures.pop()
        return encode(self, *arguments, **options)
    monkeypatch.setattr(Encoder, 'encode', fail_once)
    stream.subscribe(watcher)
    stream.mailbox.put(frame(1.0))
    await failed(stream)
    assert stream.stats.last_error == f'h264 encoder at 64x64: {error!r}'
    stream.mailbox.put(frame(2.0))
    await watcher.count(1)
    assert watcher.frames[0].keyframe
    stream.unsubscribe(watcher)


async def test_a_request_for_a_keyframe_outlives_an_image_that_cannot_be_shown(monkeypatch):
    monkeypatch.setattr('rtc_bridge.media.frame_mailbox.KEYFRAME_INTERVAL_S', 0.0)
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    stream.mailbox.put(frame(1.0))
    await watcher.count(1)

    def broken():
        raise ValueError('not even an ImageError')

    stream.mailbox.put(frame(2.0, broken))
    stream.request_keyframe()
    await failed(stream)
    stream.mailbox.put(frame(3.0))
    await watcher.count(2)
    assert watcher.frames[1].keyframe
    stream.unsubscribe(watcher)


async def test_a_viewer_that_returns_at_once_gets_a_keyframe():
    stream, watcher = make_stream(), Watcher()
    for count in range(1, 6):
        stream.subscribe(watcher)
        stream.mailbox.put(frame(float(count)))
        await watcher.count(count)
        stream.unsubscribe(watcher)
    assert all(f.keyframe for f in watcher.frames)


async def test_sizes_may_change_and_stamps_may_jump_back():
    stream, watcher = make_stream(), Watcher()
    stream.subscribe(watcher)
    for count, (stamp, size) in enumerate(((5.0, 64), (5.1, 96), (1.0, 96), (1.0, 64)), 1):
        stream.mailbox.put(frame(stamp, lambda size=size: (texture(size, size), 'bgr8')))
        await watcher.count(count)
    times = [f.packet.pts for f in watcher.frames]
    assert times == sorted(set(times))
    assert [f.keyframe for f in watcher.frames] == [True, True, False, True]
    stream.unsubscribe(watcher)


def psnr(encoded, original):
    """Return how near the luma of each frame is to that of an image, in dB."""
    decoder = av.CodecContext.create('h264', 'r')
    luma = i420(original)[:original.shape[0]].astype(float)
    found = []
    for frame in encoded:
        (decoded,) = decoder.decode(frame.packet)
        error = decoded.to_ndarray(format='yuv420p')[:original.shape[0]] - luma
        found.append(10 * math.log10(255 ** 2 / (error ** 2).mean()))
    return found


async def test_a_picture_that_stays_becomes_sharp_and_is_then_sent_no_more(monkeypatch):
    # However long this host takes for each.
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', PATIENCE)
    stream, watcher = make_stream(), Watcher()
    stream.bitrate = 300_000
    noise = np.random.default_rng(1).integers(0, 255, (15, 20, 3), np.uint8)
    picture = np.repeat(np.repeat(noise, 24, 0), 24, 1)
    stream.subscribe(watcher)
    stream.mailbox.put(frame(1.0, lambda: (picture, 'bgr8')))
    await watcher.count(9)
    found = psnr(watcher.frames[:9], picture)
    assert found[-1] > found[0] + 3 and found[-1] > 36
    assert [f.keyframe for f in watcher.frames[:9]] == [True] + [False] * 8
    # For driving it is as old as it is.
    assert {f.arrival for f in watcher.frames} == {1.0}
    # A viewer who comes later gets a coarse keyframe, which becomes sharp in turn.
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', float('-inf'))
    stream.request_keyframe()
    async with asyncio.timeout(PATIENCE):
        while not watcher.frames[-1].keyframe:
            await watcher.count(len(watcher.frames) + 1)
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', PATIENCE)
    made = len(watcher.frames)
    with stream.mailbox._changed:
        stream.mailbox._changed.notify_all()
    await watcher.count(made + 3)
    stream.unsubscribe(watcher)


@pytest.mark.parametrize('since, before, waits', [
    # A camera of four frames a second has sent the next one.
    (0.0, 0.0, 0.3), (0.1, 0.1, 0.2), (0.3, 0.3, 0.0), (0.5, 0.1, 0.0), (0.55, 0.02, 0.08),
    (1.15, 0.02, None), (60.0, 59.0, None)])
async def test_when_a_picture_is_sent_again(monkeypatch, since, before, waits):
    now = 1000.0
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', 1.2)
    monkeypatch.setattr(frame_mailbox, 'boot_time', lambda: now)
    delay = make_stream().mailbox._delay(frame(1.0), now - before, now - since)
    assert delay == (waits if waits is None else pytest.approx(waits))


async def test_a_stream_of_few_frames_a_second_stays_one(monkeypatch):
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', PATIENCE)
    stream, watcher = EncodedStream('front', 'h264', Tier(1_000_000, 1.0)), Watcher()
    stream.subscribe(watcher)
    seen = []
    take = stream.mailbox.take

    def note(last, last_time, coarse_since):
        seen.append(coarse_since)
        return take(last, last_time, coarse_since)

    monkeypatch.setattr(stream.mailbox, 'take', note)
    for stamp in (1.0, 2.0):
        stream.mailbox.put(frame(stamp))
        await watcher.count(int(stamp))
    stream.unsubscribe(watcher)
    assert set(seen) <= {float('-inf')}


async def test_what_cannot_be_shown_is_not_hidden_by_the_picture_before(monkeypatch):
    monkeypatch.setattr(frame_mailbox, '_REFINED_AFTER_S', PATIENCE)
    stream, watcher, seen = make_stream(), Watcher(), []
    take = stream.mailbox.take

    def note(last, last_time, coarse_since):
        seen.append(coarse_since)
        return take(last, last_time, coarse_since)

    monkeypatch.setattr(stream.mailbox, 'take', note)
    stream.subscribe(watcher)
    stream.mailbox.put(frame(1.0))
    await watcher.count(2)
    # Pictures that are sent again are no new ones.
    assert stream.stats.frames == 1

    def broken():
        raise ImageError('data has 5 bytes')

    stream.mailbox.put(frame(2.0, broken))
    await failed(stream)
    sent = len(watcher.frames)
    stream.mailbox.put(frame(3.0))
    await watcher.count(sent + 1)
    assert watcher.frames[-1].arrival == 3.0 and stream.stats.errors == 1
    # Nothing was to be sent again after the failure.
    assert seen[0] == float('-inf') and float('-inf') in seen[1:]
    stream.unsubscribe(watcher)
