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

"""What is played on the robot does not come back by its microphone."""

import numpy as np
import pytest
from rtc_bridge.core.audio.sound_formats import SEND_RATE
from rtc_bridge.media.sound.echo_canceller import EchoCanceller
from rtc_bridge.media.sound.voice import VOICE_BLOCK

pytest.importorskip('pywebrtc_audio')

# Seconds of a test, and of those in which the canceller learns.
DURATION, LEARNING = 8.0, 4.0


def speech_like(seconds, seed=1):
    """Return noise as dull as a voice, 16-bit, that swells and pauses as words do."""
    count = int(seconds * SEND_RATE)
    noise = np.random.default_rng(seed).standard_normal(count)
    spectrum = np.fft.rfft(noise)
    frequencies = np.fft.rfftfreq(count, 1 / SEND_RATE)
    spectrum *= (frequencies > 120) / (1 + (frequencies / 700) ** 2)
    dull = np.fft.irfft(spectrum, count)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3.3 * np.arange(count) / SEND_RATE)
    words = np.arange(count) / SEND_RATE % 1.2 < 0.8
    voice = dull * swell * words
    return (voice / np.abs(voice).max() * 16_000).astype(np.int16)


def in_room(played, delay, seed=2):
    """Return what a microphone hears: the sound ``delay`` seconds later, and its reverberation."""
    count = int(0.15 * SEND_RATE)
    tail = np.random.default_rng(seed).standard_normal(count) * np.exp(
        -np.arange(count) / (0.03 * SEND_RATE)) * 0.05
    tail[0] = 0.4
    size = len(played) + count
    heard = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(tail, size), size)
    return np.concatenate([np.zeros(int(delay * SEND_RATE)), heard])[:len(played)]


def through(canceller, played, heard, channels=1, step=1):
    """
    Return what is left of what is heard.

    :param step: blocks of the microphone's sound that come at once
    """
    left = []
    size = VOICE_BLOCK * step
    for start in range(0, len(heard) - size + 1, size):
        for block in range(start, start + size, VOICE_BLOCK):
            if played is not None:
                canceller.play(played[block:block + VOICE_BLOCK])
        near = (heard[start:start + size] / 32768).astype(np.float32)
        left.append(canceller.clean(np.repeat(near.reshape(-1, 1), channels, axis=1)))
    return np.concatenate(left) * 32768


def level(samples):
    """Return the power of the last seconds, in dB."""
    late = np.asarray(samples, float)[int(LEARNING * SEND_RATE):]
    return 10 * np.log10(np.mean(late ** 2) + 1e-3)


@pytest.mark.parametrize('channels, delay, step', [
    (1, 0.04, 1), (1, 0.2, 1), (2, 0.08, 1), (1, 0.06, 13)],
    ids=['near', 'slow device', 'stereo', 'a quarter of a second at once'])
def test_an_echo_loses_thirty_decibels(channels, delay, step):
    played = speech_like(DURATION)
    heard = in_room(played, delay)
    left = through(EchoCanceller(channels), played, heard, channels, step)
    assert left.shape[1] == channels
    assert level(heard) - level(left) >= 30


def test_without_a_voice_nothing_is_changed():
    heard = speech_like(0.5, seed=3)
    left = through(EchoCanceller(1), None, heard)
    np.testing.assert_array_equal(left[:, 0], heard[:len(left)])


def test_what_happens_at_the_robot_is_heard_again_after_the_voice():
    """The canceller takes out the voice, and afterwards nothing at all."""
    canceller = EchoCanceller(1)
    played = speech_like(4.0)
    through(canceller, played, in_room(played, 0.05))
    here = speech_like(4.0, seed=4)
    left = through(canceller, None, here)
    # Two seconds later it is handed on as it is.
    late = int(2.1 * SEND_RATE)
    np.testing.assert_array_equal(left[late:, 0], here[late:len(left)])
    assert np.mean(left[:late].astype(float) ** 2) > 0.1 * np.mean(here[:late].astype(float) ** 2)


def test_what_was_played_while_nobody_listened_is_no_reference():
    canceller = EchoCanceller(1)
    for _ in range(1000):
        canceller.play(np.full(VOICE_BLOCK, 1000, np.int16))
    canceller.restart()
    heard = speech_like(0.1, seed=5)
    np.testing.assert_array_equal(through(canceller, None, heard)[:, 0], heard)
