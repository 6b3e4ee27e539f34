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

"""Sound in messages, known by their fields: stand-ins with the definitions of all packages."""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest
from rtc_bridge.core.audio.sound_formats import MP3, SoundFormat
from rtc_bridge.core.errors import SoundError
from rtc_bridge.ros.sound.sound_messages import read_info, read_sound

PCM = SoundFormat('<i2', 16000, 1)
BYTES = array('B', [1, 2, 3, 4])
# ros-drivers/audio_common
DATA = SimpleNamespace(data=BYTES)
STAMPED = SimpleNamespace(header=None, audio=DATA)
# mgonzs13/audio_common
SAMPLES = SimpleNamespace(
    float32_data=array('f'), int32_data=array('i'), int24_data=array('i'),
    int16_data=array('h', [100, -100]), int8_data=array('b'), uint8_data=array('B'))
AUDIO = SimpleNamespace(
    audio_data=SAMPLES, info=SimpleNamespace(format=8, channels=2, rate=44100, chunk=1))
# foxglove_msgs
RAW = SimpleNamespace(timestamp=None, data=BYTES, format='pcm-s16', sample_rate=48000,
                      number_of_channels=2)


@pytest.mark.parametrize('message, form, values', [
    (DATA, PCM, [1, 2, 3, 4]), (STAMPED, PCM, [1, 2, 3, 4]),
    (AUDIO, SoundFormat('<i2', 44100, 2), [100, -100]),
    (SimpleNamespace(header=None, audio=AUDIO), SoundFormat('<i2', 44100, 2), [100, -100]),
    (RAW, SoundFormat('<i2', 48000, 2), [1, 2, 3, 4])])
def test_all_messages_are_read(message, form, values):
    found, data = read_sound(message, PCM)
    assert found == form and np.asarray(data).tolist() == values


def test_bytes_without_info_are_mp3_or_refused_with_a_remedy():
    mp3 = SimpleNamespace(data=array('B', [0xFF, 0xFB, 0x90, 0x00]))
    assert read_sound(mp3, None)[0] == MP3
    with pytest.raises(SoundError, match='set audio.format'):
        read_sound(DATA, None)


def test_another_message_is_refused_by_its_name():
    with pytest.raises(SoundError, match='SimpleNamespace is not a message of sound, allowed are'):
        read_sound(SimpleNamespace(x=1), PCM)


def test_info_says_what_the_bytes_are():
    def info(**members):
        return SimpleNamespace(**{'channels': 1, 'sample_rate': 16000, 'sample_format': 'S16LE',
                                  'bitrate': 128, 'coding_format': 'wave', **members})
    assert read_info(info()) == PCM
    assert read_info(info(coding_format='MP3')) == MP3
    with pytest.raises(SoundError, match="'S17LE' are not known"):
        read_info(info(sample_format='S17LE'))
