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
One relay's connection to the Redis that several relays share.

After a failure the connection is opened anew until it works. Nothing waits for it meanwhile.
"""

import asyncio
import logging
import random
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..event_log import log_event
from ...core.failure_log import failures
from ...core.supervision import first_of, guarded

# Seconds until a silent Redis is given up.
_TIMEOUT_S = 2.0
# Seconds between signs of life.
HEARTBEAT_S = 1.0
# Seconds until the next try, at most; half of it at least.
_RETRY_S = 1.0
_Command = tuple[Any, ...]


class RedisUnavailable(Exception):
    """Redis cannot be reached at present, or did not answer a command."""


class RedisListener(Protocol):
    """Callbacks of a :class:`RedisConnection`, all in the event loop."""

    def on_message(self, channel: str, text: str) -> None:
        """Take a message that was published on a channel."""

    async def on_open(self) -> None:
        """
        Begin to use the connection.

        :raises RedisUnavailable: the connection is to be opened anew
        """

    async def on_heartbeat(self) -> None:
        """
        Show a sign of life; called every ``HEARTBEAT_S`` while the connection is open.

        :raises RedisUnavailable: the connection is to be opened anew
        """

    def on_lost(self) -> None:
        """Note that the connection is open no more."""


class RedisConnection:
    """
    Two sockets: one listens; one carries all commands in order, as many at once as wait.

    :param url: ``redis://``, ``rediss://`` or ``unix://``
    :param channels: what to listen to
    """

    def __init__(self, url: str, channels: list[str], listener: RedisListener) -> None:
        # Whether commands are answered, and the listener has been told so.
        self.is_up = False
        self._redis: Redis = Redis.from_url(
            url, decode_responses=True, encoding_errors='replace', socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0))
        # Without the password.
        parts = urlsplit(url)
        self._address = parts.path if parts.scheme == 'unix' else parts.netloc.rpartition('@')[2]
        self._channels = channels
        self._listener = listener
        self._is_open = False
        self._queue: list[tuple[_Command, asyncio.Future[Any]]] = []
        self._has_work = asyncio.Event()
        self._reason = ''

    def send(self, *command: Any) -> 'asyncio.Future[Any]':
        """
        Send a command behind all others.

        The future has Redis's reply, or raises ``RedisUnavailable``. It need not be awaited.
        """
        reply = asyncio.get_running_loop().create_future()
        # Mark its exception as retrieved.
        reply.add_done_callback(guarded(
            'Redis', lambda done: done.cancelled() or done.exception()))
        if self._is_open:
            self._queue.append((command, reply))
            self._has_work.set()
        else:
            reply.set_exception(RedisUnavailable(self._reason))
        return reply

    async def run(self) -> NoReturn:
        """Keep the connection open, for ever."""
        while True:
            try:
                await self._serve()
            except Exception as error:
                # Whatever it is, the relay goes on alone, and tries again.
                reason = str(error).split('\n')[0] or type(error).__name__
                if not isinstance(error, (RedisUnavailable, RedisError, OSError)):
                    failures.note('Redis', error, 'the connection is opened anew')
            finally:
                self._close()
            if reason != self._reason:
                log_event('Redis is not reached, robots of other relays cannot be found',
                          logging.WARNING, redis=self._address, reason=reason)
            self._reason = reason
            await asyncio.sleep(_RETRY_S * (0.5 + 0.5 * random.random()))

    async def close(self) -> None:
        """Send what waits, and close the sockets."""
        if self._is_open:
            await asyncio.wait([self.send('PING')], timeout=_TIMEOUT_S)
        await self._redis.aclose()

    def _close(self) -> None:
        was_open, self._is_open, self.is_up = self._is_open, False, False
        queue, self._queue = self._queue, []
        for _, reply in queue:
            _settle(reply, RedisUnavailable('the connection was lost'))
        if was_open:
            self._listener.on_lost()

    async def _serve(self) -> NoReturn:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*self._channels)
            # Nothing is missed from here on, since commands go out later.
            self._is_open = True
            await first_of(self._listen(pubsub), self._write(), self._keep_alive())
        raise RedisUnavailable('the connection ended')

    async def _keep_alive(self) -> NoReturn:
        await self._listener.on_open()
        self.is_up = True
        log_event('Redis is reached', redis=self._address)
        self._reason = ''
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self._listener.on_heartbeat()

    async def _listen(self, pubsub: PubSub) -> NoReturn:
        while True:
            # Without a timeout, redis-py below 8 would apply the one of commands.
            message = await pubsub.get_message(ignore_subscribe_messages=True,
                                               timeout=HEARTBEAT_S)
            if message is not None:
                self._listener.on_message(message['channel'], message['data'])

    async def _write(self) -> NoReturn:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
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
        log_event('Redis refused a command', logging.ERROR, error=str(result))
        result = RedisUnavailable(str(result))
    if isinstance(result, Exception):
        reply.set_exception(result)
    else:
        reply.set_result(result)
