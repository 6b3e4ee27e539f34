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

import signal
import socket
import sys
import threading
from typing import Callable

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from ..core.errors import ParameterError, REFUSED, RtcBridgeError


class Finished(Exception):
    """A node has nothing more to do."""


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
        reader.recv(1)
        ended.set()
        wake()

    threading.Thread(target=wait, daemon=True).start()
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
    A callback that raises ``Finished`` ends it with status 0.
    """
    try:
        init(args)
        executor = SingleThreadedExecutor()
        ended = when_signalled(executor.wake)
        node = make()
        executor.add_node(node)
        while not ended.is_set():
            executor.spin_once()
        node.destroy_node()
    except Finished:
        node.destroy_node()
    except RtcBridgeError as error:
        print(f'{name}: {error}', file=sys.stderr)
        sys.exit(REFUSED)
    finally:
        rclpy.try_shutdown()
