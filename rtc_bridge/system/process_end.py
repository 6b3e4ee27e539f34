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

"""When a process is to end, and why: a signal, or a part without which it must not go on."""

import asyncio
from contextlib import suppress
from functools import partial

from ..core.supervision import OnFailure


class ProcessEnd:
    """
    What a program's main coroutine waits for; made in its event loop.

    ``failed_part`` is the name of the part whose failure ends the process, '' for a signal.
    """

    def __init__(self) -> None:
        self.failed_part = ''
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """End the process in order; in the event loop, as a signal handler."""
        self._asked.set()

    def when_fails(self, name: str) -> OnFailure:
        """Return what ends the process after the failure of a part; to be called in any thread."""
        return partial(self._fail, name)

    def _fail(self, name: str, _: BaseException | None = None) -> None:
        self.failed_part = self.failed_part or name
        # Without the loop it has ended already.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._asked.set)

    async def wait(self) -> None:
        """Return when the process is to end."""
        await self._asked.wait()
