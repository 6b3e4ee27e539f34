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

"""Publishes a camera: images, JPEG or H.264, and camera info."""

from array import array

from builtin_interfaces.msg import Time
import numpy as np
import numpy.typing as npt
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Empty

from ..core.supervision import guarded
from ..core.video.video_codecs import EncoderSettings
from ..media.encoded_frame import CLOCK_RATE
from ..media.encoder import Encoder
from ..media.images.compressed_images import encode_jpeg
from ..media.images.image_encodings import to_i420

Bgr = npt.NDArray[np.uint8]
# Seconds to wait until reliable subscribers have what was published last.
_FLUSH_TIMEOUT_S = 1
# Messages of H.264 that slow readers may lag behind, as each is needed: a second of them.
_STREAM_DEPTH = 30


def image_qos(reliability: str) -> QoSProfile:
    """Return the profile of which only the newest image counts: reliable or best_effort."""
    return QoSProfile(reliability=ReliabilityPolicy[reliability.upper()], depth=1,
                      history=HistoryPolicy.KEEP_LAST, durability=DurabilityPolicy.VOLATILE)


class _InfoPublisher:
    """Publishes ``camera_info``, relative to the node's namespace and ``camera``."""

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str) -> None:
        self._base = f'{camera}/' if camera else ''
        self._frame_id = frame_id
        self._info = node.create_publisher(
            CameraInfo, f'{self._base}camera_info', image_qos(reliability))

    def publish_info(self, width: int, height: int, stamp: Time,
                     matrix: npt.NDArray[np.float64] | None = None) -> None:
        """
        Publish camera info.

        :param matrix: the 3x3 K of a pinhole camera, ``None`` for an uncalibrated one
        """
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

    :param camera: name before the topics, which are relative to the node's namespace; may be ''
    :param jpeg_quality: 1 to 100, ``None`` for no JPEG
    """

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str, *,
                 jpeg_quality: int | None = None) -> None:
        super().__init__(node, camera, frame_id, reliability)
        qos = image_qos(reliability)
        self._image = Image(encoding='bgr8')
        self._raw = node.create_publisher(Image, f'{self._base}image_raw', qos)
        self._publishers = [self._raw]
        self._compressed = None
        self._jpeg_quality = jpeg_quality or 0
        if jpeg_quality is not None:
            self._compressed = node.create_publisher(
                CompressedImage, f'{self._base}image_raw/compressed', qos)
            self._publishers.append(self._compressed)

    @property
    def watched(self) -> bool:
        """Tell whether an image topic has subscribers."""
        return any(p.get_subscription_count() > 0 for p in self._publishers)

    def publish(self, bgr: Bgr, stamp: Time) -> None:
        """Publish an image of (height, width, 3) on the topics that have subscribers."""
        if self._raw.get_subscription_count() > 0:
            self._publish_raw(bgr, stamp)
        if self._compressed is not None and self._compressed.get_subscription_count() > 0:
            message = CompressedImage(format='bgr8; jpeg compressed bgr8')
            message.header.stamp, message.header.frame_id = stamp, self._frame_id
            message.data = array('B', encode_jpeg(bgr, self._jpeg_quality))
            self._compressed.publish(message)

    def flush(self) -> None:
        """Wait until reliable subscribers have what was published, a second at most."""
        for publisher in self._publishers:
            publisher.wait_for_all_acked(Duration(seconds=_FLUSH_TIMEOUT_S))

    def _publish_raw(self, bgr: Bgr, stamp: Time) -> None:
        message = self._image
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        height, width = bgr.shape[:2]
        if (height, width) != (message.height, message.width):
            message.height, message.width, message.step = height, width, width * 3
            message.data = array('B', bytes(bgr.size))
        # publish() serializes at once, so one message serves for all.
        np.frombuffer(message.data, np.uint8).reshape(bgr.shape)[:] = bgr
        self._raw.publish(message)


class H264Publisher(_InfoPublisher):
    """
    Publishes ``image_raw/h264`` and ``camera_info``.

    A keyframe comes first, and whenever ``image_raw/h264/request_keyframe`` asks for one.

    :param bitrate: in bit/s
    :param rate: in images per second
    """

    def __init__(self, node: Node, camera: str, frame_id: str, reliability: str, bitrate: int,
                 rate: float) -> None:
        super().__init__(node, camera, frame_id, reliability)
        topic = f'{self._base}image_raw/h264'
        self._bitrate = bitrate
        self._rate = rate
        qos = QoSProfile(reliability=ReliabilityPolicy[reliability.upper()], depth=_STREAM_DEPTH)
        self._publisher = node.create_publisher(CompressedImage, topic, qos)
        node.create_subscription(Empty, f'{topic}/request_keyframe',
                                 guarded('keyframe request', self._on_request), 1)
        self._encoder: Encoder | None = None
        self._keyframe_wanted = False

    @property
    def watched(self) -> bool:
        """Tell whether the stream has subscribers."""
        return bool(self._publisher.get_subscription_count() > 0)

    def publish(self, bgr: Bgr, stamp: Time) -> None:
        """
        Encode and publish an image of (height, width, 3).

        :raises av.FFmpegError: it is too small or too large for the encoder
        """
        if not self.watched:
            return
        i420 = to_i420(bgr, 'bgr8')
        settings = EncoderSettings('h264', i420.shape[1], i420.shape[0] * 2 // 3, self._bitrate,
                                   self._rate)
        if self._encoder is None or self._encoder.settings != settings:
            self._encoder = Encoder(settings, self._bitrate)
        pts = round((stamp.sec + stamp.nanosec / 1e9) * CLOCK_RATE)
        packet = self._encoder.encode(i420, pts, self._keyframe_wanted)
        if packet is None:
            return
        self._keyframe_wanted &= not packet.is_keyframe
        message = CompressedImage(format='h264')
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        message.data = array('B', bytes(packet))
        self._publisher.publish(message)

    def flush(self) -> None:
        """Wait until reliable subscribers have what was published, a second at most."""
        self._publisher.wait_for_all_acked(Duration(seconds=_FLUSH_TIMEOUT_S))

    def _on_request(self, _message: Empty) -> None:
        self._keyframe_wanted = True
