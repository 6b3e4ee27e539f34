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

"""The seam between rclpy's executor thread and the event loop."""

from collections import deque
from functools import partial
import logging
import threading
from typing import Any, Callable

from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.node import Node

logger = logging.getLogger(__name__)


class RosThread:
    """
    Spins one node in a thread of its own.

    Callbacks of subscriptions run there; :meth:`call` brings other work there. The way back is
    ``loop.call_soon_threadsafe``.
    """

    def __init__(self, node: Node) -> None:
        """Start to spin."""
        self._executor = SingleThreadedExecutor(context=node.context)
        # The executor takes its tasks last first; this keeps their order.
        self._work: deque[Callable[[], Any]] = deque()
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name='ros', daemon=True)
        self._thread.start()

    def call(self, work: Callable[..., Any], *args: Any) -> None:
        """Run ``work`` in the executor's thread, soon; an exception is logged."""
        self._work.append(partial(work, *args))
        self._executor.create_task(self._run_next)

    def _run_next(self) -> None:
        try:
            self._work.popleft()()
        except Exception:
            logger.exception('in the ROS thread')

    def close(self) -> None:
        """Stop to spin; returns when no callback runs any more."""
        self._executor.shutdown()
        self._thread.join()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except (ExternalShutdownException, ShutdownException):
            pass
