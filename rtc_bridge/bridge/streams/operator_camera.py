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

"""The camera of a viewer, shown on the robot: who may, and where its pictures go."""

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from ...core.access.floor import Floor, FloorWords
from ...core.settings.viewer_media_settings import OperatorCameraSettings
from ...media.operator_camera import OperatorCamera
from ...peer.robot_context import RobotContext
from ...ros.cameras.operator_camera_publisher import OperatorCameraPublisher
from ...ros.diagnostics import make_status

_WORDS = FloorWords(
    off='this robot takes no pictures', role='the role view may not show a camera',
    taken='the camera of somebody else is shown')


def connect_operator_camera(node: Node, settings: OperatorCameraSettings,
                            robot: RobotContext) -> None:
    """Let a viewer's pictures go to topics, if the parameters say so."""
    if not settings.enabled:
        return
    robot.camera_floor = Floor('role', words=_WORDS)
    robot.operator_camera = OperatorCamera(
        (settings.max_width, settings.max_height), settings.max_fps)
    robot.operator_camera.sink = OperatorCameraPublisher(node)


def operator_camera_status(robot: RobotContext) -> DiagnosticStatus | None:
    """Return the state for diagnostics; ``None`` where no pictures are taken."""
    floor, camera = robot.camera_floor, robot.operator_camera
    if not floor.enabled:
        return None
    text = ('nobody shows a camera' if floor.holder is None
            else f'{robot.name_of(floor.holder) or "somebody"} shows a camera')
    level = DiagnosticStatus.OK
    if floor.holder is not None and (reason := camera.reason or (
            '' if camera.watched else 'nobody subscribes to ~/operator/image_raw')):
        level, text = DiagnosticStatus.WARN, f'{text}, not seen: {reason}'
    return make_status('operator camera', level, text, {'pictures': camera.pictures})
