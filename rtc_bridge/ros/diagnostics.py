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

"""Status messages, and their publisher on ``/diagnostics``."""

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from ..core.limits.log_limits import escape, MAX_LINE


def make_status(name: str, level: bytes, message: str,
                values: Mapping[str, object]) -> DiagnosticStatus:
    """
    Return a status message; text from outside in it is escaped.

    :param name: of the part, without the package's
    :param level: ``DiagnosticStatus.OK``, ``WARN`` or ``ERROR``
    """
    return DiagnosticStatus(
        name=escape(f'rtc_bridge: {name}', MAX_LINE), level=level,
        message=escape(message, MAX_LINE),
        values=[KeyValue(key=escape(key), value=escape(str(value), MAX_LINE))
                for key, value in values.items()])


class DiagnosticsPublisher:
    """
    Publishes on ``/diagnostics``; any thread.

    :param hardware_id: of each status: the robot's name
    """

    def __init__(self, node: Node, hardware_id: str) -> None:
        self._node = node
        self._hardware_id = hardware_id
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def publish(self, statuses: list[DiagnosticStatus]) -> None:
        """Publish all statuses in one message."""
        for status in statuses:
            status.hardware_id = self._hardware_id
        message = DiagnosticArray(status=statuses)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
