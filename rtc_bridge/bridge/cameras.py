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

"""The robot's cameras: those that are configured, and those that are found."""

import asyncio
from collections.abc import Sequence
import logging
from typing import Callable

from rclpy.node import Node

from ..core.errors import ParameterError
from ..core.failure_log import failures
from ..core.protocol.strict_json import shorten
from ..core.settings.robot_settings import camera_prefix, CameraTopicSettings
from ..core.supervision import call_guarded, guard
from ..core.video.image_transports import base_name
from ..core.video.tiers import Scale
from ..media.camera import Camera
from ..media.camera_settings import CameraSettings
from ..media.i420 import RenderOptions
from ..ros.camera_topic import CameraTopic
from ..ros.executor_thread import ExecutorThread
from ..ros.image_topics import find_image_topics
from ..ros.parameters import allow_changes, declare_parameters, undeclared_parameters

logger = logging.getLogger(__name__)
# In ``cameras.names``: every image topic in the graph.
ANY = '*'
# Seconds between two looks at the graph: rclpy reports no change of publishers.
LOOK_PERIOD_S = 0.5


class Cameras:
    """
    Makes the cameras, keeps their subscriptions right, and looks for new ones.

    ``found`` and the cameras belong to the event loop, their topics to the executor's thread.

    :param names: as in ``cameras.names``
    :param scales: of the quality tiers, as in ``video.tiers``
    :param found: where the cameras are kept, by name, in the order that viewers see
    :param on_change: called in the event loop when cameras came or went
    :raises ParameterError: a name or a camera's parameter is not allowed
    """

    def __init__(self, node: Node, names: Sequence[str], scales: tuple[Scale, ...],
                 found: dict[str, Camera], on_change: Callable[[], None]) -> None:
        self._node = node
        self._scales = scales
        self._found = found
        self._on_change = on_change
        self._discover = ANY in names
        # Both from the start on.
        self._ros: ExecutorThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # All cameras' topics by name.
        self._topics: dict[str, CameraTopic] = {}
        # Cameras that were found, and cannot be shown as they are configured.
        self._refused: set[str] = set()
        self._configured = [name for name in names if name != ANY]
        if not names:
            raise ParameterError('parameter cameras.names is [], allowed is at least one name, '
                                 f'or {ANY!r} for every image topic')
        dotted = [name.replace('/', '.') for name in names]
        for name in self._configured:
            if not name or dotted.count(name.replace('/', '.')) > 1:
                raise ParameterError(f'parameter cameras.names has {name!r}, allowed are names '
                                     'that are not empty and differ')
            self._found[name] = self._make(name, f'{name}/image_raw')
        waiting = [name for name in undeclared_parameters(node) if name.startswith('cameras.')]
        if self._discover and waiting:
            # They may be misspelt, or meant for a camera that is never published.
            node.get_logger().info(
                f"{', '.join(waiting)}: for a camera that is not there yet; those that {ANY!r} "
                'finds go by their topic, front/image_raw by cameras.front.image_raw')

    def start(self, ros: ExecutorThread) -> None:
        """Prepare to look, in the event loop."""
        self._ros = ros
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Look after the topics, for ever."""
        while True:
            # The executor's thread gets a copy, as ``found`` changes here.
            self._call_in_ros('cameras', self._look, frozenset(self._found))
            await asyncio.sleep(LOOK_PERIOD_S)

    def _call_in_ros(self, name: str, work: Callable[..., object], *args: object) -> None:
        """Call a function in the executor's thread; before the start there is nothing to do."""
        if self._ros is not None:
            self._ros.call(name, work, *args)

    def _call_in_loop(self, work: Callable[..., object], *args: object) -> None:
        """Call a function in the event loop; before the start there is nothing to do."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(call_guarded, 'cameras', work, *args)

    def _make(self, name: str, topic: str) -> Camera:
        """
        Declare a camera's parameters and make it; at the start, and in the executor's thread.

        :param topic: the default of its parameter ``topic``
        """
        prefix = camera_prefix(name)
        parameters = declare_parameters(self._node, CameraTopicSettings(topic=topic), prefix)
        camera = Camera(name, self._settings(prefix, parameters), on_watched=lambda:
                        self._call_in_ros('camera', self._check, self._topics[name]))
        try:
            self._topics[name] = CameraTopic(self._node, camera, parameters.topic,
                                             parameters.type, parameters.qos)
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ParameterError(f'parameter {prefix}topic is {shorten(parameters.topic)}, '
                                 f'allowed is the name of a topic: {reason}') from None
        allow_changes(self._node, parameters, prefix, lambda new: self._settings(prefix, new),
                      lambda new: self._call_in_loop(self._configure, camera,
                                                     self._settings(prefix, new)))
        return camera

    def _settings(self, prefix: str, given: CameraTopicSettings) -> CameraSettings:
        near, far = given.depth_min, given.depth_max
        if far <= near:
            raise ParameterError(f'parameter {prefix}depth_max is {far:g}, allowed is more than '
                                 f'{prefix}depth_min, {near:g} m')
        return CameraSettings(
            max_fps=given.max_fps, max_bitrate=given.max_bitrate,
            render=RenderOptions(given.max_width, given.rotate, (near, far)), scales=self._scales,
            codec=given.codec, passthrough=given.passthrough, drive=given.drive)

    # Executor's thread

    def _look(self, found: frozenset[str]) -> None:
        for camera_topic in list(self._topics.values()):
            self._check(camera_topic)
        if self._discover:
            self._search(found)

    def _check(self, camera_topic: CameraTopic) -> None:
        # The failure of one camera concerns no other one, and the next look tries again.
        with guard('camera', camera_topic.count_failure):
            camera_topic.check()

    def _search(self, found: frozenset[str]) -> None:
        """Look for cameras that came or went."""
        published = find_image_topics(self._node)
        configured = {self._topics[name].topic for name in self._configured}
        configured |= {base_name(topic) for topic in configured}
        wanted = {topic.removeprefix('/'): topic for topic in published - configured}
        for name in wanted.keys() - self._refused:
            # A camera that comes back is the same camera: its parameters are declared.
            if name not in self._topics and not self._try_to_make(name, wanted[name]):
                continue
            if name not in found:
                self._call_in_loop(self._add, self._topics[name].camera)
        for name in found - wanted.keys() - set(self._configured):
            self._call_in_loop(self._remove, name)

    def _try_to_make(self, name: str, topic: str) -> bool:
        """Make a camera that was found; return whether it can be shown as it is configured."""
        try:
            self._make(name, topic)
        except Exception as error:
            self._refused.add(name)
            self._node.get_logger().error(f'camera {name} is left out: {error}')
            if not isinstance(error, ParameterError):
                failures.note('cameras', error)
            return False
        return True

    # Event loop

    def _configure(self, camera: Camera, settings: CameraSettings) -> None:
        logger.debug('camera %s: %s', camera.name, settings)
        changed = settings.drive != camera.settings.drive
        camera.configure(settings)
        if changed:
            self._on_change()

    def _add(self, camera: Camera) -> None:
        if camera.name not in self._found:
            self._found[camera.name] = camera
            # The configured ones keep their places; those that were found are sorted by name.
            for later in sorted(self._found.keys() - set(self._configured)):
                self._found[later] = self._found.pop(later)
            self._node.get_logger().info(f'camera {camera.name} found')
            self._on_change()

    def _remove(self, name: str) -> None:
        camera = self._found.get(name)
        # While it is watched it stays, and shows how long it has been silent.
        if camera is not None and not camera.watched:
            del self._found[name]
            self._node.get_logger().info(f'camera {name} is gone')
            self._on_change()
