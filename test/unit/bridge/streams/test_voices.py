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

"""What the bridge tells of the voices that are played on the robot."""

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rtc_bridge.bridge.streams import voices
from rtc_bridge.bridge.streams.voices import connect_voices, voices_status
from rtc_bridge.core.access.floor import Floor
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.viewer_media_settings import AudioSettings
from rtc_bridge.media.sound.sound_stream import SoundStream
from rtc_bridge.media.sound.voice import Voice


class Publisher:
    """Stands for ``VoicePublisher``, whose package is not installed here."""

    def __init__(self, node):
        self.reason = 'nobody subscribes to /robot/talk'

    def put(self, block):
        """Take samples."""


@pytest.fixture
def publishers(monkeypatch):
    """Return the publishers that are made."""
    made = []

    def make(node):
        made.append(Publisher(node))
        return made[-1]

    monkeypatch.setattr(voices, 'VoicePublisher', make)
    return made


def test_a_voice_that_nobody_hears_is_a_warning_while_somebody_talks(publishers):
    floor, voice = Floor('role'), Voice()
    connect_voices(None, AudioSettings(), floor, voice, None)
    assert voices_status(floor, voice, '').level == DiagnosticStatus.OK
    floor.ask('session', 'drive')
    status = voices_status(floor, voice, 'Ada')
    assert (status.level, status.message) == (
        DiagnosticStatus.WARN, 'Ada talks, and nobody hears it: nobody subscribes to /robot/talk, '
        'and audio.talk_device is empty')
    publishers[0].reason = ''
    status = voices_status(floor, voice, 'Ada')
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'Ada talks')


def test_without_an_output_nobody_may_talk(monkeypatch):
    def make(node):
        raise LookupError('not installed')

    monkeypatch.setattr(voices, 'VoicePublisher', make)
    floor, voice = Floor('role'), Voice()
    connect_voices(None, AudioSettings(), floor, voice, None)
    assert not floor.enabled and voices_status(floor, voice, '') is None


@pytest.mark.parametrize('device', ['jack:default', 'alsa:', 'default'])
def test_a_loudspeaker_that_cannot_be_is_refused(publishers, device):
    with pytest.raises(ParameterError, match=(
            f"parameter audio.talk_device is '{device}', allowed are devices as alsa:default, ")):
        connect_voices(None, AudioSettings(talk_device=device), Floor('role'), Voice(), None)


def test_an_echo_canceller_that_is_not_installed_is_named(publishers, monkeypatch):
    def missing(channels):
        raise ImportError('no pywebrtc_audio')

    monkeypatch.setattr(voices, 'EchoCanceller', missing)
    with pytest.raises(ParameterError, match=(
            r'parameter audio.echo_cancel is webrtc, .*\(no pywebrtc_audio\): pip install')):
        connect_voices(None, AudioSettings(echo_cancel='webrtc'), Floor('role'), Voice(),
                       SoundStream(1, 32_000))
