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

"""The executor's thread: the order of its work, and which failures end it."""

import threading

import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rtc_bridge.core.failure_log import failures
from rtc_bridge.ros.executor_thread import ExecutorThread, MAX_SPIN_ERRORS
from support.patience import PATIENCE

pytestmark = pytest.mark.usefixtures('lonely')


@pytest.fixture
def node():
    context = Context()
    context.init(args=[])
    node = Node('robot', context=context, use_global_arguments=False,
                start_parameter_services=False, enable_rosout=False)
    yield node
    node.destroy_node()
    context.try_shutdown()


@pytest.fixture
def ended():
    """Return what is set with the error when a thread ends before it is closed."""
    event = threading.Event()
    event.errors = []
    return event


@pytest.fixture
def executor_thread(node, ended):
    def on_failure(error):
        ended.errors.append(error)
        ended.set()
    thread = ExecutorThread(node, on_failure)
    yield thread
    thread.close()


def drain(executor_thread):
    """Wait until the thread has done all earlier work."""
    done = threading.Event()
    executor_thread.call('test', done.set)
    assert done.wait(PATIENCE)


def test_work_runs_in_its_thread_in_the_order_of_the_calls(executor_thread):
    seen = []
    for number in range(100):
        executor_thread.call('test', lambda n: seen.append((n, threading.current_thread().name)),
                             number)
    drain(executor_thread)
    assert seen == [(number, 'ros') for number in range(100)]


def test_work_that_fails_is_counted_and_keeps_no_other_from_running(executor_thread, ended):
    before = failures.counts.get('broken work', 0)
    executor_thread.call('broken work', lambda: 1 / 0)
    drain(executor_thread)
    assert failures.counts['broken work'] == before + 1
    assert not ended.is_set()


def test_close_is_no_failure(executor_thread, ended):
    executor_thread.close()
    assert not ended.is_set()


def test_a_context_that_is_shut_down_ends_the_thread_with_a_failure(
        executor_thread, node, ended):
    node.context.shutdown()
    assert ended.wait(PATIENCE)
    assert 'context was shut down' in str(ended.errors[0])


def test_errors_of_rclpy_end_the_thread_only_when_they_come_too_often(node, ended, monkeypatch):
    errors = []
    spin = SingleThreadedExecutor.spin

    def fail(executor):
        if len(errors) < limit:
            errors.append(ValueError('of rclpy'))
            raise errors[-1]
        spin(executor)
    monkeypatch.setattr(SingleThreadedExecutor, 'spin', fail)

    limit = MAX_SPIN_ERRORS // 2
    thread = ExecutorThread(node, lambda error: ended.set())
    drain(thread)
    assert len(errors) == limit and not ended.is_set()
    thread.close()

    limit = 1000
    thread = ExecutorThread(node, lambda error: ended.set())
    assert ended.wait(PATIENCE)
    # The rate allows a few more on a busy host.
    assert MAX_SPIN_ERRORS < len(errors) - MAX_SPIN_ERRORS // 2 < limit
    thread.close()
