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

"""Messages of any image topic: what they hold is read from format and data."""

from array import array
import logging

import cv2
import numpy as np
import pytest
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.ros.cameras.image_messages import ImageMessages
from sensor_msgs.msg import CompressedImage, Image
from support.frames import encode_h264
from support.pictures import encode, picture
from support.video_messages import CompressedVideo, FFMPEGPacket, FoxgloveImage, RawImage

JPEG = cv2.imencode('.jpg', picture(32, 24))[1].tobytes()
ANNEX_B = b'\0\0\0\1\x67\x42\0\x1f' + bytes(40)
HEVC = b'\0\0\0\1\x40\1\x0c\1' + bytes(40)


class SeenCamera:
    """Keeps what comes."""

    name = 'front'

    def __init__(self, encoding=''):
        self.settings = CameraSettings(encoding=encoding)
        self.images = []
        self.units = []

    def put(self, load, age=None):
        self.images.append(load)

    def put_video(self, data, age=None, codec='h264'):
        self.units.append((codec, data))


def take(message, encoding='', **options):
    """Return the camera after it took a message."""
    camera, asked = SeenCamera(encoding), []
    ImageMessages(camera, asked.append).take(message, '/front/image', 0.1, **options)
    assert asked == ['/front/image'] * len(camera.units)
    return camera


def in_any_message(form, data):
    """Yield the message in all its types, and whether its type is for packets only."""
    data = array('B', data)
    yield CompressedImage(format=form, data=data), False
    yield FoxgloveImage(form, data), False
    yield Image(encoding=form, data=data), False
    yield CompressedVideo(form, data), True
    yield FFMPEGPacket(form, data), True


@pytest.mark.parametrize('form, codec', [
    ('h264', 'h264'), ('H264', 'h264'), ('h264; yuv420p', 'h264'), ('h264/annexb', 'h264'),
    ('libx264', 'h264'), ('h264_nvenc', 'h264'), ('h264_v4l2m2m', 'h264'), ('h.264', 'h264'),
    ('avc', 'h264'), ('avc1', 'h264'), ('avc1.42E01E', 'h264'), ('video/h264', 'h264'),
    ('video/avc', 'h264'), ('hevc', 'hevc'), ('h265', 'hevc'), ('H.265', 'hevc'),
    ('hvc1', 'hevc'), ('hev1.1.6.L93.B0', 'hevc'), ('libx265', 'hevc'), ('hevc_vaapi', 'hevc'),
    ('hevc;yuv420p;bgr8;bgr8', 'hevc'), ('av1', 'av1'), ('AV01', 'av1'), ('libsvtav1', 'av1'),
    ('libaom-av1', 'av1'), ('av01.0.08M.08', 'av1'), ('vp8', 'vp8'), ('libvpx', 'vp8'),
    ('vp9', 'vp9'), ('libvpx-vp9', 'vp9'), ('vp09.00.10.08', 'vp9'), ('video/VP9', 'vp9')])
def test_video_is_known_by_its_format(form, codec):
    for message, packets in in_any_message(form, b'any data'):
        assert take(message, packets=packets).units == [(codec, b'any data')]


@pytest.mark.parametrize('form', ['', 'unknown', 'jpeg'])
@pytest.mark.parametrize('data, codec', [(ANNEX_B, 'h264'), (HEVC, 'hevc'),
                                         (encode_h264(count=1)[0], 'h264')])
def test_video_is_known_by_its_data(form, data, codec):
    for message, packets in in_any_message(form, data):
        assert take(message, packets=packets).units == [(codec, data)]


@pytest.mark.parametrize('form', ['', 'jpeg', 'jpg', 'MJPEG', 'image/jpeg', 'h264', 'png', 'x',
                                  'rgb8; jpeg compressed bgr8'])
def test_a_still_image_is_known_by_its_data(form):
    for message, packets in in_any_message(form, JPEG):
        camera = take(message, packets=packets, unknown_is_h264=True)
        pixels, encoding = camera.images[0]()
        assert encoding == 'bgr8' and pixels.shape == (24, 32, 3) and not camera.units


@pytest.mark.parametrize('form', ['h2645', 'yuyv', 'jpeg', 'theora', ''])
def test_other_formats_are_no_video(form):
    for message, packets in in_any_message(form, b'any data'):
        if not packets:
            assert not take(message).units
    assert take(CompressedImage(format=form, data=b'any data'),
                unknown_is_h264=True).units == [('h264', b'any data')]


def test_packets_of_a_codec_that_is_not_known_go_to_the_decoder():
    assert take(FFMPEGPacket('mpeg4;yuv420p', array('B', b'unit')),
                packets=True).units == [('mpeg4', b'unit')]


@pytest.mark.parametrize('make', [
    lambda *size, data: Image(encoding='bgr8', width=size[0], height=size[1], step=size[0] * 3,
                              data=data),
    lambda *size, data: RawImage('bgr8', *size, size[0] * 3, data)])
def test_pixels(make):
    camera = take(make(32, 24, data=array('B', picture(32, 24).tobytes())))
    pixels, encoding = camera.images[0]()
    assert encoding == 'bgr8' and np.array_equal(pixels, picture(32, 24))


def test_the_parameter_says_what_it_is():
    assert take(CompressedImage(format='x', data=b'unit'), 'h264').units == [('h264', b'unit')]
    assert take(Image(encoding='8UC1', data=b'unit'), 'hevc').units == [('hevc', b'unit')]
    data = array('B', encode(picture(32, 24), 'yuyv').tobytes())
    camera = take(Image(encoding='yuv422', width=32, height=24, step=64, data=data), 'yuyv')
    assert camera.images[0]()[1] == 'yuyv'
    depth = cv2.imencode('.png', encode(picture(32, 24), 'mono16'))[1].tobytes()
    camera = take(CompressedImage(format='png', data=depth), 'mono16')
    assert camera.images[0]()[1] == 'mono16'


def test_a_compressed_sibling_may_be_something_else(caplog):
    caplog.set_level(logging.WARNING)
    camera = take(CompressedImage(format='jpeg', data=JPEG), 'yuyv')
    assert camera.images[0]()[1] == 'bgr8'
    assert take(CompressedImage(format='avc1', data=b'unit'), 'yuyv').units == [('h264', b'unit')]
    line, = [record.getMessage() for record in caplog.records]
    assert 'yuyv, does not fit a still image of bgr8' in line
    assert take(CompressedImage(format='jpeg', data=JPEG), 'jpeg').images[0]()[1] == 'bgr8'
    assert len(caplog.records) == 1


def test_what_is_put_right_is_logged_once(caplog):
    caplog.set_level(logging.WARNING)
    camera = SeenCamera()
    messages = ImageMessages(camera, lambda topic: None)
    for step in (0, 0, 32, 0):
        messages.take(Image(encoding='bgr8', width=32, height=24, step=step,
                            data=picture(32, 24).tobytes()), '/front/image', None)
    for load in camera.images:
        assert np.array_equal(load()[0], picture(32, 24))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2 and all('/front/image: step is' in line for line in lines)
    for step in range(1, 60):
        messages.take(Image(encoding='bgr8', width=32, height=24, step=step,
                            data=picture(32, 24).tobytes()), '/front/image', None)
        camera.images[-1]()
    assert len(caplog.records) == 8
