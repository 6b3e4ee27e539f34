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

"""What quality a viewer asks for. It concerns its own picture only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class QualityChoice:
    """
    A viewer's choice of quality.

    :ivar max_bitrate: of all that the viewer is to get, in bit/s
    :ivar full_size: pictures keep their size on a slow path, and come later
    :ivar smooth: while the viewer does not drive, pictures come later and more evenly
    """

    max_bitrate: float = float('inf')
    full_size: bool = False
    smooth: bool = False


# The robot chooses by the viewer's path.
AUTOMATIC = QualityChoice()
