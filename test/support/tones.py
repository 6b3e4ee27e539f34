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

"""Sound that a test knows again: a tone, and what is heard of it."""

import threading
import wave

import numpy as np

from rtc_bridge.core.audio.sound_formats import SoundFormat

RATE = 16_000
FORM = SoundFormat('<i2', RATE, 1)
# Samples of a block, 20 ms.
BLOCK = RATE // 50


def tone(frequency, seconds, rate=RATE):
    """Return 16-bit samples of a tone, in Hz."""
    moments = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * frequency * moments) * 20_000).astype('<i2')


def microphone_flags(file, frequency):
    """Return flags of a Chromium whose microphone hears a tone, which is written to a file."""
    with wave.open(str(file), 'wb') as out:
        out.setparams((1, 2, RATE, 0, 'NONE', ''))
        out.writeframes(tone(frequency, 2.0).tobytes())
    return ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
            f'--use-file-for-fake-audio-capture={file}']


def frequency_of(samples, rate):
    """Return the strongest frequency of a sound, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


class ToneSource:
    """
    Puts a tone into a stream, in blocks of 20 ms at their time, from a thread of its own.

    :param frequency: in Hz
    """

    def __init__(self, stream, frequency=440):
        """Begin."""
        self._stream = stream
        # A whole second, so that it goes on without a step.
        self._samples = tone(frequency, 1.0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        start = 0
        while not self._ended.wait(0.02):
            self._stream.put(FORM, self._samples[start:start + BLOCK])
            start = (start + BLOCK) % RATE

    def close(self):
        """Fall silent."""
        self._ended.set()
        self._thread.join()
