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

"""The ROS end of a camera: its subscriptions, only while the camera has viewers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
import logging
from typing import Any, cast

from rclpy.clock import ROSClock
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_msgs.msg import Empty

from .image_messages import ImageMessages
from .image_reception import ImageReception
from .image_topics import find_sources, ImageSource, MESSAGES, published_images
from .publisher_hosts import PublisherHosts
from ...core.cameras.image_transports import (
    base_name, CANDIDATES, FFMPEG, MAX_SIMILAR, RAW_TYPES, shown_topics, similar_names,
    topics_not_shown, VIDEO,
)
from ...core.cameras.picture_monitor import SourceFacts
from ...core.cameras.picture_reason import (
    no_publisher, package_missing, PictureReason, qos_mismatch, qos_refused, wrong_type,
)
from ...core.cameras.transport_choice import TransportChoice
from ...core.cameras.transport_reasons import (
    describe_choice, far_raw_advice, other_transport, transport_not_shown,
)
from ...core.clock import boot_time
from ...core.settings.robot_settings import camera_prefix
from ...media.camera import Camera

logger = logging.getLogger(__name__)
# Characters of an error that go into diagnostics.
_MAX_REASON = 300


def _is_optional(candidate: tuple[str, str]) -> bool:
    """Tell whether a message type is of a package that few robots have."""
    return not candidate[1].startswith('sensor_msgs/')


class CameraTopic:
    """
    Subscribes a camera to its topic.

    All methods but :meth:`ask_keyframe` belong to the executor's thread.

    :param topics: that may be meant, relative names allowed; the first one that is published is
        taken
    :param kind: ``auto``, ``raw``, ``compressed`` or ``h264``
    :param qos: ``auto``, ``best_effort`` or ``reliable``
    :param expected: the one of the topics that is waited for, by default the first
    :raises ValueError, RuntimeError: a topic's name is invalid
    """

    def __init__(self, node: Node, camera: Camera, topics: str | Sequence[str], kind: str,
                 qos: str, expected: str = '') -> None:
        given = (topics,) if isinstance(topics, str) else tuple(topics)
        self.topics = tuple(dict.fromkeys(map(node.resolve_topic_name, given)))
        self.topic = node.resolve_topic_name(expected or given[0])
        self.camera = camera
        self._node = node
        self._clock = cast(ROSClock, node.get_clock())
        self._prefix = camera_prefix(camera.name)
        self._kind, self._qos = kind, qos
        # What was logged last: the topic that is shown, and why not a better one.
        self._logged_choice: tuple[str, str] | None = None
        # The topic that the log was given advice on.
        self._advised = ''
        self._choice = self._make_choice()
        self._hosts = PublisherHosts(node)
        # What is subscribed to, by topic and type.
        self._receptions: dict[tuple[str, str], ImageReception] = {}
        # Publishers of requests for keyframes, by topic; they stay, as another thread may use one.
        self._keyframe_publishers: dict[str, Publisher] = {}
        self._keyframe_publisher: Publisher | None = None
        self._messages = ImageMessages(camera, self._choose_keyframe_publisher)
        camera.source.ask_keyframe = self.ask_keyframe

    def configure(self, kind: str, qos: str) -> None:
        """Take another transport or QoS from now on."""
        if (kind, qos) != (self._kind, self._qos):
            self._kind, self._qos = kind, qos
            self._choice = self._make_choice()

    def _make_choice(self) -> TransportChoice:
        return TransportChoice(prefers_near=self._kind == 'auto')

    def check(self) -> None:
        """
        Make the subscriptions what they should be; cheap if they are.

        They depend on whether the camera has viewers, on what is published, and on what comes.
        """
        sources: list[ImageSource] = []
        if self.camera.watched:
            sources = self._find_sources()
        else:
            self._choice.pause()
            if self._receptions:
                self.camera.topic_reason = None
        known = [source for source in sources if MESSAGES[source.message_type] is not None]
        by_key = {source.transport.key: source for source in known}
        shown_before = self._choice.shown
        wanted = {} if not self.camera.watched else {
            transport.key: by_key[transport.key] for transport in self._choice.look(
                [source.transport for source in known], boot_time(), self.camera.monitor.fails)}
        for key in self._receptions.keys() - wanted.keys():
            self._receptions.pop(key).close()
        self._report(sources, shown_before)
        for key, source in wanted.items():
            self._receive(key, source)

    def _find_sources(self) -> list[ImageSource]:
        """Return what is published on the first of the topics on which anything is."""
        for topic in self.topics:
            sources = find_sources(topic, self._kind, self._qos,
                                   self._node.get_publishers_info_by_topic, self._hosts.is_here)
            if sources:
                if self.camera.source.active:
                    sources = [replace(source, video=source.message_type in RAW_TYPES)
                               for source in sources]
                if topic != self.topic:
                    logger.info('camera %s: its topic is %s', self.camera.name, topic)
                    self.topic = topic
                return sources
        return []

    def _receive(self, key: tuple[str, str], source: ImageSource) -> None:
        """Receive a source; what was received by another QoS ends."""
        reception = self._receptions.get(key)
        try:
            if reception is not None and reception.source == source:
                reception.renew_if_deaf(self.camera.slow)
                return
            logger.debug('camera %s: subscribes to %s', self.camera.name, source)
            if reception is not None:
                self._receptions.pop(key).close()
            self._receptions[key] = ImageReception(
                self._node, source, partial(self._on_message, key), self.count_failure)
        except RuntimeError as error:
            # Of a topic whose type has changed the middleware may still hold the old type, for
            # another camera of this node. Each check tries again.
            if key in self._receptions:
                self._receptions.pop(key).close()
            self.camera.count_error(
                f'{source.topic} cannot be subscribed to as {source.message_type}: '
                f'{str(error).splitlines()[0]}; it is tried again')

    def _report(self, sources: Sequence[ImageSource],
                shown_before: tuple[str, str] | None) -> None:
        """Tell camera, log and diagnostics what is received, and why nothing can be."""
        shown = next((s for s in sources if s.transport.key == self._choice.shown), None)
        self.camera.transient_local = shown is not None and shown.transport.stays
        if not self.camera.watched:
            return
        topic = self.topic if shown is None else shown.topic
        transport = {'topic': topic}
        if shown is not None:
            transport['type'] = shown.message_type
            if self._choice.because:
                transport |= {'instead_of': sources[0].topic, 'because': self._choice.because}
            self._log_change(shown, sources[0], shown_before)
            if shown.mismatched:
                transport['not_received_from'] = ' '.join(shown.mismatched)
            if shown.transport.raw and shown.transport.elsewhere and len(sources) == 1:
                transport['advice'] = self._advise(shown)
        # As a whole: another thread reads it.
        self.camera.transport = transport
        self.camera.topic_reason = self._reason(sources, shown)
        self.camera.monitor.source = self._facts(topic, shown)

    def _facts(self, topic: str, shown: ImageSource | None) -> SourceFacts:
        """Return what reasons may need to know of the topic that is shown."""
        if shown is None:
            return SourceFacts(topic)
        keyframes = self._keyframe_publishers.get(topic)
        return SourceFacts(
            topic, shown.nodes, None if shown.elsewhere is None else not shown.elsewhere,
            None if keyframes is None else keyframes.get_subscription_count())

    def _advise(self, shown: ImageSource) -> str:
        """Say once that raw images of another computer have no smaller sibling."""
        advice = far_raw_advice(shown.topic, shown.nodes)
        if self._advised != shown.topic:
            self._advised = shown.topic
            logger.warning('camera %s: %s', self.camera.name, advice)
        return advice

    def _log_change(self, shown: ImageSource, first: ImageSource,
                    shown_before: tuple[str, str] | None) -> None:
        choice = shown.topic, self._choice.because
        if choice == self._logged_choice or (shown_before is None and not self._choice.because):
            return
        if self._logged_choice is not None or self._choice.because:
            logger.info('camera %s: %s', self.camera.name, describe_choice(
                shown.topic, first.topic, self._choice.because, first.nodes, self._prefix))
        self._logged_choice = choice

    def _reason(self, sources: Sequence[ImageSource],
                shown: ImageSource | None) -> PictureReason | None:
        """Return why no image can come, by what is published."""
        if shown is None:
            if sources:
                return package_missing(sources[0].topic, sources[0].message_type)
            return self.missing(published_images(self._node))
        if shown.mismatched:
            return qos_mismatch(shown.topic, 'reliability', 'best effort', 'reliable',
                                self._prefix, shown.mismatched)
        reception = self._receptions.get(shown.transport.key)
        if reception is not None and reception.refused_policy:
            return qos_refused(shown.topic, reception.refused_policy, self._prefix, shown.nodes)
        return None

    def missing(self, published: Mapping[str, Collection[str]]) -> PictureReason:
        """
        Return why there is nothing to subscribe to.

        :param published: as :func:`published_images` returns it
        """
        publishers_of = self._node.get_publishers_info_by_topic
        for topic in self.topics:
            if self._kind != 'auto':
                others = find_sources(base_name(topic), 'auto', self._qos, publishers_of)
                if others:
                    return other_transport(topic, self._kind, [
                        f'{other.topic} ({other.message_type})' for other in others],
                        self._prefix)
            found = sorted({info.topic_type for info in publishers_of(topic)})
            if found:
                return wrong_type(topic, found, [
                    kind for suffix, kind in sorted(CANDIDATES[self._kind], key=_is_optional)
                    if not suffix], self._prefix)
        hidden = [topic for topic in topics_not_shown(published)
                  if {base_name(topic), topic} & set(self.topics)]
        if hidden:
            return transport_not_shown(hidden[0])
        names = shown_topics(published)
        similar = dict.fromkeys(name for topic in (self.topic, *self.topics)
                                for name in similar_names(topic, names))
        return no_publisher(self.topic, [*similar][:MAX_SIMILAR], self._prefix)

    def _on_message(self, key: tuple[str, str], message: Any, info: Mapping[str, Any]) -> None:
        topic, message_type = key
        now, number = boot_time(), info.get('publication_sequence_number')
        stamp = message.header.stamp if hasattr(message, 'header') else message.timestamp
        stamped = stamp.sec + stamp.nanosec / 1e9 or None
        if not self._choice.heard(key, now, stamped, number):
            return
        self.camera.monitor.losses.on_message(number, len(message.data), now)
        age = None
        # Simulated time passes at a rate of its own.
        if stamped is not None and not self._clock.ros_time_is_active:
            age = self._clock.now().nanoseconds / 1e9 - stamped
        self._messages.take(message, topic, age, packets=message_type in (FFMPEG, VIDEO),
                            unknown_is_h264=self._kind == 'h264')

    def _choose_keyframe_publisher(self, topic: str) -> None:
        if topic not in self._keyframe_publishers:
            self._keyframe_publishers[topic] = self._node.create_publisher(
                Empty, topic + '/request_keyframe', 1)
        self._keyframe_publisher = self._keyframe_publishers[topic]

    def count_failure(self, error: BaseException) -> None:
        """Count what keeps the camera from its images, for its diagnostics and its viewers."""
        self.camera.count_error(f'{self.topic}: {error!r}'[:_MAX_REASON])

    def ask_keyframe(self) -> None:
        """Ask the publisher of H.264 for a keyframe; from any thread."""
        publisher = self._keyframe_publisher
        if publisher is not None:
            publisher.publish(Empty())
