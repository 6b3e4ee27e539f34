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

"""Headers of VP8 frames."""

import av
import numpy as np
import pytest
from rtc_bridge.core.bitstreams.vp8_headers import is_keyframe, keyframe_size


def test_the_size_of_a_real_keyframe_is_read():
    encoder = av.CodecContext.create('libvpx', 'w')
    encoder.width, encoder.height, encoder.pix_fmt = 322, 242, 'yuv420p'
    encoder.options = {'deadline': 'realtime', 'lag-in-frames': '0'}
    picture = av.VideoFrame.from_ndarray(np.zeros((242, 322, 3), np.uint8), 'bgr24')
    first, second = (bytes(encoder.encode(picture.reformat(format='yuv420p'))[0])
                     for _ in range(2))
    assert is_keyframe(first) and keyframe_size(first) == (322, 242)
    assert not is_keyframe(second)


@pytest.mark.parametrize('frame', [b'', b'\x10', b'\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0',
                                   b'\x10\x02\x00\x9d\x01\x2b\x40\x01\xf0\x00'])
def test_a_broken_header_has_no_size(frame):
    assert keyframe_size(frame) is None


def test_nothing_is_no_keyframe():
    assert not is_keyframe(b'')


def test_the_bits_that_enlarge_a_picture_do_not_count():
    assert keyframe_size(b'\x10\x02\x00\x9d\x01\x2a\x40\x41\xf0\x80') == (320, 240)
