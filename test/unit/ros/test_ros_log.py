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

"""Which log records of the package reach the log of ROS, and in which form."""

import logging

import pytest
from rclpy.logging import LoggingSeverity
from rtc_bridge.ros.ros_log import log_to_ros


class FakeLogger:
    """Keeps what a node's logger is told."""

    def __init__(self, level):
        self.level = level
        self.lines = []

    def get_effective_level(self):
        return self.level

    def __getattr__(self, level):
        return lambda text: self.lines.append((level, text))


class FakeNode:
    def __init__(self, level=LoggingSeverity.INFO):
        self.logger = FakeLogger(level)

    def get_logger(self):
        return self.logger


logger = logging.getLogger('rtc_bridge.test_ros_log')


def log_all():
    logger.debug('choose %s', 'vp8')
    logger.info('listen')
    logger.warning('no answer')
    logger.error('closed')
    logging.getLogger('aioice').error('from a library')


@pytest.mark.parametrize('level, debug_lines', [
    (LoggingSeverity.DEBUG, [('debug', 'test_ros_log: choose vp8')]),
    (LoggingSeverity.INFO, []), (LoggingSeverity.WARN, [])])
def test_each_level_goes_to_that_of_ros_and_debug_only_where_ros_shows_it(level, debug_lines):
    node = FakeNode(level)
    with log_to_ros(node):
        log_all()
    assert node.logger.lines == [*debug_lines, ('info', 'listen'), ('warning', 'no answer'),
                                 ('error', 'closed')]


def test_nothing_is_logged_to_a_node_that_is_gone():
    node = FakeNode()
    with pytest.raises(ValueError):
        with log_to_ros(node):
            raise ValueError
    log_all()
    assert node.logger.lines == []


def test_python_s_own_log_is_as_before_the_node(caplog):
    package = logging.getLogger('rtc_bridge')
    caplog.set_level(logging.DEBUG, 'rtc_bridge')
    with log_to_ros(FakeNode()):
        log_all()
    assert package.propagate and package.level == logging.DEBUG
    logger.debug('choose %s', 'h264')
    assert caplog.messages == ['from a library', 'choose h264']


def test_text_from_outside_stays_one_line():
    node = FakeNode(LoggingSeverity.DEBUG)
    with log_to_ros(node):
        logger.info('name %s', 'a\nb\x1b[2J')
        logger.debug('name %s', 'a\nb')
    assert [text for _, text in node.logger.lines] == [
        r'name a\nb\x1b[2J', r'test_ros_log: name a\nb']


def test_a_logger_that_fails_ends_nothing(capsys):
    node = FakeNode()
    with log_to_ros(node):
        # __getattr__ is asked only for what is not there.
        node.logger.error = None
        logger.error('closed')
    assert 'TypeError' in capsys.readouterr().err
