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
from weakref import WeakValueDictionary

from .redis_connection import RedisUnavailable
from .redis_directory import Claim, name_digest, RedisDirectory, RobotEntry
from .registry import NAME_TAKEN, Registry, Watcher
from .remote_robot import RemoteRobot
from .remote_viewers import RemoteViewers
from ..event_log import log_event
from ..session_broker import SessionBroker
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import ProtocolError, SignalingError
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import NATIVE, Offer, parse
from ...core.supervision import keep_running, spawn


class SharedRegistry(Registry):
    """
    Robots by name, each at one relay of several.

    Without Redis it knows the robots of its own relay, lets a robot in whose name is free there,
    and claims the names later. A robot whose name turns out to be another's then is dismissed.

    :param url: of the Redis
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._directory = RedisDirectory(url, self)
        # Claims of robots here, by digest of the name and by registration id.
        self._claims: dict[str, Claim] = {}
        self._registrations: dict[str, Claim] = {}
        # Names that are being claimed.
        self._pending: set[str] = set()
        # Names that are watched, by digest, and the remote robots that watchers were told of.
        self._watched: dict[str, str] = {}
        self._announced: dict[str, RemoteRobot] = {}
        # By relay and registration id.
        self._remotes: WeakValueDictionary[tuple[str, str], RemoteRobot] = WeakValueDictionary()
        self._broker: SessionBroker | None = None
        self._viewers: RemoteViewers | None = None
        self._timeout = 0.0

    @asynccontextmanager
    async def joined(self, broker: SessionBroker, timeout: float) -> AsyncIterator[None]:
        """Be one of the relays."""
        self._broker, self._timeout = broker, timeout
        self._viewers = RemoteViewers(broker, self._directory.post)
        broker.metrics.gauge('redis', 'Whether the Redis of the relays is reached',
                             lambda: self._directory.connection.is_up)
        running = spawn('Redis', keep_running('Redis', self._directory.connection.run))
        try:
            yield
        finally:
            await self._viewers.close()
            self._directory.leave()
            await self._directory.connection.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def health(self) -> dict[str, str]:
        """Return what a load balancer may be told."""
        return {'redis': 'ok' if self._directory.connection.is_up else 'away'}

    # What protocols ask

    async def find(self, name: str) -> RobotLink | None:
        """Return the robot of that name, at whichever relay it is."""
        if name not in self._robots and (found := await self._look_up(name)):
            remote = self._remote(*found)
            if name in self._watchers and name not in self._robots:
                self._announced.setdefault(name, remote)
            return self._robots.get(name) or remote
        return self._robots.get(name)

    async def identity(self, name: str) -> RobotIdentity | None:
        """Return the identity of the robot of that name, at whichever relay it is."""
        if name not in self._robots and (found := await self._look_up(name)):
            return found[1].identity
        return self._identities.get(name)

    async def claim(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
                    key: str = '') -> None:
        """
        Add a robot whose name must be free, or its own, at all relays.

        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        if name in self._pending:
            raise SignalingError('robot-exists', NAME_TAKEN)
        self._pending.add(name)
        try:
            self.check(name, key)
            claim = Claim(name, robot, RobotEntry.of(robot, identity))
            await self._claim_elsewhere(claim, key)
            self._announced.pop(name, None)
            self.add(name, robot, identity, key)
            digest = name_digest(name)
            if replaced := self._claims.get(digest):
                del self._registrations[replaced.entry.registration_id]
            self._claims[digest] = self._registrations[claim.entry.registration_id] = claim
        finally:
            self._pending.discard(name)

    async def _claim_elsewhere(self, claim: Claim, key: str) -> None:
        replaced = ''
        if key and (found := await self._look_up(claim.name)):
            known = found[1].identity
            replaced = found[1].dump() if known and known.proven_by(key) else ''
        try:
            if await self._directory.claim([claim], replaced):
                raise SignalingError('robot-exists', NAME_TAKEN)
        except RedisUnavailable:
            pass

    def remove(self, name: str, robot: RobotLink) -> None:
        """Remove a robot. Nothing happens if the name is not (or no longer) its own."""
        digest = name_digest(name)
        claim = self._claims.get(digest)
        if claim is not None and claim.robot is robot:
            del self._claims[digest], self._registrations[claim.entry.registration_id]
            self._directory.release(claim)
        super().remove(name, robot)

    def watch(self, name: str, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with the robot when it comes and with ``None`` when it leaves."""
        unwatch = super().watch(name, watcher)
        digest = name_digest(name)
        self._watched[digest] = name

        def end() -> None:
            unwatch()
            if name not in self._watchers:
                self._watched.pop(digest, None)
                self._announced.pop(name, None)

        return end

    def session_prefix(self, name: str, robot: RobotLink) -> str:
        """Return what the ids of a robot's sessions begin with: its relay and registration."""
        if isinstance(robot, RemoteRobot):
            return f'{robot.relay}.{robot.entry.registration_id}.'
        claim = self._claims.get(name_digest(name))
        return '' if claim is None else (
            f'{self._directory.relay_id}.{claim.entry.registration_id}.')

    async def find_session(self, session: str) -> tuple[RobotLink, Offer] | None:
        """Return the robot and the offer of a session that another relay knows, if one does."""
        relay, _, rest = session.partition('.')
        registration_id, _, secret = rest.partition('.')
        if not secret or relay == self._directory.relay_id:
            return None
        robot = self._remote(relay, RobotEntry(registration_id, NATIVE, True))
        try:
            offer = await robot.offer_of(session)
        except SignalingError:
            return None
        return None if offer is None else (robot, offer)

    async def _look_up(self, name: str) -> tuple[str, RobotEntry] | None:
        try:
            return await self._directory.find(name)
        except RedisUnavailable:
            return None

    def _remote(self, relay: str, entry: RobotEntry) -> RemoteRobot:
        assert self._broker is not None
        key = relay, entry.registration_id
        remote = self._remotes.get(key)
        if remote is None or remote.is_gone:
            remote = self._remotes[key] = RemoteRobot(
                relay, entry, self._directory.post, self._broker.metrics, timeout=self._timeout)
        return remote

    # What happens at Redis, see RedisListener

    async def on_open(self) -> None:
        """Claim all names anew, and look for the robots that are watched."""
        # Robots may have left while Redis could not be told.
        self._directory.leave()
        for claim in await self._directory.claim(list(self._claims.values())):
            self._displace(claim)
        for name in list(self._watched.values()):
            if name not in self._robots:
                found = await self._look_up(name)
                self._announce(name, self._remote(*found) if found else None)

    async def on_heartbeat(self) -> None:
        """
        Show a sign of life, and notice relays that are gone.

        :raises RedisUnavailable: Redis does not know the connection that listens
        """
        are_there, relays = await self._directory.heartbeat()
        if not are_there:
            # Redis heard nothing of this relay for too long, or was emptied.
            await self.on_open()
        elif self._directory.relay_id not in relays:
            raise RedisUnavailable('the connection that listens is gone')
        for remote in list(self._remotes.values()):
            if remote.relay not in relays:
                self._leave(remote)

    def on_lost(self) -> None:
        """Note that no robot of another relay can be reached."""
        for remote in list(self._remotes.values()):
            self._leave(remote)

    def on_message(self, channel: str, text: str) -> None:
        """Take a message of another relay, or news of a robot there."""
        assert self._broker is not None
        try:
            if channel == self._directory.mailbox:
                self._handle_mail(*text.partition('\n')[::2])
            else:
                self._handle_news(*text.split(' ', 4))
        except (ProtocolError, TypeError, ValueError) as error:
            self._broker.metrics.refuse('relay', text=str(error))

    def _handle_mail(self, head: str, body: str) -> None:
        assert self._viewers is not None
        relay, _, registration_id = head.partition(' ')
        message = parse(body)
        remote = self._remotes.get((relay, registration_id))
        if remote is not None:
            remote.handle(message)
        else:
            claim = self._registrations.get(registration_id)
            robot = claim.robot if claim is not None else None
            self._viewers.handle(relay, registration_id, robot, message)

    def _handle_news(self, event: str, digest: str, relay: str, number: str, text: str) -> None:
        if relay == self._directory.relay_id:
            return
        entry, name = RobotEntry.parse(text), self._watched.get(digest)
        if event == 'gone':
            remote = self._remotes.get((relay, entry.registration_id))
            if remote is not None:
                self._leave(remote)
            return
        if (claim := self._claims.get(digest)) and int(number) > claim.number:
            self._displace(claim)
        if name is not None and name not in self._robots:
            self._announce(name, self._remote(relay, entry))

    def _displace(self, claim: Claim) -> None:
        """Dismiss a robot here whose name another one has, or itself at another relay."""
        log_event('a robot has come at another relay', logging.INFO)
        self.remove(claim.name, claim.robot)
        claim.robot.dismiss()

    def _leave(self, remote: RemoteRobot) -> None:
        remote.leave()
        for name in [name for name, known in self._announced.items() if known is remote]:
            self._announce(name, None)

    def _announce(self, name: str, remote: RemoteRobot | None) -> None:
        """Tell the watchers of a name of a remote robot, unless they know already."""
        known = self._announced.pop(name, None)
        if remote is not None:
            self._announced[name] = remote
        if known is not None and known is not remote:
            self._tell(name, None)
        if remote is not None and known is not remote:
            self._tell(name, remote)
