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

"""
How messages say what their sound is.

GStreamer's names of samples are those of ``audio_common_msgs/AudioInfo``, PortAudio's numbers
those of the package ``audio_common`` that has ``AudioStamped``.
"""

from dataclasses import dataclass

from ..errors import SoundError
from ..protocol.strict_json import shorten

# What is sent by Opus (RFC 7587, section 4.1), in Hz.
SEND_RATE = 48_000
# Hz: from telephones to the converters of studios.
MIN_RATE, MAX_RATE = 4_000, 384_000
# An array of microphones has up to so many.
MAX_CHANNELS = 32

# Samples by GStreamer's names, as numpy's types; 24 bits are read apart.
_SAMPLES = {
    'S8': 'i1', 'U8': 'u1', 'S16LE': '<i2', 'S16BE': '>i2', 'U16LE': '<u2', 'U16BE': '>u2',
    'S24LE': '<i3', 'S24BE': '>i3', 'S24_32LE': '<i3+', 'S24_32BE': '>i3+', 'S32LE': '<i4',
    'S32BE': '>i4', 'F32LE': '<f4', 'F32BE': '>f4', 'F64LE': '<f8', 'F64BE': '>f8'}
# foxglove_msgs/RawAudio has one format only.
_OTHER_NAMES = {'PCM-S16': 'S16LE'}
# Of PortAudio: the type of samples, and the field of the message that has them.
_PORT_AUDIO = {1: ('<f4', 'float32_data'), 2: ('<i4', 'int32_data'), 4: ('<i4', 'int24_data'),
               8: ('<i2', 'int16_data'), 16: ('i1', 'int8_data'), 32: ('u1', 'uint8_data')}


@dataclass(frozen=True)
class SoundFormat:
    """
    What a block of sound is.

    :ivar sample: numpy's type of a sample (``<i3``: 24 bits in three bytes, ``<i3+``: in four),
        or ``mp3``
    :ivar rate: samples per second and channel; 0 for ``mp3``, which says it itself
    :ivar channels: samples of all channels alternate; 0 for ``mp3``
    """

    sample: str
    rate: int = 0
    channels: int = 0


MP3 = SoundFormat('mp3')


def sound_format(sample: str, rate: int, channels: int, coding: str = '') -> SoundFormat:
    """
    Return the format that a message names.

    :param sample: GStreamer's name, such as ``S16LE``, or ``pcm-s16``
    :param coding: ``wave``, ``mp3`` or '' for samples, in any case of letters
    :raises SoundError: it is not known, or cannot be
    """
    if coding.lower() == 'mp3':
        return MP3
    if coding.lower() not in ('', 'wave', 'raw', 'pcm'):
        raise SoundError(f'coding_format {shorten(coding)} is not known, allowed are wave and mp3')
    name = sample.upper()
    known = _SAMPLES.get(_OTHER_NAMES.get(name, name))
    if known is None:
        raise SoundError(f'samples of the format {shorten(sample)} are not known, '
                         f'allowed are {", ".join(_SAMPLES)}')
    return _checked(SoundFormat(known, rate, channels))


def port_audio_format(number: int, rate: int, channels: int) -> tuple[SoundFormat, str]:
    """
    Return the format of a number of PortAudio's, and the field of ``AudioData`` with the samples.

    :raises SoundError: it is not known, or cannot be
    """
    if number not in _PORT_AUDIO:
        raise SoundError(f'format {number} is not a sample format of PortAudio, allowed are '
                         f'{", ".join(map(str, _PORT_AUDIO))}')
    sample, field = _PORT_AUDIO[number]
    return _checked(SoundFormat(sample, rate, channels)), field


def _checked(form: SoundFormat) -> SoundFormat:
    if not MIN_RATE <= form.rate <= MAX_RATE:
        raise SoundError(f'{form.rate} samples per second, allowed are {MIN_RATE} to {MAX_RATE}')
    if not 1 <= form.channels <= MAX_CHANNELS:
        raise SoundError(f'{form.channels} channels, allowed are 1 to {MAX_CHANNELS}')
    return form


def is_mp3(data: bytes) -> bool:
    """Tell whether bytes begin as MP3 does: with a frame (ISO 11172-3, 2.4.1.3) or a tag."""
    if data.startswith(b'ID3'):
        return True
    # Eleven bits of sync, a version that exists, layer III, a bit rate and a sample rate that do.
    return (len(data) >= 3 and data[0] == 0xFF and data[1] >= 0xE0 and data[1] & 0x18 != 0x08
            and data[1] & 0x06 == 0x02 and data[2] >> 4 not in (0, 15) and data[2] & 0x0C != 0x0C)


def read_format(text: str) -> SoundFormat:
    """
    Return the format that a parameter names: ``mp3``, or as ``S16LE 16000 1``.

    :raises ValueError: it is not a format
    """
    words = text.split()
    if len(words) == 1 and words[0].lower() == 'mp3':
        return MP3
    try:
        sample, rate, channels = words
        return sound_format(sample, int(rate), int(channels))
    except SoundError as error:
        raise ValueError(str(error)) from None
