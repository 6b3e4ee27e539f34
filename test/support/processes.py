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

"""Programs as processes of their own, with their output kept line by line."""

from collections.abc import Sequence
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time

from support.patience import PATIENCE


def free_port() -> int:
    """Return a TCP port that nobody has, none of those that the system gives to others."""
    # Each worker of xdist has its own: a port is free until what it was chosen for listens.
    worker = int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw')) % 8
    while True:
        # Not random's: tests that run side by side may have seeded it alike.
        port = 20_000 + 1_500 * worker + secrets.randbelow(1_500)
        try:
            socket.create_server(('127.0.0.1', port)).close()
        except OSError:
            continue
        return port


def node(module: str, *, remap: Sequence[str] = (), files: Sequence[object] = (),
         **parameters) -> list[str]:
    """
    Return the command line of ``rtc_bridge.nodes.<module>`` with ROS parameters.

    :param remap: rules such as ``image_raw:=camera/image`` or ``__ns:=/robot``
    :param files: files of parameters
    """
    words = [part for name, value in parameters.items()
             for part in ('-p', f'{name}:={_yaml(value)}')]
    words += [part for rule in remap for part in ('-r', rule)]
    words += [part for file in files for part in ('--params-file', str(file))]
    command = [sys.executable, '-m', f'rtc_bridge.nodes.{module}']
    return command + ['--ros-args', *words] if words else command


def _yaml(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


class Process:
    """
    A started program; a context manager that stops it.

    Standard output and error come in one sequence of ``lines``.
    """

    started: list['Process'] = []

    def __init__(self, command: Sequence[str], env: dict[str, str] | None = None,
                 cwd: str | None = None, stdin: bool = False) -> None:
        """
        Start it.

        :param env: added to this process's environment
        :param stdin: whether it hears what is said to it by ``say``
        """
        self.command = list(command)
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        # A test run that ignores these, as one under nohup or in the background of a script does,
        # would leave them ignored to the programs, which keep to that.
        ignored = [name for name in ('HUP', 'INT') if signal.getsignal(
            signal.Signals[f'SIG{name}']) is signal.SIG_IGN]
        prefix = ['env', f'--default-signal={",".join(ignored)}'] if ignored else []
        self._process = subprocess.Popen(
            [*prefix, *self.command], stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, text=True,
            errors='replace', bufsize=1,
            env={**os.environ, 'PYTHONUNBUFFERED': '1', **(env or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        Process.started.append(self)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """Return what it has said so far."""
        with self._changed:
            return list(self._lines)

    @property
    def text(self) -> str:
        """Return what it has said so far, for messages."""
        return '\n'.join(self.lines)

    @property
    def running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def wait_line(self, pattern: str, timeout: float = PATIENCE, start: int = 0) -> re.Match:
        """
        Wait for a line in which a regular expression is found, from line ``start`` on.

        :raises AssertionError: none came in time, or the program ended before; with all it said
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for line in self._lines[start:]:
                    match = wanted.search(line)
                    if match:
                        return match
                start = len(self._lines)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = 'it ended' if self._ended else f'{timeout} s are over'
                    said = '\n'.join(self._lines)
                    raise AssertionError(f'no line matches {pattern!r}, {why}; it said:\n{said}')
                self._changed.wait(left)

    def wait(self, timeout: float = PATIENCE) -> int:
        """
        Wait until it has ended and all its output is here; return its status.

        :raises AssertionError: it still runs; with all it said
        """
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'{self.command} still runs after {timeout} s; it said:\n'
                                 f'{self.text}') from None
        # Grandchildren may hold the pipe open.
        self._reader.join(5)
        return status

    def say(self, text: str) -> None:
        """Write to its standard input."""
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def send(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.running:
            self._process.send_signal(number)

    def stop(self, timeout: float = PATIENCE) -> int:
        """Interrupt it, and kill it if that does not help; return its status."""
        self.send(signal.SIGINT)
        try:
            return self.wait(timeout)
        except AssertionError:
            self.send(signal.SIGKILL)
            return self.wait()

    def __enter__(self) -> 'Process':
        """Return itself."""
        return self

    def __exit__(self, *_) -> None:
        """Stop it, also when it is stopped by a signal."""
        self.send(signal.SIGCONT)
        self.stop()

    def _read(self) -> None:
        with self._process.stdout as pipe:
            for line in pipe:
                with self._changed:
                    self._lines.append(line.rstrip('\n'))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
