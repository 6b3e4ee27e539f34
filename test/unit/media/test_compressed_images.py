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

"""JPEG and PNG in messages."""

import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.compressed_images import decode_compressed
from rtc_bridge.media.image_encodings import to_i420
from support.pictures import encode, picture, psnr, shown


@pytest.mark.parametrize('format', ['jpeg', 'jpg', 'rgb8; jpeg compressed bgr8', ''])
def test_jpeg(format):  # noqa: A002
    data = cv2.imencode('.jpg', picture(64, 48))[1].tobytes()
    pixels, encoding = decode_compressed(data, format)
    assert encoding == 'bgr8'
    assert np.array_equal(pixels, cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def test_jpeg_with_swapped_colours():
    data = cv2.imencode('.jpg', picture(64, 48)[:, :, ::-1])[1].tobytes()
    pixels, encoding = decode_compressed(data, 'rgb8; jpeg compressed rgb8')
    assert encoding == 'rgb8'
    assert psnr(shown(to_i420(pixels, encoding)), picture(64, 48)) > 30


@pytest.mark.parametrize('encoding, format, name', [
    ('bgr8', 'png', 'bgr8'), ('bgr8', 'bgr8; png compressed bgr8', 'bgr8'),
    ('bgra8', 'png', 'bgra8'), ('mono8', 'mono8; png compressed ', 'mono8'),
    ('mono8', 'bayer_rggb8; png compressed ', 'bayer_rggb8'), ('bgr16', 'png', 'bgr16'),
    ('mono16', 'mono16; png compressed ', 'mono16'), ('16UC1', '16UC1; png compressed ', '16UC1'),
    ('16UC1', 'png', '16UC1')])
def test_png_is_lossless(encoding, format, name):  # noqa: A002
    pixels = (np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) if encoding == '16UC1'
              else encode(picture(64, 48), encoding))
    decoded, got = decode_compressed(cv2.imencode('.png', pixels)[1].tobytes(), format)
    assert got == name
    assert decoded.dtype == pixels.dtype and np.array_equal(decoded, pixels)


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
@pytest.mark.parametrize('part', [0.02, 0.3, 0.7, 0.97])
def test_truncated_images_are_refused(extension, part):
    data = cv2.imencode(extension, picture(64, 48))[1].tobytes()
    data = data[:int(len(data) * part)]
    with pytest.raises(ImageError, match=f'{len(data)} bytes.*mine'):
        decode_compressed(data, 'mine')


@pytest.mark.parametrize('data', [b'', b'\xff\xd8\xff', b'hello', b'\0' * 500,
                                  b'\xff\xd8\xff' + b'x' * 200 + b'\xff\xd9',
                                  b'\x89PNG\r\n\x1a\n' + b'x' * 100 + b'IEND1234'])
def test_broken_images_are_refused(data):
    with pytest.raises(ImageError, match=f"{len(data)} bytes of format 'jpeg'"):
        decode_compressed(data, 'jpeg')


def test_other_image_formats_are_refused():
    data = cv2.imencode('.bmp', picture(16, 16))[1].tobytes()
    with pytest.raises(ImageError, match='neither JPEG nor PNG'):
        decode_compressed(data, 'bmp')
    with pytest.raises(ImageError, match='compressedDepth'):
        # Whatever the data is: depth has a header of 12 bytes before the PNG.
        decode_compressed(b'x' * 12 + data, '16UC1; compressedDepth png')
