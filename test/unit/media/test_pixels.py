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

"""Pixel conversion against OpenCV and against pictures packed by hand."""

import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.compressed import decode_compressed
from rtc_bridge.media.depth import DEPTH_RANGE, depth_to_bgr
from rtc_bridge.media.pixel_layouts import ENCODINGS, layout
from rtc_bridge.media.pixels import planes, to_i420
from support.pictures import encode, picture

COLOURS = [name for name in ENCODINGS if layout(name).kind != 'depth']
# Demosaicing and shared chroma cost some sharpness; the picture is smooth.
CLOSE = 34


def psnr(one, other):
    """Return the peak signal-to-noise ratio in dB, 100 for equal pictures."""
    assert one.shape == other.shape
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 100 if not error else 10 * np.log10(255 ** 2 / error)


def grey(bgr):
    """Return a picture without its colours, as BGR."""
    return cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def expected(bgr, encoding):
    """Return what must be seen of a picture that went through an encoding."""
    return grey(bgr) if layout(encoding).kind == 'mono' else bgr


def shown(i420):
    """Decode I420 by OpenCV."""
    return cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420)


@pytest.mark.parametrize('encoding', COLOURS)
def test_every_colour_encoding_shows_the_picture(encoding):
    bgr = picture(96, 64)
    pixels = encode(bgr, encoding)
    i420 = to_i420(pixels, encoding)
    assert i420.shape == (96, 96) and i420.dtype == np.uint8
    assert psnr(shown(i420), expected(bgr, encoding)) > CLOSE


@pytest.mark.parametrize('encoding, code', [
    ('bgr8', cv2.COLOR_BGR2YUV_I420), ('rgb8', cv2.COLOR_RGB2YUV_I420),
    ('bgra8', cv2.COLOR_BGRA2YUV_I420), ('rgba8', cv2.COLOR_RGBA2YUV_I420),
    ('8UC3', cv2.COLOR_BGR2YUV_I420), ('8UC4', cv2.COLOR_BGRA2YUV_I420)])
def test_eight_bit_colours_are_opencvs_i420(encoding, code):
    pixels = encode(picture(64, 48), encoding)
    assert np.array_equal(to_i420(pixels, encoding), cv2.cvtColor(pixels, code))


def test_planar_420_keeps_its_planes():
    source = cv2.cvtColor(picture(64, 48), cv2.COLOR_BGR2YUV_I420)
    y, u, v = planes(source)
    for encoding, pair in (('nv12', (u, v)), ('nv21', (v, u))):
        chroma = np.dstack(pair).reshape(24, 64)
        assert np.array_equal(to_i420(np.concatenate((y, chroma)), encoding), source)


@pytest.mark.parametrize('encoding', COLOURS)
def test_padded_rows(encoding):
    pixels = encode(picture(48, 32), encoding)
    wide = np.full((pixels.shape[0], pixels.shape[1] + 6, *pixels.shape[2:]), 77, pixels.dtype)
    wide[:, :pixels.shape[1]] = pixels
    view = wide[:, :pixels.shape[1]]
    assert np.array_equal(to_i420(view, encoding), to_i420(pixels, encoding))


@pytest.mark.parametrize('encoding', [e for e in COLOURS if e not in ('nv12', 'nv21')])
@pytest.mark.parametrize('size', [(47, 32), (48, 31), (47, 31)])
def test_odd_sizes(encoding, size):
    bgr = picture(*size)
    i420 = to_i420(encode(bgr, encoding), encoding)
    shared = layout(encoding).kind in ('uyvy', 'yuyv')
    width = size[0] - size[0] % 2 if shared else size[0] + size[0] % 2
    height = size[1] + size[1] % 2
    assert i420.shape == (height * 3 // 2, width)
    # Without the edge that was added or lost.
    inside = np.s_[:30, :46]
    assert psnr(shown(i420)[inside], expected(bgr, encoding)[inside]) > 32


@pytest.mark.parametrize('size', [(1, 1), (2, 1), (1, 2), (3, 3)])
@pytest.mark.parametrize('encoding', ENCODINGS)
def test_tiny_pictures_convert_or_are_refused(encoding, size):
    kind = layout(encoding).kind
    width, height = size
    if kind in ('nv12', 'nv21'):
        rows = height * 3 // 2
    else:
        rows = height * 3 if kind == 'nv24' else height
    channels = layout(encoding).channels
    pixels = np.zeros((rows, width, channels)[:3 if channels > 1 else 2], layout(encoding).dtype)
    if kind in ('nv12', 'nv21') or (kind in ('uyvy', 'yuyv') and width == 1):
        with pytest.raises(ImageError):
            to_i420(pixels, encoding)
    else:
        height += height % 2
        width = width & ~1 if kind in ('uyvy', 'yuyv') else width + width % 2
        assert to_i420(pixels, encoding).shape == (height * 3 // 2, width)


def test_the_added_pixel_repeats_the_edge():
    bgr = np.zeros((3, 3, 3), np.uint8)
    bgr[2], bgr[:, 2] = 255, 255
    luma = planes(to_i420(bgr, 'bgr8'))[0]
    assert luma.shape == (4, 4)
    assert (luma[3] == 235).all() and (luma[:, 3] == 235).all() and luma[1, 1] == 16


@pytest.mark.parametrize('encoding', ['bgr8', 'mono8', 'yuyv', 'nv21', 'bayer_rggb8', '16UC1'])
@pytest.mark.parametrize('rotate, opencv', [
    (90, cv2.ROTATE_90_CLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_COUNTERCLOCKWISE)])
def test_rotation_is_clockwise(encoding, rotate, opencv):
    pixels = (encode(picture(64, 48), encoding) if encoding != '16UC1'
              else np.tile(np.arange(64, dtype=np.uint16) * 100, (48, 1)))
    straight = shown(to_i420(pixels, encoding))
    assert np.array_equal(shown(to_i420(pixels, encoding, rotate=0)), straight)
    turned = shown(to_i420(pixels, encoding, rotate=rotate))
    assert psnr(turned, cv2.rotate(straight, opencv)) > 50


def test_rotation_moves_the_top_left_corner_right():
    mono = np.zeros((20, 40), np.uint8)
    mono[:4, :4] = 255
    luma = planes(to_i420(mono, 'mono8', rotate=90))[0]
    assert luma.shape == (40, 20)
    assert (luma[:4, 16:] == 235).all() and (luma[:4, :16] == 16).all()


@pytest.mark.parametrize('encoding', ['bgr8', 'rgba8', 'rgb16', 'mono8', 'mono16', 'yuyv', 'nv12',
                                      'nv24', 'bayer_grbg8'])
@pytest.mark.parametrize('limit', [320, 240, 100, 33])
def test_width_limit(encoding, limit):
    bgr = picture(320, 240)
    i420 = to_i420(encode(bgr, encoding), encoding, width_limit=limit)
    width = limit & ~1
    height = round(240 * width / 320 / 2) * 2
    assert i420.shape == (height * 3 // 2, width)
    scaled = cv2.resize(expected(bgr, encoding), (width, height), interpolation=cv2.INTER_AREA)
    assert psnr(shown(i420), scaled) > 29


@pytest.mark.parametrize('rotate, shape', [(0, (240, 320)), (90, (426, 320)), (180, (240, 320))])
def test_width_limit_holds_for_the_turned_picture(rotate, shape):
    pixels = picture(640, 480)
    i420 = to_i420(pixels, 'bgr8', width_limit=320, rotate=rotate)
    assert planes(i420)[0].shape == shape


def test_width_limit_is_never_exceeded():
    for width in range(300, 330):
        for limit in (301, 310, 320):
            assert to_i420(np.zeros((10, width, 3), np.uint8), 'bgr8',
                           width_limit=limit).shape[1] <= limit


def colour_of(metres, depth_range=DEPTH_RANGE):
    """Colour one depth by the definition: near is the red end, far the blue end."""
    near, far = depth_range
    share = (far - min(max(metres, near), far)) / (far - near)
    index = np.array([[int(share * 254 + 1.5)]], np.uint8)
    return cv2.applyColorMap(index, cv2.COLORMAP_TURBO)[0, 0]


@pytest.mark.parametrize('metres', [0.1, 0.3, 1.0, 2.5, 7.77, 10.0, 40.0])
def test_depth_colours(metres):
    want = colour_of(metres).astype(int)
    for pixels, name in ((np.full((4, 6), metres * 1000, np.uint16), '16UC1'),
                         (np.full((4, 6), metres, np.float32), '32FC1'),
                         (np.full((4, 6), metres, np.float64), '64FC1')):
        got = depth_to_bgr(pixels)
        assert got.shape == (4, 6, 3)
        assert np.abs(got[2, 3] - want).max() <= 8


def test_depth_near_is_red_far_is_blue():
    blue, _, red = depth_to_bgr(np.array([[1.0]], np.float32))[0, 0]
    assert red > blue
    blue, _, red = depth_to_bgr(np.array([[9.0]], np.float32))[0, 0]
    assert blue > red


def test_depth_range_is_a_parameter():
    pixels = np.full((2, 2), 2000, np.uint16)
    near = depth_to_bgr(pixels, (2.0, 4.0))[0, 0]
    far = depth_to_bgr(pixels, (0.5, 2.0))[0, 0]
    assert np.abs(near.astype(int) - colour_of(2.0, (2.0, 4.0))).max() <= 8
    assert np.abs(far.astype(int) - colour_of(2.0, (0.5, 2.0))).max() <= 8


@pytest.mark.parametrize('name, invalid', [
    ('16UC1', [0]), ('32FC1', [np.nan, np.inf, -np.inf, 0, -1]),
    ('64FC1', [np.nan, np.inf, -np.inf])])
def test_invalid_depth_is_black(name, invalid):
    # REP 118 and REP 117; the neighbours stay coloured even when the picture shrinks.
    pixels = np.full((64, 64), 3, layout(name).dtype)
    pixels[:] = 3000 if name == '16UC1' else 3
    for index, value in enumerate(invalid):
        pixels[index * 8:index * 8 + 8, 32:] = value
    bgr = depth_to_bgr(pixels)
    rows = len(invalid) * 8
    assert not bgr[:rows, 32:].any()
    assert bgr[:, :32].any(axis=2).all() and bgr[rows:].any(axis=2).all()
    luma = planes(to_i420(pixels, name, width_limit=32))[0]
    assert (luma[:rows // 2, 17:] == 16).all() and len(np.unique(luma)) == 2


@pytest.mark.parametrize('encoding', [
    '8UC2', '8SC1', '16SC1', '16UC2', '32SC1', '32FC2', '32FC3', '64FC4', '8UC', '16UC5',
    'bgr', 'RGB8', '', 'h264', 'jpeg', 'bgr8\n', 'a' * 500])
def test_other_encodings_are_refused_by_name(encoding):
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ImageError) as caught:
        to_i420(pixels, encoding)
    assert encoding.strip()[:40] in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize('shape, dtype, encoding', [
    ((4, 4), 'uint8', 'bgr8'), ((4, 4, 4), 'uint8', 'bgr8'), ((4, 4, 3), 'uint8', 'mono8'),
    ((4, 4, 3), 'uint16', 'bgr8'), ((4, 4), 'uint8', '16UC1'), ((4, 4), 'float64', '32FC1'),
    ((0, 4, 3), 'uint8', 'bgr8'), ((4, 0), 'uint8', 'mono8'), ((5, 4), 'uint8', 'nv21'),
    ((6, 3), 'uint8', 'nv12'), ((4, 4), 'uint8', 'nv24'), ((4, 1, 2), 'uint8', 'yuyv'),
    ((4,), 'uint8', 'mono8')])
def test_arrays_that_do_not_fit_are_refused(shape, dtype, encoding):
    with pytest.raises(ImageError):
        to_i420(np.zeros(shape, dtype), encoding)


def test_read_only_pixels():
    pixels = picture(64, 48)
    pixels.setflags(write=False)
    assert to_i420(pixels, 'bgr8', width_limit=32, rotate=90).any()


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
def test_truncated_pictures_are_refused(extension, part):
    data = cv2.imencode(extension, picture(64, 48))[1].tobytes()
    data = data[:int(len(data) * part)]
    with pytest.raises(ImageError, match=f'{len(data)} bytes.*mine'):
        decode_compressed(data, 'mine')


@pytest.mark.parametrize('data', [b'', b'\xff\xd8\xff', b'hello', b'\0' * 500,
                                  b'\xff\xd8\xff' + b'x' * 200 + b'\xff\xd9',
                                  b'\x89PNG\r\n\x1a\n' + b'x' * 100 + b'IEND1234'])
def test_broken_pictures_are_refused(data):
    with pytest.raises(ImageError, match=f"{len(data)} bytes of format 'jpeg'"):
        decode_compressed(data, 'jpeg')


def test_other_picture_formats_are_refused():
    data = cv2.imencode('.bmp', picture(16, 16))[1].tobytes()
    with pytest.raises(ImageError, match='neither JPEG nor PNG'):
        decode_compressed(data, 'bmp')
    with pytest.raises(ImageError, match='compressedDepth'):
        # Whatever the data is: depth has a header of 12 bytes before the PNG.
        decode_compressed(b'x' * 12 + data, '16UC1; compressedDepth png')
