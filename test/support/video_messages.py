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

"""Messages of packages that are not on PyPI, as far as cameras use them."""

from array import array
from dataclasses import dataclass, field

from builtin_interfaces.msg import Time
from std_msgs.msg import Header


@dataclass
class FFMPEGPacket:
    """As ffmpeg_image_transport_msgs/FFMPEGPacket."""

    encoding: str
    data: array
    flags: int = 0
    pts: int = 0
    header: Header = field(default_factory=Header)


@dataclass
class CompressedVideo:
    """As foxglove_msgs/CompressedVideo."""

    format: str  # noqa: A003
    data: array
    timestamp: Time = field(default_factory=Time)


@dataclass
class FoxgloveImage:
    """As foxglove_msgs/CompressedImage."""

    format: str  # noqa: A003
    data: array
    timestamp: Time = field(default_factory=Time)
    frame_id: str = ''


@dataclass
class RawImage:
    """As foxglove_msgs/RawImage."""

    encoding: str
    width: int
    height: int
    step: int
    data: array
    timestamp: Time = field(default_factory=Time)
    frame_id: str = ''
