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

"""What messages say of their sound."""

import pytest
from rtc_bridge.core.audio.sound_formats import (
    is_mp3, MP3, port_audio_format, read_format, sound_format, SoundFormat,
)
from rtc_bridge.core.errors import SoundError


@pytest.mark.parametrize('name, coding, form', [
    ('S16LE', 'wave', SoundFormat('<i2', 16000, 1)), ('s16le', '', SoundFormat('<i2', 16000, 1)),
    ('F32BE', 'WAVE', SoundFormat('>f4', 16000, 1)), ('pcm-s16', '', SoundFormat('<i2', 16000, 1)),
    ('S24_32LE', '', SoundFormat('<i3+', 16000, 1)), ('S16LE', 'MP3', MP3), ('', 'mp3', MP3)])
def test_gstreamers_names_are_known(name, coding, form):
    assert sound_format(name, 16000, 1, coding) == form


@pytest.mark.parametrize('arguments, fault', [
    (('S17LE', 16000, 1), "'S17LE' are not known"), (('S16LE', 0, 1), '0 samples per second'),
    (('S16LE', 16000, 0), '0 channels'), (('S16LE', 16000, 1, 'flac'), "'flac' is not known")])
def test_what_cannot_be_is_refused_by_name(arguments, fault):
    with pytest.raises(SoundError, match=fault):
        sound_format(*arguments)


def test_port_audios_numbers_name_the_field_of_the_samples():
    assert port_audio_format(8, 44100, 2) == (SoundFormat('<i2', 44100, 2), 'int16_data')
    with pytest.raises(SoundError, match=(
            'format 3 is not a sample format of PortAudio, allowed are 1, 2, ')):
        port_audio_format(3, 44100, 2)


@pytest.mark.parametrize('data, is_one', [
    (b'ID3\x04', True), (bytes([0xFF, 0xFB, 0x90]), True), (bytes([0xFF, 0xF3, 0x44]), True),
    (b'\xff\xff\xff\xff', False), (b'\0\0\0', False), (b'\xff\xfb', False), (b'', False)])
def test_mp3_is_known_by_its_first_bytes(data, is_one):
    assert is_mp3(data) == is_one


def test_a_parameter_names_a_format():
    assert read_format('S16LE 16000 1') == SoundFormat('<i2', 16000, 1)
    assert read_format(' mp3 ') == MP3
    for wrong in ('', 'S16LE', 'S16LE many 1', 'S99 16000 1', 'S16LE 16000 1 2'):
        with pytest.raises(ValueError):
            read_format(wrong)
