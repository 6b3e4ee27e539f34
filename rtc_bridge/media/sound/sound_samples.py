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

"""Samples of all formats, as numbers from -1 to 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.audio.sound_formats import SoundFormat
from ...core.errors import SoundError

# Each row has one sample of each channel.
Samples = NDArray[np.float32]


def read_samples(form: SoundFormat, data: bytes | memoryview | NDArray[Any]) -> Samples:
    """
    Return samples, [samples per channel, channels], from -1 to 1.

    :param form: of samples, not of ``mp3``
    :param data: bytes, or the numbers themselves
    :raises SoundError: it ends before the last channel has its sample
    """
    if isinstance(data, np.ndarray):
        data = data.tobytes()
    raw = np.frombuffer(data, np.uint8)
    kind, size = form.sample, _size(form.sample)
    if raw.size % (size * form.channels):
        raise SoundError(f'{raw.size} bytes are not a whole number of {form.channels} samples of '
                         f'{size} bytes: is it really {form.sample}, {form.channels} channels?')
    if 'i3' in kind:
        values = _of_24_bits(raw.reshape(-1, size), kind)
    else:
        numbers = raw.view(kind)
        if numbers.dtype.kind == 'f':
            values = np.nan_to_num(numbers.astype(np.float32), posinf=1.0, neginf=-1.0)
        else:
            half = 2.0 ** (8 * size - 1)
            offset = half if numbers.dtype.kind == 'u' else 0.0
            values = ((numbers.astype(np.float64) - offset) / half).astype(np.float32)
    return np.clip(values, -1.0, 1.0).reshape(-1, form.channels)


def _size(sample: str) -> int:
    if 'i3' in sample:
        return 4 if sample.endswith('+') else 3
    return np.dtype(sample).itemsize


def _of_24_bits(rows: NDArray[np.uint8], kind: str) -> Samples:
    """Return samples of three bytes, or of the low three of four."""
    rows = rows[:, ::-1] if kind[0] == '>' else rows
    low, middle, high = (rows[:, place].astype(np.int32) for place in range(3))
    # The highest bit is the sign.
    numbers = (low << 8 | middle << 16 | high << 24) >> 8
    return (numbers / 2.0 ** 23).astype(np.float32)


def mixed(samples: Samples, channels: int) -> Samples:
    """
    Return the sound with one or two channels.

    One is the mean of all; two are the first two, or one twice.
    """
    if samples.shape[1] == channels:
        return samples
    if channels == 1:
        mean: Samples = samples.mean(axis=1, keepdims=True, dtype=np.float32)
        return mean
    return samples[:, :2] if samples.shape[1] > 2 else np.repeat(samples, 2, axis=1)
