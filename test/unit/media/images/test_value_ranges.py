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

"""Numbers that are shown as black and as white: given, or those of the images."""

import numpy as np
import pytest
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.media.images.i420 import RenderOptions, split
from rtc_bridge.media.images.image_encodings import ENCODINGS, to_i420
from rtc_bridge.media.images.value_ranges import measure, RangeMeter, stretch
from support.pictures import encode, picture, planar_bytes

RANDOM = np.random.default_rng(3)


def luma(pixels, encoding, options=RenderOptions(), meter=None, now=0.0):
    """Return the luma of an image of even size."""
    return split(to_i420(pixels, encoding, options, meter, now))[0]


def thermal(low=7600, high=8100, shape=(48, 64)):
    """Return a ramp of temperatures."""
    return np.linspace(low, high, shape[0] * shape[1]).reshape(shape).astype(np.uint16)


@pytest.mark.parametrize('pixels, encoding, given', [
    (thermal(), 'mono16', ''), (thermal(), 'mono16', 'auto'), (thermal(500, 4000), 'mono16', ''),
    (thermal(), '16UC1', 'auto'), (thermal(0, 4095), 'mono12', ''),
    (thermal(0, 7), 'mono16', 'auto'), (thermal(0, 7).astype(np.uint8), 'mono8', 'auto'),
    (thermal(0, 7).astype(np.uint8), '8UC1', (0.0, 7.0)), (thermal(), 'mono16', (7600.0, 8100.0)),
    (thermal(0, 7).astype(np.int32), '32SC1', ''), (thermal(0, 7).astype(np.int16), '16SC1', ''),
    (thermal(20, 40).astype(np.float32), '32FC1', 'auto'),
    (thermal(20, 40).astype(np.float64), '64FC1', (20.0, 40.0)),
    (thermal(1000, 1200), 'bayer_rggb16', 'auto'), (thermal(1000, 1500), 'bayer_rggb12', 'auto')])
def test_numbers_get_all_of_the_brightness(pixels, encoding, given):
    seen = luma(pixels, encoding, RenderOptions(value_range=given), RangeMeter())
    assert seen.min() <= 22 and seen.max() >= 229
    if not encoding.startswith('bayer'):
        # More is brighter.
        rows = seen.mean(axis=1)
        assert (np.diff(rows) >= 0).all()


@pytest.mark.parametrize('encoding', ['yuyv', 'uyvy', 'i420', 'nv12', 'rgb565', 'rgb8'])
def test_a_range_of_colours_is_that_of_their_brightness(encoding):
    dim = (picture(64, 48) // 8 + 60).astype(np.uint8)
    form = ENCODINGS[encoding]
    pixels = form.array(encoding, planar_bytes(dim, encoding), 64, 48, 64, False) if (
        encoding in ('i420', 'nv12')) else encode(dim, encoding)
    before = np.ptp(luma(pixels, encoding))
    for given in ('auto', (60.0, 90.0)):
        seen = luma(pixels, encoding, RenderOptions(value_range=given), RangeMeter())
        assert np.ptp(seen) > 2 * before


def test_what_has_a_range_of_its_own_keeps_it():
    dark = (thermal(0, 40)).astype(np.uint8)
    assert luma(dark, 'mono8', meter=RangeMeter()).max() < 60
    depth = thermal(500, 4000)
    assert np.array_equal(to_i420(depth, '16UC1', ranges=RangeMeter()), to_i420(depth, '16UC1'))
    assert (luma(thermal(), 'mono16') < 45).all()


@pytest.mark.parametrize('number, low, high', [(3000, 120, 200), (51400, 180, 200), (0, 16, 16),
                                               (5, 16, 30)])
def test_an_image_of_one_number(number, low, high):
    seen = luma(np.full((48, 64), number, np.uint16), 'mono16', meter=RangeMeter())
    assert low <= seen.min() == seen.max() <= high
    assert luma(np.full((48, 64), -3, np.int32), '32SC1', meter=RangeMeter()).max() in range(
        120, 132)


def test_pixels_without_a_number_are_black_and_do_not_count():
    metres = thermal(20, 40).astype(np.float32)
    metres[:4] = np.nan
    metres[4:6] = np.inf
    seen = luma(metres, '32FC1', RenderOptions(value_range='auto'), RangeMeter())
    assert (seen[:6] == 16).all() and seen[7].max() < 60 and seen[-1].max() >= 229
    nothing = np.full((48, 64), np.nan, np.float32)
    assert luma(nothing, '32FC1', RenderOptions(value_range='auto'), RangeMeter()).max() < 60
    # Drivers say by the largest number that they have none.
    depth = thermal(500, 4000)
    depth[:10] = 65535
    assert measure(depth)[1] <= 4000


def test_a_few_hot_pixels_do_not_count_and_a_small_label_does():
    hot = thermal()
    hot[5, 5] = 60000
    assert measure(hot)[1] <= 8100
    labels = np.zeros((480, 640), np.uint8)
    labels[100:104, 100:104] = 3
    assert measure(labels) == (0, 3)


@pytest.mark.parametrize('pixels, encoding, options, flat', [
    (thermal(0, 7).astype(np.uint8), 'mono8', {}, ((1, 7), (16, 255), '')),
    (thermal(0, 7).astype(np.uint8), '8UC1', {}, ((1, 7), (16, 255), '')),
    (thermal(0, 7).astype(np.uint8), 'mono8', {'value_range': 'auto'}, None),
    (thermal(0, 200).astype(np.uint8), 'mono8', {}, None),
    (thermal(0, 0).astype(np.uint8), 'mono8', {}, None),
    (thermal(500, 9000).astype(np.float32), '32FC1', {}, ((500, 9000), (0.3, 10), 'm')),
    (thermal(20000, 60000), '16UC1', {}, ((20000, 60000), (300, 10000), 'mm')),
    (thermal(20000, 60000), '16UC1', {'depth_range': (1.0, 30.0)}, None),
    (thermal(1, 9), '16UC1', {}, ((1, 9), (300, 10000), 'mm')),
    (thermal(0, 9000), '16UC1', {}, None),
    # Nothing is measured.
    (thermal(0, 0), '16UC1', {}, (None, (300, 10000), 'mm')),
    (np.full((48, 64), np.nan, np.float32), '32FC1', {}, (None, (0.3, 10), 'm')),
    (np.zeros((48, 64), np.uint8), 'mono8', {}, None),
    (np.zeros((48, 64, 3), np.uint8) + np.uint8(3), 'bgr8', {}, None)])
def test_images_that_look_the_same_all_over_are_told(pixels, encoding, options, flat):
    meter, told = RangeMeter(), []
    meter.on_flat = told.append
    for now in (0.0, 0.4, 1.2):
        to_i420(pixels, encoding, RenderOptions(**options), meter, now)
    assert told == [flat, flat]


def test_noise_of_a_wall_stays_noise():
    wall = RANDOM.integers(7800, 7806, (48, 64)).astype(np.uint16)
    low, high = measure(wall)
    assert high - low == 32 and low < 7800 < 7806 < high


@pytest.mark.parametrize('dtype', ['uint8', 'int8', 'uint16', 'int16', 'int32', 'uint32',
                                   'float32', 'float64'])
def test_stretching_is_exact_at_its_ends(dtype):
    numbers = np.array([[0, 10, 34, 60, 100]]).astype(dtype)
    assert stretch(numbers, 10, 60).tolist() == [[0, 0, 122, 255, 255]]


def test_the_brightness_is_steady():
    """What comes into the picture changes what was there a little from image to image."""
    meter, before, steps = RangeMeter(), None, []
    for number in range(60):
        image = thermal(7600, 8100)
        if number >= 20:
            image[:6] = 9000
        seen = luma(image, 'mono16', meter=meter, now=number / 10)[20:].mean()
        if before is not None:
            steps.append(abs(seen - before))
        before = seen
    assert max(steps[:19]) == 0 and max(steps) < 12
    # And it gets there.
    assert seen < 80


def test_another_scene_is_shown_at_once():
    meter = RangeMeter()
    luma(thermal(), 'mono16', meter=meter)
    seen = luma(thermal(30000, 30500), 'mono16', meter=meter, now=0.1)
    assert seen.min() <= 22 and seen.max() >= 229
    # Another encoding, too.
    seen = luma(thermal(0, 7), 'mono12', meter=meter, now=0.2)
    assert seen.max() >= 229


def test_frames_of_one_camera_share_their_range():
    meter = RangeMeter()
    frames = [Frame(lambda high=high: (thermal(7600, high), 'mono16'), number / 10,
                    RenderOptions(), meter) for number, high in enumerate((8100, 8110))]
    first, second = (split(frame.i420())[0] for frame in frames)
    assert abs(first.astype(int) - second).max() <= 6
