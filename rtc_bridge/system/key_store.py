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
What a robot keeps about invites, in files: its secret, what was revoked, the latest time seen.

``secret`` is base64url, mode 0600; ``revoked.json`` a list of objects with ``id`` or ``name``, and
``at``; ``time`` and ``issued`` seconds since 1970: the latest time seen, and the latest ``iat``
of an invite that was made here; ``robots.json`` pages by robot id. Whoever changes one of them
holds a lock on the file ``lock``.

An entry of a name ends all invites of that name except those in ``since`` (``exp`` by id), which
were made here afterwards: the clock may be another one when an invite is made, when it is taken
back, and when it is used. An invite that was made elsewhere (with a copy of the secret) holds as
well if its ``iat`` lies between ``at`` and the present; if the clock was evidently set back when
the name was revoked, ``at`` is never, so that it does not hold either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import hmac
import json
import logging
import os
from pathlib import Path
import time
from typing import Any

from .atomic_file import remove_leftovers, write_durably
from .file_lock import locked
from .private_files import check_folder, make_folder, read_private
from ..core import base64url
from ..core.access.invite import Invite, new_id, new_secret, SECRET_BYTES
from ..core.clock import Clock
from ..core.errors import ProtocolError, StoreError
from ..core.supervision import start_thread

logger = logging.getLogger(__name__)

# A clock that was set back to before this file was written is wrong.
_BUILT = os.stat(__file__).st_mtime
_KEEP_TIME_EVERY_S = 600.0
_DAY_S = 86400.0
# Times are kept in whole seconds.
_ROUNDING_S = 1.0
# Later than every ``iat`` (JSON numbers of other languages are exact up to here).
_FOR_EVER = 2 ** 53 - 1
# What is hashed with the secret into the folder's id; so many bytes of it tell folders apart.
_FOLDER_LABEL, _FOLDER_ID_BYTES = b'rtc-bridge/1 key folder\0', 8


def default_directory() -> Path:
    """Return ``$ROS_HOME/rtc_bridge``, by default ``~/.ros/rtc_bridge``."""
    return Path(os.environ.get('ROS_HOME') or Path.home() / '.ros') / 'rtc_bridge'


class KeyStore:
    """
    A folder of its own; several robots of one user may share it, and several processes.

    :param wall: the system clock
    :raises StoreError: a file cannot be read or made, or others can change the folder or a file,
        or read the secret
    """

    def __init__(self, directory: Path, wall: Clock = time.time) -> None:
        """Read the secret, or make one."""
        self.directory = directory
        self._wall = wall
        try:
            make_folder(directory)
            check_folder(directory)
            remove_leftovers(directory)
            self.secret = self._read_secret()
            self._revoked_file = directory / 'revoked.json'
            self._time_file = directory / 'time'
            self._issued_file = directory / 'issued'
            self._read_at: tuple[int, int, int] | None = None
            self._revoked: list[dict[str, Any]] = []
            self._refresh()
            self._kept = self._read_time(self._time_file)
        except OSError as error:
            raise StoreError(f'{error.filename}: {error.strerror}') from None
        self._latest = max(self._kept, _BUILT)
        self._told = False

    @property
    def folder_id(self) -> str:
        """Return what names this folder to other processes; it tells nothing of the secret."""
        return hmac.digest(self.secret, _FOLDER_LABEL, 'sha256')[:_FOLDER_ID_BYTES].hex()

    def issue(self, robot_id: str, role: str, name: str, ttl: int) -> Invite:
        """
        Return a new invite, which no revocation so far ends.

        :param ttl: seconds for which it holds
        :raises StoreError: a file cannot be read or written
        """
        with self._changing():
            now = int(max(self._wall(), self._latest))
            self._tell_if_ahead()
            invite = Invite(robot_id, new_id(), role, name, now, now + ttl)
            entry = next((e for e in self._revoked if name and e.get('name') == name), None)
            if entry is not None:
                # What has expired for good is left out.
                since = {i: exp for i, exp in entry.get('since', {}).items() if exp > self._kept}
                entry['since'] = since | {invite.invite_id: invite.exp}
                self._write_revoked()
            if now > self._read_time(self._issued_file):
                write_durably(self._issued_file, f'{now}\n')
        return invite

    def revoke(self, **what: str) -> None:
        """
        Take invites back: one by its ``id``, or all so far of a ``name``.

        :raises StoreError: a file cannot be read or written
        """
        with self._changing():
            now = self._wall()
            # What is known to have been before now.
            past = max(self._latest, self._read_time(self._issued_file),
                       (self.directory / 'secret').stat().st_mtime)
            at = int(now) if 'id' in what or now >= past - _ROUNDING_S else _FOR_EVER
            (kind, value), = what.items()
            self._revoked = [e for e in self._revoked if e.get(kind) != value]
            self._revoked.append({kind: value, 'at': at})
            self._write_revoked()

    def robots(self) -> dict[str, str]:
        """Return the robots that were started with this secret, with their pages' URLs."""
        try:
            robots = json.loads(read_private(self.directory / 'robots.json'))
            return {str(name): str(page) for name, page in robots.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, OSError) as error:
            raise StoreError(f'{self.directory / "robots.json"} cannot be read: {error}') from None

    def note_robot(self, robot_id: str, page: str) -> None:
        """
        Keep where a robot's page is, for those who make links to it.

        :raises StoreError: a file cannot be read or written
        """
        if self.robots().get(robot_id) == page:
            return
        with locked(self.directory / 'lock'):
            write_durably(self.directory / 'robots.json',
                          json.dumps({**self.robots(), robot_id: page}, indent=1) + '\n')

    def is_revoked(self, invite: Invite) -> bool:
        """Tell whether an invite was taken back, by whichever process."""
        try:
            self._refresh()
        except (StoreError, OSError) as error:
            # Of those that are known none is forgotten.
            logger.error('revocations are not up to date: %s', error)
        return any(entry.get('id') == invite.invite_id
                   or entry.get('name') == invite.name and self._ends(entry, invite)
                   for entry in self._revoked)

    def _ends(self, entry: dict[str, Any], invite: Invite) -> bool:
        """Tell whether the revocation of a name is one of this invite of that name."""
        if invite.invite_id in entry.get('since', {}):
            return False
        return not entry['at'] < invite.iat <= max(self._latest, self._wall())

    def now(self, wall: float) -> float:
        """Return the time in seconds since 1970, never less than what was ever returned."""
        self._latest = max(self._latest, wall)
        self._tell_if_ahead(wall)
        if self._latest > self._kept + _KEEP_TIME_EVERY_S:
            self._kept = self._latest
            # A disk may take its time, and the robot is driven meanwhile.
            start_thread('keep-time', self._keep, self._latest, daemon=False)
        return self._latest

    def _tell_if_ahead(self, wall: float | None = None) -> None:
        wall = self._wall() if wall is None else wall
        if self._kept > wall + _DAY_S and not self._told:
            self._told = True
            logger.warning('the time kept in %s is %.0f days ahead of the clock, and invites '
                           'expire by it; if the clock is right, stop the robot and delete that '
                           'file', self._time_file, (self._kept - wall) / _DAY_S)

    def _keep(self, latest: float) -> None:
        try:
            with locked(self.directory / 'lock'):
                # Another robot with the same folder may have seen a later one.
                if latest > self._read_time(self._time_file):
                    write_durably(self._time_file, f'{latest:.0f}\n')
        except (StoreError, OSError) as error:
            logger.error('the time is not kept: %s', error)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock, with what other processes have written so far."""
        try:
            with locked(self.directory / 'lock'):
                self._refresh()
                self._kept = max(self._kept, self._read_time(self._time_file))
                self._latest = max(self._latest, self._kept)
                yield
        except OSError as error:
            raise StoreError(f'{error.filename}: {error.strerror}') from None

    def _write_revoked(self) -> None:
        write_durably(self._revoked_file, json.dumps(self._revoked, indent=1) + '\n')

    def _read_secret(self) -> bytes:
        path = self.directory / 'secret'
        if not os.path.lexists(path):
            with locked(self.directory / 'lock'):
                # Another process may have been faster.
                if not os.path.lexists(path):
                    write_durably(path, base64url.encode(new_secret()) + '\n')
        try:
            secret = base64url.decode(read_private(path, secret=True).decode().strip())
        except (ProtocolError, UnicodeDecodeError):
            secret = b''
        if len(secret) != SECRET_BYTES:
            raise StoreError(f'{path} holds no secret; without it a new one is made, and all '
                             'invites so far end')
        return secret

    def _refresh(self) -> None:
        try:
            state = self._revoked_file.lstat()
        except FileNotFoundError:
            return
        # Files that replace each other quickly may have one time, and in turn one inode.
        version = (state.st_mtime_ns, state.st_ino, state.st_size)
        if version == self._read_at:
            return
        try:
            entries = json.loads(read_private(self._revoked_file))
            if not all(map(_is_revocation, entries)):
                raise TypeError('not a list of revocations')
        except (ValueError, TypeError) as error:
            raise StoreError(f'{self._revoked_file} cannot be read: {error}') from None
        self._revoked, self._read_at = entries, version

    @staticmethod
    def _read_time(file: Path) -> float:
        try:
            return float(read_private(file))
        except (FileNotFoundError, ValueError):
            # Half a number after a power loss is as none: the build date remains.
            return 0.0


def _is_revocation(entry: Any) -> bool:
    return (isinstance(entry, dict) and isinstance(entry.get('at'), (int, float))
            and isinstance(entry.get('since', {}), dict)
            and all(isinstance(exp, (int, float)) for exp in entry.get('since', {}).values()))
