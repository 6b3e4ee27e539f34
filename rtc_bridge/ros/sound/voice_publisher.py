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

"""Publishes the voices of viewers, as ``audio_play`` of ros-drivers takes them."""

from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from ..interfaces import message_type
from ...media.sound.voice import VOICE_RATE, VoiceBlock

_PACKAGE = 'audio_common_msgs/msg/'
# Messages of 20 ms that wait for a subscriber.
_DEPTH = 25
_INFO_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                       durability=DurabilityPolicy.TRANSIENT_LOCAL)


class VoicePublisher:
    """
    Publishes ``~/talk`` and ``~/talk_stamped``, and what they are on ``~/audio_info``.

    :meth:`put` belongs to any one thread.

    :raises LookupError: ``audio_common_msgs`` of ros-drivers is not installed
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._data_type: Any = message_type(f'{_PACKAGE}AudioData')
        self._stamped_type: Any = message_type(f'{_PACKAGE}AudioDataStamped')
        info_type: Any = message_type(f'{_PACKAGE}AudioInfo')
        if not hasattr(self._data_type, 'data'):
            # Another package has the same name.
            raise LookupError('audio_common_msgs is not that of ros-drivers')
        self._plain = node.create_publisher(self._data_type, '~/talk', _DEPTH)
        self._stamped = node.create_publisher(self._stamped_type, '~/talk_stamped', _DEPTH)
        self._info = node.create_publisher(info_type, '~/audio_info', _INFO_QOS)
        self._info.publish(info_type(
            channels=1, sample_rate=VOICE_RATE, sample_format='S16LE',
            bitrate=16 * VOICE_RATE, coding_format='wave'))

    @property
    def reason(self) -> str:
        """Return why nobody hears a voice, '' if a node subscribes; from any thread."""
        if self._plain.get_subscription_count() or self._stamped.get_subscription_count():
            return ''
        return f'nobody subscribes to {self._plain.topic_name}'

    def put(self, block: VoiceBlock) -> None:
        """Publish samples, to who subscribes."""
        data = self._data_type(data=block.astype('<i2').tobytes())
        if self._plain.get_subscription_count():
            self._plain.publish(data)
        if self._stamped.get_subscription_count():
            message = self._stamped_type(audio=data)
            message.header.stamp = self._node.get_clock().now().to_msg()
            self._stamped.publish(message)
