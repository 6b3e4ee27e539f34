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

"""Child processes that end with their parent, however it ends."""

import asyncio
from collections import deque
from collections.abc import Callable
import ctypes
import os
import signal
import sys

from ..core.supervision import guard, spawn

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# Signals in the order of their force, with the seconds that each may take. Three in all.
_ENDS = ((signal.SIGINT, 1.7), (signal.SIGTERM, 0.7), (signal.SIGKILL, 0.6))
_MAX_LINE = 1 << 20


def _die_with(parent: int) -> Callable[[], None]:
    """Return what a child does between fork and exec."""
    def prepare() -> None:
        # Linux kills the child when the thread that made it ends, even by SIGKILL: prctl(2).
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # It ended before the call.
    return prepare


class Child:
    """
    A running program of this package.

    :param show: called with each line of its output
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process,
                 show: Callable[[str, str], None]) -> None:
        """Read the process's output until it ends; ``start`` makes both."""
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=15)
        self.ended = spawn('output of a program', self._read(process, show))
        self._process = process

    @classmethod
    async def start(cls, module: str, arguments: list[str], environment: dict[str, str],
                    show: Callable[[str, str], None]) -> 'Child':
        """Start ``rtc_bridge.nodes.<module>`` in a session of its own, away from Ctrl-C."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, '-m', f'rtc_bridge.nodes.{module}', *arguments, env=environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, limit=_MAX_LINE, start_new_session=True,
            preexec_fn=_die_with(os.getpid()))
        return cls(module, process, show)

    async def _read(self, process: asyncio.subprocess.Process,
                    show: Callable[[str, str], None]) -> int:
        """Pass the output on and return the exit status."""
        with guard('output of a program'):
            async for line in process.stdout:
                text = line.decode(errors='replace').rstrip()
                self.last_lines.append(text)
                show(self.name, text)
        return await process.wait()

    def send(self, number: int) -> None:
        """Send a signal to the process and its own children, if it still runs."""
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass


async def end(children: list[Child]) -> None:
    """End processes within three seconds: politely, then less so."""
    for number, patience in _ENDS:
        running = [child for child in children if not child.ended.done()]
        if not running:
            return
        for child in running:
            child.send(number)
        await asyncio.wait([child.ended for child in running], timeout=patience)
