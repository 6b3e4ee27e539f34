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

"""Robots of all relays that share a Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import logging
from typing import Any
from weakref import WeakValueDictionary

from .redis_connection import Away
from .redis_directory import Book, Claim, digest, Entry
from .registry import Registry, TAKEN, Watcher
from .remote import Host, RemoteRobot
from ..metrics import log
from ..session_broker import Desk
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import ProtocolError, SignalingError
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import Offer, parse
from ...core.supervision import keep_running, spawn


class SharedRegistry(Registry):
    """
    Robots by name, each at one relay of several.

    Without Redis it knows those of its own relay, lets in whoever has a free name there, and
    claims the names later; who then comes second has to go.

    :param url: of the Redis
    """

    def __init__(self, url: str) -> None:
        """Start alone."""
        super().__init__()
        self._book = Book(url, heard=self._heard, opened=self._opened, beat=self._beat,
                          lost=self._lost)
        self._claims: dict[str, Claim] = {}
        self._under_way: set[str] = set()
        self._links: dict[str, Claim] = {}
        self._watched: dict[str, str] = {}
        self._seen: dict[str, RemoteRobot] = {}
        self._remotes: WeakValueDictionary[tuple[str, str], RemoteRobot] = WeakValueDictionary()
        self._desk: Desk | None = None
        self._host: Host | None = None
        self._timeout = 0.0

    @asynccontextmanager
    async def joined(self, desk: Desk, timeout: float) -> AsyncIterator[None]:
        """Be one of the relays."""
        self._desk, self._timeout = desk, timeout
        self._host = Host(desk, self._book.post)
        desk.metrics.gauge('redis', 'Whether the Redis of the relays is reached',
                           lambda: self._book.line.up)
        running = spawn('Redis', keep_running('Redis', self._book.line.run))
        try:
            yield
        finally:
            await self._host.close()
            self._book.leave()
            await self._book.line.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def health(self) -> dict[str, Any]:
        """Return what a load balancer may be told."""
        return {'redis': 'ok' if self._book.line.up else 'away'}

    # What doors ask

    async def find(self, name: str) -> RobotLink | None:
        """Return the robot of that name, at whichever relay it is."""
        if name not in self._robots and (found := await self._look_up(name)):
            remote = self._remote(*found)
            if name in self._watchers and name not in self._robots:
                self._seen.setdefault(name, remote)
            return self._robots.get(name) or remote
        return self._robots.get(name)

    async def identity(self, name: str) -> RobotIdentity | None:
        """Return by what the robot of that name is known, at whichever relay it is."""
        if name not in self._robots and (found := await self._look_up(name)):
            return found[1].identity
        return self._identities.get(name)

    async def claim(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
                    key: str = '') -> None:
        """
        Let a robot in whose name must be its own, or free, at all relays.

        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        if name in self._under_way:
            raise SignalingError('robot-exists', TAKEN)
        self._under_way.add(name)
        try:
            self.check(name, key)
            claim = Claim(name, robot, Entry.of(robot, identity))
            await self._claim_elsewhere(claim, key)
            self._seen.pop(name, None)
            self.add(name, robot, identity, key)
            if replaced := self._claims.get(digest(name)):
                del self._links[replaced.entry.link]
            self._claims[digest(name)] = self._links[claim.entry.link] = claim
        finally:
            self._under_way.discard(name)

    async def _claim_elsewhere(self, claim: Claim, key: str) -> None:
        replaced = ''
        if key and (found := await self._look_up(claim.name)):
            known = found[1].identity
            replaced = found[1].dump() if known and known.proven_by(key) else ''
        try:
            if await self._book.claim([claim], replaced):
                raise SignalingError('robot-exists', TAKEN)
        except Away:
            pass

    def remove(self, name: str, robot: RobotLink) -> None:
        """Let a robot go. Nothing happens if the name is not (or no longer) its own."""
        claim = self._claims.get(digest(name))
        if claim is not None and claim.robot is robot:
            del self._claims[digest(name)], self._links[claim.entry.link]
            self._book.release(claim)
        super().remove(name, robot)

    def watch(self, name: str, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with the robot when it comes and with ``None`` when it goes."""
        unwatch = super().watch(name, watcher)
        self._watched[digest(name)] = name

        def end() -> None:
            unwatch()
            if name not in self._watchers:
                self._watched.pop(digest(name), None)
                self._seen.pop(name, None)

        return end

    def place(self, name: str, robot: RobotLink) -> str:
        """Return what a session's id begins with, so that each relay finds the robot's."""
        if isinstance(robot, RemoteRobot):
            return f'{robot.relay}.{robot.entry.link}.'
        claim = self._claims.get(digest(name))
        return f'{self._book.me}.{claim.entry.link}.' if claim is not None else ''

    async def viewing(self, session: str) -> tuple[RobotLink, Offer] | None:
        """Return the robot and offer of a session that another relay knows."""
        relay, _, rest = session.partition('.')
        link, _, secret = rest.partition('.')
        if not secret or relay == self._book.me:
            return None
        robot = self._remote(relay, Entry(link, 'v1', True))
        try:
            offer = await robot.look(session)
        except SignalingError:
            return None
        return offer and (robot, offer)

    # Redis

    async def _look_up(self, name: str) -> tuple[str, Entry] | None:
        try:
            return await self._book.find(name)
        except Away:
            return None

    def _remote(self, relay: str, entry: Entry) -> RemoteRobot:
        remote = self._remotes.get((relay, entry.link))
        if remote is None or remote.gone:
            remote = self._remotes[relay, entry.link] = RemoteRobot(
                relay, entry, self._book.post, self._desk.metrics, timeout=self._timeout)
        return remote

    async def _opened(self) -> None:
        # Robots may have gone while nobody could be told.
        self._book.leave()
        for claim in await self._book.claim(list(self._claims.values())):
            self._displace(claim)
        for name in list(self._watched.values()):
            if name not in self._robots:
                found = await self._look_up(name)
                self._show(name, found and self._remote(*found))

    async def _beat(self) -> None:
        there, relays = await self._book.beat()
        if not there:
            # Nothing was heard of this relay for too long, or somebody emptied Redis.
            await self._opened()
        elif self._book.me not in relays:
            raise Away('the connection that listens is gone')
        for remote in list(self._remotes.values()):
            if remote.relay not in relays:
                self._leave(remote)

    def _lost(self) -> None:
        for remote in list(self._remotes.values()):
            self._leave(remote)

    def _heard(self, channel: str, text: str) -> None:
        try:
            if channel == self._book.mailbox:
                self._take_mail(*text.partition('\n')[::2])
            else:
                self._take_news(*text.split(' ', 4))
        except (ProtocolError, TypeError, ValueError) as error:
            self._desk.metrics.refuse('relay', text=str(error))

    def _take_mail(self, head: str, body: str) -> None:
        relay, _, link = head.partition(' ')
        message = parse(body)
        remote = self._remotes.get((relay, link))
        if remote is not None:
            remote.take(message)
        else:
            claim = self._links.get(link)
            self._host.take(relay, link, claim and claim.robot, message)

    def _take_news(self, event: str, called: str, relay: str, number: str, text: str) -> None:
        if relay == self._book.me:
            return
        entry, name = Entry.parse(text), self._watched.get(called)
        if event == 'gone':
            if (remote := self._remotes.get((relay, entry.link))) is not None:
                self._leave(remote)
            return
        if (claim := self._claims.get(called)) and int(number) > claim.number:
            self._displace(claim)
        if name is not None and name not in self._robots:
            self._show(name, self._remote(relay, entry))

    # What becomes of robots

    def _displace(self, claim: Claim) -> None:
        """Part from a robot here whose name is another's, or its own at another relay."""
        log('a robot has come at another relay', logging.INFO)
        self.remove(claim.name, claim.robot)
        claim.robot.dismiss()

    def _leave(self, remote: RemoteRobot) -> None:
        remote.leave()
        for name in [name for name, seen in self._seen.items() if seen is remote]:
            self._show(name, None)

    def _show(self, name: str, remote: RemoteRobot | None) -> None:
        """Tell who watches a name, if it is news to them."""
        seen = self._seen.pop(name, None)
        if remote is not None:
            self._seen[name] = remote
        if seen is not None and seen is not remote:
            self._tell(name, None)
        if remote is not None and seen is not remote:
            self._tell(name, remote)
