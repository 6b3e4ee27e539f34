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

"""Depth images of compressed_depth_image_transport, against an encoder by its definition."""

import struct

import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.images.compressed_images import decode_compressed
from rtc_bridge.media.images.image_encodings import to_i420

RANDOM = np.random.default_rng(5)


def depth_image(height=48, width=64):
    """Return millimetres with holes, edges and noise."""
    depth = np.linspace(400, 9000, height * width).reshape(height, width)
    depth[10:20, 20:50] = 1234
    depth += RANDOM.integers(0, 3, depth.shape)
    depth[RANDOM.random(depth.shape) < 0.1] = 0
    depth[:3] = 0
    return depth.astype(np.uint16)


def rvl(depth):
    """Encode as the paper's reference does, digit by digit."""
    digits, flat, previous, at = [], depth.reshape(-1).astype(int).tolist(), 0, 0

    def put(number):
        while True:
            digit, number = number & 7, number >> 3
            digits.append(digit | (8 if number else 0))
            if not number:
                return
    while at < len(flat):
        start = at
        while at < len(flat) and not flat[at]:
            at += 1
        put(at - start)
        start = at
        while at < len(flat) and flat[at]:
            at += 1
        put(at - start)
        for value in flat[start:at]:
            difference = value - previous
            put((difference << 1) ^ (difference >> 31))
            previous = value
    digits += [0] * (-len(digits) % 8)
    words = [sum(digit << 4 * (7 - place) for place, digit in enumerate(digits[i:i + 8]))
             for i in range(0, len(digits), 8)]
    return struct.pack(f'<2I{len(words)}I', depth.shape[1], depth.shape[0], *words)


def message(depth, how, quantization=(0.0, 0.0)):
    """Put a header before the image, as the transport does."""
    body = rvl(depth) if how == 'rvl' else cv2.imencode('.png', depth)[1].tobytes()
    return struct.pack('<i2f', 0, *quantization) + body


@pytest.mark.parametrize('how, form', [
    ('png', '16UC1; compressedDepth'), ('png', '16UC1; compressedDepth png'),
    ('rvl', '16UC1; compressedDepth rvl'), ('png', 'mono16; compressedDepth png'),
    ('png', 'compressedDepth'), ('png', '16UC1;CompressedDepth'), ('png', 'png'), ('png', '')])
@pytest.mark.parametrize('size', [(48, 64), (1, 1), (7, 5)])
def test_millimetres(how, form, size):
    depth = depth_image(*size)
    pixels, encoding = decode_compressed(message(depth, how), form)
    assert encoding == '16UC1' and pixels.dtype == np.uint16
    assert np.array_equal(pixels, depth)


@pytest.mark.parametrize('how', ['png', 'rvl'])
def test_metres_are_quantized_inversely(how):
    metres = depth_image() / 1000
    # As the encoder does, for depths up to 10 m at a quantization of 100.
    quant_a = 100.0 * (100.0 + 1)
    quant_b = 1.0 - quant_a / 10.0
    valid = metres > 0
    stored = np.where(valid, quant_a / np.where(valid, metres, 1) + quant_b, 0).astype(np.uint16)
    pixels, encoding = decode_compressed(
        message(stored, how, (quant_a, quant_b)), f'32FC1; compressedDepth {how}')
    assert encoding == '32FC1' and pixels.dtype == np.float32
    assert np.array_equal(np.isnan(pixels), ~valid)
    assert np.allclose(pixels[valid], metres[valid], rtol=0.02)
    assert to_i420(pixels, encoding).shape == (72, 64)


def test_an_image_of_zeros():
    for depth in (np.zeros((48, 64), np.uint16), np.full((48, 64), 65535, np.uint16)):
        for how in ('png', 'rvl'):
            pixels, _ = decode_compressed(message(depth, how), f'16UC1; compressedDepth {how}')
            assert np.array_equal(pixels, depth)


def test_a_png_without_the_header():
    depth = depth_image()
    data = cv2.imencode('.png', depth)[1].tobytes()
    assert np.array_equal(decode_compressed(data, '16UC1; compressedDepth png')[0], depth)


@pytest.mark.parametrize('how', ['png', 'rvl'])
@pytest.mark.parametrize('part', [0.0, 0.001, 0.01, 0.3, 0.9, 0.99])
def test_truncated_depth_is_refused(how, part):
    data = message(depth_image(), how)
    with pytest.raises(ImageError, match='bytes of 16UC1') as error:
        decode_compressed(data[:int(len(data) * part)], f'16UC1; compressedDepth {how}')
    assert error.value.code == 'broken-picture'


def test_broken_rvl_is_refused():
    good = message(depth_image(), 'rvl')
    for size in ((0, 0), (65536, 65536), (2 ** 32 - 1, 2), (64, 47), (64, 49)):
        data = good[:12] + struct.pack('<2I', *size) + good[20:]
        with pytest.raises(ImageError):
            decode_compressed(data, '16UC1; compressedDepth rvl')
    for seed in range(30):
        noise = np.random.default_rng(seed).bytes(400)
        with pytest.raises(ImageError):
            decode_compressed(good[:20] + noise, '16UC1; compressedDepth rvl')


def test_rvl_with_a_number_below_zero_is_refused():
    # Digits from the 21st on are added to the 20th: these are 0 zeros, then -2 differences.
    digits = [0] + [(-2 >> 3 * place & 7) | 8 for place in range(20)] + [15, 15, 1]
    words = [sum(digit << 4 * (7 - place) for place, digit in enumerate(digits[i:i + 8]))
             for i in range(0, 24, 8)]
    data = struct.pack('<i2f2I3I', 0, 0.0, 0.0, 4, 4, *words)
    with pytest.raises(ImageError, match='broken'):
        decode_compressed(data, '16UC1; compressedDepth rvl')


def test_its_encoding_may_be_known_better():
    data = message(depth_image(), 'png')
    assert decode_compressed(data, '16UC1; compressedDepth png', 'mono16')[1] == 'mono16'
