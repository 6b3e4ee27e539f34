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

"""The thread of rclpy's executor, which runs beside the event loop."""

from collections import deque
from collections.abc import Callable

from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from ..core.failure_log import failures
from ..core.limits.rate_limit import RateLimiter
from ..core.supervision import call_guarded, guard, OnFailure, start_thread

# Errors of rclpy itself that the thread survives: a burst of this many, and this many per second
# in the long run. With more of them the executor would not hear an emergency stop in time.
MAX_SPIN_ERRORS, MAX_SPIN_ERRORS_PER_S = 10, 1.0
# Seconds that close() waits for a callback to return, before the process ends without it.
_CLOSE_TIMEOUT_S = 5.0


class ExecutorThread:
    """
    Spins one node in a thread of its own.

    The callbacks of the node's subscriptions and services run in this thread; :meth:`call` brings
    other work there, from any thread. The way back to the event loop is
    ``loop.call_soon_threadsafe``.

    No exception of a callback ends the thread, since each callback is guarded. Errors that rclpy
    itself raises are counted, and end the thread only when they come too often.

    :param on_failure: called in this thread if it ends before :meth:`close`. The process must not
        go on then, because nothing hears the emergency stop from ROS any more.
    """

    def __init__(self, node: Node, on_failure: OnFailure) -> None:
        self._executor = SingleThreadedExecutor(context=node.context)
        self._closing = False
        # The executor runs the newest of its tasks first; this queue keeps their order.
        self._work: deque[tuple[str, Callable[[], object]]] = deque()
        self._executor.add_node(node)
        self._thread = start_thread('ros', self._spin, on_failure=on_failure,
                                    failure_name='ROS executor')

    def call(self, name: str, work: Callable[..., object], *args: object) -> None:
        """
        Run work in the executor's thread, after all earlier work; called in any thread.

        :param name: under which a failure of the work is counted and logged
        """
        self._work.append((name, lambda: work(*args)))
        self._executor.create_task(call_guarded, 'ROS executor', self._run_next)

    def _run_next(self) -> None:
        name, work = self._work.popleft()
        with guard(name):
            work()

    def close(self) -> None:
        """Stop to spin; return when no callback runs any more, or after five seconds."""
        self._closing = True
        self._executor.shutdown()
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _spin(self) -> None:
        errors = RateLimiter(MAX_SPIN_ERRORS_PER_S, MAX_SPIN_ERRORS)
        while not self._closing:
            try:
                self._executor.spin()
                break
            except (ExternalShutdownException, ShutdownException):
                break
            except Exception as error:
                if self._closing:
                    return
                if not errors.allow():
                    raise
                failures.note('ROS executor', error, 'it spins on')
        if not self._closing:
            raise RuntimeError('the ROS context was shut down')
