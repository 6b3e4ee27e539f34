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

"""Listens to one camera as the bridge does, and tells what came."""

import time
from types import SimpleNamespace
from typing import Any, cast

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from .parameters import ListenedCamera
from ..core.cameras.image_transports import FFMPEG, VIDEO
from ..core.cameras.picture_reason import cannot_be_shown, package_missing, qos_mismatch
from ..core.checks.graph_rules import CameraTrial
from ..core.driving.velocity_graph import full_name
from ..core.errors import ImageError
from ..core.images.video_formats import CODEC_TITLES
from ..core.supervision import guarded
from ..media.camera import Camera
from ..media.images.frame import Load
from ..ros.cameras.image_messages import ImageMessages
from ..ros.cameras.image_topics import find_sources, ImageSource, MESSAGES
from ..ros.cameras.images import format_of

# Pictures after which nothing more is to be learnt.
_ENOUGH = 8


class _Reception:
    """
    What came on one transport of a camera. To :class:`ImageMessages` it is the camera.

    :param encoding: parameter ``cameras.NAME.encoding``
    """

    def __init__(self, source: ImageSource, kind: str, encoding: str) -> None:
        self.name = source.topic
        self.source = source
        self.settings = SimpleNamespace(encoding=encoding)
        self.times: list[float] = []
        self.newest: Any = None
        self._messages = ImageMessages(cast(Camera, self), lambda topic: None)
        self._unknown_is_h264 = kind == 'h264'
        self._load: Load | None = None
        self._codec = ''

    def take(self, message: Any) -> None:
        """Take a message."""
        self.times.append(time.monotonic())
        self.newest = message
        self._messages.take(message, self.name, None,
                            packets=self.source.message_type in (FFMPEG, VIDEO),
                            unknown_is_h264=self._unknown_is_h264)

    def put(self, load: Load, age: float | None = None) -> None:
        """Keep what reads the newest image."""
        self._load = load

    def put_video(self, data: bytes, age: float | None, codec: str) -> None:
        """Note that it is video."""
        self._codec = codec

    def describe(self) -> str:
        """
        Return what the newest message shows.

        :raises ImageError: it cannot be shown
        """
        if self._load is None:
            if self._codec not in CODEC_TITLES:
                raise ImageError(f'{self._codec[:40]!r} is no codec that is known',
                                 'not-decodable')
            return CODEC_TITLES[self._codec]
        pixels, encoding = self._load()
        if hasattr(self.newest, 'step'):
            return f'{self.newest.width}x{self.newest.height} {encoding}'
        height, width = getattr(pixels, 'shape', (0, 0))[:2]
        return f'{width}x{height} {format_of(self.newest)[:40]}'


class CameraListener:
    """
    Subscriptions to a camera's transports; the executor's thread calls all methods.

    :param camera: what to listen to; the first of its topics that is published counts
    """

    def __init__(self, node: Node, camera: ListenedCamera) -> None:
        self._node = node
        self._began = time.monotonic()
        self._fault = ''
        self._camera = camera
        topics = [node.resolve_topic_name(topic) for topic in camera.topics]
        found = {topic: sources for topic in topics if (sources := find_sources(
            topic, camera.kind, camera.qos, node.get_publishers_info_by_topic))}
        self._topic = next(iter(found), topics[0] if topics else '?')
        self._receptions: list[_Reception] = []
        for source in found.get(self._topic, ()):
            self._listen(source)

    def _listen(self, source: ImageSource) -> None:
        if MESSAGES[source.message_type] is None:
            self._fault = self._fault or package_missing(source.topic, source.message_type).text
            return
        if source.mismatched:
            self._fault = qos_mismatch(source.topic, 'reliability', 'best effort', 'reliable').text
        reception = _Reception(source, self._camera.kind, self._camera.encoding)
        profiles = [source.qos, *[source.kept_qos] * source.fetches_kept]
        try:
            for profile in profiles:
                self._node.create_subscription(MESSAGES[source.message_type], source.topic,
                                               guarded('camera', reception.take), profile)
        except (RuntimeError, ValueError) as error:
            self._fault = str(error).splitlines()[0]
            return
        self._receptions.append(reception)

    @property
    def is_done(self) -> bool:
        """Return whether enough has come, or nothing can."""
        return not self._receptions or any(
            len(reception.times) >= _ENOUGH for reception in self._receptions)

    def trial(self) -> CameraTrial:
        """Return what has come so far."""
        best = next((one for one in self._receptions if one.times),
                    self._receptions[0] if self._receptions else None)
        topic = best.source.topic if best is not None else self._topic
        infos = self._node.get_publishers_info_by_topic(topic)
        message = best.newest if best is not None else None
        times = best.times if best is not None else []
        fault, what = self._fault if message is None else '', ''
        if message is not None and best is not None:
            try:
                what = best.describe()
            except ImageError as error:
                fault = cannot_be_shown(topic, error).text
        return CameraTrial(
            topic, tuple(sorted({full_name(info.node_name, info.node_namespace)
                                 for info in infos})),
            _qos_text(infos), len(times), times[-1] - times[0] if times else 0.0,
            time.monotonic() - self._began, what,
            len(message.data) if message is not None else 0, fault)


def _qos_text(infos: Any) -> str:
    """Return the reliability and durability of publishers in words."""
    profiles = [info.qos_profile for info in infos]
    reliable = {profile.reliability == ReliabilityPolicy.RELIABLE for profile in profiles}
    latched = any(profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for profile in profiles)
    words = {frozenset({True}): 'reliable', frozenset({False}): 'best effort'}.get(
        frozenset(reliable), 'reliable and best effort')
    return words + (', transient local' if latched else '')
