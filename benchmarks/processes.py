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

"""Processes to measure: started, waited for, their CPU time read, ended."""

from datetime import date
import os
from pathlib import Path
import platform
import signal
import socket
import subprocess
import time

_TICKS = os.sysconf('SC_CLK_TCK')


class Process:
    """
    One program with everything it starts; its output goes to a file.

    :param name: for messages, and of the output's file
    :param folder: where that file goes
    """

    def __init__(self, name: str, command: list[str], folder: Path,
                 env: dict[str, str] | None = None) -> None:
        """Start it, in a process group of its own."""
        self.name = name
        self.output = folder / f'{name}.log'
        with self.output.open('w') as file:
            self._popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file,
                                           stderr=subprocess.STDOUT, env=env,
                                           start_new_session=True)

    @property
    def pid(self) -> int:
        """Return the program's process id."""
        return self._popen.pid

    def check(self) -> None:
        """
        Look whether it still runs.

        :raises RuntimeError: it has ended; the text has the end of its output
        """
        if self._popen.poll() is not None:
            raise RuntimeError(f'{self.name} ended with {self._popen.returncode}:\n{self.tail()}')

    def tail(self) -> str:
        """Return the last lines of its output."""
        return '\n'.join(self.output.read_text(errors='replace').splitlines()[-15:])

    def wait_for_port(self, port: int, timeout: float = 20.0) -> None:
        """
        Wait until it listens on a port of this host.

        :raises RuntimeError: it ended, or does not listen after ``timeout`` seconds
        """
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            self.check()
            try:
                with socket.create_connection(('127.0.0.1', port), 0.5):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f'{self.name} does not listen on port {port}:\n{self.tail()}')

    def cpu_seconds(self) -> float:
        """Return the CPU time so far, of all threads and child processes, in seconds."""
        return sum(_cpu_ticks(pid) for pid in _family(self._popen.pid)) / _TICKS

    def signal(self, number: int) -> None:
        """Send a signal to the program itself."""
        self._popen.send_signal(number)

    def stop(self) -> None:
        """End it, and by force after 5 s."""
        # Not SIGINT: shells start background jobs with it ignored, and children inherit that.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._popen.poll() is None:
                os.killpg(self._popen.pid, number)
                try:
                    self._popen.wait(5)
                except subprocess.TimeoutExpired:
                    continue


def host() -> str:
    """Return what and when was measured on."""
    return (f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
            f'{platform.release()}, Python {platform.python_version()}')


def free_port() -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def idle_seconds() -> float:
    """Return the time that all cores together were idle since boot (proc(5), ``/proc/stat``)."""
    fields = Path('/proc/stat').read_text().split('\n', 1)[0].split()
    return (int(fields[4]) + int(fields[5])) / _TICKS


def _family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    pids = [pid]
    for parent in pids:
        for task in Path(f'/proc/{parent}/task').glob('*/children'):
            try:
                pids += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # That thread has just ended.
    return pids


def _cpu_ticks(pid: int) -> int:
    try:
        # The second field is the program's name, in parentheses, and may hold spaces.
        fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
