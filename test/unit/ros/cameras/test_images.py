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
from rtc_bridge.media.images.i420 import RenderOptions
from rtc_bridge.media.images.image_encoding_base import PixelEncoding
from rtc_bridge.media.images.image_encodings import ENCODINGS, to_i420
from rtc_bridge.ros.cameras.images import compressed_to_array, image_to_array
from sensor_msgs.msg import CompressedImage, Image
from support.pictures import encode, picture, planar_bytes

ARRAYS = [name for name, form in ENCODINGS.items() if isinstance(form, PixelEncoding)]
PLANAR = [name for name in ENCODINGS if name not in ARRAYS]


def pixels_of(encoding, width=32, height=24):
    """Return an array in the form of ``media.images.image_encodings`` for any encoding."""
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
    msg = Image()
    msg.encoding, msg.width, msg.height = encoding, width, height
    msg.step, msg.is_bigendian = line + padding, int(big)
    msg.data = array('B', b''.join(row + b'\xee' * padding for row in rows))
    return msg


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', [0, 1, 8])
@pytest.mark.parametrize('encoding', ARRAYS)
def test_every_encoding(encoding, padding, big):
    pixels = pixels_of(encoding)
    got, name = image_to_array(message(pixels, encoding, padding=padding, big=big))
    assert name == encoding
    assert got.dtype == pixels.dtype and got.dtype.isnative
    assert np.array_equal(got, pixels)
    assert np.array_equal(to_i420(got, name, RenderOptions(16, 90)),
                          to_i420(pixels, encoding, RenderOptions(16, 90)))


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('encoding', ARRAYS)
@pytest.mark.parametrize('size', [(31, 24), (32, 23), (1, 1)])
def test_odd_sizes(encoding, padding, size):
    pixels = pixels_of(encoding, *size)
    got, _ = image_to_array(message(pixels, encoding, *size, padding=padding))
    assert np.array_equal(got, pixels)


def planar_message(encoding, width=32, height=24, padding=0):
    """Build a message of planes."""
    msg = Image(width=width, height=height, encoding=encoding, step=width + padding)
    msg.data = array('B', planar_bytes(picture(width, height), encoding, padding))
    return msg


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize('encoding', PLANAR)
def test_planes(encoding, padding):
    planes, name = image_to_array(planar_message(encoding, padding=padding))
    whole = to_i420(planes, name)
    assert np.array_equal(whole, to_i420(*image_to_array(planar_message(encoding))))
    assert whole.shape == (36, 32)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'mono8', 'bgra8', '16UC1', 'bayer_rggb8',
                                      'uyvy'])
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


@pytest.mark.parametrize('encoding', ['nv12', 'nv21', 'i420', 'yv12'])
def test_a_height_that_counts_the_rows_of_chroma(encoding):
    expected, warnings = to_i420(*image_to_array(planar_message(encoding))), []
    for step in (0, 32):
        msg = planar_message(encoding)
        msg.height, msg.step = msg.height * 3 // 2, step
        assert np.array_equal(to_i420(*image_to_array(msg, warn=warnings.append)), expected)
    assert warnings[0].startswith('the height is 36') and '24 rows' in warnings[0]


def test_a_parameter_that_does_not_fit_is_named_and_not_the_publisher():
    for encoding in ('rgba8', 'rgb16'):
        words = f"messages say 'bgr8'.*this camera {encoding}"
        with pytest.raises(ImageError, match=words) as error:
            image_to_array(message(pixels_of('bgr8'), 'bgr8'), encoding)
        assert error.value.code == 'wrong-encoding'


def test_more_data_than_needed():
    for encoding in ('bgr8', 'mono8', 'yuyv', '16UC1'):
        msg = message(pixels_of(encoding), encoding)
        msg.data = msg.data + array('B', bytes(100))
        assert np.array_equal(image_to_array(msg)[0], pixels_of(encoding))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_short_data_is_refused(encoding):
    msg = message(pixels_of(encoding), encoding) if encoding in ARRAYS else (
        planar_message(encoding))
    size = len(msg.data)
    for short in (msg.data[:-1], msg.data[:size // 2], array('B')):
        msg.data = short
        with pytest.raises(ImageError, match=f'{len(short)} bytes of data.*needs {size}') as error:
            image_to_array(msg)
        assert error.value.code == 'short-data'
        assert error.value.values == {
            'encoding': encoding, 'width': 32, 'height': 24, 'step': msg.step,
            'bytes': len(short), 'expected': size}


@pytest.mark.parametrize('members, words, code', [
    ({'width': 0}, '0x24', 'no-content'), ({'height': 0}, '32x0', 'no-content'),
    ({'encoding': 'bgr9'}, "'bgr9'", 'unknown-encoding'),
    ({'encoding': ''}, "''", 'unknown-encoding'),
    ({'encoding': '32SC2'}, '32SC2', 'unknown-encoding'),
    ({'width': 2 ** 32 - 1}, 'step is 96', 'bad-step'),
    ({'height': 2 ** 32 - 1}, '4294967295', 'short-data'), ({'width': 33}, '33 pix', 'bad-step'),
    ({'step': 0, 'data': array('B', bytes(2303))}, 'step is 0.*2303', 'bad-step'),
    ({'step': 95, 'data': array('B', bytes(100 * 24))}, 'do not tell', 'bad-step')])
def test_malformed_messages_are_refused(members, words, code):
    msg = message(pixels_of('bgr8'), 'bgr8')
    for name, value in members.items():
        setattr(msg, name, value)
    with pytest.raises(ImageError, match=words) as error:
        image_to_array(msg)
    assert error.value.code == code


@pytest.mark.parametrize('encoding', [
    'rgb8', 'mono8', 'bgra8', '16UC1', 'rgb16', '32FC1', 'yuyv', 'bayer_rggb8', 'nv12', 'nv24',
    'i420', 'yv12'])
@pytest.mark.parametrize('step', ['zero', 'pixels', 'whole', 'planes'])
def test_a_wrong_step_is_put_right_where_the_size_tells_it(encoding, step):
    msg = message(pixels_of(encoding), encoding) if encoding in ARRAYS else (
        planar_message(encoding))
    right, _ = image_to_array(msg)
    msg.step = {'zero': 0, 'pixels': 32, 'whole': len(msg.data), 'planes': 48}[step]
    wrong = msg.step != ENCODINGS[encoding].row_bytes(32)
    warnings = []
    got, name = image_to_array(msg, warn=warnings.append)
    assert np.array_equal(to_i420(got, name), to_i420(right, name))
    assert len(warnings) == wrong
    if wrong:
        assert f'step is {msg.step}' in warnings[0]


def test_a_step_in_pixels_tells_the_padding():
    msg = message(pixels_of('16UC1'), '16UC1', padding=16)
    msg.step //= 2
    warnings = []
    assert np.array_equal(image_to_array(msg, warn=warnings.append)[0], pixels_of('16UC1'))
    assert len(warnings) == 1


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


@pytest.mark.parametrize('encoding', ['jpeg', 'JPG', 'mjpeg', 'image/jpeg', 'png', 'unknown', ''])
@pytest.mark.parametrize('size', [(32, 24), (0, 0)])
def test_a_still_image_in_an_image_message(encoding, size):
    """As of drivers that pass on what a USB camera sends."""
    extension = '.png' if encoding == 'png' else '.jpg'
    data = cv2.imencode(extension, picture(32, 24))[1].tobytes()
    msg = Image(width=size[0], height=size[1], encoding=encoding, data=array('B', data))
    pixels, name = image_to_array(msg)
    assert name == 'bgr8' and pixels.shape == (24, 32, 3)
    msg.data = array('B', bytes(100))
    with pytest.raises(ImageError):
        image_to_array(msg)


def test_a_jpeg_that_is_said_to_be_pixels():
    data = cv2.imencode('.jpg', picture(32, 24))[1].tobytes()
    msg = Image(width=32, height=24, encoding='rgb8', step=96, data=array('B', data))
    warnings = []
    assert image_to_array(msg, warn=warnings.append)[1] == 'bgr8'
    assert len(warnings) == 1 and 'still image' in warnings[0]


def test_the_encoding_may_be_known_better():
    """Pixels in the order YUYV that are said to be in the order UYVY, by which yuv422 is known."""
    right = message(pixels_of('yuyv'), 'yuyv')
    wrong = message(pixels_of('yuyv'), 'yuyv')
    wrong.encoding = 'yuv422'
    for said in ('yuyv', 'YUY2'):
        pixels, name = image_to_array(wrong, said)
        assert name == said
        assert np.array_equal(to_i420(pixels, name), to_i420(*image_to_array(right)))
    grey = message(pixels_of('16UC1'), '16UC1')
    pixels, name = image_to_array(grey, 'mono16')
    i420 = to_i420(pixels, name, RenderOptions(value_range=(400, 9000)))
    assert (i420[24:] == 128).all() and i420[:24].min() == 16 and i420[:24].max() == 235
