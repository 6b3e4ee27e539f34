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

"""The bridge as a program: a robot's cameras to viewers, viewers' commands to the robot."""

import asyncio
import contextlib
import ctypes
import sys

import cv2
from rclpy.node import Node

from ..bridge.bridge import Bridge
from ..ros.program import bound_end, ros_program
from ..ros.ros_log import log_to_ros
from ..system.processes.garbage_collection import exclude_present_objects


def _keep_freed_memory() -> None:
    """
    Let glibc keep the memory of images instead of returning it to the system after each one.

    Without this, three quarters of the CPU time for receiving images go into page faults.
    """
    # <malloc.h>; the sizes are bytes.
    m_trim_threshold, m_mmap_threshold, m_arena_max = -1, -3, -8
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(m_mmap_threshold, 32 << 20)
        libc.mallopt(m_trim_threshold, 512 << 20)
        # Encoder threads come and go with quality tiers: each may leave an arena that stays large.
        libc.mallopt(m_arena_max, 4)


def main(args: list[str] | None = None) -> int:
    """Run the bridge; return the exit status."""
    _keep_freed_memory()
    # Threads inside OpenCV only raise its CPU time: each camera has a thread of its own.
    cv2.setNumThreads(1)
    # The bridge itself says once of a camera that its images are broken, OpenCV of each image.
    cv2.setLogLevel(0)
    with ros_program('bridge', args) as wish:
        node = Node('rtc_bridge')
        try:
            with log_to_ros(node):
                bridge = Bridge(node)
                exclude_present_objects()
                return asyncio.run(bridge.run(wish))
        finally:
            bound_end()
            node.destroy_node()


if __name__ == '__main__':
    sys.exit(main())
