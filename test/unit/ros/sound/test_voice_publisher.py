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

"""Voices as messages: stand-ins for ``audio_common_msgs``, which PyPI does not have."""

from types import SimpleNamespace

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.time import Time
from rtc_bridge.ros.sound import voice_publisher
from rtc_bridge.ros.sound.voice_publisher import VoicePublisher
from std_msgs.msg import Header, UInt8MultiArray

BLOCK = np.array([0, 1, -1, 32767], np.int16)


class Stamped:
    """Stands for ``AudioDataStamped``."""

    def __init__(self, audio):
        self.audio, self.header = audio, Header()


# By names of messages; the first has the field ``data`` with the same type as ``AudioData``.
TYPES = {'AudioData': UInt8MultiArray, 'AudioDataStamped': Stamped, 'AudioInfo': SimpleNamespace}


class FakePublisher:
    """Keeps its messages."""

    def __init__(self, topic, qos):
        self.topic_name = topic.replace('~', '/robot')
        self.qos = qos
        self.subscribers = 0
        self.sent = []
        self.publish = self.sent.append

    def get_subscription_count(self):
        return self.subscribers


class FakeNode:
    """Makes publishers, by topic."""

    def __init__(self):
        self.publishers = {}

    def create_publisher(self, kind, topic, qos):
        self.publishers[topic] = FakePublisher(topic, qos)
        return self.publishers[topic]

    def get_clock(self):
        return SimpleNamespace(now=lambda: Time(seconds=7))


@pytest.fixture
def node(monkeypatch):
    """Return a node where the package is installed."""
    monkeypatch.setattr(voice_publisher, 'message_type', lambda name: TYPES[name.split('/')[-1]])
    return FakeNode()


def test_a_voice_goes_to_who_subscribes(node):
    publisher = VoicePublisher(node)
    plain, stamped = node.publishers['~/talk'], node.publishers['~/talk_stamped']
    publisher.put(BLOCK)
    assert publisher.reason == 'nobody subscribes to /robot/talk'
    assert not plain.sent and not stamped.sent
    plain.subscribers = 1
    publisher.put(BLOCK)
    assert publisher.reason == '' and not stamped.sent
    message, = plain.sent
    assert bytes(message.data) == b'\0\0\1\0\xff\xff\xff\x7f'
    plain.subscribers, stamped.subscribers = 0, 1
    publisher.put(BLOCK)
    assert publisher.reason == '' and len(plain.sent) == 1
    message, = stamped.sent
    assert message.header.stamp.sec == 7 and len(message.audio.data) == 8


def test_what_a_voice_is_can_be_read_by_who_subscribes_later(node):
    VoicePublisher(node)
    info = node.publishers['~/audio_info']
    assert info.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    message, = info.sent
    assert (message.channels, message.sample_rate, message.sample_format,
            message.coding_format) == (1, 48_000, 'S16LE', 'wave')


def test_a_package_of_the_same_name_is_not_taken_for_it(node, monkeypatch):
    monkeypatch.setitem(TYPES, 'AudioData', SimpleNamespace)
    with pytest.raises(LookupError, match='not that of ros-drivers'):
        VoicePublisher(node)
