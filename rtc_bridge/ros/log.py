"""The floors below log by Python's ``logging``; here it reaches ROS's log."""

import logging

from rclpy.node import Node


class _RosHandler(logging.Handler):

    def __init__(self, node: Node) -> None:
        super().__init__(logging.INFO)
        self._logger = node.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        # One call site per level: rclpy remembers the level of each.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        else:
            self._logger.info(text)


def log_to_ros(node: Node) -> None:
    """Send this package's log records to the node's logger."""
    logger = logging.getLogger('rtc_bridge')
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_RosHandler(node))
