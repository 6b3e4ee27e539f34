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

"""
Signals that end a program: the first one ends it in order, more of them change nothing.

More than one is the rule: systemd sends to all processes of a unit and launch to its children
again, people press Ctrl-C twice, and both send SIGTERM to what takes its time. Neither asyncio's
signal handlers nor Python's outlast the program: a signal that comes while the event loop closes
or while Python ends would print a traceback, or end the process with the signal as its status.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import signal
import socket
import threading

from ...core.supervision import call_guarded, start_thread

# Bytes, each the number of a signal, that are read at once.
_MAX_READ = 64


def termination_signals() -> list[signal.Signals]:
    """
    Return the signals that end a program in order.

    SIGHUP, the end of a terminal, is one of them unless the program was started by nohup(1).
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


@contextmanager
def handled_signals(handlers: Mapping[signal.Signals, Callable[[], object]]) -> Iterator[None]:
    """
    Call a handler for each of these signals while the block runs, and ignore them behind it.

    Handlers run in a thread of their own. The main thread may wait in C code, where Python runs
    no signal handler before the wait is over. Behind the block the process is about to end.
    Main thread only; no event loop of the process may have signal handlers besides.

    :param handlers: by signal
    """
    # sigwait() in a thread would need the signals blocked in all threads, and those of numpy,
    # which exist since its import, do not block them. The C handler writes to this socket in
    # whichever thread the signal arrives.
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # Held while a handler runs: none does behind the block, where what it acts on may be gone.
    running = threading.Lock()
    active = True

    def read() -> None:
        while numbers := reader.recv(_MAX_READ):
            for number in numbers:
                with running:
                    if active and number in handlers:
                        call_guarded('signals', handlers[signal.Signals(number)])

    def fail(_: BaseException) -> None:
        # No signal but SIGKILL would end the program otherwise.
        handlers[signal.SIGTERM]()

    for number in handlers:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    start_thread('signals', read, on_failure=fail)
    try:
        yield
    finally:
        # In this order: Python would complain of a signal that it can write to no socket.
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        with running:
            active = False
        # The thread reads the end, and returns.
        writer.close()


def in_event_loop(function: Callable[[], object]) -> Callable[[], object]:
    """Return what calls a function in the event loop that runs here, from any thread."""
    loop = asyncio.get_running_loop()
    return lambda: loop.call_soon_threadsafe(call_guarded, 'signals', function)


class Termination:
    """The wish that the process ends; made by :func:`termination`. Thread-safe."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []

    def on_request(self, callback: Callable[[], object]) -> None:
        """
        Call a function when the process is to end, or at once if it is.

        :param callback: called once, in the thread of the signals or in this one
        """
        with self._lock:
            if not self.requested.is_set():
                self._callbacks.append(callback)
                return
        call_guarded('signals', callback)

    def request(self) -> None:
        """Tell that the process is to end; only the first time does anything."""
        with self._lock:
            if self.requested.is_set():
                return
            self.requested.set()
        for callback in self._callbacks:
            call_guarded('signals', callback)


@contextmanager
def termination() -> Iterator[Termination]:
    """Give what :func:`termination_signals` request; they are ignored behind the block."""
    wish = Termination()
    with handled_signals(dict.fromkeys(termination_signals(), wish.request)):
        yield wish
