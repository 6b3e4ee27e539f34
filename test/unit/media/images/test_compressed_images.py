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

"""JPEG, PNG and other still images in messages."""

import io

import av
import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.images.compressed_images import decode_compressed
from rtc_bridge.media.images.image_encodings import to_i420
from support.in_thread import in_own_thread
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


@pytest.mark.parametrize('extension', ['.bmp', '.webp', '.tiff', '.ppm'])
def test_other_still_images(extension):
    data = cv2.imencode(extension, picture(64, 48))[1].tobytes()
    pixels, encoding = decode_compressed(data, extension[1:])
    assert encoding == 'bgr8' and psnr(pixels, picture(64, 48)) > 35
    with pytest.raises(ImageError, match='broken'):
        decode_compressed(data[:len(data) // 2], extension[1:])


@in_own_thread
def avif_image():
    file = io.BytesIO()
    with av.open(file, 'w', format='avif') as container:
        stream = container.add_stream('libsvtav1', rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, 'yuv420p'
        for frame in (av.VideoFrame.from_ndarray(picture(64, 64), 'bgr24'), None):
            container.mux(stream.encode(frame))
    return file.getvalue()


def test_avif_is_decoded_by_ffmpeg():
    pixels, encoding = decode_compressed(avif_image(), 'avif')
    assert encoding == 'bgr8' and psnr(pixels, picture(64, 64)) > 30


def test_what_is_no_image_is_refused_with_its_format():
    with pytest.raises(ImageError, match="'theora'.*6f 67 67") as error:
        decode_compressed(b'oggs' + bytes(50), 'theora')
    assert error.value.code == 'not-decodable'
    assert error.value.values == {'format': 'theora', 'bytes': 54, 'kind': ''}


def test_a_format_without_a_decoder_is_named():
    with pytest.raises(ImageError, match='jpegxl images cannot be decoded') as error:
        decode_compressed(b'\0\0\0\x0cJXL \r\n\x87\n' + bytes(100), 'jxl')
    assert error.value.code == 'not-decodable'


@pytest.mark.parametrize('form', ['jpeg', 'rgb8; jpeg compressed bgr8', 'image/png'])
def test_a_known_format_without_its_image_is_broken(form):
    for data in (b'', bytes(100)):
        with pytest.raises(ImageError, match='no image that is known') as error:
            decode_compressed(data, form)
        assert error.value.code == 'broken-picture'


def without_tables(jpeg):
    """Leave the Huffman tables out, as MJPEG in AVI files does."""
    out, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xda:
        end = at + 2 + int.from_bytes(jpeg[at + 2:at + 4], 'big')
        if jpeg[at + 1] != 0xc4:
            out += jpeg[at:end]
        at = end
    return out + jpeg[at:]


@pytest.mark.parametrize('grey', [False, True])
@pytest.mark.parametrize('options', [
    (), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 4)])
def test_flaws_of_jpeg_that_leave_the_image(options, grey):
    bgr = picture(320, 240)
    source = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY) if grey else bgr
    data = cv2.imencode('.jpg', source, options)[1].tobytes()
    flawed = {'no end': data[:-2], 'half an end': data[:-1], 'before': b'HEADER' * 20 + data,
              'after': data + b'\0' * 100, 'both': b'\r\n' + data[:-2]}
    if not options:
        flawed['no tables'] = without_tables(data)
        flawed['neither'] = without_tables(data)[:-2]
    whole, encoding = decode_compressed(data, 'jpeg')
    assert encoding == ('mono8' if grey else 'bgr8')
    for name, bad in flawed.items():
        pixels, found = decode_compressed(bad, 'jpeg')
        assert found == encoding and np.array_equal(pixels, whole), name
    for missing in (10, 100, 1000, len(data) // 2, len(data) - 300):
        with pytest.raises(ImageError, match='broken or cut short') as error:
            # Fewer may be those of a block that looks the same without them.
            decode_compressed(data[:-2 - missing], 'jpeg')
        assert error.value.code == 'broken-picture'


def test_the_end_of_a_thumbnail_is_not_that_of_the_image():
    data = cv2.imencode('.jpg', picture(320, 240))[1].tobytes()
    thumbnail = cv2.imencode('.jpg', picture(32, 24))[1].tobytes()
    header = b'\xff\xe1' + (len(thumbnail) + 2).to_bytes(2, 'big') + thumbnail
    whole = data[:2] + header + data[2:]
    assert decode_compressed(whole, 'jpeg')[0].shape == (240, 320, 3)
    with pytest.raises(ImageError, match='cut short'):
        decode_compressed(whole[:-3000], 'jpeg')


@pytest.mark.parametrize('data_encoding, said, shown_as', [
    ('mono16', 'mono16', 'mono16'), ('mono16', 'bayer_rggb16', 'bayer_rggb16'),
    ('bgr8', 'RGB8', 'rgb8'), ('mono8', 'bayer_gbrg8', 'bayer_gbrg8'), ('mono16', '', '16UC1'),
    ('bgr8', 'png', 'bgr8')])
def test_the_encoding_may_be_known_better(data_encoding, said, shown_as):
    data = cv2.imencode('.png', encode(picture(64, 48), data_encoding))[1].tobytes()
    assert decode_compressed(data, 'png', said)[1] == shown_as


@pytest.mark.parametrize('said', ['mono16', 'yuyv', 'nv12', 'bayer_rggb8', 'h264'])
def test_an_encoding_that_does_not_fit_does_not_count(said):
    """It may be that of the raw topic, of which this is the compressed sibling."""
    data = cv2.imencode('.png', picture(64, 48))[1].tobytes()
    assert decode_compressed(data, 'png', said)[1] == 'bgr8'
