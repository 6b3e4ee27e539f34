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

"""The program ``play_video``: a video file, or a folder of numbered images, as a camera."""

import sys

import cv2

from ..ros.program import run_node
from ..sim.video_player import PlayVideo


def main(args: list[str] | None = None) -> int:
    """Play until the end, if there is one; return the exit status."""
    # OpenCV's threads would take the cores from the programs that watch.
    cv2.setNumThreads(1)
    return run_node('play_video', PlayVideo, args)


if __name__ == '__main__':
    sys.exit(main())
