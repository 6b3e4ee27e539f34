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
Sound in messages of all packages, told apart by their fields: several share a name.

* ``AudioData`` of ros-drivers' ``audio_common_msgs``: bytes, of which ``AudioInfo`` says what they
  are; ``AudioDataStamped``: the same with a header
* ``AudioStamped`` and ``Audio`` of the other ``audio_common_msgs``: samples, with PortAudio's
  number of their type
* ``foxglove_msgs/RawAudio``
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.audio.sound_formats import (
    is_mp3, MP3, port_audio_format, sound_format, SoundFormat,
)
from ...core.errors import SoundError


class FormatNotKnownError(SoundError):
    """A message does not say what its bytes are, and no ``AudioInfo`` has said it so far."""


def read_info(message: Any) -> SoundFormat:
    """
    Return what an ``AudioInfo`` of ros-drivers says.

    :raises SoundError: it is not known, or cannot be
    """
    return sound_format(message.sample_format, message.sample_rate, message.channels,
                        message.coding_format)


def read_sound(message: Any, info: SoundFormat | None) -> tuple[SoundFormat, NDArray[Any]]:
    """
    Return the sound of a message: its format, and its bytes or samples.

    :param info: what bytes are of which the message does not say it, ``None`` if that is not known
    :raises FormatNotKnownError: the message does not say what its bytes are, nor does ``info``
    :raises SoundError: the message is not one of sound, or says what cannot be
    """
    if hasattr(message, 'number_of_channels'):
        return (sound_format(message.format, message.sample_rate, message.number_of_channels),
                np.asarray(message.data))
    # What has a header has the rest in this field.
    audio = getattr(message, 'audio', message)
    if hasattr(audio, 'audio_data'):
        said = audio.info
        form, field = port_audio_format(said.format, said.rate, said.channels)
        return form, np.asarray(getattr(audio.audio_data, field))
    if not hasattr(audio, 'data'):
        raise SoundError(f'{type(message).__name__} is not a message of sound, allowed are '
                         'AudioData, AudioDataStamped, AudioStamped, Audio and RawAudio')
    data = np.asarray(audio.data)
    if info is None and is_mp3(data[:3].tobytes()):
        info = MP3
    if info is None:
        raise FormatNotKnownError(
            'it does not say what its bytes are, and there is no AudioInfo: set audio.format, for '
            'example to "S16LE 16000 1"')
    return info, data
