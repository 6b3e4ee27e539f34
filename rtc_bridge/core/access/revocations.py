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
Which invites are revoked: the rules, and the form of the file that keeps them.

An entry revokes one invite by its ``id``, or all invites of a ``name`` that were issued until the
time ``at``. The clock may be wrong when an invite is issued, revoked and used. Therefore an entry
of a name also lists in ``since`` the invites that this robot issued for the name afterwards (their
``exp`` by id): these are valid whatever the clock said.

An invite that a copy of the secret issued elsewhere is valid after the revocation of its name if
its ``iat`` lies between ``at`` and the present. If the clock was evidently set back when the name
was revoked, ``at`` is :data:`FOREVER`, and no such invite is valid.
"""

from collections.abc import Iterable
import json
from typing import Literal, Required, TypedDict, TypeGuard

from .invite import Invite

# Later than every ``iat``: JSON numbers are exact up to here in all languages (RFC 8259,
# section 6).
FOREVER = 2 ** 53 - 1
# Seconds: times are stored as whole seconds.
_ROUNDING_S = 1.0


class _Entry(TypedDict, total=False):
    """One revocation, as in the file: it has ``id`` or ``name``."""

    id: str  # noqa: A003 - the member has this name
    name: str
    at: Required[float]
    since: dict[str, float]


class Revocations:
    """The revoked invites of one robot."""

    def __init__(self, entries: Iterable[_Entry] = ()) -> None:
        self._entries = list(entries)

    @classmethod
    def parse(cls, text: str | bytes) -> 'Revocations':
        """
        Return the revocations in the text of a file.

        :raises ValueError: it is not JSON
        :raises TypeError: it is not a list of revocations
        """
        entries = json.loads(text)
        if not isinstance(entries, list):
            raise TypeError('not a list of revocations')
        checked = [entry for entry in entries if _is_entry(entry)]
        if len(checked) < len(entries):
            raise TypeError('not a list of revocations')
        return cls(checked)

    def dump(self) -> str:
        """Return the text of a file."""
        return json.dumps(self._entries, indent=1) + '\n'

    def revoke_id(self, invite_id: str, now: float) -> None:
        """
        Revoke one invite.

        :param now: seconds since 1970, like all times here
        """
        self._replace('id', invite_id, {'id': invite_id, 'at': int(now)})

    def revoke_name(self, name: str, now: float, latest_past: float) -> None:
        """
        Revoke all invites of a name that were issued so far.

        :param latest_past: a time that is known to be past; a clock that shows less is wrong
        """
        at = int(now) if now >= latest_past - _ROUNDING_S else FOREVER
        self._replace('name', name, {'name': name, 'at': at})

    def _replace(self, kind: Literal['id', 'name'], value: str, new: _Entry) -> None:
        self._entries = [entry for entry in self._entries if entry.get(kind) != value]
        self._entries.append(new)

    def note_issued(self, invite: Invite, now: float) -> bool:
        """
        Exempt a new invite from the revocation of its name; return whether anything changed.

        :param now: exempt invites that expired before are forgotten
        """
        for entry in self._entries:
            if invite.name and entry.get('name') == invite.name:
                valid = {invite_id: exp for invite_id, exp in entry.get('since', {}).items()
                         if exp > now}
                entry['since'] = valid | {invite.invite_id: invite.exp}
                return True
        return False

    def is_revoked(self, invite: Invite, now: float) -> bool:
        """
        Return whether an invite is revoked.

        :param now: the latest time that the clock has shown
        """
        return any(entry.get('id') == invite.invite_id
                   or entry.get('name') == invite.name and self._covers(entry, invite, now)
                   for entry in self._entries)

    @staticmethod
    def _covers(entry: _Entry, invite: Invite, now: float) -> bool:
        """Return whether the revocation of an invite's name covers this invite."""
        if invite.invite_id in entry.get('since', {}):
            return False
        return not entry['at'] < invite.iat <= now


def _is_entry(value: object) -> TypeGuard[_Entry]:
    if not isinstance(value, dict) or not isinstance(value.get('at'), (int, float)):
        return False
    since = value.get('since', {})
    return isinstance(since, dict) and all(
        isinstance(exp, (int, float)) for exp in since.values())
