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
What bridges and their guard tell each other besides velocities.

ROS has no messages for these: they are JSON in ``std_msgs/String``. ROS 2 Jazzy does not tell a
subscriber which publisher a message came from, so each message names its sender itself.
"""

from dataclasses import asdict, dataclass
import os
import secrets
import socket
from typing import Any

from ..errors import ProtocolError
from ..limits.log_limits import escape
from ..protocol.strict_json import dump, load_object, member

# Bytes of one message, of which a guard with a dozen emergency stops needs a tenth.
MAX_MESSAGE = 16 * 1024
# Characters of a name in a log line.
_MAX_NAME = 120


def _name(text: str) -> str:
    """Return a name from another node as one that a log line may hold."""
    return escape(text, _MAX_NAME)


@dataclass(frozen=True)
class BridgeId:
    """
    One process of a bridge.

    :param process: random, another one after each start: two nodes may have one name
    :param name: the node's full name, as ``/r1/rtc_bridge``
    """

    process: str
    name: str

    @classmethod
    def new(cls, name: str) -> 'BridgeId':
        """Return the identity of this process."""
        return cls(secrets.token_hex(8), name)

    @classmethod
    def parse(cls, text: str) -> 'BridgeId':
        """Read what ``str`` gave; anything else is somebody without a name."""
        process, _, name = text.partition(' ')
        return cls(_name(process), _name(name) or 'a node that gives no name')

    def __str__(self) -> str:
        return f'{self.process} {self.name}'


@dataclass(frozen=True)
class StopState:
    """
    The emergency stop of one bridge, told at each change and five times a second.

    :param stop: the id of the stop in force, ``None`` if there is none
    :param released: the id of the one that was released last, which outlives a restart
    :param folder: the id of the key folder, which keeps the stop: two robots may have nodes of one
        name. '' for a bridge of an earlier version
    """

    bridge: BridgeId
    stop: str | None
    released: str | None
    folder: str = ''

    def dump(self) -> str:
        """Return it as JSON."""
        return dump(asdict(self))

    @classmethod
    def parse(cls, text: str) -> 'StopState':
        """
        Read JSON.

        :raises ProtocolError: it is something else
        """
        obj = load_object(text, MAX_MESSAGE)
        return cls(_bridge(member(obj, 'bridge', dict)), member(obj, 'stop', str, None),
                   member(obj, 'released', str, None),
                   _name(member(obj, 'folder', str, None) or ''))


@dataclass(frozen=True)
class HeldStop:
    """
    An emergency stop as the guard knows it.

    :param process: of the bridge whose stop it is, as in :class:`BridgeId`
    :param bridge: the full name of its node
    :param gone: it has not been heard for a while
    :param folder: the id of its key folder, as in :class:`StopState`
    """

    process: str
    bridge: str
    gone: bool
    folder: str = ''


@dataclass(frozen=True)
class GuardState:
    """
    What a guard tells of itself at each change and twice a second.

    :param guard: random, another one after each start
    :param name: the node's full name
    :param where: process and host, for people
    :param topic: where it publishes velocities, all remapping done
    :param kind: the type of its messages there, as ``geometry_msgs/msg/Twist``
    :param auto: it follows the type that the subscribers expect
    :param holder: the bridge whose commands it takes now
    :param stops: the emergency stops in force
    """

    guard: str
    name: str
    where: str
    topic: str
    kind: str
    auto: bool
    holder: BridgeId | None = None
    stops: tuple[HeldStop, ...] = ()

    def dump(self) -> str:
        """Return it as JSON."""
        return dump(asdict(self))

    @classmethod
    def parse(cls, text: str) -> 'GuardState':
        """
        Read JSON.

        :raises ProtocolError: it is something else
        """
        obj = load_object(text, MAX_MESSAGE)
        holder = member(obj, 'holder', dict, None)
        names = {name: _name(member(obj, name, str))
                 for name in ('guard', 'name', 'where', 'topic', 'kind')}
        stops = member(obj, 'stops', list)
        if not all(isinstance(stop, dict) for stop in stops):
            raise ProtocolError('member "stops" must be objects')
        return cls(**names, auto=member(obj, 'auto', bool),
                   holder=_bridge(holder) if holder is not None else None,
                   stops=tuple(HeldStop(_name(member(stop, 'process', str)),
                                        _name(member(stop, 'bridge', str)),
                                        member(stop, 'gone', bool),
                                        _name(member(stop, 'folder', str, None) or ''))
                               for stop in stops))


def this_process() -> str:
    """Return process and host as people look for them."""
    return f'process {os.getpid()} on {socket.gethostname()}'


def _bridge(obj: dict[str, Any]) -> BridgeId:
    return BridgeId(_name(member(obj, 'process', str)), _name(member(obj, 'name', str)))
