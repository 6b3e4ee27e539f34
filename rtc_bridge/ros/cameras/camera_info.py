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

"""``camera_info``: what a camera sees, of the topic beside its images."""

from collections.abc import Callable
import logging

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from ...core.cameras.camera_mount import Intrinsics
from ...core.cameras.image_transports import base_name
from ...core.clock import boot_time, Clock
from ...core.settings.robot_settings import camera_prefix
from ...core.supervision import guarded

_logger = logging.getLogger(__name__)
# Seconds without a usable message after which the log says so.
_MISSING_AFTER_S = 5.0
# Matches publishers of every reliability.
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def info_topic(image_topic: str) -> str:
    """Return the topic of a camera's info, as image_transport has it: beside that of images."""
    return f'{base_name(image_topic).rpartition("/")[0]}/camera_info'


def read_intrinsics(message: CameraInfo, rectified: bool) -> Intrinsics | None:
    """
    Return what a camera sees, ``None`` if it is not calibrated.

    :param rectified: of its images without distortion, as image_proc makes them
    """
    matrix, columns = (message.p, 4) if rectified else (message.k, 3)
    roi = message.roi
    part = roi.width and roi.height and not (rectified and not roi.do_rectify)
    width, height = (roi.width, roi.height) if part else (message.width, message.height)
    return Intrinsics.of_matrix(
        [float(value) for value in matrix], columns, width, height,
        (roi.x_offset, roi.y_offset) if part else (0, 0))


class CameraInfoTopic:
    """
    Reads one usable message each time it is wanted anew: lenses do not change by themselves.

    Belongs to the executor's thread.

    :param camera: its name
    :param on_intrinsics: takes what was read
    :ivar frame: the optical frame of the camera, of the message that was read
    :ivar problem: why nothing has been read that is wanted, empty if all is well; any thread
    """

    def __init__(self, node: Node, camera: str, on_intrinsics: Callable[[Intrinsics], object],
                 clock: Clock = boot_time) -> None:
        self.problem = self.frame = ''
        self._node = node
        self._camera = camera
        self._on_intrinsics = on_intrinsics
        self._clock = clock
        self._topic = ''
        self._subscription: Subscription | None = None
        # Since when it is wanted, ``None`` if it is not, in seconds.
        self._since: float | None = None
        self._rectified = self._uncalibrated = self._logged = False

    def check(self, wanted: bool, image_topic: str, missed: bool = True) -> None:
        """
        Subscribe if a message is wanted, or no more; cheap if all is well.

        :param image_topic: full name of the topic of the camera's images
        :param missed: whether it is a problem if none comes
        """
        topic = info_topic(image_topic)
        if not wanted or topic != self._topic:
            self._end()
            self._since = None
            self.problem = ''
        if not wanted:
            return
        if self._since is None:
            self._topic, self._uncalibrated = topic, False
            self._rectified = 'rect' in base_name(image_topic).rpartition('/')[2]
            self._subscription = self._node.create_subscription(
                CameraInfo, topic, guarded('camera info', self._on_message), _QOS)
            # If that failed, the next check tries again.
            self._since = self._clock()
        elif self._subscription is not None and self._clock() - self._since > _MISSING_AFTER_S:
            if missed:
                self._miss()

    def _miss(self) -> None:
        fact = ('is of a camera that is not calibrated' if self._uncalibrated
                else 'sends no message')
        self.problem = (f'no path is drawn: {self._topic} {fact}; publish what the camera sees '
                        f'there, or set {camera_prefix(self._camera)}fov')
        if not self._logged:
            self._logged = True
            _logger.warning('camera %s: %s', self._camera, self.problem)

    def _on_message(self, message: CameraInfo) -> None:
        found = read_intrinsics(message, self._rectified)
        self._uncalibrated = found is None
        if found is not None:
            self._end()
            self.problem, self.frame = '', message.header.frame_id
            self._on_intrinsics(found)

    def _end(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
