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

"""The floors below log by Python's ``logging``; here it reaches ROS's log."""

import logging

from rclpy.node import Node

from ..core.limits.log_limits import EscapingFormatter


class _RosHandler(logging.Handler):

    def __init__(self, node: Node) -> None:
        super().__init__(logging.INFO)
        self._logger = node.get_logger()
        self.setFormatter(EscapingFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log(record.levelno, self.format(record))
        except Exception:
            # As all handlers do: an emergency stop that cannot be logged is carried out.
            self.handleError(record)

    def _log(self, level: int, text: str) -> None:
        # One call site per level: rclpy remembers the level of each.
        if level >= logging.ERROR:
            self._logger.error(text)
        elif level >= logging.WARNING:
            self._logger.warning(text)
        else:
            self._logger.info(text)


def log_to_ros(node: Node) -> None:
    """Send this package's log records to the node's logger."""
    logger = logging.getLogger('rtc_bridge')
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_RosHandler(node))
