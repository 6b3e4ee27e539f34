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

"""The frame of a node that is a whole program."""

import logging
import signal
import socket
import sys
import threading
from typing import Callable, NoReturn

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from .ros_log import log_to_ros
from ..core.errors import ParameterError, REFUSED, RtcBridgeError
from ..core.supervision import count_the_rest, failures, start_thread

# The exit status of a program one of whose parts has failed.
FAILED = 1


class Finished(BaseException):
    """A node has nothing more to do. No failure: it passes guards, as CancelledError does."""


class PartFailed(Exception):
    """A part has failed, was noted, and its program has to end."""


def end_program(error: BaseException) -> NoReturn:
    """
    End a program of one node: what :func:`~rtc_bridge.core.supervision.guarded` calls there.

    :raises PartFailed: always, out of the callback and of the executor that called it
    """
    raise PartFailed from error


def ending_signals() -> list[signal.Signals]:
    """
    Return the signals that end a program in order.

    SIGHUP, the end of a terminal, is one of them unless the program was started by nohup(1).
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def when_signalled(wake: Callable[[], None]) -> threading.Event:
    """
    Return an event that ``ending_signals`` set; ``wake`` is called then, in another thread.

    To be called in the main thread. It may wait in C code: Python would run a handler only after.
    """
    ended = threading.Event()
    # Blocking the signals and sigwait() would not do: numpy's threads, which are there since its
    # import, do not block them. The C handler writes here, whichever thread gets the signal.
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    for number in ending_signals():
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)

    def wait() -> None:
        try:
            reader.recv(1)
        finally:
            # Whatever happened to it, nothing but SIGKILL would end the program from here on.
            ended.set()
            wake()

    start_thread('signals', wait)
    return ended


def init(args: list[str] | None) -> None:
    """
    Start ROS, and leave the signals alone.

    The handlers of rclpy take the context away from a callback that is about to publish.

    :raises ParameterError: the ROS arguments, or a file they name, cannot be read
    """
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except (RuntimeError, ValueError) as error:
        raise ParameterError(f'ROS arguments: {str(error).splitlines()[0]}') from None


def run(name: str, make: Callable[[], Node], args: list[str] | None = None) -> None:
    """
    Make a node and spin it until a signal, which ends it with status 0.

    An error of this package is told in one line, without a traceback, and ends it with status 2.
    A callback that raises ``Finished`` ends it with status 0, one that fails with status 1.
    """
    node = None
    count_the_rest()
    try:
        init(args)
        executor = SingleThreadedExecutor()
        ended = when_signalled(executor.wake)
        node = make()
        log_to_ros(node)
        executor.add_node(node)
        spin(executor, ended)
    except RtcBridgeError as error:
        print(f'{name}: {error}', file=sys.stderr)
        sys.exit(REFUSED)
    except PartFailed:
        node.get_logger().fatal(f'{name} ends, as a part of it has failed')
        sys.exit(FAILED)
    finally:
        if node is not None:
            logging.getLogger('rtc_bridge').handlers.clear()
            node.destroy_node()
        rclpy.try_shutdown()


def spin(executor: SingleThreadedExecutor, ended: threading.Event,
         wait: Callable[[], float | None] = lambda: None,
         step: Callable[[], object] = lambda: None) -> None:
    """
    Execute callbacks until an event, or until one raises ``Finished``.

    :param wait: returns for how many seconds to wait for the next callback, ``None``: for ever
    :param step: called after each wait
    :raises PartFailed: a callback, ``step``, or rclpy itself has failed; it was noted
    """
    try:
        while not ended.is_set():
            executor.spin_once(timeout_sec=wait())
            step()
    except Finished:
        pass
    except PartFailed:
        raise
    except Exception as error:
        failures.note('executor', error)
        raise PartFailed from error
