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

"""Programs of this computer that come to the bridge, each connection for one viewer."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
import errno
from hmac import compare_digest
import logging
from pathlib import Path
import secrets
import socket
from typing import Any

from websockets.asyncio.server import serve, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from ...core.errors import ProtocolError, StoreError
from ...core.gateway.frames import MAX_MESSAGE
from ...core.gateway.registration import (
    MeetingPlace, OPENED, read_registration, WAITING,
)
from ...core.limits.log_limits import LogSampler
from ...core.protocol.strict_json import shorten
from ...core.supervision import first_of, spawn
from ...system.files.atomic_file import write_durably
from ...system.files.private_files import read_private

_logger = logging.getLogger(__name__)

# Seconds in which a program has to say what it is.
_FIRST_TIMEOUT_S = 5.0
# Seconds that a program gets for what it has not taken when its connection is closed.
_CLOSE_TIMEOUT_S = 2.0
# Connections that have not said it yet.
_MAX_UNKNOWN = 16
# Of RFC 6455, section 7.4.1.
_POLICY = 1008


def service_token(path: Path) -> str:
    """
    Return the token that programs show, from a file that only this user can read.

    It is made at the first start.

    :raises StoreError: the file can be read by others, or not be made
    """
    try:
        token = read_private(path, secret=True).decode().strip()
    except FileNotFoundError:
        token = secrets.token_urlsafe(24)
        write_durably(path, token + '\n')
    except (OSError, ValueError) as error:
        raise StoreError(f'{path} cannot be read: {error}') from None
    if not token:
        raise StoreError(f'{path} is empty: delete it, and a new one is made')
    return token


def _bind(path: Path) -> socket.socket:
    """
    Return a socket at a path to which only this user can connect, whatever the umask.

    :raises OSError: a program listens there, or there is no place for a socket
    """
    sock = socket.socket(socket.AF_UNIX)
    try:
        if path.is_socket():
            _remove_dead(path)
        sock.bind(str(path))
        # Nobody can connect before it listens.
        path.chmod(0o600)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    return sock


def _remove_dead(path: Path) -> None:
    """
    Remove the socket that a killed bridge has left.

    :raises OSError: a program listens there, or it belongs to another user
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, 'another bridge listens there, choose another services.listen')


class _Waiting:
    """A program's connection that waits for a viewer."""

    def __init__(self, ws: ServerConnection) -> None:
        self.ws = ws
        # A viewer has come; nothing reads from the connection any more.
        self.taken, self.released = asyncio.Event(), asyncio.Event()

    async def hears(self) -> bool:
        """Return true when the program says something, false when it has gone."""
        try:
            await self.ws.recv()
        except ConnectionClosed:
            return False
        return True

    async def is_taken(self) -> bool:
        """Return false when a viewer has come."""
        await self.taken.wait()
        return False


class ServiceListener:
    """
    Keeps the connections of programs until viewers come. Belongs to the event loop.

    :param limits: connections that may wait, by the name of the service
    :param token: that programs have to show
    :ivar fault: why programs cannot come now, '' if they can
    :ivar last_refusal: of a program, '' before the first one
    """

    def __init__(self, place: MeetingPlace, token: str, limits: Mapping[str, int]) -> None:
        self.fault, self.last_refusal = 'not yet', ''
        self._place = place
        self._token = token.encode()
        self._limits = limits
        self._waiting: defaultdict[str, deque[_Waiting]] = defaultdict(deque)
        self._unknown = 0
        self._refusals = LogSampler()

    @property
    def waiting(self) -> dict[str, int]:
        """Return how many connections of each service wait for viewers."""
        return {name: len(self._waiting[name]) for name in self._limits}

    async def run(self) -> None:
        """
        Await programs, for ever.

        :raises OSError: the place is taken, or not allowed
        """
        # A page in a browser of this computer is no program of its owner's: none has an origin.
        # A program that does not read, or a viewer, is waited for and not cut off by pings.
        options: dict[str, Any] = {
            'origins': [None], 'max_size': MAX_MESSAGE, 'max_queue': 1, 'ping_interval': None,
            'open_timeout': _FIRST_TIMEOUT_S, 'close_timeout': _CLOSE_TIMEOUT_S}
        try:
            if self._place.path:
                server = unix_serve(self._serve, sock=_bind(Path(self._place.path)), **options)
            else:
                server = serve(self._serve, self._place.host, self._place.port, **options)
            async with server:
                self.fault = ''
                # Its end closes all connections. That of serve_forever() would wait until
                # programs close them, with websockets 13 on Python 3.12.
                await asyncio.get_running_loop().create_future()
        except OSError as error:
            self.fault = str(error)
            raise

    async def _serve(self, ws: ServerConnection) -> None:
        if self._unknown >= _MAX_UNKNOWN:
            await ws.close(_POLICY, 'too many connections that have not said what they are')
            return
        self._unknown += 1
        try:
            async with asyncio.timeout(_FIRST_TIMEOUT_S):
                first = await ws.recv()
            refusal, name = self._judge(first)
        except TimeoutError:
            refusal, name = f'no first frame within {_FIRST_TIMEOUT_S:g} s', ''
        except ConnectionClosed:
            return
        finally:
            self._unknown -= 1
        with suppress(ConnectionClosed):
            if refusal:
                self.last_refusal = refusal
                if count := self._refusals.count():
                    _logger.warning('a program that comes as a service is refused, %d: %s', count,
                                    refusal)
                await ws.close(_POLICY, refusal[:100])
                return
            await ws.send(WAITING)
            await self._keep(name, _Waiting(ws))

    async def _keep(self, name: str, waiting: _Waiting) -> None:
        """Keep a connection until it ends, for a viewer that comes meanwhile."""
        queue = self._waiting[name]
        queue.append(waiting)
        try:
            # Its end is heard only where somebody reads.
            spoke = await first_of(waiting.is_taken(), waiting.hears())
        finally:
            waiting.released.set()
            if waiting in queue:
                queue.remove(waiting)
        if waiting.taken.is_set():
            # The viewer's end closes it.
            await waiting.ws.wait_closed()
        elif spoke:
            await waiting.ws.close(_POLICY, f'no viewer is there before {OPENED}')

    def _judge(self, first: str | bytes) -> tuple[str, str]:
        """Return why a program cannot stay, '' if it can, and which service it is."""
        try:
            if isinstance(first, bytes):
                raise ProtocolError('a first frame of bytes')
            registration = read_registration(first)
        except ProtocolError as error:
            return f'{error}; say {{"service": NAME, "token": TOKEN}}', ''
        if not compare_digest(
                registration.token.encode(errors='surrogatepass'), self._token):
            return 'a wrong token', ''
        name = registration.service
        if name not in self._limits:
            return (f'no service {shorten(name)} whose url is listen, there are: '
                    f'{", ".join(self._limits) or "none"}'), ''
        if len(self._waiting[name]) >= self._limits[name]:
            return f'{self._limits[name]} connections of {name} wait already', ''
        return '', name

    async def take(self, name: str) -> ServerConnection | None:
        """Return a connection of a program, which is told so, ``None`` if none waits."""
        queue = self._waiting[name]
        while queue:
            waiting = queue.popleft()
            waiting.taken.set()
            try:
                await waiting.released.wait()
                if waiting.ws.state is State.OPEN:
                    await waiting.ws.send(OPENED)
                    return waiting.ws
            except ConnectionClosed:
                pass
            except BaseException:
                # The viewer has gone meanwhile, and nobody else knows of the connection.
                spawn('program whose viewer has gone', waiting.ws.close())
                raise
        return None
