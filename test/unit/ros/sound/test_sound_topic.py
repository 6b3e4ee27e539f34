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

"""A topic of sound: stand-ins for ``audio_common_msgs``, which PyPI does not have."""

from array import array
from types import SimpleNamespace

import pytest
from rclpy.qos import QoSProfile
from rtc_bridge.media.sound.sound_stream import SoundStream
from rtc_bridge.ros.sound import sound_topic
from rtc_bridge.ros.sound.sound_topic import SoundTopic


class AudioData:
    """Stands for the message of the same name."""

    data = array('B', [1, 2, 3, 4])

    @staticmethod
    def get_fields_and_field_types():
        return {'data': 'sequence<uint8>'}


TYPES = {'audio_common_msgs/msg/AudioData': AudioData,
         'audio_common_msgs/msg/AudioInfo': SimpleNamespace}
INFO = SimpleNamespace(channels=1, sample_rate=16_000, sample_format='S16LE', bitrate=0,
                       coding_format='wave')


class FakeNode:
    """Has a publisher of ``AudioData``, and keeps the callbacks by topic."""

    def __init__(self):
        self.callbacks = {}

    def get_publishers_info_by_topic(self, topic):
        return [SimpleNamespace(topic_type='audio_common_msgs/msg/AudioData',
                                qos_profile=QoSProfile(depth=1))]

    def create_subscription(self, kind, topic, callback, qos):
        self.callbacks[topic] = callback


@pytest.fixture
def subscribed(monkeypatch, clock):
    """Return the stream of a topic that is subscribed, and the callbacks."""
    monkeypatch.setattr(sound_topic, 'message_type', TYPES.__getitem__)
    node, stream = FakeNode(), SoundStream(1, 32_000)
    SoundTopic(node, '/audio/audio', stream, None, clock).update(True)
    return stream, node.callbacks


def test_messages_before_the_audio_info_are_no_errors(subscribed, clock):
    stream, callbacks = subscribed
    callbacks['/audio/audio'](AudioData())
    clock.now += 0.9
    callbacks['/audio/audio'](AudioData())
    assert stream.stats.errors == stream.stats.blocks == 0
    callbacks['/audio/audio_info'](INFO)
    clock.now += 0.9
    callbacks['/audio/audio'](AudioData())
    assert (stream.stats.errors, stream.stats.blocks) == (0, 1)


def test_without_an_audio_info_people_are_told_what_to_do(subscribed, clock):
    stream, callbacks = subscribed
    callbacks['/audio/audio'](AudioData())
    clock.now += 1.0
    callbacks['/audio/audio'](AudioData())
    assert stream.stats.errors == 1 and 'set audio.format' in stream.stats.last_error
