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

"""A topic with the robot's sound."""

import logging
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from .sound_messages import FormatNotKnownError, read_info, read_sound
from ..interfaces import message_type
from ...core.audio.sound_formats import SoundFormat
from ...core.clock import boot_time, Clock
from ...core.errors import SoundError
from ...core.supervision import guarded
from ...media.sound.sound_stream import SoundStream

_logger = logging.getLogger(__name__)

# Messages that wait for this node: half a second of those of 10 ms.
_DEPTH = 50
# Seconds of messages for which an AudioInfo is waited: a latched one may come after the first.
_INFO_WAIT_S = 1.0
_INFO_TYPE = 'audio_common_msgs/msg/AudioInfo'
_INFO_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                       durability=DurabilityPolicy.TRANSIENT_LOCAL)


class SoundTopic:
    """
    Subscribes to a topic of sound while somebody listens, whatever its type is.

    All methods belong to the executor's thread.

    :param topic: its full name
    :param stream: takes the sound
    :param form: what bytes are of which nothing says it
    """

    def __init__(self, node: Node, topic: str, stream: SoundStream,
                 form: SoundFormat | None, clock: Clock = boot_time) -> None:
        self._node = node
        self._topic = topic
        self._stream = stream
        self._form = form
        self._clock = clock
        # audio_capture's names: audio and audio_stamped have their format on audio_info.
        self._info_topic = f'{topic.rpartition("/")[0]}/audio_info'
        self._info: SoundFormat | None = None
        # When the first message came whose format is not known, in seconds.
        self._unknown_since: float | None = None
        # Type and QoS of the present subscription.
        self._source: tuple[type, QoSProfile] | None = None
        self._subscriptions: list[Subscription] = []
        self._logged = ''
        # Why the present type cannot be used, '' if it can.
        self._unusable = ''

    def update(self, wanted: bool) -> None:
        """
        Make the subscription fit the publishers; cheap if it does already.

        :param wanted: whether somebody listens; without anybody there is no subscription
        """
        published = self._published()
        source = published if wanted else None
        if source == self._source:
            if published is not None:
                self._stream.source_reason = self._unusable
            return
        self._unusable = ''
        self._source = source
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self._info = self._unknown_since = None
        if source is not None:
            self._subscribe(*source)

    def _subscribe(self, kind: type, qos: QoSProfile) -> None:
        try:
            if _needs_info(kind):
                self._subscriptions.append(self._node.create_subscription(
                    message_type(_INFO_TYPE), self._info_topic,
                    guarded('sound topic', self._on_info), _INFO_QOS))
            self._subscriptions.append(self._node.create_subscription(
                kind, self._topic, guarded('sound topic', self._on_message), qos))
            _logger.debug('sound: subscribed to %s, %s, %s', self._topic, kind.__name__,
                          qos.reliability.name)
            self._stream.source_reason = ''
        except LookupError as error:
            self._unusable = f'{self._topic}: {error}'
            self._note(self._unusable)
        except RuntimeError as error:
            # While the middleware still holds the topic's old type. The next update tries again.
            self._note(f'{self._topic}: {str(error).splitlines()[0]}')
            self._source = None

    def _published(self) -> tuple[type, QoSProfile] | None:
        """Return the type and QoS to subscribe with; ``None`` without a publisher of a type."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        if not publishers:
            # Usual at the start: it is told to who listens, and not logged.
            self._stream.source_reason = f'nobody publishes {self._topic}'
            return None
        type_name = min(info.topic_type for info in publishers)
        try:
            kind = message_type(type_name)
        except LookupError as error:
            self._note(f'{self._topic}: {error}')
            return None
        reliable = all(info.qos_profile.reliability == ReliabilityPolicy.RELIABLE
                       for info in publishers if info.topic_type == type_name)
        return kind, QoSProfile(
            depth=_DEPTH, reliability=(ReliabilityPolicy.RELIABLE if reliable
                                       else ReliabilityPolicy.BEST_EFFORT))

    def _on_info(self, message: Any) -> None:
        try:
            self._info = read_info(message)
        except SoundError as error:
            self._note(f'{self._info_topic}: {error}')

    def _on_message(self, message: Any) -> None:
        try:
            self._stream.put(*read_sound(message, self._info or self._form))
        except SoundError as error:
            if not (isinstance(error, FormatNotKnownError) and self._awaits_info()):
                self._stream.count_error(f'{self._topic}: {error}')

    def _awaits_info(self) -> bool:
        """Tell whether an ``AudioInfo`` may still be on its way."""
        now = self._clock()
        if self._unknown_since is None:
            self._unknown_since = now
        return now - self._unknown_since < _INFO_WAIT_S

    def _note(self, reason: str) -> None:
        """Keep why there is no sound, and log it if it is new."""
        self._stream.source_reason = reason
        if reason != self._logged:
            self._logged = reason
            _logger.warning('sound: %s', reason)


def _needs_info(kind: type) -> bool:
    """Tell whether messages of a type do not say what their bytes are."""
    fields = dict(kind.get_fields_and_field_types())  # type: ignore[attr-defined]
    return list(fields) == ['data'] or fields.get('audio', '').endswith('/AudioData')
