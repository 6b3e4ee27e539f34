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

ROS has no messages for these: they are JSON in ``std_msgs/String``, with the fields of the classes
here as members. ROS 2 Jazzy does not tell a subscriber which publisher a message came from, so
each message names its sender itself.
"""

from dataclasses import asdict, dataclass, replace
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
# Characters of a warning of a guard, and how many of them there may be.
_MAX_WARNING, _MAX_WARNINGS = 600, 4


def _printable(text: str) -> str:
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
        """Read what ``str`` gave; any other text is a bridge without a name."""
        process, _, name = text.partition(' ')
        return cls(_printable(process), _printable(name) or 'a node that gives no name')

    @classmethod
    def from_json(cls, obj: dict[str, Any]) -> 'BridgeId':
        """
        Read a JSON object.

        :raises ProtocolError: a member is missing or of another type
        """
        return cls(_printable(member(obj, 'process', str)), _printable(member(obj, 'name', str)))

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
        """Return the state as JSON."""
        return dump(asdict(self))

    @classmethod
    def parse(cls, text: str) -> 'StopState':
        """
        Read JSON.

        :raises ProtocolError: it is something else
        """
        obj = load_object(text, MAX_MESSAGE)
        return cls(BridgeId.from_json(member(obj, 'bridge', dict)),
                   member(obj, 'stop', str, None), member(obj, 'released', str, None),
                   _printable(member(obj, 'folder', str, None) or ''))


@dataclass(frozen=True)
class EngagedStop:
    """
    An emergency stop in force, as a guard knows it.

    :param process: of the bridge whose stop it is, as in :class:`BridgeId`
    :param bridge: the full name of its node
    :param gone: the bridge has not been heard for a while
    :param folder: the id of its key folder, as in :class:`StopState`
    """

    process: str
    bridge: str
    gone: bool
    folder: str = ''

    @classmethod
    def from_json(cls, obj: Any) -> 'EngagedStop':
        """
        Read a JSON object.

        :raises ProtocolError: it is something else
        """
        if not isinstance(obj, dict):
            raise ProtocolError('member "stops" must be objects')
        return cls(_printable(member(obj, 'process', str)), _printable(member(obj, 'bridge', str)),
                   member(obj, 'gone', bool), _printable(member(obj, 'folder', str, None) or ''))


@dataclass(frozen=True)
class GuardState:
    """
    What a guard tells of itself: twice a second, and at once of another bridge or another stop.

    :param guard: random, another one after each start
    :param name: the node's full name
    :param where: process and host, for people
    :param topic: where it publishes velocities, all remapping done
    :param kind: the type of its messages there, as ``geometry_msgs/msg/Twist``
    :param auto: it follows the type that the subscribers expect
    :param holder: the bridge whose commands it takes now
    :param stops: the emergency stops in force
    :param version: of the guard's package; '' for one of an earlier version
    :param warnings: what is wrong with how it was started, in sentences
    :param clock: what is wrong with the stamps of its messages; '' if nothing is
    """

    guard: str
    name: str
    where: str
    topic: str
    kind: str
    auto: bool
    holder: BridgeId | None = None
    stops: tuple[EngagedStop, ...] = ()
    version: str = ''
    warnings: tuple[str, ...] = ()
    clock: str = ''

    def dump(self) -> str:
        """Return the state as JSON, with as many warnings as :meth:`parse` reads."""
        return dump(asdict(replace(self, warnings=tuple(
            escape(text, _MAX_WARNING) for text in self.warnings[:_MAX_WARNINGS]))))

    @classmethod
    def parse(cls, text: str) -> 'GuardState':
        """
        Read JSON.

        :raises ProtocolError: it is something else
        """
        obj = load_object(text, MAX_MESSAGE)
        holder = member(obj, 'holder', dict, None)
        guard, name, where, topic, kind = (
            _printable(member(obj, field, str))
            for field in ('guard', 'name', 'where', 'topic', 'kind'))
        return cls(guard, name, where, topic, kind, member(obj, 'auto', bool),
                   BridgeId.from_json(holder) if holder is not None else None,
                   tuple(EngagedStop.from_json(stop) for stop in member(obj, 'stops', list)),
                   _printable(member(obj, 'version', str, None) or ''),
                   tuple(escape(str(text), _MAX_WARNING) for text in (
                       member(obj, 'warnings', list, None) or [])[:_MAX_WARNINGS]),
                   escape(member(obj, 'clock', str, None) or '', _MAX_WARNING))


def this_process() -> str:
    """Return process and host as people look for them."""
    return f'process {os.getpid()} on {socket.gethostname()}'
