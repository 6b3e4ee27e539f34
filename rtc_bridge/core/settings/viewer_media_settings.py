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

"""The parameters of sound both ways, and of the pictures that viewers send."""

from dataclasses import dataclass

from .parameters import parameter


@dataclass(frozen=True)
class AudioSettings:
    """The robot's sound: ``audio.*``."""

    source: str = parameter(
        '', 'where the sound of the robot comes from: a topic (AudioData, AudioDataStamped, '
        'AudioStamped, RawAudio), or a device: alsa:default, alsa:hw:1,0, pulse:default; empty: '
        'no sound')
    format: str = parameter(  # noqa: A003 - the parameter has this name
        '', 'what the bytes of AudioData are if no AudioInfo says it: mp3, or as S16LE 16000 1 '
        '(format, samples per second, channels); empty: as AudioInfo says')
    talk: str = parameter(
        'driver', 'who of the viewers may be heard on the robot, one at a time; driver: who '
        'drives, and role supervise; role: roles drive and supervise; off: nobody. Voices go to '
        '~/talk (audio_common_msgs) and to audio.talk_device; where there is neither nobody is '
        'heard',
        choices=('driver', 'role', 'off'))
    talk_device: str = parameter(
        '', 'loudspeaker for their voices: alsa:default, pulse:default; empty: none')
    echo_cancel: str = parameter(
        'off', 'what keeps viewers from hearing themselves by the microphone of the robot; duck: '
        'it is faint while somebody talks; webrtc: what is played is taken out of what it hears, '
        'which takes the library pywebrtc-audio', choices=('off', 'duck', 'webrtc'))
    channels: int = parameter(1, 'channels that viewers hear; 2: stereo', low=1, high=2)
    bitrate: int = parameter(
        32_000, 'bitrate of the sound', unit='bit/s', low=16_000, high=128_000)


@dataclass(frozen=True)
class OperatorCameraSettings:
    """The camera or screen of a viewer, seen on the robot: ``operator_camera.*``."""

    enabled: bool = parameter(
        False, 'whether viewers with role drive or supervise may show the pictures of their '
        'camera or screen on the robot, one at a time: on ~/operator/image_raw and '
        '~/operator/image_raw/compressed, while somebody subscribes')
    max_width: int = parameter(640, 'largest width of them', unit='pixels', low=16, high=1920)
    max_height: int = parameter(480, 'largest height of them', unit='pixels', low=16, high=1920)
    max_fps: float = parameter(
        15.0, 'most of them', unit='Hz', low=1.0, high=60.0)
