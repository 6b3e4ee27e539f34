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

"""The ROS graph: nodes, cameras whose pictures are waited for, and the way of commands."""

from collections.abc import Callable, Sequence
from dataclasses import replace
import os
from pathlib import Path
import time

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier
from std_msgs.msg import String

from .camera_trial import CameraListener
from .parameters import BridgeParameters
from ..core.checks.graph_rules import (
    camera_check, CameraTrial, command_checks, discovery_check, no_camera_check, nodes_check,
    profile_check,
)
from ..core.checks.result import Check
from ..core.driving.guard_messages import GuardState
from ..core.driving.velocity_graph import (
    full_name, graph_notices, TWIST, TWIST_STAMPED, VelocityGraph,
)
from ..core.errors import ProtocolError
from ..core.settings.camera_names import CameraNames
from ..core.supervision import guarded
from ..ros.cameras.image_topics import find_image_topics
from ..ros.velocity.velocity_graph_reader import read_velocity_graph
from ..ros.velocity.velocity_publisher import (
    GUARD_STATE_TOPIC, STATES_QOS, STOP_STATE_TOPIC,
)

# Seconds in which most nodes find each other.
_DISCOVERY_S = 2.5
# Cameras that are listened to: each costs its publisher and the network something.
_MAX_CAMERAS = 16
_PROFILES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
_IMAGES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')


def check_graph(node: Node, parameters: BridgeParameters, seconds: float) -> list[Check]:
    """
    Look at the ROS graph, and listen to the cameras for some seconds; blocks meanwhile.

    :param node: the doctor's own, which nothing else spins
    """
    profile = next((os.environ[name] for name in _PROFILES if os.environ.get(name)), '')
    checks = [discovery_check(get_rmw_implementation_identifier(), os.environ)]
    if (found := profile_check(profile, Path(profile).is_file())) is not None:
        checks.append(found)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    try:
        graph = _Graph(node, executor)
        graph.spin(_DISCOVERY_S)
        checks.append(nodes_check(graph.other_nodes()))
        checks += graph.check_cameras(parameters, seconds, bool(profile))
        checks += graph.check_commands(parameters)
        return checks
    finally:
        executor.shutdown()


class _Graph:
    """The graph as one node sees it; one thread calls all methods."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._node = node
        self._executor = executor
        self._guards: dict[str, GuardState] = {}
        node.create_subscription(
            String, GUARD_STATE_TOPIC, guarded('guard', self._guard_heard), STATES_QOS)

    def _guard_heard(self, message: String) -> None:
        try:
            state = GuardState.parse(message.data)
        except ProtocolError:
            return
        self._guards[state.guard] = state

    def spin(self, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
        """Execute callbacks for some seconds, or until something is done."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not done():
            self._executor.spin_once(timeout_sec=min(left, 0.2))

    def other_nodes(self) -> list[str]:
        """Return the full names of other nodes."""
        own = self._node.get_fully_qualified_name()
        return [name for name in (
            full_name(*pair) for pair in self._node.get_node_names_and_namespaces())
            if name != own]

    def check_cameras(self, parameters: BridgeParameters, seconds: float, profile: bool
                      ) -> list[Check]:
        """Wait until pictures of each camera have come, for some seconds at most."""
        listeners = [CameraListener(self._node, camera)
                     for camera in parameters.cameras[:_MAX_CAMERAS]]
        found: dict[str, CameraListener | None] = {}

        def all_heard() -> bool:
            # On a busy host or network some publishers are found late.
            for topic in self._find_cameras(parameters.names) - found.keys():
                has_place = len(listeners) + len(found) < _MAX_CAMERAS
                found[topic] = CameraListener(self._node, replace(
                    parameters.others, topics=(topic,))) if has_place else None
            heard = [*listeners, *filter(None, found.values())]
            return bool(heard) and all(listener.is_done for listener in heard)

        self.spin(seconds, all_heard)
        left_out = len(parameters.cameras) - len(listeners) + sum(
            listener is None for listener in found.values())
        listeners += [listener for _, listener in sorted(found.items()) if listener is not None]
        if not listeners:
            return [no_camera_check([
                topic for topic, types in self._node.get_topic_names_and_types()
                if set(_IMAGES) & set(types) and self._node.count_publishers(topic)])]
        trials: list[CameraTrial] = [listener.trial() for listener in listeners]
        checks = [camera_check(trial, profile) for trial in trials]
        if left_out:
            checks.append(Check('cameras', 'skipped', f'{left_out} more were not listened to'))
        return checks

    def _find_cameras(self, names: CameraNames) -> set[str]:
        """Return the image topics that are cameras by a pattern."""
        return {topic for topic in find_image_topics(self._node)
                if names.discovers and names.place(topic) is not None}

    def check_commands(self, parameters: BridgeParameters) -> list[Check]:
        """Look at guards, bridges, and who hears and publishes velocities."""
        node, teleop = self._node, parameters.settings.teleop
        guards = list(self._guards.values())
        if guards:
            state = guards[0]
            expected = VelocityGraph(state.topic, state.name, state.kind, state.auto)
        else:
            expected = VelocityGraph(
                node.resolve_topic_name('cmd_vel'), node.get_namespace().rstrip('/')
                + ('/cmd_vel_guard' if teleop.guard else '/rtc_bridge'),
                TWIST_STAMPED if teleop.message_type == 'twist_stamped' else TWIST,
                teleop.message_type == 'auto')
        graph = read_velocity_graph(node, expected)
        return command_checks(
            teleop.enabled, teleop.guard, [state.name for state in guards], self._bridges(),
            graph_notices(graph), expected.topic, [
                f'{endpoint.node} ({endpoint.kind.rpartition("/")[2]})'
                for endpoint in graph.subscribers])

    def _bridges(self) -> Sequence[str]:
        """Return the full names of the bridges' nodes, each as often as it is there."""
        return sorted(full_name(info.node_name, info.node_namespace) for info in
                      self._node.get_publishers_info_by_topic(
                          self._node.resolve_topic_name(STOP_STATE_TOPIC)))
