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

"""What is configured for one camera."""

from dataclasses import dataclass

from .images.i420 import RenderOptions
from ..core.cameras.camera_mount import CameraMount
from ..core.video.tiers import Scale


@dataclass(frozen=True)
class CameraSettings:
    """
    Limits and choices of a camera: parameters ``cameras.NAME.*`` and some of ``video.*``.

    :ivar max_fps: frames per second
    :ivar max_bitrate: in bit/s, of the best tier
    :ivar scales: of the quality tiers, from large to small
    :ivar threads: that encode one picture of full size
    :ivar encoding: of its images, if that is known better than by the messages; or empty
    :ivar codec: for viewers that decode it, or ``auto``
    :ivar passthrough: the camera's own H.264 is sent as it is
    :ivar keep_warm: seconds for which images still come after the last viewer has left
    :ivar drive: the robot may be driven by this camera
    :ivar label: what viewers read in place of its name; empty: the name
    :ivar order: place among the cameras: lower numbers first
    :ivar mount: where it is on the robot
    """

    max_fps: float = 30.0
    max_bitrate: int = 2_500_000
    render: RenderOptions = RenderOptions()
    scales: tuple[Scale, ...] = (Scale(1), Scale(2), Scale(4, 20.0))
    threads: int = 1
    encoding: str = ''
    codec: str = 'auto'
    passthrough: bool = True
    keep_warm: float = 0.0
    drive: bool = True
    label: str = ''
    order: int = 0
    mount: CameraMount = CameraMount()
