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

"""Which robots are there, and who wants to know."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Callable

from ..session_broker import Desk
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import SignalingError
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import Offer

# The robot at `/`, `/connect` and `/ws`: RTCBot's one-robot form. Reserved, so no robot's name.
NAMELESS = 'ws'
# RTCBot's own words, which programs may look for.
TAKEN = 'Already have a connection here'

Watcher = Callable[[RobotLink | None], None]


class Registry:
    """
    Robots by name.

    A name belongs to the robot that came first, until it goes, or proves that it came again.
    """

    def __init__(self) -> None:
        """Start empty."""
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
        """Return by what the robot of that name is known, at whichever relay it is."""
        return self._identities.get(name)

    async def claim(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
                    key: str = '') -> None:
        """
        Let a robot in whose name must be its own, or free, at all relays.

        :raises SignalingError: ``robot-exists``, another robot has the name
        """
        self.add(name, robot, identity, key)

    def add(self, name: str, robot: RobotLink, identity: RobotIdentity | None = None,
            key: str = '') -> None:
        """
        Let a robot in, maybe in place of itself, which then is told by its ``dismiss()``.

        :param identity: by what it will be known; only robots that can be dismissed have one
        :param key: proves the identity of the one that has the name
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
        Look whether a robot with this proof may have the name.

        :raises SignalingError: ``robot-exists``, another robot has it
        """
        if name in self._robots:
            known = self._identities[name]
            if known is None or not known.proven_by(key):
                raise SignalingError('robot-exists', TAKEN)

    def remove(self, name: str, robot: RobotLink) -> None:
        """Let a robot go. Nothing happens if the name is not (or no longer) its own."""
        if self._robots.get(name) is robot:
            del self._robots[name], self._identities[name]
            self._tell(name, None)

    def watch(self, name: str, watcher: Watcher) -> Callable[[], None]:
        """
        Call ``watcher`` with the robot when it comes and with ``None`` when it goes.

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

    def place(self, name: str, robot: RobotLink) -> str:
        """Return what the ids of a robot's sessions begin with, so that ``viewing`` works."""
        return ''

    async def viewing(self, session: str) -> tuple[RobotLink, Offer] | None:
        """Return the robot and the offer of a session that another relay knows, if one does."""
        return None

    def health(self) -> dict[str, Any]:
        """Return what a load balancer may be told."""
        return {}

    @asynccontextmanager
    async def joined(self, desk: Desk, timeout: float) -> AsyncIterator[None]:
        """
        Be one of several relays, where there are several.

        :param desk: where their viewers' offers come to, too
        :param timeout: seconds that a robot has for its answer
        """
        yield

    def _tell(self, name: str, robot: RobotLink | None) -> None:
        for watcher in list(self._watchers.get(name, ())):
            watcher(robot)
