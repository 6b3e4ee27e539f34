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

"""Image messages to arrays: padding, byte order, planes, malformed messages."""

from array import array

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.i420 import RenderOptions
from rtc_bridge.media.image_encodings import ENCODINGS, to_i420
from rtc_bridge.ros.images import compressed_to_array, image_to_array, is_h264
from sensor_msgs.msg import CompressedImage, Image
from support.pictures import encode, picture
from support.video_messages import CompressedVideo, FFMPEGPacket


def pixels_of(encoding, width=32, height=24):
    """Return an array in the form of ``media.image_encodings`` for any encoding."""
    form = ENCODINGS[encoding]
    if form.kind != 'depth':
        return encode(picture(width, height), encoding)
    depth = np.linspace(0.4, 9, width * height).reshape(height, width)
    return (depth * 1000 if form.dtype == np.uint16 else depth).astype(form.dtype)


def message(pixels, encoding, width=32, height=24, padding=0, big=False):
    """Build a message byte by byte, as a publisher in C would."""
    pixels = pixels.astype(pixels.dtype.newbyteorder('>' if big else '<'))
    line = width * ENCODINGS[encoding].channels * pixels.itemsize
    raw = pixels.tobytes()
    rows = [raw[i:i + line] for i in range(0, len(raw), line)]
    if ENCODINGS[encoding].kind == 'nv24':
        # One chroma row has two rows of the array, and twice the padding.
        pairs = zip(rows[height::2], rows[height + 1::2])
        rows = rows[:height] + [one + other + b'\xee' * padding for one, other in pairs]
    msg = Image()
    msg.encoding, msg.width, msg.height = encoding, width, height
    msg.step, msg.is_bigendian = line + padding, int(big)
    msg.data = array('B', b''.join(row + b'\xee' * padding for row in rows))
    return msg


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', [0, 1, 8])
@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding(encoding, padding, big):
    pixels = pixels_of(encoding)
    got, name = image_to_array(message(pixels, encoding, padding=padding, big=big))
    assert name == encoding
    assert got.dtype == pixels.dtype and got.dtype.isnative
    assert np.array_equal(got, pixels)
    assert np.array_equal(to_i420(got, name, RenderOptions(16, 90)),
                          to_i420(pixels, encoding, RenderOptions(16, 90)))


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('encoding', [e for e in ENCODINGS if not e.startswith('nv')])
@pytest.mark.parametrize('size', [(31, 24), (32, 23), (1, 1)])
def test_odd_sizes(encoding, padding, size):
    pixels = pixels_of(encoding, *size)
    got, _ = image_to_array(message(pixels, encoding, *size, padding=padding))
    assert np.array_equal(got, pixels)


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('size', [(31, 24), (32, 23), (31, 23), (3, 3)])
@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
def test_odd_sizes_of_shared_chroma_are_cropped(encoding, size, padding):
    whole = pixels_of(encoding, 32, 24)
    width, height = size
    line = np.zeros(width + padding, np.uint8)
    rows = []
    # Only as much chroma as there must be: half the lines, rounded down.
    for row in [*whole[:height], *whole[24:24 + height // 2]]:
        line[:width] = row[:width]
        rows.append(line.tobytes())
    msg = Image(width=width, height=height, encoding=encoding, step=width + padding)
    msg.data = array('B', b''.join(rows))
    got, _ = image_to_array(msg)
    width, height = width & ~1, height & ~1
    assert got.shape == (height * 3 // 2, width)
    assert np.array_equal(got[:height], whole[:height, :width])
    assert np.array_equal(got[height:], whole[24:24 + height // 2, :width])
    assert to_i420(got, encoding).shape == (height * 3 // 2, width)


@pytest.mark.parametrize('padding', [0, 3])
def test_odd_sizes_of_nv24(padding):
    pixels = pixels_of('nv24', 31, 23)
    got, _ = image_to_array(message(pixels, 'nv24', 31, 23, padding=padding))
    assert np.array_equal(got, pixels)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'mono8', 'bgra8', '16UC1', 'bayer_rggb8',
                                      'yuv422', 'nv21'])
@pytest.mark.parametrize('padding', [0, 4])
def test_the_array_is_a_view(encoding, padding):
    msg = message(pixels_of(encoding), encoding, padding=padding)
    got, _ = image_to_array(msg)
    before = got.copy()
    msg.data[0] ^= 0xff
    assert not np.array_equal(got, before)


def test_messages_from_the_wire():
    pixels = pixels_of('bgr8')
    wire = serialize_message(message(pixels, 'bgr8', padding=8))
    assert np.array_equal(image_to_array(deserialize_message(wire, Image))[0], pixels)


def test_the_last_row_needs_no_padding():
    msg = message(pixels_of('bgr8'), 'bgr8', padding=16)
    msg.data = msg.data[:-16]
    assert np.array_equal(image_to_array(msg)[0], pixels_of('bgr8'))


def test_more_data_than_needed():
    for encoding in ('bgr8', 'mono8', 'nv24', 'nv21', '16UC1'):
        msg = message(pixels_of(encoding), encoding)
        msg.data = msg.data + array('B', bytes(100))
        assert np.array_equal(image_to_array(msg)[0], pixels_of(encoding))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_short_data_is_refused(encoding):
    msg = message(pixels_of(encoding), encoding)
    size = len(msg.data)
    for short in (msg.data[:-1], msg.data[:size // 2], array('B')):
        msg.data = short
        with pytest.raises(ImageError, match=f'{len(short)} bytes of data.*needs {size}'):
            image_to_array(msg)


@pytest.mark.parametrize('members, words', [
    ({'width': 0}, '0x24'), ({'height': 0}, '32x0'), ({'step': 95}, 'step is 95.*need 96'),
    ({'step': 0}, 'step is 0'), ({'encoding': 'bgr9'}, "'bgr9'"), ({'encoding': ''}, "''"),
    ({'encoding': '32SC1'}, '32SC1'), ({'width': 2 ** 32 - 1}, 'step is 96'),
    ({'height': 2 ** 32 - 1}, '4294967295'), ({'width': 33}, '33 pixels')])
def test_malformed_messages_are_refused(members, words):
    msg = message(pixels_of('bgr8'), 'bgr8')
    for name, value in members.items():
        setattr(msg, name, value)
    with pytest.raises(ImageError, match=words):
        image_to_array(msg)


def test_a_single_column_of_nv21_is_refused():
    msg = Image(width=1, height=4, encoding='nv21', step=1, data=array('B', bytes(6)))
    with pytest.raises(ImageError, match='1x4'):
        image_to_array(msg)


def test_compressed():
    data = cv2.imencode('.png', picture(32, 24))[1].tobytes()
    msg = CompressedImage(format='bgr8; png compressed bgr8', data=array('B', data))
    pixels, encoding = compressed_to_array(msg)
    assert encoding == 'bgr8'
    assert np.array_equal(pixels, picture(32, 24))
    with pytest.raises(ImageError, match=f'{len(data) // 2} bytes'):
        compressed_to_array(CompressedImage(format='png', data=array('B', data[:len(data) // 2])))
    with pytest.raises(ImageError, match='0 bytes'):
        compressed_to_array(CompressedImage(format='jpeg'))


@pytest.mark.parametrize('form', ['h264', 'H264', 'h264; yuv420p', 'h264/annexb', 'libx264',
                                  'h264_nvenc', 'h.264'])
@pytest.mark.parametrize('kind', [CompressedImage, FFMPEGPacket, CompressedVideo])
def test_h264_is_recognised(kind, form):
    data = array('B', b'\0\0\0\1')
    message = FFMPEGPacket(form, data) if kind is FFMPEGPacket else kind(format=form, data=data)
    assert is_h264(message)


@pytest.mark.parametrize('form', ['jpeg', 'hevc', 'rgb8; jpeg compressed bgr8', 'h265', 'h2645',
                                  'vp9', ''])
def test_other_formats_are_not_h264(form):
    assert not is_h264(CompressedVideo(form, array('B')))
