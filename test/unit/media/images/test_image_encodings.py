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

"""Conversion of every encoding against OpenCV and against images packed by hand."""

import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.images.encoding_names import ENCODING_NAMES
from rtc_bridge.media.images.i420 import Planes, RenderOptions, split
from rtc_bridge.media.images.image_encoding_base import PixelEncoding
from rtc_bridge.media.images.image_encodings import ENCODINGS, find_encoding, to_i420
from support.pictures import chroma_planes, encode, picture, planar_bytes, psnr, shown

ARRAYS = [name for name, form in ENCODINGS.items() if isinstance(form, PixelEncoding)]
PLANAR = [name for name in ENCODINGS if name not in ARRAYS]
COLOURS = [name for name in ARRAYS if ENCODINGS[name].kind != 'depth']
# Demosaicing and shared chroma cost some sharpness; the picture is smooth.
CLOSE = 34
# Five bits are fewer than eight.
COARSE = 29
# Two pixels share their chroma.
SHARED = ('uyvy', 'yuyv', 'vyuy', 'yvyu')


def grey(bgr):
    """Return a picture without its colours, as BGR."""
    return cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def expected(bgr, encoding):
    """Return what must be seen of a picture that went through an encoding."""
    return grey(bgr) if ENCODINGS[encoding].kind == 'mono' else bgr


@pytest.mark.parametrize('encoding', COLOURS)
def test_every_colour_encoding_shows_the_image(encoding):
    bgr = picture(96, 64)
    pixels = encode(bgr, encoding)
    i420 = to_i420(pixels, encoding)
    assert i420.shape == (96, 96) and i420.dtype == np.uint8
    close = COARSE if encoding.endswith('565') else CLOSE
    assert psnr(shown(i420), expected(bgr, encoding)) > close


@pytest.mark.parametrize('encoding, code', [
    ('bgr8', cv2.COLOR_BGR2YUV_I420), ('rgb8', cv2.COLOR_RGB2YUV_I420),
    ('bgra8', cv2.COLOR_BGRA2YUV_I420), ('rgba8', cv2.COLOR_RGBA2YUV_I420),
    ('8UC3', cv2.COLOR_BGR2YUV_I420), ('8UC4', cv2.COLOR_BGRA2YUV_I420)])
def test_eight_bit_colours_are_opencvs_i420(encoding, code):
    pixels = encode(picture(64, 48), encoding)
    assert np.array_equal(to_i420(pixels, encoding), cv2.cvtColor(pixels, code))


def planes_of(encoding, width, height, padding=0):
    """Return the planes in a message's memory."""
    return ENCODINGS[encoding].array(
        encoding, planar_bytes(picture(width, height), encoding, padding), width, height,
        width + padding, False)


@pytest.mark.parametrize('padding', [0, 2, 7])
@pytest.mark.parametrize('size', [(64, 48), (63, 48), (64, 47), (63, 47), (1, 1), (1, 5), (4, 1)])
@pytest.mark.parametrize('encoding', PLANAR)
def test_every_planar_encoding_shows_its_planes(encoding, size, padding):
    if padding % 2 and size[0] % 2 and encoding in ('i422', 'yv16', 'i420', 'yv12', 'yuvj420p'):
        # Nobody pads by half a sample.
        padding += 1
    planes = planes_of(encoding, *size, padding)
    y, u, v = chroma_planes(picture(*size), encoding)
    if encoding != 'yuvj420p':
        for got, plane in zip(planes, (y, u, v)):
            assert np.array_equal(got, plane)
    i420 = to_i420(planes, encoding)
    assert i420.shape == ((size[1] + 1) // 2 * 3, size[0] + size[0] % 2)
    if min(size) > 1:
        inside = np.s_[:46, :62]
        assert psnr(shown(i420)[inside], picture(*size)[inside]) > CLOSE


@pytest.mark.parametrize('encoding', ['nv12', 'nv21', 'i420', 'yv12'])
@pytest.mark.parametrize('size', [(31, 24), (32, 23), (31, 23), (3, 3)])
def test_odd_sizes_without_their_last_chroma_are_cropped(encoding, size):
    width, height = size
    whole = planar_bytes(picture(width, height), encoding)
    data = whole[:width * height] + bytes([128]) * (width * (height // 2))
    form = ENCODINGS[encoding]
    step = form.step(encoding, width, height, width, len(data))
    planes = form.array(encoding, data, width, height, step, False)
    assert planes.luma.shape == (height & ~1, width & ~1)
    assert to_i420(planes, encoding).shape == ((height & ~1) * 3 // 2, width & ~1)


def test_planar_420_keeps_its_planes():
    source = cv2.cvtColor(picture(64, 48), cv2.COLOR_BGR2YUV_I420)
    assert np.array_equal(to_i420(Planes(*split(source)), 'i420'), source)
    planes = ENCODINGS['i420'].array('i420', source.tobytes(), 64, 48, 64, False)
    assert np.array_equal(to_i420(planes, 'i420'), source)


def test_every_encoding_has_a_name_and_every_name_an_encoding():
    assert set(ENCODINGS) == ENCODING_NAMES
    with pytest.raises(ImageError, match='no array'):
        to_i420(np.zeros((6, 4), np.uint8), 'nv12')


@pytest.mark.parametrize('flip, code', [('horizontal', 1), ('vertical', 0), ('both', -1)])
@pytest.mark.parametrize('rotate', [0, 90])
def test_images_are_mirrored_as_they_are_seen(flip, code, rotate):
    straight = shown(to_i420(picture(64, 48), 'bgr8', RenderOptions(rotate=rotate)))
    for pixels, encoding in ((picture(64, 48), 'bgr8'), (planes_of('nv12', 64, 48), 'nv12')):
        seen = shown(to_i420(pixels, encoding, RenderOptions(rotate=rotate, flip=flip)))
        assert psnr(seen, cv2.flip(straight, code)) > 40


@pytest.mark.parametrize('encoding', COLOURS)
def test_padded_rows(encoding):
    pixels = encode(picture(48, 32), encoding)
    wide = np.full((pixels.shape[0], pixels.shape[1] + 6, *pixels.shape[2:]), 77, pixels.dtype)
    wide[:, :pixels.shape[1]] = pixels
    view = wide[:, :pixels.shape[1]]
    assert np.array_equal(to_i420(view, encoding), to_i420(pixels, encoding))


@pytest.mark.parametrize('encoding', COLOURS)
@pytest.mark.parametrize('size', [(47, 32), (48, 31), (47, 31)])
def test_odd_sizes(encoding, size):
    bgr = picture(*size)
    i420 = to_i420(encode(bgr, encoding), encoding)
    shared = ENCODINGS[encoding].kind in SHARED
    width = size[0] - size[0] % 2 if shared else size[0] + size[0] % 2
    height = size[1] + size[1] % 2
    assert i420.shape == (height * 3 // 2, width)
    # Without the edge that was added or lost.
    inside = np.s_[:30, :46]
    close = COARSE if encoding.endswith('565') else 32
    assert psnr(shown(i420)[inside], expected(bgr, encoding)[inside]) > close


@pytest.mark.parametrize('size', [(1, 1), (2, 1), (1, 2), (3, 3)])
@pytest.mark.parametrize('encoding', ARRAYS)
def test_tiny_images_are_converted_or_refused(encoding, size):
    kind = ENCODINGS[encoding].kind
    width, height = size
    channels = ENCODINGS[encoding].channels
    pixels = np.zeros((height, width, channels)[:3 if channels > 1 else 2],
                      ENCODINGS[encoding].dtype)
    if kind in SHARED and width == 1:
        with pytest.raises(ImageError):
            to_i420(pixels, encoding)
    else:
        height += height % 2
        width = width & ~1 if kind in SHARED else width + width % 2
        assert to_i420(pixels, encoding).shape == (height * 3 // 2, width)


def test_the_added_pixel_repeats_the_edge():
    bgr = np.zeros((3, 3, 3), np.uint8)
    bgr[2], bgr[:, 2] = 255, 255
    luma = split(to_i420(bgr, 'bgr8'))[0]
    assert luma.shape == (4, 4)
    assert (luma[3] == 235).all() and (luma[:, 3] == 235).all() and luma[1, 1] == 16


@pytest.mark.parametrize('encoding', ['bgr8', 'mono8', 'yuyv', 'bayer_rggb8', '16UC1'])
@pytest.mark.parametrize('rotate, opencv', [
    (90, cv2.ROTATE_90_CLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_COUNTERCLOCKWISE)])
def test_rotation_is_clockwise(encoding, rotate, opencv):
    pixels = (encode(picture(64, 48), encoding) if encoding != '16UC1'
              else np.tile(np.arange(64, dtype=np.uint16) * 100, (48, 1)))
    straight = shown(to_i420(pixels, encoding))
    assert np.array_equal(shown(to_i420(pixels, encoding, RenderOptions(rotate=0))), straight)
    turned = shown(to_i420(pixels, encoding, RenderOptions(rotate=rotate)))
    assert psnr(turned, cv2.rotate(straight, opencv)) > 50


def test_rotation_moves_the_top_left_corner_right():
    mono = np.zeros((20, 40), np.uint8)
    mono[:4, :4] = 255
    luma = split(to_i420(mono, 'mono8', RenderOptions(rotate=90)))[0]
    assert luma.shape == (40, 20)
    assert (luma[:4, 16:] == 235).all() and (luma[:4, :16] == 16).all()


@pytest.mark.parametrize('encoding', ['bgr8', 'rgba8', 'rgb16', 'mono8', 'mono16', 'yuyv',
                                      'bayer_grbg8'])
@pytest.mark.parametrize('limit', [320, 240, 100, 33])
def test_width_limit(encoding, limit):
    bgr = picture(320, 240)
    i420 = to_i420(encode(bgr, encoding), encoding, RenderOptions(limit))
    width = limit & ~1
    height = round(240 * width / 320 / 2) * 2
    assert i420.shape == (height * 3 // 2, width)
    scaled = cv2.resize(expected(bgr, encoding), (width, height), interpolation=cv2.INTER_AREA)
    assert psnr(shown(i420), scaled) > 29


@pytest.mark.parametrize('rotate, shape', [(0, (240, 320)), (90, (426, 320)), (180, (240, 320))])
def test_width_limit_is_that_of_the_rotated_image(rotate, shape):
    pixels = picture(640, 480)
    i420 = to_i420(pixels, 'bgr8', RenderOptions(320, rotate))
    assert split(i420)[0].shape == shape


def test_width_limit_is_never_exceeded():
    for width in range(300, 330):
        for limit in (301, 310, 320):
            assert to_i420(np.zeros((10, width, 3), np.uint8), 'bgr8',
                           RenderOptions(limit)).shape[1] <= limit


@pytest.mark.parametrize('encoding', [
    '8UC2', '16UC2', '32SC2', '32FC2', '64FC4', '16UC5', 'bgr9', '', 'h264', 'jpeg', 'yuv',
    'a' * 500])
def test_unknown_encodings_are_refused(encoding):
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ImageError) as caught:
        to_i420(pixels, encoding)
    assert encoding.strip()[:40] in str(caught.value)
    assert caught.value.code == 'unknown-encoding' and 'encoding' in caught.value.values
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize('shape, dtype, encoding', [
    ((4, 4), 'uint8', 'bgr8'), ((4, 4, 4), 'uint8', 'bgr8'), ((4, 4, 3), 'uint8', 'mono8'),
    ((4, 4, 3), 'uint16', 'bgr8'), ((4, 4), 'uint8', '16UC1'), ((4, 4), 'float64', '32FC1'),
    ((0, 4, 3), 'uint8', 'bgr8'), ((4, 0), 'uint8', 'mono8'), ((4, 1, 2), 'uint8', 'yuyv'),
    ((4,), 'uint8', 'mono8')])
def test_arrays_that_do_not_fit_are_refused(shape, dtype, encoding):
    with pytest.raises(ImageError):
        to_i420(np.zeros(shape, dtype), encoding)


def test_read_only_pixels():
    pixels = picture(64, 48)
    pixels.setflags(write=False)
    assert to_i420(pixels, 'bgr8', RenderOptions(32, 90)).any()


@pytest.mark.parametrize('name, meant', [
    ('RGB8', 'rgb8'), (' bgr8\n', 'bgr8'), ('rgb24', 'rgb8'), ('BGR24', 'bgr8'), ('rgba', 'rgba8'),
    ('bgr32', 'bgra8'), ('TYPE_8UC3', '8UC3'), ('CV_16UC1', '16UC1'), ('type_32fc1', '32FC1'),
    ('8UC', '8UC1'), ('gray', 'mono8'), ('GREY', 'mono8'), ('y8', 'mono8'), ('Y16', 'mono16'),
    ('MONO12', 'mono12'), ('yuv420', 'i420'), ('I420', 'i420'), ('yuv420p', 'i420'),
    ('YV12', 'yv12'), ('NV12', 'nv12'), ('yuv422', 'uyvy'), ('UYVY', 'uyvy'), ('yuy2', 'yuyv'),
    ('yuv422_yuy2', 'yuyv'), ('YUYV', 'yuyv'), ('BayerRG8', 'bayer_rggb8'),
    ('bayer_rg8', 'bayer_rggb8'), ('SGRBG10', 'bayer_grbg10'), ('Bayer_GBRG16', 'bayer_gbrg16'),
    ('bayer-bggr8', 'bayer_bggr8'), ('R8G8B8', 'rgb8'), ('L_INT8', 'mono8'), ('rgb8\0', 'rgb8'),
    ('RGB8Packed', 'rgb8'), ('YUV422_8_UYVY', 'uyvy'), ('YUV422_8', 'yuyv'),
    ('YUV422Packed', 'uyvy'), ('YCbCr422_8', 'yuyv')])
def test_other_spellings(name, meant):
    assert find_encoding(name) is ENCODINGS[meant]
