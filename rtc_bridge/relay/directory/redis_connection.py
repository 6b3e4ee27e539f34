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
One relay's line to the Redis that several relays share.

Whatever fails, the line is opened anew until it works; meanwhile nothing waits for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
import logging
import random
from typing import Any, NoReturn
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..metrics import log
from ...core.failure_log import failures
from ...core.supervision import first_of, guarded

# Seconds: until a silent Redis is given up, between signs of life, and until the next try.
_PATIENCE = 2.0
BEAT = 1.0
_RETRY = 1.0


class Away(Exception):
    """Redis is not reached at present."""


class RedisLine:
    """
    Two connections: one listens, one carries all commands, in order and as many as wait at once.

    :param url: ``redis://``, ``rediss://`` or ``unix://``
    :param channels: what to listen to
    :param heard: called with channel and text
    :param opened: awaited when the line is open, and can be used
    :param beat: awaited every ``BEAT`` seconds from then on; raises ``Away`` for a new line
    :param lost: called when it is open no more
    """

    def __init__(self, url: str, channels: list[str], *, heard: Callable[[str, str], None],
                 opened: Callable[[], Coroutine[Any, Any, None]],
                 beat: Callable[[], Coroutine[Any, Any, None]],
                 lost: Callable[[], None]) -> None:
        """Prepare; ``run`` does the work."""
        self.up = False
        self._redis = Redis.from_url(
            url, decode_responses=True, encoding_errors='replace', socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0))
        # Without the password.
        parts = urlsplit(url)
        self._where = parts.path if parts.scheme == 'unix' else parts.netloc.rpartition('@')[2]
        self._channels = channels
        self._heard = heard
        self._opened = opened
        self._beat = beat
        self._lost = lost
        self._open = False
        self._queue: list[tuple[tuple, asyncio.Future[Any]]] = []
        self._waiting = asyncio.Event()
        self._reason = ''

    async def call(self, *command: Any) -> Any:
        """
        Return Redis's reply to a command.

        :raises Away: there was none
        """
        return await self.send(*command)

    def send(self, *command: Any) -> 'asyncio.Future[Any]':
        """Send a command behind all others; the reply may be awaited, as of ``call``."""
        reply = asyncio.get_running_loop().create_future()
        # Nobody has to look whether it failed.
        reply.add_done_callback(guarded(
            'Redis', lambda done: done.cancelled() or done.exception()))
        if self._open:
            self._queue.append((command, reply))
            self._waiting.set()
        else:
            reply.set_exception(Away(self._reason))
        return reply

    async def run(self) -> NoReturn:
        """Keep the line open, for ever."""
        while True:
            try:
                await self._serve()
            except Exception as error:
                # Whatever it is: relays go on alone, and try again.
                reason = str(error).split('\n')[0] or type(error).__name__
                if not isinstance(error, (Away, RedisError, OSError)):
                    failures.note('Redis', error, 'the line is opened anew')
            finally:
                self._close()
            if reason != self._reason:
                log('Redis is not reached, robots of other relays cannot be found',
                    logging.WARNING, redis=self._where, reason=reason)
            self._reason = reason
            await asyncio.sleep(_RETRY * (0.5 + 0.5 * random.random()))

    async def close(self) -> None:
        """Send what waits, and close the connections."""
        if self._open:
            await asyncio.wait([self.send('PING')], timeout=_PATIENCE)
        await self._redis.aclose()

    def _close(self) -> None:
        was_open, self._open, self.up = self._open, False, False
        queue, self._queue = self._queue, []
        for _, reply in queue:
            _settle(reply, Away('the line was lost'))
        if was_open:
            self._lost()

    async def _serve(self) -> NoReturn:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*self._channels)
            # From here on nothing is missed, as commands go out later.
            self._open = True
            await first_of(self._listen(pubsub), self._write(), self._live())
        raise Away('the line ended')

    async def _live(self) -> NoReturn:
        await self._opened()
        self.up = True
        log('Redis is reached', redis=self._where)
        self._reason = ''
        while True:
            await asyncio.sleep(BEAT)
            await self._beat()

    async def _listen(self, pubsub: PubSub) -> NoReturn:
        while True:
            # Without a time, redis-py below 8 takes the patience with commands for one.
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=BEAT)
            if message is not None:
                self._heard(message['channel'], message['data'])

    async def _write(self) -> NoReturn:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            queue, self._queue = self._queue, []
            pipeline = self._redis.pipeline(transaction=False)
            for command, _ in queue:
                pipeline.execute_command(*command)
            try:
                results = await pipeline.execute(raise_on_error=False)
            except BaseException:
                self._queue = queue + self._queue
                raise
            for (_, reply), result in zip(queue, results):
                _settle(reply, result)


def _settle(reply: 'asyncio.Future[Any]', result: Any) -> None:
    if reply.done():
        return
    if isinstance(result, RedisError):
        log('Redis refused a command', logging.ERROR, error=str(result))
        result = Away(str(result))
    if isinstance(result, Exception):
        reply.set_exception(result)
    else:
        reply.set_result(result)
