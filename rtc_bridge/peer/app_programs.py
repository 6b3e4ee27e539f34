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

"""Apps of K-Scale's that talk to programs on the robot, through the signaling WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

from ..core.errors import ProtocolError
from ..core.gateway.connection import ServiceConnection, ServiceError
from ..core.gateway.frames import Kind
from ..core.limits.log_limits import escape
from ..core.limits.text_limits import MAX_LENGTHS
from ..core.protocol.kscale_messages import MAX_PROGRAM_TEXT
from ..core.protocol.signaling_messages import ServiceReply
from ..core.protocol.strict_json import load_value
from ..core.supervision import first_of, spawn

# Connections of all apps that come one way, and those of one app.
MAX_CONNECTIONS, MAX_OF_ONE = 32, 8
# Messages that wait for a program.
_MAX_WAITING = 8

Open = Callable[[str, str], Awaitable[ServiceConnection]]
# Takes a reply; returns false if the app does not take it, or has gone.
Reply = Callable[[ServiceReply], bool]


class AppPrograms:
    """
    One connection for each app and program. Belongs to the event loop.

    :param open_service: opens one by the service's name, for a role
    :param reply: takes what a program says
    :param on_idle: called with an app that is connected to no program any more
    """

    def __init__(self, open_service: Open, reply: Reply,
                 on_idle: Callable[[str], object]) -> None:
        self._open_service = open_service
        self._reply = reply
        self._on_idle = on_idle
        self._connections: dict[tuple[str, str], _AppConnection] = {}

    def send(self, session: str, service: str, role: str, payload: Any) -> None:
        """
        Give a program what an app says; its reply, or why there is none, comes later.

        :param session: stands for the app
        :param role: of the app
        :param payload: any JSON value
        """
        key = session, service
        connection = self._connections.get(key)
        if connection is None:
            if len(self._connections) >= MAX_CONNECTIONS or sum(
                    one == session for one, _ in self._connections) >= MAX_OF_ONE:
                self._reply(_fault(session, service, 'too many connections to programs'))
                self._note_idle(session)
                return
            connection = self._connections[key] = _AppConnection(
                session, service, self._reply, self._ended)
            connection.start(lambda: self._open_service(service, role))
        connection.put(payload)

    def _ended(self, connection: '_AppConnection') -> None:
        key = connection.session, connection.service
        # Another one may have its place.
        if self._connections.get(key) is connection:
            del self._connections[key]
        self._note_idle(key[0])

    def _note_idle(self, session: str) -> None:
        if not any(one == session for one, _ in self._connections):
            self._on_idle(session)

    def close(self, session: str) -> None:
        """End the connections of an app."""
        for connection in [c for (one, _), c in self._connections.items() if one == session]:
            connection.close()

    def close_all(self) -> None:
        """End all connections: the way to the apps is lost."""
        for connection in list(self._connections.values()):
            connection.close()


class _AppConnection:
    def __init__(self, session: str, service: str, reply: Reply,
                 on_end: Callable[['_AppConnection'], object]) -> None:
        self.session = session
        self.service = service
        self._reply = reply
        self._on_end = on_end
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self, open_: Callable[[], Awaitable[ServiceConnection]]) -> None:
        """Open the connection, and carry what comes."""
        self._task = spawn('program of an app', self._run(open_))

    def put(self, payload: Any) -> None:
        """Let a value wait for the program."""
        data = json.dumps(payload, ensure_ascii=False, separators=(',', ':')).encode(
            errors='surrogatepass')
        if len(data) > MAX_PROGRAM_TEXT:
            self._tell(f'a message of {len(data)} bytes, at most {MAX_PROGRAM_TEXT} are allowed')
            return
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            self._tell('the program does not read: this message is left out')

    def close(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
        self._on_end(self)

    def _tell(self, fault: str) -> None:
        self._reply(_fault(self.session, self.service, fault))

    async def _run(self, open_: Callable[[], Awaitable[ServiceConnection]]) -> None:
        connection: ServiceConnection | None = None
        try:
            connection = await open_()
            await first_of(self._write(connection), self._read(connection))
            self._tell('the program has ended the connection')
        except ServiceError as fault:
            self._tell(str(fault))
        finally:
            # First: what the app says from now on opens another connection.
            self._on_end(self)
            if connection is not None:
                await connection.close()

    async def _write(self, connection: ServiceConnection) -> None:
        while True:
            await connection.write(Kind.TEXT, await self._waiting.get())

    async def _read(self, connection: ServiceConnection) -> None:
        while (read := await connection.read()) is not None:
            kind, data = read
            if kind is not Kind.TEXT:
                raise ServiceError('bad-message', f'the program {self.service} sends bytes, and '
                                                  'apps take texts')
            if len(data) > MAX_PROGRAM_TEXT:
                raise ServiceError('bad-message', f'a message of {len(data)} bytes, at most '
                                                  f'{MAX_PROGRAM_TEXT} are allowed')
            if not self._reply(ServiceReply(self.session, self.service, _value(data.decode()))):
                raise ServiceError('busy', 'the app does not read')


def _value(text: str) -> Any:
    """Return a text as the JSON value that it is, or else as itself."""
    try:
        return load_value(text)
    except ProtocolError:
        return text


def _fault(session: str, service: str, text: str) -> ServiceReply:
    return ServiceReply(session, service, fault=escape(text, MAX_LENGTHS['message']))
