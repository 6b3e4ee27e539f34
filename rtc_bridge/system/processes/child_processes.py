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

"""Child processes that end with their parent, even if the parent is killed."""

import asyncio
from collections import deque
from collections.abc import Callable
import ctypes
import os
import signal
import sys

from ...core.supervision import guard, spawn

# <sys/prctl.h>
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# Signals in the order of their force, and the seconds to wait after each: three in all.
_END_SIGNALS = ((signal.SIGINT, 1.7), (signal.SIGTERM, 0.7), (signal.SIGKILL, 0.6))
# Bytes of a line of output.
_MAX_LINE = 1 << 20
# Lines that are kept for the report of a failed start.
_KEPT_LINES = 15


def _die_with(parent: int) -> Callable[[], None]:
    """Return the function that a child process calls between fork and exec."""
    def prepare() -> None:
        # Linux kills the child when the thread that made it ends, even by SIGKILL: prctl(2).
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # The parent ended before the call.
    return prepare


class ChildProcess:
    """
    A running program of this package, made by :meth:`start`.

    ``ended`` is the task that reads the output; its result is the exit status.

    :param show: called with the program's name and each line of its output
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process,
                 show: Callable[[str, str], None]) -> None:
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.ended = spawn('output of a program', self._read_output(process, show))
        self._process = process

    @classmethod
    async def start(cls, module: str, arguments: list[str], environment: dict[str, str],
                    show: Callable[[str, str], None]) -> 'ChildProcess':
        """Start ``rtc_bridge.nodes.<module>`` in a session of its own, which Ctrl-C spares."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, '-m', f'rtc_bridge.nodes.{module}', *arguments, env=environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, limit=_MAX_LINE, start_new_session=True,
            preexec_fn=_die_with(os.getpid()))
        return cls(module, process, show)

    async def _read_output(self, process: asyncio.subprocess.Process,
                           show: Callable[[str, str], None]) -> int:
        assert process.stdout is not None, 'start() asks for a pipe'
        with guard('output of a program'):
            async for line in process.stdout:
                text = line.decode(errors='replace').rstrip()
                self.last_lines.append(text)
                show(self.name, text)
        return await process.wait()

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and its own children, if it still runs."""
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass


async def end_processes(children: list[ChildProcess]) -> None:
    """End processes within three seconds, by stronger signals one after the other."""
    for number, timeout_s in _END_SIGNALS:
        running = [child for child in children if not child.ended.done()]
        if not running:
            return
        for child in running:
            child.send_signal(number)
        await asyncio.wait([child.ended for child in running], timeout=timeout_s)
