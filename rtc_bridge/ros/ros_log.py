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

"""This package logs by Python's ``logging``; here its records reach the log of ROS."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging

from rclpy.logging import LoggingSeverity
from rclpy.node import Node

from ..core.limits.log_limits import EscapingFormatter

_PACKAGE = 'rtc_bridge'


class _RosHandler(logging.Handler):
    """Passes records of any thread to the logger of a node."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._logger = node.get_logger()
        self.setFormatter(EscapingFormatter())

    def format(self, record: logging.LogRecord) -> str:  # noqa: A003 - the name in logging
        """Return the text; a debug line begins with its module, for readers of the code."""
        text = super().format(record)
        if record.levelno <= logging.DEBUG:
            return f'{record.name.removeprefix(_PACKAGE + ".")}: {text}'
        return text

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log(record.levelno, self.format(record))
        except Exception:
            # As all handlers do: an emergency stop that cannot be logged is carried out.
            self.handleError(record)

    def _log(self, level: int, text: str) -> None:
        # rclpy remembers the level of each place that it is called from: one place per level.
        if level >= logging.ERROR:
            self._logger.error(text)
        elif level >= logging.WARNING:
            self._logger.warning(text)
        elif level >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)


@contextmanager
def log_to_ros(node: Node) -> Iterator[None]:
    """
    Send this package's log records to the node's logger.

    Debug records are made only where ROS shows them (``--log-level debug``), as it is at the
    start. Records of libraries stay out: what they tell below warnings may hold secrets.
    """
    logger, handler = logging.getLogger(_PACKAGE), _RosHandler(node)
    debug = node.get_logger().get_effective_level() <= LoggingSeverity.DEBUG
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
        logger.setLevel(level)
