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

"""Runs the demo's programs side by side until they are stopped or one of them ends."""

import asyncio
from collections.abc import Coroutine, Mapping
import re
import sys
from typing import Any

from ..core.supervision import spawn
from ..system.processes.child_processes import ChildProcess, end_processes
from ..system.processes.termination import in_event_loop, termination

# Lines that are shown without --verbose.
_SERIOUS = re.compile(r'\[(WARN|WARNING|ERROR|FATAL|CRITICAL)\]')
# The bridge's line with the link.
_LINK = re.compile(r'link to drive.*: (http\S+#\S+)')


class Demo:
    """
    The programs of the demo, as child processes.

    :param programs: arguments by module of ``rtc_bridge.nodes``, in the order of their start
    :param environment: of the programs
    :param verbose: show all that the programs print
    """

    def __init__(self, programs: Mapping[str, list[str]], environment: dict[str, str],
                 verbose: bool) -> None:
        self._programs = programs
        self._environment = environment
        self._verbose = verbose
        self._stop = asyncio.Event()
        self._link: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self, robot_is_there: Coroutine[Any, Any, None]) -> int:
        """
        Start the programs, print the link, and wait for the end; return the exit status.

        :param robot_is_there: returns when the robot takes offers
        """
        with termination() as wish:
            wish.on_request(in_event_loop(self._stop.set))
            return await self._run(robot_is_there)

    async def _run(self, robot_is_there: Coroutine[Any, Any, None]) -> int:
        looking = spawn('look for the robot', robot_is_there)
        stopped = spawn('signals', self._stop.wait())
        children: list[ChildProcess] = []
        try:
            for module, arguments in self._programs.items():
                children.append(await ChildProcess.start(module, arguments, self._environment,
                                                         self._show))
            ends = {child.ended for child in children} | {stopped}
            await asyncio.wait(ends | {looking}, return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                # The bridge prints it when it knows its guard.
                await asyncio.wait(ends | {self._link}, return_when=asyncio.FIRST_COMPLETED)
                if self._link.done():
                    self._print_link(self._link.result())
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return self._status(children)
        finally:
            looking.cancel()
            self._stop.set()
            await end_processes(children)

    def _show(self, name: str, line: str) -> None:
        """Take a line that a program printed."""
        found = _LINK.search(line)
        if found and not self._link.done():
            self._link.set_result(found[1])
        elif not self._stop.is_set() and (self._verbose or _SERIOUS.search(line)):
            self._print(f'[{name}] {line}')

    def _print(self, text: str) -> None:
        """Print, or end the demo where nobody reads what it prints, as behind ``| head``."""
        try:
            print(text, flush=True)
        except BrokenPipeError:
            self._stop.set()

    def _print_link(self, link: str) -> None:
        self._print(f'\n  The robot is here:  {link}\n\n'
                    'Drive with W A S D or the arrow keys. Its ROS graph: export '
                    f'ROS_DOMAIN_ID={self._environment["ROS_DOMAIN_ID"]} '
                    'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST\n'
                    'Ctrl-C stops everything.')

    def _status(self, children: list[ChildProcess]) -> int:
        """Return the exit status, after the last lines of programs that ended by themselves."""
        ended = [child for child in children if child.ended.done()]
        if self._stop.is_set() or not ended:
            return 0
        # What the others print while they are stopped is of no interest.
        self._stop.set()
        for child in ended:
            print(f'rtc-bridge demo: {child.name} ended with status {child.ended.result()}; '
                  'its last lines:', *child.last_lines, sep='\n  ', file=sys.stderr)
        return 1
