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

"""Publishes what the camera of a viewer shows, as image_transport does."""

from array import array

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from ...media.images.compressed_images import encode_jpeg
from ...media.operator_camera import BGR

_FRAME_ID = 'operator_camera'
# Of JPEG, 0 to 100.
_QUALITY = 80


class OperatorCameraPublisher:
    """
    Publishes ``~/operator/image_raw`` and ``~/operator/image_raw/compressed`` (JPEG).

    :meth:`put` belongs to any one thread, all else to any.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._raw = node.create_publisher(Image, '~/operator/image_raw', 1)
        self._compressed = node.create_publisher(
            CompressedImage, '~/operator/image_raw/compressed', 1)

    @property
    def watched(self) -> bool:
        """Tell whether anybody subscribes."""
        return bool(self._raw.get_subscription_count()
                    or self._compressed.get_subscription_count())

    def put(self, bgr: BGR) -> None:
        """Publish a picture of shape (height, width, 3), to who subscribes."""
        stamp = self._node.get_clock().now().to_msg()
        if self._raw.get_subscription_count():
            height, width = bgr.shape[:2]
            image = Image(height=height, width=width, encoding='bgr8', step=3 * width,
                          data=array('B', bgr.tobytes()))
            image.header.stamp, image.header.frame_id = stamp, _FRAME_ID
            self._raw.publish(image)
        if self._compressed.get_subscription_count():
            small = CompressedImage(format='bgr8; jpeg compressed bgr8',
                                    data=array('B', encode_jpeg(bgr, _QUALITY)))
            small.header.stamp, small.header.frame_id = stamp, _FRAME_ID
            self._compressed.publish(small)
