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

"""The robot's cameras: those that are named, and those that are found."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
import logging

from rclpy.node import Node

from .camera_parameters import CameraParameters, is_misspelt
from ...core.cameras.camera_findings import (
    CameraFindings, hidden_findings, pattern_finding, published_cameras,
)
from ...core.cameras.camera_mount import CameraMount, Intrinsics
from ...core.cameras.frame_tree import Place
from ...core.cameras.image_transports import base_name, shown_topics
from ...core.clock import boot_time
from ...core.errors import ParameterError
from ...core.failure_log import failures
from ...core.images.value_range import parse_range
from ...core.protocol.strict_json import shorten
from ...core.settings.camera_names import CameraNames, NamedCamera
from ...core.settings.robot_settings import camera_prefix, CameraTopicSettings
from ...core.supervision import call_guarded, guard
from ...core.video.tiers import Scale
from ...media.camera import Camera
from ...media.camera_settings import CameraSettings
from ...media.images.i420 import RenderOptions
from ...ros.cameras.camera_info import CameraInfoTopic
from ...ros.cameras.camera_topic import CameraTopic
from ...ros.cameras.cv_bridge_reader import cv_bridge_reader
from ...ros.cameras.image_topics import published_images
from ...ros.executor_thread import ExecutorThread
from ...ros.static_frames import StaticFrames

logger = logging.getLogger(__name__)
# Seconds between two looks at the graph: rclpy reports no change of publishers.
LOOK_PERIOD_S = 0.5
# What is wrong with the list is judged less often: it costs calls for each camera.
_LOOKS_PER_REPORT = 4


class Cameras:
    """
    Makes the cameras, keeps their subscriptions right, and looks for new ones.

    ``found`` and the cameras belong to the event loop, their topics to the executor's thread.

    :param names: as in ``cameras.names``
    :param base_frame: as ``cameras.base_frame``
    :param scales: of the quality tiers, as in ``video.tiers``
    :param threads: as ``video.threads``
    :param found: where the cameras are kept, by name, in the order that viewers see
    :param on_change: called in the event loop when cameras came or went, or findings changed
    :raises ParameterError: a name or a camera's parameter is not allowed
    """

    def __init__(self, node: Node, names: Sequence[str], scales: tuple[Scale, ...],
                 found: dict[str, Camera], on_change: Callable[[], None],
                 base_frame: str = '', *, threads: int) -> None:
        self._node = node
        self._scales, self._threads = scales, threads
        self._found = found
        self._on_change = on_change
        # Both from the start on.
        self._ros: ExecutorThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # All cameras' topics by name.
        self._topics: dict[str, CameraTopic] = {}
        self._infos: dict[str, CameraInfoTopic] = {}
        self._base_frame = base_frame
        self._frames = StaticFrames(node)
        # Cameras that were found, and cannot be shown as they are configured, with the reason.
        self._refused: dict[str, str] = {}
        self._names = CameraNames(names, node.get_fully_qualified_name())
        # Of each camera in cameras.names, by its own name or the pattern that found it.
        self._places: dict[str, int] = {}
        self._parameters = CameraParameters(node)
        self._findings = CameraFindings()
        self._looks = 0
        for named in self._names.named:
            self._places[named.name] = named.place
            self._found[named.name] = self._make(named.name, named)
        self._sort()
        for name, sentence in self._unknown_parameters().items():
            if is_misspelt(name):
                self._findings.say(name, sentence)
            else:
                # It may be meant for a camera that comes later.
                node.get_logger().info(sentence)

    def start(self, ros: ExecutorThread) -> None:
        """Prepare to look, in the event loop."""
        self._ros = ros
        self._loop = asyncio.get_running_loop()
        # It says what is wrong with it before the first image comes.
        cv_bridge_reader()

    async def run(self) -> None:
        """Look after the topics, for ever."""
        while True:
            # The executor's thread gets a copy, as ``found`` changes here.
            self._call_in_ros('cameras', self._look, frozenset(self._found))
            await asyncio.sleep(LOOK_PERIOD_S)

    @property
    def findings(self) -> tuple[str, ...]:
        """Return what is wrong with the list of cameras, as sentences; from any thread."""
        return self._findings.current

    @property
    def given_parameters(self) -> Collection[str]:
        """Return the parameters of single cameras that were given; they have been checked."""
        return self._parameters.given

    def _unknown_parameters(self) -> dict[str, str]:
        return self._parameters.unknown(self._topics, others_may_come=self._names.discovers)

    def _call_in_ros(self, name: str, work: Callable[..., object], *args: object) -> None:
        """Call a function in the executor's thread; before the start there is nothing to do."""
        if self._ros is not None:
            self._ros.call(name, work, *args)

    def _call_in_loop(self, work: Callable[..., object], *args: object) -> None:
        """Call a function in the event loop; before the start there is nothing to do."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(call_guarded, 'cameras', work, *args)

    def _make(self, name: str, meant: NamedCamera | str) -> Camera:
        """
        Declare a camera's parameters and make it; at the start, and in the executor's thread.

        :param meant: its entry in ``cameras.names``, or the topic that was found
        """
        prefix = camera_prefix(name)
        parameters = self._parameters.declare(name, lambda new: self._take_over(name, new))
        camera = Camera(name, self._settings(parameters), on_watched=lambda:
                        self._call_in_ros('camera', self._check, self._topics[name]))
        topics: tuple[str, ...]
        if parameters.topic or isinstance(meant, str):
            topics, expected = (parameters.topic or str(meant),), ''
        elif not meant.topics:
            raise ParameterError(
                f'parameter cameras.names has {shorten(meant.written)}, which is no name of a '
                f'topic; give it one by {prefix}topic')
        else:
            topics, expected = meant.topics, meant.expected_topic
        try:
            self._topics[name] = CameraTopic(self._node, camera, topics, parameters.type,
                                             parameters.qos, expected)
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ParameterError(f'parameter {prefix}topic is {shorten(topics[0])}, '
                                 f'allowed is the name of a topic: {reason}') from None
        self._infos[name] = CameraInfoTopic(
            self._node, name, lambda seen: self._call_in_loop(self._take_intrinsics, camera, seen))
        return camera

    def _settings(self, given: CameraTopicSettings) -> CameraSettings:
        return CameraSettings(
            max_fps=given.max_fps, max_bitrate=given.max_bitrate,
            render=RenderOptions(
                given.max_width, given.rotate, (given.depth_min, given.depth_max), given.flip,
                parse_range(given.range)),
            scales=self._scales, threads=self._threads, encoding=given.encoding,
            codec=given.codec, passthrough=given.passthrough, keep_warm=given.keep_warm,
            drive=given.drive, label=given.label, order=given.order, mount=CameraMount(
                given.mount_height, given.mount_forward, given.mount_left, given.mount_pitch,
                given.mount_yaw, fov=given.fov))

    # Executor's thread

    def _take_over(self, name: str, parameters: CameraTopicSettings) -> None:
        """Keep to other parameters of a camera from now on."""
        camera_topic = self._topics[name]
        camera_topic.configure(parameters.type, parameters.qos)
        self._check(camera_topic)
        self._call_in_loop(self._configure, camera_topic.camera, self._settings(parameters))

    def _look(self, found: frozenset[str]) -> None:
        for camera_topic in list(self._topics.values()):
            self._check(camera_topic)
        published = published_images(self._node)
        if self._names.discovers:
            self._search(found, published)
        self._looks += 1
        if not self._looks % _LOOKS_PER_REPORT:
            self._report(published)

    def _check(self, camera_topic: CameraTopic) -> None:
        # The failure of one camera concerns no other one, and the next look tries again.
        with guard('camera', camera_topic.count_failure):
            camera_topic.check()
        with guard('camera info'):
            camera = camera_topic.camera
            info, mount = self._infos[camera.name], camera.settings.mount
            by_frames = bool(self._base_frame and not mount.height and self._frames.available)
            info.check(camera.watched and (mount.needs_camera_info or by_frames),
                       camera_topic.topic, missed=mount.needs_camera_info)
            if by_frames and camera.watched and info.frame:
                self._frames.read()
                self._call_in_loop(self._take_place, camera,
                                   self._frames.tree.place(info.frame, self._base_frame))
            if camera.mount_problem != info.problem:
                camera.mount_problem = info.problem
                # Its viewers are told why they see no path.
                self._call_in_loop(self._on_change)

    def _search(self, found: frozenset[str], published: Mapping[str, Collection[str]]) -> None:
        """Look for cameras that came or went."""
        named = {camera.name for camera in self._names.named}
        there = published_cameras(published)
        taken = {next((topic for topic in self._topics[name].topics if topic in there),
                      self._topics[name].topic) for name in named}
        taken |= {base_name(topic) for topic in taken}
        wanted = {}
        for topic, base in sorted(shown_topics(published).items()):
            # A pattern may mean a camera, or one of its transports.
            place, place_of_one = self._names.place(base), self._names.place(topic)
            whole = place is not None
            if self._names.excludes(topic) or {topic, base} & taken or (
                    not whole and place_of_one is None):
                continue
            name = (base if whole else topic).removeprefix('/')
            if name not in named:
                wanted[name] = base if whole else topic
                self._places.setdefault(name, (place if whole else place_of_one) or 0)
        for name in wanted.keys() - self._refused.keys():
            # A camera that comes back is the same camera: its parameters are declared.
            if name not in self._topics and not self._try_to_make(name, wanted[name]):
                continue
            if name not in found:
                self._call_in_loop(self._add, self._topics[name].camera)
        for name in found - wanted.keys() - named:
            self._call_in_loop(self._remove, name)

    def _try_to_make(self, name: str, topic: str) -> bool:
        """Make a camera that was found; return whether it can be shown as it is configured."""
        try:
            self._make(name, topic)
        except Exception as error:
            self._refused[name] = f'camera {name} is left out: {error}'
            self._node.get_logger().error(self._refused[name])
            if not isinstance(error, ParameterError):
                failures.note('cameras', error)
            return False
        return True

    def _report(self, published: Mapping[str, Collection[str]]) -> None:
        """Say what is wrong with the list of cameras."""
        topics = published_cameras(published)
        findings = {pattern: pattern_finding(pattern, shown_topics(published))
                    for pattern in self._names.unmatched(topics)}
        missing = {
            f'camera {named.name}': self._topics[named.name].missing(published)
            for named in self._names.named
            if topics.isdisjoint(self._topics[named.name].topics)}
        findings |= {camera: f'{camera}: {reason.text}' for camera, reason in missing.items()}
        unknown = self._unknown_parameters()
        findings = {**findings, **hidden_findings(published), **unknown, **self._refused}
        at_once = {*self._refused, *filter(is_misspelt, unknown)}
        changed = self._findings.update(findings, at_once, boot_time(), missing)
        for named in self._names.named:
            camera = self._topics[named.name].camera
            reason = missing.get(f'camera {named.name}')
            if f'camera {named.name}' not in self._findings.reported:
                reason = None
            if reason is not None:
                # Its viewers are told the same, and the log has it once.
                camera.monitor.log(reason)
            if not camera.watched:
                camera.topic_reason = reason
        if changed:
            self._call_in_loop(self._on_change)

    # Event loop

    def _configure(self, camera: Camera, settings: CameraSettings) -> None:
        logger.debug('camera %s: %s', camera.name, settings)
        before, mount = camera.settings, camera.mount_members
        camera.configure(settings)
        if (settings.drive, settings.label, settings.order, camera.mount_members) != (
                before.drive, before.label, before.order, mount):
            self._sort()
            self._on_change()

    def _take_intrinsics(self, camera: Camera, seen: Intrinsics) -> None:
        before, camera.intrinsics = camera.mount_members, seen
        self._tell_mount(camera, before)

    def _take_place(self, camera: Camera, place: Place | None) -> None:
        before, camera.place = camera.mount_members, place
        self._tell_mount(camera, before)

    def _tell_mount(self, camera: Camera, before: dict[str, float] | None) -> None:
        if camera.mount_members != before:
            self._on_change()

    def _sort(self) -> None:
        """Give the cameras the order that viewers see."""
        for camera in sorted(self._found.values(), key=lambda camera: (
                camera.settings.order, self._places[camera.name], camera.name)):
            self._found[camera.name] = self._found.pop(camera.name)

    def _add(self, camera: Camera) -> None:
        if camera.name not in self._found:
            self._found[camera.name] = camera
            self._sort()
            self._node.get_logger().info(f'camera {camera.name} found')
            self._on_change()

    def _remove(self, name: str) -> None:
        camera = self._found.get(name)
        # While it is watched it stays, and shows how long it has been silent.
        if camera is not None and not camera.watched:
            del self._found[name]
            self._node.get_logger().info(f'camera {name} is gone')
            self._on_change()
