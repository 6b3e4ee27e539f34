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

"""Finds robots by name, and tells watchers when one comes or leaves."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ..session_broker import SessionBroker
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import SignalingError
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import Offer

# The robot at `/`, `/connect` and `/ws`: RTCBot's form for one robot. The name is reserved, so no
# robot can have it.
NAMELESS = 'ws'
# RTCBot's own words, which programs may look for.
NAME_TAKEN = 'Already have a connection here'

Watcher = Callable[[RobotLink | None], None]


class Registry:
    """
    Robots by name.

    A name belongs to the robot that came first, until it leaves, or proves that it comes again.
    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._robots: dict[str, RobotLink] = {}
        self._identities: dict[str, RobotIdentity | None] = {}
        self._watchers: dict[str, list[Watcher]] = {}

    def __len__(self) -> int:
        """Return the number of robots, a robot under two names counting once."""
        return len({id(robot) for robot in self._robots.values()})

    @property
    def count(self) -> int:
        """Return the number of names that are taken."""
        return len(self._robots)

    def get(self, name: str) -> RobotLink | None:
        """Return the robot of that name if it is at this relay."""
        return self._robots.get(name)

    async def find(self, name: str) -> RobotLink | None:
        """Return the robot of that name, at whichever relay it is."""
        return self.get(name)

    async def identity(self, name: str) -> RobotIdentity | None:
        """Return the identity of the robot of that name, at whichever relay it is."""
        return self._identities.get(name)

    async def claim(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
                    key: str = '') -> None:
        """
        Add a robot whose name must be free, or its own, at all relays.

        :param identity: by which the robot can prove later that this registration is its own
        :param key: proves the identity of the registration that has the name now
        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        self.add(name, robot, identity, key)

    def add(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
            key: str = '') -> None:
        """
        Add a robot whose name must be free, or its own, at this relay.

        If it takes the name from an earlier registration of its own, that one is dismissed.

        :param identity: as for :meth:`claim`
        :param key: as for :meth:`claim`
        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        self.check(name, key)
        if (holder := self._robots.get(name)) is not None:
            holder.dismiss()
        self._robots[name] = robot
        self._identities[name] = identity
        self._tell(name, robot)

    def check(self, name: str, key: str) -> None:
        """
        Check whether a robot with this proof may have the name.

        :raises SignalingError: ``robot-exists``, another robot has it
        """
        if name in self._robots:
            known = self._identities[name]
            if known is None or not known.proven_by(key):
                raise SignalingError('robot-exists', NAME_TAKEN)

    def remove(self, name: str, robot: RobotLink) -> None:
        """Remove a robot. Nothing happens if the name is not (or no longer) its own."""
        if self._robots.get(name) is robot:
            del self._robots[name], self._identities[name]
            self._tell(name, None)

    def watch(self, name: str, watcher: Watcher) -> Callable[[], None]:
        """
        Call ``watcher`` with the robot when it comes and with ``None`` when it leaves.

        Return the function that ends this. The watcher is called from the event loop and must
        not block.
        """
        watchers = self._watchers.setdefault(name, [])
        watchers.append(watcher)

        def unwatch() -> None:
            watchers.remove(watcher)
            if not watchers and self._watchers.get(name) is watchers:
                del self._watchers[name]

        return unwatch

    def session_prefix(self, name: str, robot: RobotLink) -> str:
        """Return what the ids of a robot's sessions begin with for :meth:`find_session`."""
        return ''

    async def find_session(self, session: str) -> tuple[RobotLink, Offer] | None:
        """Return the robot and the offer of a session that another relay knows, if one does."""
        return None

    def health(self) -> dict[str, str]:
        """Return what a load balancer may be told."""
        return {}

    @asynccontextmanager
    async def joined(self, broker: SessionBroker, timeout: float) -> AsyncIterator[None]:
        """
        Be one of several relays, where there are several.

        :param broker: brings the offers of other relays' viewers to the robots here
        :param timeout: seconds that a robot has for its answer
        """
        yield

    def _tell(self, name: str, robot: RobotLink | None) -> None:
        for watcher in list(self._watchers.get(name, ())):
            watcher(robot)
