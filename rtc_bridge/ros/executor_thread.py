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
from typing import Any, Callable, Protocol

from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from ..core.limits.rate_limit import RateLimit
from ..core.supervision import call_guarded, failures, guard, OnFailure, start_thread

# What rclpy itself may raise while it spins: so many at once, and a second in the long run. With
# more of them it does not hear an emergency stop in time.
MAX_FAULTS, MAX_FAULTS_PER_SECOND = 10, 1.0
# Seconds that a callback may take to return at the end.
_CLOSE_TIMEOUT_S = 5.0


class RosThread:
    """
    Spins one node in a thread of its own.

    Callbacks of subscriptions run there; :meth:`call` brings other work there. The way back is
    ``loop.call_soon_threadsafe``. No exception of a callback ends the thread: each callback is
    guarded, and what rclpy raises besides is counted.

    :param on_failure: called in that thread if it ends before :meth:`close`: nobody hears the
        ROS emergency stop any more
    """

    def __init__(self, node: Node, on_failure: OnFailure) -> None:
        """Start to spin."""
        self._executor = SingleThreadedExecutor(context=node.context)
        self._closing = False
        self._on_failure = on_failure
        # The executor takes its tasks last first; this keeps their order.
        self._work: deque[tuple[str, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._executor.add_node(node)
        self._thread = start_thread('ros', self._spin, on_failure=on_failure,
                                    failure_name='ROS executor')

    def call(self, name: str, work: Callable[..., Any], *args: Any) -> None:
        """Run ``work`` in the executor's thread, soon; its failure is counted under the name."""
        self._work.append((name, work, args))
        self._executor.create_task(call_guarded, name, self._run_next)

    def _run_next(self) -> None:
        name, work, args = self._work.popleft()
        with guard(name):
            work(*args)

    def close(self) -> None:
        """Stop to spin; returns when no callback runs any more, or after some seconds."""
        self._closing = True
        self._executor.shutdown()
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _spin(self) -> None:
        faults = RateLimit(MAX_FAULTS_PER_SECOND, MAX_FAULTS)
        while not self._closing:
            try:
                self._executor.spin()
                break
            except (ExternalShutdownException, ShutdownException):
                break
            except Exception as error:
                if self._closing:
                    return
                if not faults.allow():
                    raise
                failures.note('ROS executor', error, 'it spins on')
        if not self._closing:
            raise RuntimeError('the ROS context was shut down')


class Answer(Protocol):
    """The response of ``std_srvs/Trigger`` or ``std_srvs/SetBool``."""

    success: bool
    message: str


def guarded_service(name: str, function: Callable[[Any, Any], Any], *,
                    on_failure: OnFailure | None = None) -> Callable[[Any, Any], Any]:
    """
    Return a callback for a service of ``std_srvs`` that never raises, and always answers.

    :param name: under which its failures are counted and logged
    """
    def call(request: Any, response: Answer) -> Any:
        with guard(name, on_failure):
            return function(request, response)
        response.success, response.message = False, 'an internal error; see the log'
        return response
    return call
