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

"""What a camera's own video is decoded to, and a decoder thread that fails."""

from functools import partial
import time

import av
import numpy as np
import pytest
from rtc_bridge.media import video_decoder
from rtc_bridge.media.images.av_frames import pixels_of
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.media.images.i420 import Planes, RenderOptions, split
from rtc_bridge.media.passthrough_stream import PassthroughStream
from rtc_bridge.media.video_decoder import VideoDecoder
from support.frames import encode_h264
from support.patience import PATIENCE


def frame(width, height, form='yuv420p'):
    """Return a decoded image with a ramp in each plane, and garbage between the rows."""
    image = av.VideoFrame(width, height, form)
    for number, plane in enumerate(image.planes):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[:] = 255
        across, down = np.arange(plane.width), np.arange(plane.height)[:, None]
        rows[:plane.height, :plane.width] = 40 + 30 * number + (across + down) % 100
    return image


def i420(image, options=RenderOptions()):
    """Return it as encoders take it."""
    return Frame(partial(pixels_of, image), 0.0, options).i420()


@pytest.mark.parametrize('size', [(64, 48), (322, 182), (639, 481), (33, 35)])
def test_decoded_planes_go_to_the_encoder_as_they_are(size):
    width, height = size
    image = frame(width, height)
    pixels, _ = pixels_of(image)
    assert isinstance(pixels, Planes)
    got = i420(image)
    assert got.shape == ((height + height % 2) * 3 // 2, width + width % 2)
    for plane, source in zip(split(got), pixels):
        assert np.array_equal(plane[:source.shape[0], :source.shape[1]], source)
        # The pixel by which an odd size grows repeats the edge.
        assert plane.max() < 255


@pytest.mark.parametrize('rotate', [90, 180, 270])
@pytest.mark.parametrize('max_width', [0, 100])
def test_decoded_images_are_rotated_and_made_smaller(rotate, max_width):
    options = RenderOptions(max_width, rotate)
    width, height = (320, 240) if rotate == 180 else (240, 320)
    if max_width:
        width, height = 100, height * 100 // width // 2 * 2
    got = i420(frame(320, 240), options)
    assert got.shape[1] == width and abs(got.shape[0] * 2 // 3 - height) <= 2
    luma, u, v = split(got)
    assert luma.mean() < u.mean() < v.mean() < 200


@pytest.mark.parametrize('form', ['yuvj420p', 'yuv422p', 'yuv444p', 'gray'])
def test_other_pixel_formats_are_converted(form):
    image = frame(64, 48, form)
    assert pixels_of(image)[1] == 'bgr8'
    assert i420(image).shape == (72, 64)


def test_full_range_becomes_limited_range():
    """As encoders declare it."""
    image = frame(64, 48)
    for plane, value in zip(image.planes, (255, 128, 128)):
        np.frombuffer(plane, np.uint8)[:] = value
    image.color_range = 2
    assert split(i420(image))[0].max() <= 236


class Shown:
    """Takes decoded images, and fails with some of them."""

    def __init__(self):
        self.count = 0
        self.failures = 0
        self.arrivals = []

    def __call__(self, load, arrival):
        if self.failures:
            self.failures -= 1
            raise ValueError('injected')
        load()
        self.arrivals.append(arrival)
        self.count += 1


def feed(decoder, shown, until, limit=2000):
    """Feed units until a condition is true, no faster than they are decoded."""
    units = encode_h264(count=30)
    end = time.monotonic() + PATIENCE
    for number in range(limit):
        while decoder._thread and len(decoder._units) > 5:
            assert time.monotonic() < end, 'nothing is decoded'
            decoder._thread.join(0.005)
        decoder.put(units[number % len(units)], 5.0 + number)
        if until():
            return
        decoder._thread and decoder._thread.join(0.005)
    raise AssertionError('the condition did not become true')


@pytest.mark.parametrize('times', [1, 50])
def test_an_image_that_cannot_be_shown_does_not_end_the_decoder(times):
    stream, shown = PassthroughStream('front', lambda: None), Shown()
    decoder = VideoDecoder(stream, shown)
    decoder.run(True)
    try:
        feed(decoder, shown, lambda: shown.count > 3)
        shown.failures, thread = times, decoder._thread
        feed(decoder, shown, lambda: stream.stats.errors == times)
        before = shown.count
        feed(decoder, shown, lambda: shown.count > before)
        assert decoder._thread is thread
        assert 'injected' in stream.stats.last_error
    finally:
        decoder.run(False)


def test_a_decoder_thread_that_fails_is_started_again(monkeypatch):
    stream, shown = PassthroughStream('front', lambda: None), Shown()
    decoder = VideoDecoder(stream, shown)
    monkeypatch.setattr(video_decoder, '_RESTART_AFTER_S', 0.0)
    monkeypatch.setattr(video_decoder, 'use_ordinary_priority', lambda: 1 / 0)
    decoder.run(True)
    thread = decoder._thread
    if thread is not None:
        thread.join(10)
    assert decoder._thread is None and stream.stats.errors == 1
    monkeypatch.undo()
    # As the camera does, several times a second.
    decoder.run(True)
    try:
        feed(decoder, shown, lambda: shown.count > 0)
    finally:
        decoder.run(False)


def test_an_image_that_waited_is_as_old_as_it_is():
    """A driver must not take it for a fresh one, which ``teleop.max_frame_age`` is about."""
    stream, shown = PassthroughStream('front', lambda: None), Shown()
    decoder = VideoDecoder(stream, shown)
    decoder.run(True)
    try:
        feed(decoder, shown, lambda: shown.count > 20)
    finally:
        decoder.run(False)
    assert shown.arrivals == [5.0 + number for number in range(len(shown.arrivals))]
