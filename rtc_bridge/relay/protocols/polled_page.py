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

"""The messages of a page that signals over HTTP, while they wait for its requests."""

import asyncio
from contextlib import suppress

from ..messaging_robot import dump_message
from ...core.clock import boot_time
from ...core.protocol.signaling_messages import MAX_MESSAGE, parse, SignalingMessage

# Seconds without a poll after which a page is gone. A page polls again at once.
IDLE_S = 15.0
# Messages that wait to be fetched, and their characters: an answer and what surrounds it.
MAX_UNREAD, MAX_UNREAD_LENGTH = 64, 2 * MAX_MESSAGE


class PolledPage:
    """
    The messages of one page in both directions. Belongs to one event loop.

    At most one posted message waits to be handled, and its POST with it. What waits to be fetched
    is kept until the page asks for what follows it, so that an answer which a proxy has lost is
    fetched again. Only the newest poll gets messages.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._posted: bytes | None = None
        self._is_posting = False
        # What the page has not acknowledged, and how many messages it has.
        self._unread: list[str] = []
        self._acknowledged = 0
        self._polls = self._newest_poll = 0
        self._last_seen = boot_time()
        self._changed = asyncio.Event()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def receive(self) -> SignalingMessage | None:
        """
        Return the next message of the page, or ``None`` at its end.

        :raises ProtocolError: what was posted is no message
        """
        while self._posted is None:
            if self.is_over:
                return None
            await self._changed.wait()
        text, self._posted = self._posted, None
        self._notify()
        return parse(text)

    async def send(self, message: SignalingMessage) -> bool:
        """
        Keep a message until the page fetches it; return false if the page is over.

        A page that fetches nothing is over.

        :raises SignalingError: ``too-long``
        """
        text = dump_message(message)
        if len(self._unread) >= MAX_UNREAD or (
                sum(map(len, self._unread)) + len(text) > MAX_UNREAD_LENGTH):
            self.end()
        if self.is_over:
            return False
        self._unread.append(text)
        self._notify()
        return True

    async def post(self, texts: list[bytes]) -> bool:
        """Pass on what the page has posted; return false while its POST before is under way."""
        if self._is_posting:
            return False
        self._is_posting = True
        try:
            for text in texts:
                while self._posted is not None and not self.is_over:
                    await self._changed.wait()
                if self.is_over:
                    break
                self._posted, self._last_seen = text, boot_time()
                self._notify()
        finally:
            self._is_posting = False
        return True

    async def fetch(self, after: int, timeout: float) -> list[str]:
        """
        Return the messages behind the first ``after`` ones; wait until there is one.

        :param timeout: seconds after which nothing is returned
        :raises ValueError: there are not so many messages, or they were acknowledged before
        """
        known = self._acknowledged
        if not known <= after <= known + len(self._unread):
            raise ValueError(f'after must be from {known} to {known + len(self._unread)}')
        del self._unread[:after - known]
        self._acknowledged = after
        self._newest_poll += 1
        poll = self._newest_poll
        self._polls += 1
        self._notify()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while not self._unread and not self.is_over and poll == self._newest_poll:
                        await self._changed.wait()
        finally:
            self._polls -= 1
            self._last_seen = boot_time()
        return list(self._unread) if poll == self._newest_poll else []

    async def wait_until_gone(self) -> None:
        """Return once the page has not polled for ``IDLE_S``, or was ended."""
        while not self.is_over and (self._polls or boot_time() - self._last_seen < IDLE_S):
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S / 5):
                    await self._changed.wait()

    async def wait_until_read(self) -> None:
        """Return once the page has acknowledged its last messages, or after ``IDLE_S``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_S):
                while self._unread:
                    await self._changed.wait()

    def leave(self) -> None:
        """End, as the page wishes; it fetches nothing any more."""
        self._unread.clear()
        self.end()

    def end(self) -> None:
        """Take no more messages from or for the page; what waits can still be fetched."""
        self.is_over = True
        self._notify()
