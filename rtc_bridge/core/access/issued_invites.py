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
The list of invites that were made, for the people who make them and take them back.

It has no key: who reads it can neither see nor drive. No decision about a session depends on it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import json

from .invite import Invite
from ..errors import ProtocolError
from ..protocol.strict_json import member

# Seconds for which an invite stays in the list after its end.
_KEPT_S = 30 * 86400
_MAX_INVITES = 10_000


@dataclass(frozen=True)
class IssuedInvite:
    """An invite, and whether its text is a bearer for WHEP players instead of a link."""

    invite: Invite
    bearer: bool = False


class IssuedInvites:
    """The invites that were made with one secret, the oldest first."""

    def __init__(self, invites: Iterable[IssuedInvite] = ()) -> None:
        self._invites = list(invites)

    def __iter__(self) -> Iterator[IssuedInvite]:
        """Return the invites."""
        return iter(self._invites)

    @classmethod
    def parse(cls, text: str | bytes) -> 'IssuedInvites':
        """
        Return the list in the text of a file.

        :raises ValueError: it is not JSON
        :raises TypeError: it is not a list of invites
        """
        entries = json.loads(text)
        if not isinstance(entries, list):
            raise TypeError('not a list of invites')
        try:
            return cls([_parse_entry(entry) for entry in entries])
        except ProtocolError as error:
            raise TypeError(f'not a list of invites: {error}') from None

    def dump(self) -> str:
        """Return the text of a file."""
        entries = [{
            'id': issued.invite.invite_id, 'role': issued.invite.role, 'name': issued.invite.name,
            'robot_id': issued.invite.robot_id, 'iat': issued.invite.iat,
            'exp': issued.invite.exp, 'bearer': issued.bearer} for issued in self]
        return json.dumps(entries, indent=1) + '\n'

    def add(self, issued: IssuedInvite) -> None:
        """Add a new invite, and forget what ended long before it was made."""
        kept = [known for known in self if known.invite.exp > issued.invite.iat - _KEPT_S]
        self._invites = [*kept, issued][-_MAX_INVITES:]

    def ids(self) -> set[str]:
        """Return the ids."""
        return {issued.invite.invite_id for issued in self}

    def names(self) -> set[str]:
        """Return the names of the people whom the invites are for."""
        return {issued.invite.name for issued in self if issued.invite.name}


def _parse_entry(entry: object) -> IssuedInvite:
    if not isinstance(entry, dict):
        raise TypeError('not a list of invites')
    return IssuedInvite(
        Invite(member(entry, 'robot_id', str), member(entry, 'id', str),
               member(entry, 'role', str), member(entry, 'name', str), member(entry, 'iat', int),
               member(entry, 'exp', int)), member(entry, 'bearer', bool))
