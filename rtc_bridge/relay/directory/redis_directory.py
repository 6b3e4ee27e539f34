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
What relays that share a Redis keep there, and the scripts that change it, each at one stroke.

* ``PREFIX:relays``: a set of the relays' ids.
* ``PREFIX:robots:ID``: a hash of a relay's robots: what it calls them by (a digest of the name)
  to an entry that means something to relays only. It ends with the relay's signs of life.
* ``PREFIX:count``: how many claims there were, so that news can be told from old news.
* Channel ``PREFIX:mail:ID``: messages to a relay. Who does not listen there is gone, which is
  known at once when its process or host's network stack ends it.
* Channel ``PREFIX:news``: robots that came or went.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
import json
import secrets
from typing import Any

from redis.asyncio import ConnectionPool

from .redis_connection import RedisLine
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import ProtocolError
from ...core.limits.text_limits import text_member
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.strict_json import load_object, member

# Milliseconds for which a relay's robots stay without a sign of life of it.
_LIFE = 3000
_CHUNK = 500
# Characters of an entry; ours have up to 200.
_MAX_ENTRY = 1024

_LIVE = """
local p, relays = ARGV[1], {}
for _, id in ipairs(redis.call('SMEMBERS', p .. ':relays')) do
  if redis.call('EXISTS', p .. ':robots:' .. id) == 1
      and redis.call('PUBSUB', 'NUMSUB', p .. ':mail:' .. id)[2] > 0 then
    table.insert(relays, id)
  end
end
"""

# PREFIX ID NAME: the relay that has the robot, and the entry.
_FIND = _LIVE + """
for _, id in ipairs(relays) do
  local entry = redis.call('HGET', p .. ':robots:' .. id, ARGV[3])
  if entry then return {id, entry} end
end
return {}
"""

# PREFIX ID MILLISECONDS, and for each robot NAME ENTRY, and the entry that it may replace or an
# empty text: the number of the claim, and the names that others have.
_CLAIM = _LIVE + """
local me, count, refused = ARGV[2], redis.call('INCR', p .. ':count'), {}
for _, id in ipairs(redis.call('SMEMBERS', p .. ':relays')) do
  -- What a relay that is gone has left.
  local gone = true
  for _, live in ipairs(relays) do gone = gone and live ~= id end
  if gone and id ~= me then
    redis.call('DEL', p .. ':robots:' .. id)
    redis.call('SREM', p .. ':relays', id)
  end
end
local mine = p .. ':robots:' .. me
redis.call('SADD', p .. ':relays', me)
redis.call('HSET', mine, '', '')
redis.call('PEXPIRE', mine, ARGV[3])
for i = 4, #ARGV, 3 do
  local name, entry, free = ARGV[i], ARGV[i + 1], true
  for _, id in ipairs(relays) do
    local held = id ~= me and redis.call('HGET', p .. ':robots:' .. id, name)
    if held == ARGV[i + 2] then
      redis.call('HDEL', p .. ':robots:' .. id, name)
    elseif held then
      free = false
    end
  end
  if free then
    redis.call('HSET', mine, name, entry)
    redis.call('PUBLISH', p .. ':news', 'came ' .. name .. ' ' .. me .. ' ' .. count .. ' '
               .. entry)
  else
    table.insert(refused, name)
  end
end
return {count, refused}
"""

# PREFIX ID NAME ENTRY
_RELEASE = """
local p, me, name, entry = unpack(ARGV)
if redis.call('HGET', p .. ':robots:' .. me, name) == entry then
  redis.call('HDEL', p .. ':robots:' .. me, name)
  redis.call('PUBLISH', p .. ':news', 'gone ' .. name .. ' ' .. me .. ' 0 ' .. entry)
end
"""

# PREFIX ID MILLISECONDS: whether this relay's robots are still there, and the relays that live.
_BEAT = _LIVE + """
return {redis.call('PEXPIRE', p .. ':robots:' .. ARGV[2], ARGV[3]), relays}
"""

# PREFIX ID
_LEAVE = """
redis.call('DEL', ARGV[1] .. ':robots:' .. ARGV[2])
redis.call('SREM', ARGV[1] .. ':relays', ARGV[2])
"""


@dataclass(frozen=True)
class Entry:
    """What relays tell each other of a robot; ``link`` is one registration of it."""

    link: str
    kind: str
    trickle: bool
    salt: str = ''
    digest: str = ''

    @classmethod
    def of(cls, robot: RobotLink, identity: RobotIdentity | None) -> 'Entry':
        """Return one for a new registration."""
        return cls(secrets.token_urlsafe(9), robot.kind, robot.trickle,
                   *((identity.salt, identity.digest) if identity else ()))

    @property
    def identity(self) -> RobotIdentity | None:
        """Return by what the robot is known."""
        return RobotIdentity(self.salt, self.digest) if self.digest else None

    @classmethod
    def parse(cls, text: str) -> 'Entry':
        """
        Read what ``dump`` wrote.

        :raises ValueError: it is none
        """
        try:
            obj = load_object(text, _MAX_ENTRY)
            return cls(text_member(obj, 'link', 'id'), text_member(obj, 'kind'),
                       member(obj, 'trickle', bool), text_member(obj, 'salt', default=''),
                       text_member(obj, 'digest', default=''))
        except ProtocolError as error:
            raise ValueError(f'no entry of a robot: {error}') from None

    def dump(self) -> str:
        """Return it as text, always the same."""
        return json.dumps(vars(self), separators=(',', ':'))


@dataclass
class Claim:
    """A robot here, its entry, and the number of its claim: 0 until that is in Redis."""

    name: str
    robot: RobotLink
    entry: Entry
    number: int = 0

    @property
    def words(self) -> tuple[str, str]:
        """Return how Redis has it."""
        return digest(self.name), self.entry.dump()


def digest(name: str) -> str:
    """Return what Redis calls a robot: the name of a room is a secret."""
    return sha256(f'rtc-bridge {name}'.encode()).hexdigest()


class Book:
    """
    What one relay reads and writes there; all of it raises ``Away`` without Redis.

    :param url: of the Redis
    :param events: as of ``RedisLine``
    """

    def __init__(self, url: str, **events: Callable[..., Any]) -> None:
        """Make up an id; ``line`` is to be run."""
        self.me = secrets.token_urlsafe(9)
        # Databases of one Redis have their keys, but not their channels for themselves.
        database = ConnectionPool.from_url(url).connection_kwargs.get('db') or 0
        self._prefix = f'rtc-bridge-{database}'
        self.mailbox = self._mail(self.me)
        self.line = RedisLine(url, [self.mailbox, f'{self._prefix}:news'], **events)

    def _mail(self, relay: str) -> str:
        return f'{self._prefix}:mail:{relay}'

    def _run(self, script: str, *words: Any) -> 'asyncio.Future[Any]':
        return self.line.send('EVAL', script, 0, self._prefix, self.me, *words)

    def post(self, relay: str, link: str, text: str) -> 'asyncio.Future[int]':
        """Send a relay a message about a robot; the future has how many took it."""
        return self.line.send('PUBLISH', self._mail(relay), f'{self.me} {link}\n{text}')

    async def find(self, name: str) -> tuple[str, Entry] | None:
        """Return which other relay has a robot, and its entry."""
        found = await self._run(_FIND, digest(name))
        # This one's own may just be on its way out.
        return (found[0], Entry.parse(found[1])) if found and found[0] != self.me else None

    async def claim(self, claims: list[Claim], replaced: str = '') -> list[Claim]:
        """
        Claim names for robots here; return the claims that are refused.

        :param replaced: the entry of another relay that may be replaced
        """
        refused = []
        for start in range(0, len(claims) or 1, _CHUNK):
            chunk = claims[start:start + _CHUNK]
            number, names = await self._run(_CLAIM, _LIFE, *(
                word for claim in chunk for word in (*claim.words, replaced)))
            for claim in chunk:
                claim.number = number
            refused += [claim for claim in chunk if digest(claim.name) in names]
        return refused

    def release(self, claim: Claim) -> None:
        """Give a robot's name back, if it is still this claim's."""
        self._run(_RELEASE, *claim.words)

    async def beat(self) -> tuple[bool, list[str]]:
        """Show a sign of life; return whether this relay's robots are there, and who lives."""
        there, relays = await self._run(_BEAT, _LIFE)
        return bool(there), relays

    def leave(self) -> None:
        """Take all that is this relay's away."""
        self._run(_LEAVE)
