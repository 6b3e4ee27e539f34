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

"""Blocks of sound of any format, as samples at the rate that is sent."""

from collections.abc import Iterator
from typing import Any

import av
from av.audio.resampler import AudioResampler
import numpy as np
from numpy.typing import NDArray

from .sound_samples import mixed, read_samples, Samples
from ...core.audio.sound_formats import SEND_RATE, SoundFormat
from ...core.errors import SoundError


class SoundDecoder:
    """
    Reads the blocks of one source, in order. Belongs to one thread.

    :param channels: 1 or 2, of what is returned
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._form: SoundFormat | None = None
        self._resampler: AudioResampler | None = None
        self._mp3: Any = None

    def decode(self, form: SoundFormat, data: bytes | NDArray[Any]) -> Samples:
        """
        Return what became complete by a block, at ``SEND_RATE``.

        :raises SoundError: the block cannot be read
        """
        if form != self._form:
            self._form = form
            self._resampler = None
            self._mp3 = (av.CodecContext.create('mp3float', 'r')
                         if form.sample == 'mp3' else None)
        if self._mp3 is None:
            return self._resampled(mixed(read_samples(form, data), self._channels), form.rate)
        return self._resampled(*self._decode_mp3(bytes(data)))

    def _decode_mp3(self, data: bytes) -> tuple[Samples, int]:
        parts, rate = [np.empty((0, self._channels), np.float32)], SEND_RATE
        try:
            for packet in self._mp3.parse(data):
                for frame in self._mp3.decode(packet):
                    rate = frame.sample_rate
                    parts.append(mixed(frame.to_ndarray().T, self._channels))
        except av.FFmpegError as error:
            raise SoundError(f'the MP3 cannot be read: {error}') from None
        return np.concatenate(parts), rate

    def _resampled(self, samples: Samples, rate: int) -> Samples:
        if rate == SEND_RATE or not len(samples):
            return samples
        if self._resampler is None:
            self._resampler = AudioResampler('fltp', self._layout, SEND_RATE)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T), 'fltp', self._layout)
        frame.sample_rate = rate
        return np.concatenate([part.to_ndarray().T for part in self._resampler.resample(frame)]
                              or [samples[:0]])

    @property
    def _layout(self) -> str:
        return 'mono' if self._channels == 1 else 'stereo'


class Blocks:
    """
    Cuts samples into blocks of one length.

    :param length: of each block, in samples per channel
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._rest: Samples | None = None

    def add(self, samples: Samples) -> Iterator[Samples]:
        """Yield the blocks that are complete now."""
        if self._rest is not None:
            samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self._length * self._length
        self._rest = samples[whole:]
        for start in range(0, whole, self._length):
            yield samples[start:start + self._length]

    def clear(self) -> None:
        """Forget what is not complete."""
        self._rest = None
