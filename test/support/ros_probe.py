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

"""A ROS node of the test's own, spinning in a thread."""

from collections.abc import Callable
import threading
import time
from typing import Any

from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from support.patience import PATIENCE


class RosProbe:
    """
    A context manager: a node in an rclpy context of its own.

    Callbacks run in the probe's thread under one lock, which ``wait_for`` holds too while it
    looks; each callback wakes it.
    """

    def __init__(self, name: str = 'probe', namespace: str = '') -> None:
        """Prepare; entering starts."""
        self._name, self._namespace = name, namespace
        self._changed = threading.Condition()
        self._failure: BaseException | None = None

    def __enter__(self) -> 'RosProbe':
        """Create the node and spin it."""
        self.context = Context()
        self.context.init(args=[])
        self.node = Node(self._name, namespace=self._namespace, context=self.context,
                         use_global_arguments=False, start_parameter_services=False)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        """End the thread and the node."""
        self._executor.shutdown(timeout_sec=5)
        self.context.try_shutdown()
        self._thread.join(10)
        self.node.destroy_node()

    def subscribe(self, kind: type, topic: str, callback: Callable[[Any], None] | None = None,
                  qos: QoSProfile | int = 10) -> list:
        """
        Subscribe; return the list that messages are added to.

        With a callback, what it returns is added instead, unless that is ``None``.
        """
        seen = []

        def receive(message: Any) -> None:
            item = message if callback is None else callback(message)
            with self._changed:
                if item is not None:
                    seen.append(item)
                self._changed.notify_all()

        self.node.create_subscription(kind, topic, receive, qos)
        return seen

    def publisher(self, kind: type, topic: str, qos: QoSProfile | int = 10):
        """Return a publisher."""
        return self.node.create_publisher(kind, topic, qos)

    def wait_for(self, predicate: Callable[[], Any], timeout: float = PATIENCE) -> Any:
        """
        Return the first true value of a predicate; look after each callback, and now and then.

        :raises AssertionError: it was never true
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                value = predicate()
                if value:
                    return value
                assert self._failure is None, f'the probe has ended: {self._failure!r}'
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f'still waiting after {timeout} s')
                # The graph changes without a callback.
                self._changed.wait(min(left, 0.1))

    def _spin(self) -> None:
        while True:
            try:
                self._executor.spin()
                return
            except InvalidHandle:
                # Tests destroy subscriptions, timers and publishers in threads of their own, and
                # the executor had just taken one of them.
                continue
            except ExternalShutdownException:
                return
            except BaseException as error:
                self._failure = error
                raise
