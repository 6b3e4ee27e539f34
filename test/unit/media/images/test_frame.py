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

"""An image that is decoded once, and divided for the tiers."""

import numpy as np
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.media.images.i420 import RenderOptions
from support.frames import texture


def test_small_images_are_divided_less():
    def shape(width, height, divisor):
        frame = Frame(lambda: (texture(width, height), 'bgr8'), 0.0, RenderOptions())
        return frame.i420(divisor).shape

    assert shape(1280, 720, 4) == (270, 320)
    assert shape(644, 482, 4) == (180, 160)
    assert shape(320, 240, 4) == (180, 160)
    assert shape(160, 120, 4) == (180, 160)


def test_a_divided_image_is_the_mean_of_its_pixels():
    picture = Frame(lambda: (texture(640, 480), 'bgr8'), 0.0, RenderOptions())
    small, large = picture.i420(2), picture.i420()
    assert picture.i420(2) is small
    expected = large[:480].reshape(240, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(small[:240] - expected).max() <= 1
