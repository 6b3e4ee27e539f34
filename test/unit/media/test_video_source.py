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

"""Cameras that send video: which viewers get it as it is, and which get it encoded anew."""

import asyncio

import av
import pytest
from rtc_bridge.core.bitstreams.h264_stream import read_access_unit, split_nals, START_CODE
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.video.video_codecs import EncoderSettings
from rtc_bridge.media import passthrough_stream
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.images.i420 import RenderOptions
from support.frames import encode_h264, i420, texture, to_avcc
from support.in_thread import in_own_thread
from support.patience import PATIENCE

pytestmark = pytest.mark.asyncio
FAST = BandwidthEstimate(10_000_000)


class Watcher:
    """A viewer of a camera that decodes what it gets."""

    def __init__(self, camera, codec):
        self.camera = camera
        self.codec = codec
        self.stream_keys = []
        self.pictures = []
        self._decoder = av.CodecContext.create(codec, 'r')
        self.subscription = camera.subscribe(codec, self._take, FAST)
        self.subscription.request_keyframe()

    def _take(self, frame):
        if not self.stream_keys and not frame.keyframe:
            return False
        self.stream_keys.append(self.subscription.stream_key)
        self.pictures += self._decoder.decode(av.Packet(bytes(frame.packet)))
        return True

    def close(self):
        self.camera.unsubscribe(self.subscription)


class Source:
    """A camera that encodes, and makes a keyframe when it is asked."""

    def __init__(self, **settings):
        self.camera = Camera('front', CameraSettings(**{'max_fps': 100.0, **settings}),
                             lambda: None)
        self.camera.source.ask_keyframe = self._ask
        self.asked = 0
        self.number = 0
        self._wanted = False
        self._encoder = Encoder(EncoderSettings('h264', 320, 240, 800_000), 800_000)

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
                    self.camera.put_video(unit)
                # As a camera does; threads have to keep up.
                await asyncio.sleep(0.02)

    def frames(self, *keys):
        return sum(stream.stats.frames for key, stream in self.camera.streams.items()
                   if key in keys or not keys and key != 'h264/source')


@in_own_thread
def encode_video(encoder, count=40, size=(320, 240), **options):
    """Return the packets of a moving texture, with keyframes now and then."""
    context = av.CodecContext.create(encoder, 'w')
    context.width, context.height, context.pix_fmt = *size, 'yuv420p'
    context.framerate, context.gop_size = 30, 10
    context.options = {name.replace('_', '-'): value for name, value in options.items()}
    packets = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(texture(*size, number), 'bgr24')
        frame.pts = number
        packets += context.encode(frame)
    return [bytes(packet) for packet in packets + context.encode(None)]


async def publish_until_error(camera, units, codec):
    """Publish units again and again, at a camera's pace, until one is found bad."""
    async with asyncio.timeout(PATIENCE):
        while not camera.source.stream.stats.errors:
            for unit in units:
                camera.put_video(unit, codec=codec)
                await asyncio.sleep(0.02)


async def publish(camera, units, watcher, codec='h264'):
    """Publish access units until a viewer has seen some pictures."""
    async with asyncio.timeout(PATIENCE):
        for unit in units:
            before = len(watcher.pictures)
            camera.put_video(unit, codec=codec)
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


async def test_h264_is_passed_on_and_nothing_is_encoded():
    source = Source()
    first = Watcher(source.camera, 'h264')
    await source.until(lambda: len(first.pictures) > 5)
    late = Watcher(source.camera, 'h264')
    await source.until(lambda: len(late.pictures) > 5)
    for watcher in (first, late):
        assert set(watcher.stream_keys) == {'h264/source'}
        shows(watcher, source)
    assert source.frames() == 0 and source.camera.source.encoded_because == ''
    assert source.camera.source.decoder.images == 0
    for watcher in (first, late):
        watcher.close()
    assert not source.camera.source.stream.watched


async def test_a_viewer_of_vp8_gets_decoded_images_encoded_and_the_decoder_ends_with_it():
    source = Source()
    h264, vp8 = Watcher(source.camera, 'h264'), Watcher(source.camera, 'vp8')
    await source.until(lambda: len(vp8.pictures) > 5 and len(h264.pictures) > 5)
    shows(vp8, source)
    assert set(vp8.stream_keys) == {'vp8'} and set(h264.stream_keys) == {'h264/source'}
    assert source.frames('h264', 'h264-main') == 0
    vp8.close()
    decoded = source.camera.source.decoder
    await source.until(lambda: decoded._thread is None)
    h264.close()


@pytest.mark.parametrize('settings, why', [
    ({'passthrough': False}, 'passthrough is false'),
    ({'render': RenderOptions(rotate=180)}, 'rotate'),
    ({'render': RenderOptions(flip='horizontal')}, 'flip'),
    ({'render': RenderOptions(value_range='auto')}, 'range'),
    ({'render': RenderOptions(max_width=160)}, 'max_width'), ({'max_fps': 5.0}, 'max_fps'),
    ({'max_bitrate': 100_000}, 'max_bitrate')])
async def test_a_limit_that_the_source_exceeds_is_kept_by_an_encoder(settings, why):
    source = Source(**settings)
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: 'h264' in watcher.stream_keys)
    assert why in source.camera.source.encoded_because
    # And back, while it runs.
    source.camera.configure(CameraSettings(max_fps=100.0))
    await source.until(lambda: watcher.stream_keys[-1] == 'h264/source')
    shows(watcher, source)
    watcher.close()


async def test_a_viewer_on_a_narrow_path_gets_a_lower_tier_and_returns():
    source = Source()
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: source.camera.source.meter.bitrate and watcher.pictures)
    watcher.subscription.set_estimate(BandwidthEstimate(60_000), False)
    await source.until(lambda: watcher.stream_keys[-1].startswith('h264/')
                       and watcher.stream_keys[-1] != 'h264/source')
    watcher.subscription.set_estimate(BandwidthEstimate(2_500_000), False)
    await source.until(lambda: watcher.stream_keys[-1] == 'h264/source')
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


async def test_b_frames_are_encoded_anew_with_the_reason():
    camera = Camera('front', CameraSettings(), lambda: None)
    watcher = Watcher(camera, 'h264')
    units = encode_h264('High', size=(320, 240), count=90, options={
        'bf': '2', 'b_strategy': '0', 'g': '15'})
    await publish(camera, units * 5, watcher)
    assert set(watcher.stream_keys) == {'h264'}
    assert 'B frames' in camera.source.encoded_because
    watcher.close()


async def test_images_may_take_the_place_of_h264():
    source = Source()
    watcher = Watcher(source.camera, 'h264')
    await source.until(lambda: watcher.pictures)
    async with asyncio.timeout(PATIENCE):
        while watcher.stream_keys[-1] != 'h264':
            source.camera.put(lambda: (texture(320, 240), 'bgr8'))
            await asyncio.sleep(0.02)
    watcher.close()


async def test_a_stream_without_keyframes_is_encoded_anew(monkeypatch):
    """As of encoders that refresh the picture column by column, with recovery points only."""
    monkeypatch.setattr(passthrough_stream, 'KEYFRAME_TIMEOUT_S', 0.3)
    units = encode_h264(size=(320, 240), count=120, options={
        'tune': 'zerolatency', 'x264-params': 'intra-refresh=1:keyint=20'})
    assert not any(read_access_unit(unit).keyframe for unit in units[1:])
    camera = Camera('front', CameraSettings(max_fps=100.0), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish(camera, units[1:], watcher)
    assert set(watcher.stream_keys) == {'h264'}
    assert 'no keyframe' in camera.source.encoded_because
    watcher.close()


HEVC = {'tune': 'zerolatency', 'preset': 'ultrafast', 'x265_params': 'log-level=none'}


@pytest.mark.parametrize('codec, encoder, options, form', [
    ('hevc', 'libx265', HEVC, None), ('hevc', 'libx265', HEVC, to_avcc),
    ('vp8', 'libvpx', {'deadline': 'realtime', 'lag_in_frames': '0'}, None),
    ('vp9', 'libvpx-vp9', {'deadline': 'realtime', 'lag_in_frames': '0'}, None),
    ('av1', 'libsvtav1', {'preset': '12', 'svtav1_params': 'lookahead=0:pred-struct=1'}, None)])
async def test_other_codecs_are_decoded_and_encoded_anew(codec, encoder, options, form):
    units = encode_video(encoder, **options)
    if form is not None:
        units = [form(unit) for unit in units]
    camera = Camera('front', CameraSettings(max_fps=100.0), lambda: None)
    watcher = Watcher(camera, 'h264')
    # The first units come before anybody can decode them.
    await publish(camera, [units[3], units[4], *units * 5], watcher, codec)
    assert set(watcher.stream_keys) == {'h264'}
    assert 'only H.264' in camera.source.encoded_because
    luma = watcher.pictures[-1].to_ndarray(format='yuv420p')[:240]
    assert min(abs(i420(texture(320, 240, n))[:240].astype(float) - luma).mean()
               for n in range(40)) < 8
    watcher.close()


async def test_a_codec_without_a_decoder_is_named():
    camera = Camera('front', CameraSettings(), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish_until_error(camera, [b'unit'], 'daala')
    assert 'format daala cannot be decoded' in camera.source.stream.stats.last_error
    watcher.close()


async def test_other_codecs_without_a_keyframe_are_named(monkeypatch):
    monkeypatch.setattr(passthrough_stream, 'KEYFRAME_TIMEOUT_S', 0.3)
    units = encode_video('libx265', count=5, **HEVC)[1:]
    camera = Camera('front', CameraSettings(max_fps=100.0), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish_until_error(camera, units, 'hevc')
    assert camera.reason().code == 'no-keyframes' and 'H.265' in camera.reason().text
    assert not watcher.pictures
    watcher.close()


async def test_h265_with_b_frames_is_decoded():
    units = encode_video('libx265', preset='ultrafast', x265_params='log-level=none:bframes=3')
    camera = Camera('front', CameraSettings(max_fps=100.0), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish(camera, units * 5, watcher, 'hevc')
    watcher.close()


async def test_h265_without_parameter_sets_is_named():
    units = [b''.join(START_CODE + nal for nal in split_nals(unit) if nal[0] >> 1 < 32)
             for unit in encode_video('libx265', **HEVC)]
    camera = Camera('front', CameraSettings(), lambda: None)
    watcher = Watcher(camera, 'h264')
    await publish_until_error(camera, units, 'hevc')
    assert 'without parameter sets' in camera.source.stream.stats.last_error
    assert not watcher.pictures
    watcher.close()
