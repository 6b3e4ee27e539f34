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

"""Cameras that give H.264: who gets it as it is, and who gets pictures of another encoder."""

import asyncio

import av
import pytest
from rtc_bridge.core.video.h264 import read_unit
from rtc_bridge.core.video.tiers import Path
from rtc_bridge.media import passthrough
from rtc_bridge.media.camera import Camera, CameraSettings
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.frame import Shape
from support.patience import PATIENCE
from test_h264 import encode
from test_stream import i420, texture

pytestmark = pytest.mark.asyncio
FAST = Path(10_000_000, ramping=False)


class Watcher:
    """A viewer of a camera, who decodes."""

    def __init__(self, camera, codec, path=FAST):
        self.camera = camera
        self.codec = codec
        self.labels = []
        self.pictures = []
        self._decoder = av.CodecContext.create(codec, 'r')
        self.subscription = camera.subscribe(
            codec, self._take, Path(path.bitrate, path.quiet, path.ramping))
        self.subscription.request_keyframe()

    def _take(self, packet, keyframe):
        if not self.labels and not keyframe:
            return False
        self.labels.append(self.subscription.label)
        self.pictures += self._decoder.decode(av.Packet(bytes(packet)))
        return True

    def close(self):
        self.camera.unsubscribe(self.subscription)


class Source:
    """A camera that encodes, and makes a keyframe when it is asked."""

    def __init__(self, **settings):
        self.camera = Camera('front', CameraSettings(**{'max_fps': 100.0, **settings}),
                             lambda: None)
        self.camera.ask_keyframe = self._ask
        self.asked = 0
        self.number = 0
        self._wanted = False
        self._encoder = Encoder('h264', 320, 240, bitrate=800_000, max_bitrate=800_000)

    def _ask(self):
        self.asked += 1
        self._wanted = True

    def unit(self):
        packet = self._encoder.encode(i420(texture(320, 240, self.number)), self.number * 3000,
                                      self._wanted)
        self._wanted = False
        self.number += 1
        return bytes(packet)

    async def until(self, condition, lost=()):
        """Publish until a condition is true, but for some units."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                unit = self.unit()
                if self.number not in lost:
                    self.camera.put_h264(unit)
                # As a camera does; threads have to keep up.
                await asyncio.sleep(0.02)

    def frames(self, *labels):
        return sum(stream.stats.frames for label, stream in self.camera.streams.items()
                   if label in labels or not labels and label != 'h264/source')


async def publish(camera, units, watcher):
    """Publish access units until a viewer has seen some pictures."""
    async with asyncio.timeout(PATIENCE):
        for unit in units:
            before = len(watcher.pictures)
            camera.put_h264(unit)
            # There are only so many: a busy host gets the time to show each.
            for _ in range(5):
                await asyncio.sleep(0.02)
                if len(watcher.pictures) > before:
                    break
            if len(watcher.pictures) > 5:
                return
    pytest.fail(f'only {len(watcher.pictures)} pictures of {len(units)} units')


def shows(watcher, source, size=(320, 240)):
    """Check that what a viewer sees last is the moving texture, not grey or garbage."""
    luma = watcher.pictures[-1].to_ndarray(format='yuv420p')[:size[1]]
    assert luma.shape == (size[1], size[0])
    errors = [abs(i420(texture(320, 240, n))[:240].astype(float) - luma).mean()
              for n in range(source.number)]
    assert min(errors) < 6


async def test_viewers_get_it_as_it_is_and_nothing_is_encoded():
    source = Source()
    first = Watcher(source.camera, 'h264')
    await source.until(lambda: len(first.pictures) > 5)
    late = Watcher(source.camera, 'h264')
    await source.until(lambda: len(late.pictures) > 5)
    for watcher in (first, late):
        assert set(watcher.labels) == {'h264/source'}
        shows(watcher, source)
    assert source.frames() == 0 and source.camera.encoded_because == ''
    assert source.camera._decoder.pictures == 0
    for watcher in (first, late):
        watcher.close()
    assert not source.camera.source.watched


async def test_a_viewer_of_vp8_gets_it_encoded_anew_and_ends_the_decoder_with_it():
    source = Source()
    h264, vp8 = Watcher(source.camera, 'h264'), Watcher(source.camera, 'vp8')
    await source.until(lambda: len(vp8.pictures) > 5 and len(h264.pictures) > 5)
    shows(vp8, source)
    assert set(vp8.labels) == {'vp8'} and set(h264.labels) == {'h264/source'}
    assert source.frames('h264', 'h264-main') == 0
    vp8.close()
    decoded = source.camera._decoder
    await source.until(lambda: decoded._thread is None)
    h264.close()


@pytest.mark.parametrize('settings, why', [
    ({'passthrough': False}, 'passthrough is false'), ({'shape': Shape(rotate=180)}, 'rotate'),
    ({'shape': Shape(max_width=160)}, 'max_width'), ({'max_fps': 5.0}, 'max_fps'),
    ({'max_bitrate': 100_000}, 'max_bitrate')])
async def test_limits_are_kept_by_encoding_anew(settings, why):
    source = Source(**settings)
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: 'h264' in watcher.labels)
    assert why in source.camera.encoded_because
    # And back, while it runs.
    source.camera.configure(CameraSettings(max_fps=100.0))
    await source.until(lambda: watcher.labels[-1] == 'h264/source')
    shows(watcher, source)
    watcher.close()


async def test_who_has_too_little_for_it_gets_a_smaller_one_and_comes_back():
    source = Source()
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: source.camera._meter.bitrate and watcher.pictures)
    watcher.subscription.set_path(Path(60_000, ramping=False))
    await source.until(lambda: watcher.labels[-1].startswith('h264/')
                       and watcher.labels[-1] != 'h264/source')
    watcher.subscription.set_path(Path(2_500_000, ramping=False))
    await source.until(lambda: watcher.labels[-1] == 'h264/source')
    watcher.close()


async def test_after_a_lost_message_a_keyframe_is_asked_for():
    source = Source()
    h264, vp8 = Watcher(source.camera, 'h264'), Watcher(source.camera, 'vp8')
    await source.until(lambda: h264.pictures and vp8.pictures)
    asked, number = source.asked, source.number
    await source.until(lambda: source.asked > asked, lost=(number + 3,))
    shown = len(h264.pictures), len(vp8.pictures)
    await source.until(lambda: len(h264.pictures) > shown[0] + 3
                       and len(vp8.pictures) > shown[1] + 3)
    shows(h264, source)
    shows(vp8, source)
    h264.close()
    vp8.close()


async def test_b_frames_are_encoded_anew_and_the_reason_is_told():
    camera = Camera('front', CameraSettings(), lambda: None)
    watcher = Watcher(camera, 'h264')
    units = encode('High', size=(320, 240), count=90, options={'bf': '2', 'b_strategy': '0',
                                                               'g': '15'})
    await publish(camera, units * 5, watcher)
    assert set(watcher.labels) == {'h264'}
    assert 'B frames' in camera.encoded_because
    watcher.close()


async def test_pictures_may_take_the_place_of_h264():
    source = Source()
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: watcher.pictures)
    async with asyncio.timeout(PATIENCE):
        while watcher.labels[-1] != 'h264':
            source.camera.put(lambda: (texture(320, 240), 'bgr8'))
            await asyncio.sleep(0.02)
    watcher.close()


async def test_a_stream_without_keyframes_is_encoded_anew(monkeypatch):
    """As of encoders that refresh the picture column by column, with recovery points only."""
    monkeypatch.setattr(passthrough, 'KEYFRAME_TIMEOUT_S', 0.3)
    units = encode(size=(320, 240), count=120, options={
        'tune': 'zerolatency', 'x264-params': 'intra-refresh=1:keyint=20'})
    assert not any(read_unit(unit).keyframe for unit in units[1:])
    camera = Camera('front', CameraSettings(max_fps=100.0), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish(camera, units[1:], watcher)
    assert set(watcher.labels) == {'h264'}
    assert 'no keyframe' in camera.encoded_because
    watcher.close()
