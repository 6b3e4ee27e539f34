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
from std_msgs.msg import Empty

from ..core.supervision import guarded
from ..core.video.video_codecs import EncoderSettings
from ..media.compressed_images import encode_jpeg
from ..media.encoded_frame import TIME_BASE
from ..media.encoder import Encoder
from ..media.image_encodings import to_i420


def image_qos(reliability: str) -> QoSProfile:
    """Return the latest-image-only profile; ``reliability`` is reliable or best_effort."""
    return QoSProfile(reliability=ReliabilityPolicy[reliability.upper()], depth=1,
                      history=HistoryPolicy.KEEP_LAST, durability=DurabilityPolicy.VOLATILE)


class _InfoPublisher:
    """Publishes ``camera_info``, relative to the node's namespace and ``camera``."""

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str) -> None:
        """Create the publisher."""
        self._base = f'{camera}/' if camera else ''
        self._frame_id = frame_id
        self._info = node.create_publisher(
            CameraInfo, f'{self._base}camera_info', image_qos(reliability))

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


class CameraPublisher(_InfoPublisher):
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
        super().__init__(node, camera, frame_id, reliability)
        qos = image_qos(reliability)
        self._quality = jpeg_quality
        self._image = Image(encoding='bgr8')
        self._raw = node.create_publisher(Image, f'{self._base}image_raw', qos)
        self._compressed = None
        if jpeg_quality is not None:
            self._compressed = node.create_publisher(
                CompressedImage, f'{self._base}image_raw/compressed', qos)
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


class H264Publisher(_InfoPublisher):
    """
    Publishes ``image_raw/h264`` and ``camera_info``.

    A keyframe comes first, and whenever ``image_raw/h264/request_keyframe`` asks for one.

    :param bitrate: bit/s
    :param rate: pictures a second
    """

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str, bitrate: int,
                 rate: float) -> None:
        """Create the publisher."""
        super().__init__(node, camera, frame_id, reliability)
        topic = f'{self._base}image_raw/h264'
        self._bitrate = bitrate
        self._rate = rate
        # Each message is needed: a second of them is kept for slow readers.
        qos = QoSProfile(reliability=ReliabilityPolicy[reliability.upper()], depth=30)
        self._publisher = node.create_publisher(CompressedImage, topic, qos)
        node.create_subscription(Empty, f'{topic}/request_keyframe',
                                 guarded('keyframe request', self._asked), 1)
        self._encoder: Encoder | None = None
        self._keyframe = False

    @property
    def watched(self) -> bool:
        """Tell whether anybody subscribes to the stream."""
        return self._publisher.get_subscription_count() > 0

    def publish(self, bgr: np.ndarray, stamp: Time) -> None:
        """
        Encode and publish a (h, w, 3) uint8 BGR picture.

        :raises av.FFmpegError: it is too small or too large for the encoder
        """
        if not self.watched:
            return
        i420 = to_i420(bgr, 'bgr8')
        size = i420.shape[1], i420.shape[0] * 2 // 3
        if self._encoder is None or self._encoder.size != size:
            self._encoder = Encoder(
                EncoderSettings('h264', *size, self._bitrate, self._rate), self._bitrate)
        moment = round((stamp.sec + stamp.nanosec / 1e9) / TIME_BASE)
        packet = self._encoder.encode(i420, moment, self._keyframe)
        if packet is None:
            return
        self._keyframe &= not packet.is_keyframe
        message = CompressedImage(format='h264')
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        message.data = array('B', bytes(packet))
        self._publisher.publish(message)

    def flush(self) -> None:
        """Wait a second at most until reliable subscribers have what was published."""
        self._publisher.wait_for_all_acked(Duration(seconds=1))

    def _asked(self, _message: Empty) -> None:
        self._keyframe = True
