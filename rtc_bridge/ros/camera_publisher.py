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

"""Publishing a camera: image, JPEG, and camera info."""

from array import array

from builtin_interfaces.msg import Time
import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from ..media.compressed import encode_jpeg


def image_qos(reliability: str) -> QoSProfile:
    """Return the latest-image-only profile; ``reliability`` is reliable or best_effort."""
    return QoSProfile(reliability=ReliabilityPolicy[reliability.upper()], depth=1,
                      history=HistoryPolicy.KEEP_LAST, durability=DurabilityPolicy.VOLATILE)


class CameraPublisher:
    """
    Publishes ``image_raw``, its ``compressed`` sibling and ``camera_info``.

    All are relative to the node's namespace, and to ``camera`` if that is not empty.
    """

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str, *,
                 jpeg_quality: int | None = None) -> None:
        """
        Create the publishers.

        :param jpeg_quality: 1 to 100, ``None`` for no JPEG
        """
        base = f'{camera}/' if camera else ''
        qos = image_qos(reliability)
        self._frame_id = frame_id
        self._quality = jpeg_quality
        self._image = Image(encoding='bgr8')
        self._raw = node.create_publisher(Image, f'{base}image_raw', qos)
        self._info = node.create_publisher(CameraInfo, f'{base}camera_info', qos)
        self._compressed = None
        if jpeg_quality is not None:
            self._compressed = node.create_publisher(
                CompressedImage, f'{base}image_raw/compressed', qos)
        self._publishers = [p for p in (self._raw, self._compressed) if p is not None]

    @property
    def watched(self) -> bool:
        """Tell whether anybody subscribes to the picture."""
        return any(p.get_subscription_count() > 0 for p in self._publishers)

    def publish(self, bgr: np.ndarray, stamp: Time) -> None:
        """Publish a (h, w, 3) uint8 BGR picture on what is subscribed to."""
        if self._raw.get_subscription_count() > 0:
            self._publish_raw(bgr, stamp)
        if self._compressed is not None and self._compressed.get_subscription_count() > 0:
            message = CompressedImage(format='bgr8; jpeg compressed bgr8')
            message.header.stamp, message.header.frame_id = stamp, self._frame_id
            message.data = array('B', encode_jpeg(bgr, self._quality))
            self._compressed.publish(message)

    def publish_info(self, width: int, height: int, stamp: Time,
                     matrix: np.ndarray | None = None) -> None:
        """Publish camera info: of a pinhole with this 3x3 K, or of an uncalibrated camera."""
        if self._info.get_subscription_count() == 0:
            return
        message = CameraInfo(width=width, height=height)
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        if matrix is not None:
            message.distortion_model = 'plumb_bob'
            message.d = [0.0] * 5
            message.k = matrix.ravel().tolist()
            message.r = np.eye(3).ravel().tolist()
            message.p = np.hstack((matrix, np.zeros((3, 1)))).ravel().tolist()
        self._info.publish(message)

    def flush(self) -> None:
        """Wait a second at most until reliable subscribers have what was published."""
        for publisher in self._publishers:
            publisher.wait_for_all_acked(Duration(seconds=1))

    def _publish_raw(self, bgr: np.ndarray, stamp: Time) -> None:
        message = self._image
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        height, width = bgr.shape[:2]
        if (height, width) != (message.height, message.width):
            message.height, message.width, message.step = height, width, width * 3
            message.data = array('B', bytes(bgr.size))
        # publish() serializes at once, so that one message serves for all.
        np.frombuffer(message.data, np.uint8).reshape(bgr.shape)[:] = bgr
        self._raw.publish(message)
