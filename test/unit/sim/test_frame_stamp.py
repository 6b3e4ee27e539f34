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

"""Stamps drawn into pictures survive a real encoder."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.video.video_codecs import CODECS, EncoderSettings
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.sim import frame_stamp
from support.pictures import picture

VALUES = [0, 1, 2 ** 48 - 1, 0xaaaaaaaaaaaa, 0x123456789abc, 1_760_000_000_123_456 % 2 ** 48]


@pytest.mark.parametrize('value', VALUES)
def test_what_is_drawn_is_read(value):
    bgr = picture(640, 480)
    frame_stamp.draw(bgr, value)
    assert frame_stamp.read(bgr) == value
    assert frame_stamp.read(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)) == value
    assert np.array_equal(bgr[32:], picture(640, 480)[32:])
    assert np.array_equal(bgr[:, 448:], picture(640, 480)[:, 448:])


def test_layout_as_documented():
    bgr = picture(448, 32)
    value = 0x800001c00002
    frame_stamp.draw(bgr, value)
    bits = ''.join(str(int(bgr[8 + 16 * row, 8 + 16 * column, 0] == 255))
                   for row in range(2) for column in range(28))
    checksum = (0x80 + 0x00 + 0x01 + 0xc0 + 0x00 + 0x02 + 0xa5) % 256
    assert bits == f'{0x800001:024b}{checksum >> 4:04b}{0xc00002:024b}{checksum & 15:04b}'


@pytest.mark.parametrize('size', [(320, 240), (960, 720), (500, 374)])
def test_scaled_pictures(size):
    bgr = picture(640, 480)
    frame_stamp.draw(bgr, VALUES[4])
    scaled = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    assert frame_stamp.read(scaled, width=640) == VALUES[4]


def test_pictures_without_a_stamp():
    for plain in (picture(640, 480), np.zeros((480, 640, 3), np.uint8),
                  np.full((480, 640), 255, np.uint8), np.zeros((16, 640), np.uint8)):
        assert frame_stamp.read(plain) is None


def test_a_wrong_block_is_noticed():
    bgr = picture(640, 480)
    frame_stamp.draw(bgr, VALUES[4])
    for row in range(2):
        for column in range(28):
            damaged = bgr.copy()
            block = damaged[row * 16:row * 16 + 16, column * 16:column * 16 + 16]
            block[:] = 255 - block
            assert frame_stamp.read(damaged) is None


def test_what_does_not_fit_is_refused():
    with pytest.raises(ImageError, match='447x32'):
        frame_stamp.draw(np.zeros((32, 447, 3), np.uint8), 1)
    for value in (-1, 2 ** 48):
        with pytest.raises(ValueError, match=str(value)):
            frame_stamp.draw(picture(640, 480), value)


def test_now_is_the_wall_clock():
    first, second = frame_stamp.now(), frame_stamp.now()
    assert 0 <= second - first < 10_000_000 and first < 2 ** 48


@pytest.mark.parametrize('size', [(640, 480), (1280, 720)])
def test_h264_at_a_low_rate(size):
    encoder = av.CodecContext.create('libx264', 'w')
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.bit_rate = 'yuv420p', 500_000
    encoder.time_base, encoder.framerate = Fraction(1, 30), 30
    encoder.options = {'preset': 'ultrafast', 'tune': 'zerolatency'}
    decoder = av.CodecContext.create('h264', 'r')
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    sent, seen = [], []
    packets = []
    for index in range(20):
        # Coarse noise that moves leaves the encoder few bits for the stamp.
        bgr = np.roll(cv2.resize(noise, size), (index * 5, index * 11), (0, 1)).copy()
        sent.append((1_760_000_000_000_000 + index * 33_333) % 2 ** 48)
        frame_stamp.draw(bgr, sent[-1])
        frame = av.VideoFrame.from_ndarray(bgr, 'bgr24').reformat(format='yuv420p')
        frame.pts = index
        packets += encoder.encode(frame)
    for packet in [*packets, *encoder.encode(None), None]:
        seen += [frame_stamp.read(f.to_ndarray(format='bgr24')) for f in decoder.decode(packet)]
    assert seen == sent


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('size', [(640, 480), (1280, 720)])
def test_the_smallest_tier_at_the_lowest_rate(codec, size):
    width, height = size[0] // 4, size[1] // 4
    encoder = Encoder(EncoderSettings(codec, width, height, 300_000, 15), 50_000)
    decoder = av.CodecContext.create(codec, 'r')
    sent, seen = [], []
    for index in range(30):
        bgr = np.roll(picture(*size), index * 8, 1)
        sent.append((1_760_000_000_000_000 + index * 66_667) % 2 ** 48)
        frame_stamp.draw(bgr, sent[-1])
        small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
        packet = encoder.encode(cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420), index * 6000, False)
        if packet is None:
            sent.pop()
            continue
        seen += [frame_stamp.read(f.to_ndarray(format='bgr24'), size[0])
                 for f in decoder.decode(av.Packet(bytes(packet)))]
    assert len(seen) > 20 and seen == sent
