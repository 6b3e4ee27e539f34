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

"""The plain way from a ROS image topic into an asyncio program, as tutorials show it."""

import asyncio
import contextlib
import os
import signal
import threading
from typing import Any, Callable

from cv_bridge import CvBridge
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image


def subscribe(topic: str, put: Callable[[np.ndarray], None]) -> None:
    """
    Call ``put`` in the running event loop with each picture of a topic: (h, w, 3) uint8, BGR.

    Reliable, as the camera offers it, and one deep: best effort loses pictures on a busy host,
    and a deeper queue adds delay.
    """
    bridge = CvBridge()
    subscribe_to(Image, topic, lambda msg: bridge.imgmsg_to_cv2(msg, 'bgr8'), put)


def subscribe_to(kind: type, topic: str, read: Callable[[Any], np.ndarray],
                 put: Callable[[np.ndarray], None], depth: int = 1) -> None:
    """
    Call ``put`` in the running event loop with what ``read`` returns of each message.

    Spins in a thread until SIGTERM, which ends the process.
    """
    loop = asyncio.get_running_loop()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('naive_sender')
    node.create_subscription(
        kind, topic, lambda msg: loop.call_soon_threadsafe(put, read(msg)), depth)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            rclpy.spin(node)

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()

    def stop() -> None:
        # Or DDS leaves its shared memory behind.
        rclpy.shutdown()
        thread.join(2)
        node.destroy_node()
        os._exit(0)

    loop.add_signal_handler(signal.SIGTERM, stop)
