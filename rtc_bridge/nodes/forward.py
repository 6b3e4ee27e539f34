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
The program ``rtc-bridge forward``: a port here that leads to a program on the robot.

It is for computers without ROS. What passes is encrypted from here to the robot, and both ends
have proved the link's invite to each other: a relay in between sees nothing and can do nothing.
"""

import argparse
import asyncio
import contextlib
import os
from pathlib import Path
import stat
import sys
from typing import BinaryIO, TextIO, TypeAlias

from ..client.errors import SessionError
from ..client.service_stream import ServiceStream
from ..client.session import RobotSession
from ..core.access.invite_url import InviteUrl, parse_invite_url
from ..core.errors import ProtocolError, REFUSED
from ..core.gateway.service_rules import NAME
from ..core.limits.rate_limit import RateLimiter
from ..core.supervision import all_of, first_of, spawn
from ..system.command_line import parse_port
from ..system.processes.termination import in_event_loop, termination

_HOST = '127.0.0.1'
_READ = 64 * 1024
# Connections at once: more of a session are refused by the robot.
_MAX_CONNECTIONS = 12
# Connections that are opened, each second and at once; the robot takes 5 and 20.
_OPEN_HZ, _OPEN_AT_ONCE = 4.0, 16
Reader: TypeAlias = 'asyncio.StreamReader | _File'
Writer: TypeAlias = 'asyncio.StreamWriter | _File'


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge forward', description='Reach a program on the robot, one of its '
        'parameter services.names, through a port of this computer, or by standard input and '
        "output: ssh -o ProxyCommand='rtc-bridge forward @LINKFILE ssh -' robot")
    parser.add_argument('link', metavar='LINK', help='with its invite, in quotes; @FILE reads it '
                        'from a file. Other users of this computer see command lines')
    parser.add_argument('service', metavar='NAME', help='of the service')
    parser.add_argument('stream', metavar='-', nargs='?', choices=['-'],
                        help='use standard input and output, and no port')
    parser.add_argument('--port', type=parse_port, default=0, help='TCP port [any free one]')
    return parser


class Forwarder:
    """
    Keeps one session, and opens a connection of it for each one that comes.

    :param service: its name
    """

    def __init__(self, invite_url: InviteUrl, service: str) -> None:
        self._invite_url = invite_url
        self._service = service
        self._session: RobotSession | None = None
        self._opening = asyncio.Lock()
        # More connections wait, as a browser's do for each other.
        self._places = asyncio.Semaphore(_MAX_CONNECTIONS)
        self._pace = RateLimiter(_OPEN_HZ, _OPEN_AT_ONCE)

    async def _open(self) -> tuple[RobotSession, ServiceStream]:
        """
        Return a new connection, by a new session if the last one is over.

        :raises SessionError: it cannot be had
        """
        async with self._opening:
            if self._session is None or self._session.over is not None:
                await self.close()
                self._session = await RobotSession.open(self._invite_url)
            session = self._session
        return session, await session.open_service(self._service)

    async def carry(self, reader: Reader, writer: Writer) -> None:
        """
        Carry one connection, until both ends have ended it.

        :raises SessionError: it cannot be had, or has broken
        """
        async with self._places:
            await asyncio.sleep(self._pace.spend(1))
            session, stream = await self._open()
            try:
                await all_of(_to_robot(reader, stream), _from_robot(stream, writer))
            finally:
                await session.forget(stream)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a connection that came to the port; say on standard error why it breaks."""
        try:
            await self.carry(reader, writer)
        except SessionError as error:
            print(f'rtc-bridge forward: {error}', file=sys.stderr, flush=True)
        except OSError:
            # The program here has gone.
            pass
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.close()


async def _to_robot(reader: Reader, stream: ServiceStream) -> None:
    while data := await reader.read(_READ):
        await stream.write(data)
    stream.end()


async def _from_robot(stream: ServiceStream, writer: Writer) -> None:
    while data := await stream.read():
        writer.write(data)
        await writer.drain()
    # The program may have gone meanwhile.
    with contextlib.suppress(OSError):
        writer.write_eof()


async def _listen(forwarder: Forwarder, port: int) -> int:
    """Take connections, for ever; return the exit status if the port cannot be had."""
    tasks: set[asyncio.Task[None]] = set()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = spawn('forwarded connection', forwarder.take(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        server = await asyncio.start_server(take, _HOST, port)
    except OSError as error:
        print(f'rtc-bridge forward: cannot listen on port {port}: {error.strerror}; choose '
              'another --port, or none', file=sys.stderr)
        return 1
    try:
        # Programs read the address from standard output.
        print(f'{_HOST}:{server.sockets[0].getsockname()[1]}', flush=True)
        await asyncio.get_running_loop().create_future()
    finally:
        # serve_forever() and `async with` wait until all clients have left, since Python 3.12.
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return 0


class _File:
    """A file as standard input or output, which the event loop cannot wait for, and need not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def read(self, count: int) -> bytes:
        return self._file.read(count)

    def write(self, data: bytes) -> None:
        self._file.write(data)

    async def drain(self) -> None:
        pass

    def write_eof(self) -> None:
        self._file.flush()


async def _standard_streams() -> tuple[Reader, Writer]:
    """Return standard input and output: pipes, terminals, or files."""
    loop = asyncio.get_running_loop()
    reader: Reader = _File(sys.stdin.buffer)
    writer: Writer = _File(sys.stdout.buffer)
    if _is_waited_for(sys.stdin):
        stream = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
        reader = stream
    if _is_waited_for(sys.stdout):
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, sys.stdout)
        # drain() waits until everything is written: the process may end right behind it.
        transport.set_write_buffer_limits(0)
        writer = asyncio.StreamWriter(transport, protocol, None, loop)
    return reader, writer


def _is_waited_for(stream: TextIO) -> bool:
    """Tell whether the event loop can wait for a stream: not for files, nor for /dev/null."""
    mode = os.fstat(stream.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stream.isatty()


async def _pipe(forwarder: Forwarder) -> int:
    """Carry standard input and output; return the exit status."""
    try:
        await forwarder.carry(*await _standard_streams())
    except SessionError as error:
        print(f'rtc-bridge forward: {error}', file=sys.stderr, flush=True)
        return 1
    except ConnectionError:
        # The program that reads here has gone, which it knows.
        return 1
    except OSError as error:
        print(f'rtc-bridge forward: standard input or output: {error.strerror}', file=sys.stderr,
              flush=True)
        return 1
    return 0


async def _wait(stop: asyncio.Event) -> int:
    await stop.wait()
    return 0


async def _run(invite_url: InviteUrl, options: argparse.Namespace) -> int:
    """Forward until SIGINT or SIGTERM, or until standard input and output have ended."""
    forwarder, stop = Forwarder(invite_url, options.service), asyncio.Event()
    with termination() as wish:
        wish.on_request(in_event_loop(stop.set))
        try:
            return await first_of(
                _pipe(forwarder) if options.stream else _listen(forwarder, options.port),
                _wait(stop))
        finally:
            await forwarder.close()


def main() -> int:
    """Forward until Ctrl-C; return the exit status."""
    options = _parser().parse_args()
    if not NAME.fullmatch(options.service):
        print(f'rtc-bridge forward: {options.service!r} is no name of a service: up to 64 '
              'letters, digits, _ and -', file=sys.stderr)
        return REFUSED
    try:
        link = options.link
        if link.startswith('@'):
            link = Path(link[1:]).expanduser().read_text()
        invite_url = parse_invite_url(link)
    except (ProtocolError, OSError, UnicodeDecodeError) as error:
        print(f'rtc-bridge forward: {error}', file=sys.stderr)
        return REFUSED
    return asyncio.run(_run(invite_url, options))


if __name__ == '__main__':
    raise SystemExit(main())
