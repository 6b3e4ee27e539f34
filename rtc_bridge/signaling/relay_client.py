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
The robot's dialing end of doors 1 and 2.

A relay that accepts the subprotocol ``rtc-bridge.v1`` gets it; any other is spoken to in
RTCBot's form, one offer and one answer at a time.
"""

import asyncio
from collections import deque
import contextlib
import logging
from typing import Callable, NoReturn
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from .backoff import delays, rest
from .disconnect_reason import LinkLost, reason
from .network_changes import source_address, WORLD
from .requests import Requests
from .rtcbot import answer_offer
from .. import __version__
from ..core.access.robot_identity import IdentityProver
from ..core.clock import boot_time
from ..core.errors import ProtocolError
from ..core.failure_log import failures
from ..core.keyed_queue import KeyedQueue
from ..core.limits.log_limits import escape, LogSampler
from ..core.limits.rate_limit import RateLimiter
from ..core.limits.refusals import refusals
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import (
    Challenge, Error, IdentityProof, MAX_MESSAGE, Message, parse, Register, Registered, Renew,
    Servers, SUBPROTOCOL,
)
from ..core.supervision import first_of, spawn

_logger = logging.getLogger('rtc_bridge.signaling')

OPEN_TIMEOUT = 10.0
# After a change of the network, the relay has this long for a sign of life.
CHECK_TIMEOUT = 2.0
# What a relay may get wrong before it is left: at once, and in the long run.
FAULTS, FAULTS_PER_SECOND = 20, 1.0
# Bytes that are read of a relay: at once, and each second. More of them wait at the relay, as they
# cost the event loop, which commands pass too: about 0.1 s for 8 MB. An offer of a page has 25 kB.
READ_BURST, READ_PER_SECOND = 2 * 1024 ** 2, 8 * 1024 ** 2
# A small message costs as much as this many bytes of a large one.
_LEAST_COST = 4096
# Bytes that are read from the socket at once: asyncio's 256 KiB may be 100,000 empty pings, which
# are answered without a pause. (With TLS asyncio reads records of 16 KiB.)
_READ_AT_ONCE = 2048
# Registrations that got no answer, and may have been taken all the same; more are forgotten.
_SALTS = 64
# A connection that lived this long, in seconds, was a good one: start the backoff anew.
STEADY = 10.0


def _origin(url: str) -> str:
    """Return scheme, host and port of a ``ws`` or ``wss`` URL, as people write them."""
    parts = urlsplit(url)
    port = {'ws': 80, 'wss': 443}.get(parts.scheme) if parts.port is None else parts.port
    return f'{parts.scheme}://{parts.hostname}:{port}'


class _WithToken(connect):
    """
    Opens a connection with a token, which no other relay is to have.

    websockets 13.1 to 16 send the headers of the first request to wherever they are redirected.
    """

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return where to go on, or the error to raise (websockets 13.0 follows nothing)."""
        followed = super().process_redirect(exc)
        if not isinstance(followed, str) or _origin(followed) == _origin(self.uri):
            return followed
        return LinkLost(f'it redirects to {_origin(followed)}, which does not get the token for '
                        f'{_origin(self.uri)}: is relay_url to be that one?')


class RelayClient:
    """
    Keeps a robot reachable at a relay.

    :param url: what to dial, from ``dial_url``
    :param robot_id: the robot's name
    :param link: the robot
    :param token: what the relay asks of its robots, if it does
    :param secret: by which it shows the relay that it is the same robot; ``None``: not at all
    :param on_state: called with the state whenever it changes
    :param ping: seconds between pings, and to wait for each answer
    """

    def __init__(self, url: str, robot_id: str, link: RobotLink, *,
                 token: str = '', secret: bytes | None = None,
                 on_state: Callable[[str], None] | None = None, ping: float = 5.0) -> None:
        """Prepare; ``run`` does the work."""
        self._url = url
        # For people: without the path, which may be a secret.
        self._where = '{0.scheme}://{0.netloc}'.format(urlsplit(url))
        self._robot_id = robot_id
        self._link = link
        self._headers = {'Authorization': f'Bearer {token}'} if token else {}
        self._prover = IdentityProver(secret, url, robot_id) if secret else None
        # Somebody with the same secret has the name now: two who took it from each other would
        # do so for ever.
        self._replaced = False
        # Salts left since this end had the name last, that time's included: its own registrations.
        self._salts: deque[str] = deque(maxlen=_SALTS)
        self._on_state = on_state
        self._ping = ping
        self._state = 'connecting'
        self._reason: str | None = None
        self._good = False
        self._ws: ClientConnection | None = None
        # Where the relay was last, and from which addresses it was dialed.
        self._peer: tuple = WORLD[0]
        self._ways: list[str | None] = []
        self._registered = self._has_registered = False
        self._repeats = LogSampler()
        self._moved = asyncio.Event()

    @property
    def state(self) -> str:
        """Return ``connecting``, ``connected`` or ``lost: <reason>``."""
        return self._state

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            if self._on_state:
                self._on_state(state)

    def _connected(self, form: str) -> None:
        if self._state != 'connected':
            _logger.info('connected to relay %s (%s)', self._where, form)
        self._reason = None
        self._set_state('connected')

    def _lost(self, reason: str) -> None:
        reason = escape(reason)
        # Once a reason, not once a try: a relay that is down for a night is one line.
        if reason != self._reason:
            _logger.warning('relay %s: %s; trying again', self._where, reason)
        self._reason = reason
        self._set_state(f'lost: {reason}')

    def network_changed(self) -> None:
        """Dial again at once if the way to the relay is another one, or none was found yet."""
        ws = self._ws
        if ws is not None:
            if source_address(ws.remote_address) == ws.local_address[0]:
                # A container's link, or another network that gave out the same address.
                spawn('relay client', self._check_way(ws))
                return
            # A closing handshake would wait for somebody who is not reached any more.
            ws.transport.abort()
        elif self._find_ways() == self._ways:
            # Something else on this host, as a container's link.
            return
        self._moved.set()

    async def _check_way(self, ws: ClientConnection) -> None:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                await (await ws.ping())
        except TimeoutError:
            if self._ws is ws:
                ws.transport.abort()
                self._moved.set()
        except ConnectionClosed:
            # That is noticed elsewhere.
            pass

    async def renew(self) -> None:
        """Tell the relay of other ICE servers, or fresh credentials, for the viewers."""
        if self._registered:
            servers = Servers(tuple(await self._link.ice_servers()))
            # A registration that is to come has them anyway.
            with contextlib.suppress(ConnectionClosed):
                await self._ws.send(servers.dump())

    async def run(self) -> NoReturn:
        """Dial, serve, and dial again, for ever."""
        waits = delays()
        while True:
            self._good = False
            again = False
            self._moved.clear()
            began = boot_time()
            try:
                again = await self._dial_until_moved()
            except LinkLost as lost:
                self._lost(str(lost))
            except (OSError, EOFError, ImportError, WebSocketException) as error:
                # ImportError: a SOCKS proxy in the environment without the library for it.
                self._lost(reason(error))
            except Exception as error:
                # Whatever a relay brings about, the next try may go well.
                failures.note('relay client', error, 'it dials again')
                self._lost(reason(error))
            if again:
                continue
            if self._good:
                waits, began = delays(), boot_time()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest(next(waits), boot_time() - began)):
                    await self._moved.wait()
            if self._moved.is_set():
                waits = delays()

    async def _dial_until_moved(self) -> bool:
        """Serve one connection as ``_dial``; end it when the network changes."""
        self._ways = self._find_ways()

        async def move() -> NoReturn:
            await self._moved.wait()
            raise LinkLost('the network has changed')

        return await first_of(move(), self._dial())

    def _find_ways(self) -> list[str | None]:
        """Return from which addresses this host reaches the relay and the world."""
        return [source_address(peer) for peer in (self._peer, *WORLD)]

    async def _dial(self) -> bool:
        """Serve one connection; return whether to dial again at once."""
        try:
            opened = await (_WithToken if self._headers else connect)(
                self._url, subprotocols=[SUBPROTOCOL], compression=None,
                additional_headers=self._headers, open_timeout=OPEN_TIMEOUT,
                ping_interval=self._ping, ping_timeout=self._ping, close_timeout=1,
                max_size=MAX_MESSAGE)
        except ValueError as error:
            # A redirection, or a proxy in the environment, whose host or port cannot be.
            raise LinkLost(f'a URL on the way to it is none: {reason(error)}') from None
        async with opened as ws:
            # A constant of asyncio's class; where a transport has none, this changes nothing.
            ws.transport.max_size = _READ_AT_ONCE
            jobs = KeyedQueue(name='request of the relay')
            self._ws, self._peer = ws, ws.remote_address
            try:
                if ws.subprotocol == SUBPROTOCOL:
                    await self._speak_v1(ws, jobs)
                return await self._speak_rtcbot(ws)
            except ConnectionClosed as error:
                raise LinkLost(reason(error)) from None
            finally:
                self._ws, self._registered = None, False
                await jobs.close()

    async def _speak_v1(self, ws: ClientConnection, jobs: KeyedQueue) -> NoReturn:
        await self._register(ws)
        self._good = self._registered = True
        self._replaced = False
        self._connected('v1')
        requests = Requests(ws, jobs, self._link)
        faults = RateLimiter(FAULTS_PER_SECOND, FAULTS)
        reading = RateLimiter(READ_PER_SECOND, READ_BURST)
        self._repeats = LogSampler()
        while True:
            message = await ws.recv()
            # Others have their turn even if the next message is there already.
            await asyncio.sleep(reading.spend(max(len(message), _LEAST_COST)))
            try:
                if self._take(jobs, requests, parse(message)):
                    continue
            except ProtocolError as error:
                refusals.note('frames', self._where, str(error))
                await ws.send(Error('bad-message', escape(str(error)), error.session).dump())
                if error.session is not None:
                    # Its viewer may have caused it, and is not to cut others off from the robot.
                    continue
            if not faults.allow():
                self._good = False
                raise LinkLost('the relay sends what it should not, again and again')

    async def _register(self, ws: ClientConnection) -> None:
        servers = tuple(await self._link.ice_servers())
        identity = self._prover and self._prover.new_identity()
        if identity:
            self._salts.append(identity.salt)
        try:
            register = Register(self._robot_id, __version__, servers, identity).dump()
        except ProtocolError as error:
            raise LinkLost(f'the registration cannot be sent: {error}') from None
        await ws.send(register)
        newer = False
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                reply = parse(await ws.recv())
                if isinstance(reply, Challenge) and self._prover:
                    # This end had the name, and whoever has it now took it from there: the word
                    # of that was lost with the connection, as it is for a process that hung.
                    newer = (not self._replaced and self._has_registered and
                             reply.salt not in self._salts)
                    self._replaced = self._replaced or newer
                    key = '' if self._replaced else self._prover.key(reply.salt)
                    await ws.send(IdentityProof(key).dump())
                    reply = parse(await ws.recv())
        except TimeoutError:
            raise LinkLost('the relay did not take the registration') from None
        except ProtocolError as error:
            raise LinkLost(str(error)) from None
        match reply:
            case Registered():
                self._has_registered = True
                self._salts.clear()
                if identity:
                    self._salts.append(identity.salt)
            case Error(code=code, message=text):
                if identity:
                    self._salts.remove(identity.salt)
                if newer and code == 'robot-exists':
                    raise LinkLost('replaced: another process with the secret of this robot has '
                                   'registered since')
                raise LinkLost(f'{code}: {text}')
            case _:
                raise LinkLost(f'the relay answered the registration with {reply.TYPE}')

    def _take(self, jobs: KeyedQueue, requests: Requests, message: Message) -> bool:
        """Do what the relay asks for; return whether it was content with this end."""
        match message:
            case Renew():
                jobs.put('', self.renew)
            case Error(code='replaced', message=text):
                self._replaced = True
                raise LinkLost(f'replaced: {text}')
            case Error(code=code, message=text):
                if count := self._repeats.count():
                    _logger.warning('the relay reports, error %d of this connection: %s', count,
                                    escape(f'{code}: {text}'))
                return False
            case _:
                requests.take(message)
        return True

    async def _speak_rtcbot(self, ws: ClientConnection) -> bool:
        self._connected("RTCBot's form")
        answered = False
        steady = asyncio.get_running_loop().time() + STEADY
        try:
            while True:
                await answer_offer(ws, self._link, await ws.recv())
                answered = self._good = True
        except ConnectionClosed as error:
            self._good = self._good or asyncio.get_running_loop().time() >= steady
            # A room ends with its answer: nothing is wrong, come back for the next viewer.
            if answered and error.rcvd is not None:
                return True
            raise
