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

"""The orderly end of a process: by a signal, or by the failure of a vital part."""

import asyncio
from contextlib import suppress
from functools import partial
import logging

from ...core.supervision import OnFailure

logger = logging.getLogger(__name__)


class Shutdown:
    """
    The event that a program's main coroutine waits for; created in its event loop.

    ``failed_part`` is the name of the part whose failure ends the process, empty for a signal.
    """

    def __init__(self) -> None:
        self.failed_part = ''
        self._loop = asyncio.get_running_loop()
        self._requested = asyncio.Event()

    def request(self) -> None:
        """End the process in an orderly way. Thread-safe."""
        logger.debug('shutdown requested by a signal')
        self._request()

    def on_failure_of(self, part: str) -> OnFailure:
        """Return a callback that ends the process after a part's failure. Thread-safe."""
        return partial(self._fail, part)

    def _fail(self, part: str, error: BaseException | None = None) -> None:
        logger.debug('shutdown requested by the failure of %s: %r', part, error)
        self.failed_part = self.failed_part or part
        self._request()

    def _request(self) -> None:
        # RuntimeError: the event loop is closed, so the process ends already.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._requested.set)

    async def wait(self) -> None:
        """Return when the process is to end."""
        await self._requested.wait()
