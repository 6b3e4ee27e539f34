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

"""Parameters of the robot's sound that are refused, with what is allowed."""

from types import SimpleNamespace

import pytest
from rtc_bridge.bridge.streams.sound import Sound
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.viewer_media_settings import AudioSettings
from support.ros_probe import RosProbe

NODE = SimpleNamespace(resolve_topic_name=lambda name: f'/{name}')


@pytest.mark.parametrize('source, form, text', [
    ('jack:default', '', "parameter audio.source has 'jack:default', allowed are .*"
     'alsa:default, pulse:default'),
    ('alsa:', '', "parameter audio.source has 'alsa:', allowed are"),
    ('audio', 'S17LE 16000 1', "parameter audio.format has 'S17LE 16000 1', allowed are mp3 and "
     'samples as "S16LE 16000 1": .*S17LE'),
    ('audio', 'S16LE', "parameter audio.format has 'S16LE', allowed are mp3 and")])
def test_a_source_or_format_that_cannot_be_is_refused(source, form, text):
    with pytest.raises(ParameterError, match=text):
        Sound(NODE, AudioSettings(source=source, format=form))


def test_a_name_that_no_topic_can_have_is_refused(lonely):
    with RosProbe('sound') as probe:
        with pytest.raises(ParameterError, match=(
                "parameter audio.source has 'no topic', which is not a topic name: ")):
            Sound(probe.node, AudioSettings(source='no topic'))


def test_without_a_source_there_is_no_sound():
    sound = Sound(NODE, AudioSettings())
    assert sound.stream is None and sound.status() is None
