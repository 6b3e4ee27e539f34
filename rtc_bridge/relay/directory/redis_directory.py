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
What relays that share a Redis keep there, and the scripts that change it, each atomically.

* ``PREFIX:relays``: a set of the relays' ids.
* ``PREFIX:robots:ID``: a hash of a relay's robots, from a digest of the name to the robot's entry.
  It expires when the relay shows no more signs of life.
* ``PREFIX:count``: how many claims there were. By their numbers a relay tells old news from new.
* Channel ``PREFIX:mail:ID``: messages to a relay. A relay that does not listen there is gone;
  Redis knows it as soon as the relay's process or host closes the connection.
* Channel ``PREFIX:news``: robots that came or left.
"""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
import json
import secrets
from typing import Annotated, Any

from redis.asyncio import ConnectionPool

from .redis_connection import RedisConnection, RedisListener
from ...core.access.robot_identity import RobotIdentity
from ...core.errors import ProtocolError
from ...core.protocol.json_messages import decode, JsonMember
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.strict_json import load_object

# Milliseconds for which a relay's robots stay without a sign of life of it.
_LIFETIME_MS = 3000
# Claims in one script: a longer one would hold up Redis.
_MAX_CLAIMS_AT_ONCE = 500
# Bytes of an entry; ours have up to 200.
_MAX_ENTRY = 1024

# The relays that live: their robots are there, and they listen.
_LIVE = """
local p, relays = ARGV[1], {}
for _, id in ipairs(redis.call('SMEMBERS', p .. ':relays')) do
  if redis.call('EXISTS', p .. ':robots:' .. id) == 1
      and redis.call('PUBSUB', 'NUMSUB', p .. ':mail:' .. id)[2] > 0 then
    table.insert(relays, id)
  end
end
"""

# PREFIX ID NAME: the relay that has the robot, and its entry.
_FIND = _LIVE + """
for _, id in ipairs(relays) do
  local entry = redis.call('HGET', p .. ':robots:' .. id, ARGV[3])
  if entry then return {id, entry} end
end
return {}
"""

# PREFIX ID MILLISECONDS, and for each robot NAME ENTRY REPLACED, the entry that it may replace or
# an empty text: the number of the claim, and the names that others have.
_CLAIM = _LIVE + """
local me, count, refused = ARGV[2], redis.call('INCR', p .. ':count'), {}
for _, id in ipairs(redis.call('SMEMBERS', p .. ':relays')) do
  -- Remove what a relay that is gone has left.
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
_HEARTBEAT = _LIVE + """
return {redis.call('PEXPIRE', p .. ':robots:' .. ARGV[2], ARGV[3]), relays}
"""

# PREFIX ID
_LEAVE = """
redis.call('DEL', ARGV[1] .. ':robots:' .. ARGV[2])
redis.call('SREM', ARGV[1] .. ':relays', ARGV[2])
"""


@dataclass(frozen=True)
class RobotEntry:
    """What relays tell each other of a robot. A new registration has a new ``registration_id``."""

    registration_id: Annotated[str, JsonMember('link', text='id')]
    protocol: Annotated[str, JsonMember('kind')]
    trickle: bool
    salt: str = ''
    digest: str = ''

    @classmethod
    def of(cls, robot: RobotLink, identity: RobotIdentity | None) -> 'RobotEntry':
        """Return an entry for a new registration."""
        return cls(secrets.token_urlsafe(9), robot.protocol, robot.trickle,
                   *((identity.salt, identity.digest) if identity else ()))

    @property
    def identity(self) -> RobotIdentity | None:
        """Return the robot's identity, if it has left one."""
        return RobotIdentity(self.salt, self.digest) if self.digest else None

    @classmethod
    def parse(cls, text: str) -> 'RobotEntry':
        """
        Read what ``dump`` wrote.

        :raises ValueError: the text is no entry
        """
        try:
            return decode(cls, load_object(text, _MAX_ENTRY))
        except ProtocolError as error:
            raise ValueError(f'no entry of a robot: {error}') from None

    def dump(self) -> str:
        """Return it as text, always the same: scripts compare entries by their texts."""
        return json.dumps({'link': self.registration_id, 'kind': self.protocol,
                           'trickle': self.trickle, 'salt': self.salt, 'digest': self.digest},
                          separators=(',', ':'))


@dataclass
class Claim:
    """A robot here, its entry, and the number of its claim: 0 until that is in Redis."""

    name: str
    robot: RobotLink
    entry: RobotEntry
    number: int = 0


def name_digest(name: str) -> str:
    """Return what Redis calls a robot: its name may be a secret."""
    return sha256(f'rtc-bridge {name}'.encode()).hexdigest()


class RedisDirectory:
    """
    What one relay reads and writes in Redis. All of it raises ``RedisUnavailable`` without Redis.

    :param url: of the Redis
    """

    def __init__(self, url: str, listener: RedisListener) -> None:
        self.relay_id = secrets.token_urlsafe(9)
        # The databases of one Redis have separate keys, and common channels.
        database = ConnectionPool.from_url(url).connection_kwargs.get('db') or 0
        self._prefix = f'rtc-bridge-{database}'
        self.mailbox = self._mailbox(self.relay_id)
        # To be run by the owner.
        self.connection = RedisConnection(url, [self.mailbox, f'{self._prefix}:news'], listener)

    def post(self, relay: str, registration_id: str, text: str) -> 'asyncio.Future[int]':
        """Send a relay a message about a robot; the future has how many relays took it."""
        return self.connection.send('PUBLISH', self._mailbox(relay),
                                    f'{self.relay_id} {registration_id}\n{text}')

    async def find(self, name: str) -> tuple[str, RobotEntry] | None:
        """Return which other relay has a robot, and its entry."""
        found = await self._run(_FIND, name_digest(name))
        # An own one may just be on its way out.
        return (found[0], RobotEntry.parse(found[1])) if found and found[0] != self.relay_id else (
            None)

    async def claim(self, claims: list[Claim], replaced: str = '') -> list[Claim]:
        """
        Claim names for robots here; return the claims that are refused.

        :param replaced: the entry of another relay that may be replaced
        """
        refused = []
        for start in range(0, len(claims) or 1, _MAX_CLAIMS_AT_ONCE):
            chunk = claims[start:start + _MAX_CLAIMS_AT_ONCE]
            number, names = await self._run(_CLAIM, _LIFETIME_MS, *(
                argument for claim in chunk for argument in (
                    name_digest(claim.name), claim.entry.dump(), replaced)))
            for claim in chunk:
                claim.number = number
            refused += [claim for claim in chunk if name_digest(claim.name) in names]
        return refused

    def release(self, claim: Claim) -> None:
        """Release a robot's name, if it is still this claim's."""
        self._run(_RELEASE, name_digest(claim.name), claim.entry.dump())

    async def heartbeat(self) -> tuple[bool, list[str]]:
        """Show a sign of life; return whether this relay's robots are there, and the relays."""
        there, relays = await self._run(_HEARTBEAT, _LIFETIME_MS)
        return bool(there), relays

    def leave(self) -> None:
        """Remove all that is this relay's."""
        self._run(_LEAVE)

    def _mailbox(self, relay: str) -> str:
        return f'{self._prefix}:mail:{relay}'

    def _run(self, script: str, *arguments: Any) -> 'asyncio.Future[Any]':
        return self.connection.send('EVAL', script, 0, self._prefix, self.relay_id, *arguments)
