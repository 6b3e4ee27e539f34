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

"""The frame of a program that is one ROS node: how it starts, spins, and ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import faulthandler
import sys
from threading import Event
from typing import NoReturn

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from .parameter_files import explain_refused_files
from .ros_log import log_to_ros
from ..core.errors import ParameterError, REFUSED, RtcBridgeError
from ..core.failure_log import count_unhandled_failures, failures
from ..core.supervision import guard
from ..system.processes.termination import Termination, termination

# The exit status of a program one of whose parts has failed.
FAILED = 1
# Seconds from the end of a node on in which its process has to end: a busy host takes some.
_END_TIMEOUT_S = 20.0


class Finished(BaseException):
    """A node has nothing more to do. Guards let it pass like CancelledError: it is no failure."""


class PartFailed(Exception):
    """A part has failed, the failure was noted, and the program has to end."""


def end_program(error: BaseException) -> NoReturn:
    """
    End a program that runs in :func:`spin`: the ``on_failure`` of a callback without a substitute.

    :raises PartFailed: always, out of the callback and of the executor that called it
    """
    raise PartFailed from error


def bound_end() -> None:
    """
    Let the process end within seconds, with status ``FAILED``, if its nodes cannot be destroyed.

    Fast DDS 2.14 waits for itself for ever if it hears of the end of another program in the moment
    in which it destroys its participant (``DomainParticipant::set_listener``), as programs do that
    are ended together. rclpy holds the interpreter's lock then, so no Python thread could help.
    """
    with guard('bound of the end'):
        # Whatever stands in for sys.stderr.
        faulthandler.dump_traceback_later(_END_TIMEOUT_S, exit=True, file=2)


@contextmanager
def ros_program(name: str, args: list[str] | None) -> Iterator[Termination]:
    """
    Run a block with ROS started, and give it what signals request; shut ROS down behind it.

    rclpy installs no signal handlers: they would take the context away from a callback that is
    about to publish. An error of this package in the block is told in one line, without a
    traceback.

    :param name: of the program, for that line
    :param args: the command line; ``None``: that of the process
    :raises SystemExit: with status ``REFUSED`` after such an error
    """
    with termination() as wish:
        try:
            try:
                rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            except (RuntimeError, ValueError) as error:
                # The ROS arguments, or a file that they name, cannot be read.
                raise ParameterError(explain_refused_files(args) or f'ROS arguments: '
                                     f'{str(error).splitlines()[0]}') from None
            yield wish
        except RtcBridgeError as error:
            print(f'{name}: {error}', file=sys.stderr)
            sys.exit(REFUSED)
        finally:
            bound_end()
            rclpy.try_shutdown()


def run_node(name: str, make: Callable[[], Node], args: list[str] | None = None) -> int:
    """
    Make a node and spin it until a signal, or until a callback raises ``Finished``.

    :param make: makes the node, with all its subscriptions, services and timers
    :return: the exit status: 0, or ``FAILED`` after a failure of a part
    :raises SystemExit: as :func:`ros_program`
    """
    count_unhandled_failures()
    with ros_program(name, args) as wish:
        executor = SingleThreadedExecutor()
        wish.on_request(executor.wake)
        node = make()
        try:
            with log_to_ros(node):
                executor.add_node(node)
                spin(executor, wish.requested)
        except PartFailed:
            node.get_logger().fatal(f'{name} ends, as a part of it has failed')
            return FAILED
        finally:
            bound_end()
            node.destroy_node()
    return 0


def spin(executor: SingleThreadedExecutor, ended: Event,
         step: Callable[[], float | None] = lambda: None) -> None:
    """
    Execute callbacks until an event, or until one raises ``Finished``.

    :param step: called before each wait for a callback; returns for how many seconds to wait;
        ``None``: for ever
    :raises PartFailed: a callback, ``step``, or rclpy itself has failed; the failure was noted
    """
    try:
        while not ended.is_set():
            executor.spin_once(timeout_sec=step())
    except Finished:
        pass
    except PartFailed:
        raise
    except Exception as error:
        failures.note('executor', error)
        raise PartFailed from error
