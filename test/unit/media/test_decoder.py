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

"""What a camera's own H.264 is decoded to, and a decoder thread that fails."""

from functools import partial

import av
import numpy as np
import pytest
from rtc_bridge.media import decoder
from rtc_bridge.media.decoder import Decoder
from rtc_bridge.media.frame import Picture, Shape
from rtc_bridge.media.passthrough import PassthroughStream
from rtc_bridge.media.pixels import Planes, planes
from test_h264 import encode


def frame(width, height, form='yuv420p'):
    """Return a decoded picture with a ramp in each plane, and rubbish between the rows."""
    made = av.VideoFrame(width, height, form)
    for number, plane in enumerate(made.planes):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[:] = 255
        across, down = np.arange(plane.width), np.arange(plane.height)[:, None]
        rows[:plane.height, :plane.width] = 40 + 30 * number + (across + down) % 100
    return made


def i420(made, shape=Shape()):
    """Return it as encoders take it."""
    return Picture(partial(decoder._pixels, made), 0.0, shape).i420()


@pytest.mark.parametrize('size', [(64, 48), (322, 182), (639, 481), (33, 35)])
def test_decoded_planes_go_to_the_encoder_as_they_are(size):
    width, height = size
    made = frame(width, height)
    pixels, _ = decoder._pixels(made)
    assert isinstance(pixels, Planes)
    got = i420(made)
    assert got.shape == ((height + height % 2) * 3 // 2, width + width % 2)
    for plane, source in zip(planes(got), pixels):
        assert np.array_equal(plane[:source.shape[0], :source.shape[1]], source)
        # The pixel by which an odd size grows repeats the edge.
        assert plane.max() < 255


@pytest.mark.parametrize('rotate', [90, 180, 270])
@pytest.mark.parametrize('max_width', [0, 100])
def test_decoded_pictures_are_turned_and_made_smaller(rotate, max_width):
    shape = Shape(max_width, rotate)
    width, height = (320, 240) if rotate == 180 else (240, 320)
    if max_width:
        width, height = 100, height * 100 // width // 2 * 2
    got = i420(frame(320, 240), shape)
    assert got.shape[1] == width and abs(got.shape[0] * 2 // 3 - height) <= 2
    luma, u, v = planes(got)
    assert luma.mean() < u.mean() < v.mean() < 200


@pytest.mark.parametrize('form', ['yuvj420p', 'yuv422p', 'yuv444p', 'gray'])
def test_other_forms_are_converted(form):
    made = frame(64, 48, form)
    assert decoder._pixels(made)[1] == 'bgr8'
    assert i420(made).shape == (72, 64)


def test_full_range_is_made_limited():
    """Encoders say that their pictures have the limited range."""
    made = frame(64, 48)
    for plane, value in zip(made.planes, (255, 128, 128)):
        np.frombuffer(plane, np.uint8)[:] = value
    made.color_range = 2
    assert planes(i420(made))[0].max() <= 236


class Shown:
    """Takes decoded pictures; some of them it cannot bear."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def __call__(self, load):
        if self.failures:
            self.failures -= 1
            raise ValueError('injected')
        load()
        self.count += 1


def feed(made, shown, until, limit=2000):
    """Feed units until a condition is true."""
    units = encode(count=30)
    for number in range(limit):
        made.put(units[number % len(units)])
        if until():
            return
        made._thread and made._thread.join(0.005)
    raise AssertionError('it did not come')


@pytest.mark.parametrize('times', [1, 50])
def test_a_picture_that_cannot_be_shown_does_not_end_the_decoder(times):
    stream, shown = PassthroughStream('front', lambda: None), Shown()
    made = Decoder(stream, shown)
    made.run(True)
    try:
        feed(made, shown, lambda: shown.count > 3)
        shown.failures, thread = times, made._thread
        feed(made, shown, lambda: stream.stats.errors == times)
        before = shown.count
        feed(made, shown, lambda: shown.count > before)
        assert made._thread is thread
        assert 'injected' in stream.stats.last_error
    finally:
        made.run(False)


def test_a_decoder_thread_that_fails_is_started_again(monkeypatch):
    stream, shown = PassthroughStream('front', lambda: None), Shown()
    made = Decoder(stream, shown)
    monkeypatch.setattr(decoder, '_RESTART_AFTER_S', 0.0)
    monkeypatch.setattr(decoder, 'be_ordinary', lambda: 1 / 0)
    made.run(True)
    thread = made._thread
    if thread is not None:
        thread.join(10)
    assert made._thread is None and stream.stats.errors == 1
    monkeypatch.undo()
    # As the camera does, several times a second.
    made.run(True)
    try:
        feed(made, shown, lambda: shown.count > 0)
    finally:
        made.run(False)
