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

"""The node that plays a video file, or a folder of numbered images, as a camera."""

from dataclasses import dataclass
from pathlib import Path

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from . import frame_stamp
from .camera_publisher import CameraPublisher, H264Publisher
from .clips import open_source, play
from ..core.errors import ParameterError
from ..core.settings.parameters import parameter
from ..core.supervision import guarded
from ..ros.parameters import declare_parameters
from ..ros.program import end_program, Finished


@dataclass(frozen=True)
class PlayVideoSettings:
    """All parameters of play_video."""

    path: str = parameter('', 'video file, or folder of images')
    loop: bool = parameter(True, 'begin again at the end')
    rate: float = parameter(
        0.0, 'pictures a second; 0: its own, images 10', unit='Hz', low=0.0, high=240.0)
    width: int = parameter(
        0, 'width to scale to; 0: its own, or in proportion', unit='px', low=0, high=7680)
    height: int = parameter(
        0, 'height to scale to; 0: its own, or in proportion', unit='px', low=0, high=4320)
    camera: str = parameter('', 'name before image_raw and camera_info; empty: none')
    frame_id: str = parameter('camera_optical_frame', 'frame of the pictures')
    qos: str = parameter('reliable', 'of the pictures', choices=('reliable', 'best_effort'))
    compressed: bool = parameter(False, 'publish JPEG on image_raw/compressed as well')
    jpeg_quality: int = parameter(90, 'quality of the JPEG pictures', low=1, high=100)
    format: str = parameter(  # noqa: A003 - the parameter has this name
        'raw', 'raw: on image_raw; h264: on image_raw/h264 instead', choices=('raw', 'h264'))
    h264_bitrate: int = parameter(2_000_000, 'of H.264', unit='bit/s', low=50_000, high=50_000_000)
    draw_stamp: bool = parameter(False, 'draw the time into the picture, to measure delay')


class PlayVideo(Node):
    """
    Plays while its topic has subscribers.

    :raises ParameterError: a parameter has a value that is not allowed
    :raises ImageError: the path cannot be played, or its picture is too small for the stamp
    """

    def __init__(self) -> None:
        super().__init__('play_video')
        settings = declare_parameters(self, PlayVideoSettings())
        if not settings.path:
            raise ParameterError('parameter path is empty, allowed is a video file or a folder of '
                                 'images')
        source = open_source(Path(settings.path).expanduser(), (settings.width, settings.height))
        self._size = source.size
        self._draws_stamp = settings.draw_stamp
        if self._draws_stamp:
            frame_stamp.check_size(*source.size)
        self._images = play(source, loop=settings.loop)
        rate = settings.rate or source.rate
        self._camera = self._make_publisher(settings, rate)
        self.get_logger().info(f'{settings.path}: {source.size[0]}x{source.size[1]} at '
                               f'{rate:g} Hz')
        self.create_timer(1 / rate, guarded('playing', self._tick, on_failure=end_program),
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _make_publisher(self, settings: PlayVideoSettings,
                        rate: float) -> CameraPublisher | H264Publisher:
        if settings.format == 'h264':
            return H264Publisher(self, settings.camera, settings.frame_id, settings.qos,
                                 settings.h264_bitrate, rate)
        return CameraPublisher(
            self, settings.camera, settings.frame_id, settings.qos,
            jpeg_quality=settings.jpeg_quality if settings.compressed else None)

    def _tick(self) -> None:
        stamp = self.get_clock().now().to_msg()
        self._camera.publish_info(*self._size, stamp)
        if not self._camera.watched:
            return
        image = next(self._images, None)
        if image is None:
            self._camera.flush()
            self.get_logger().info('the end')
            raise Finished
        if self._draws_stamp:
            frame_stamp.draw(image, frame_stamp.now())
        self._camera.publish(image, stamp)
