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

"""Samples of all formats become the same numbers."""

import numpy as np
import pytest
from rtc_bridge.core.audio.sound_formats import sound_format, SoundFormat
from rtc_bridge.core.errors import SoundError
from rtc_bridge.media.sound.sound_samples import mixed, read_samples

VALUES = [0.0, 0.5, -0.5, -1.0]


def in_bytes(name, size, big=False, unsigned=False):
    """Return the values as whole numbers of so many bytes."""
    half = 2 ** (8 * size - 1)
    return b''.join((int(value * half) + (half if unsigned else 0)).to_bytes(
        size, 'big' if big else 'little', signed=not unsigned) for value in VALUES)


@pytest.mark.parametrize('name, data', [
    *((f'S{8 * size}{"" if size == 1 else end}', in_bytes('', size, end == 'BE'))
      for size in (1, 2, 3, 4) for end in ('LE', 'BE')),
    ('U8', in_bytes('', 1, unsigned=True)), ('U16LE', in_bytes('', 2, unsigned=True)),
    ('S24_32LE', b''.join(in_bytes('', 3)[i:i + 3] + b'\x7f' for i in range(0, 12, 3))),
    ('F32LE', np.array(VALUES, '<f4').tobytes()), ('F64BE', np.array(VALUES, '>f8').tobytes())])
def test_every_format_is_read(name, data):
    samples = read_samples(sound_format(name, 16000, 2), data)
    assert samples.shape == (2, 2) and samples.dtype == np.float32
    assert samples.reshape(-1).tolist() == VALUES


def test_numbers_that_are_none_are_silent_and_loud_ones_are_cut():
    data = np.array([np.nan, np.inf, -np.inf, 3.0], '<f4')
    assert read_samples(SoundFormat('<f4', 16000, 1), data).reshape(-1).tolist() == [0, 1, -1, 1]


def test_a_block_whose_channels_differ_in_length_is_refused():
    with pytest.raises(SoundError, match='6 bytes are not a whole number of 2 samples of 2 bytes'):
        read_samples(SoundFormat('<i2', 16000, 2), b'123456')


def test_channels_are_mixed():
    three = np.array([[0.3, 0.6, 0.9]], np.float32)
    assert mixed(three, 1).item() == pytest.approx(0.6)
    assert mixed(three, 2).tolist() == three[:, :2].tolist()
    assert mixed(three[:, :1], 2).tolist() == [[three[0, 0]] * 2]
