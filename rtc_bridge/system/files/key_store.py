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
The folder with what a robot remembers for its invites.

======================  ==========================================================================
``secret``              signs invites; base64url, mode 0600
``revoked.json``        revoked invites, see :mod:`~rtc_bridge.core.access.revocations`
``time``                the latest time seen, see :mod:`.latest_time`
``invites.json``        invites issued here, without keys, for ``rtc-bridge invite --list``
``issued``              the latest ``iat`` of an invite issued here, seconds since 1970
``robots.json``         pages by robot id, for ``rtc-bridge invite``
``lock``                locked by each process while it changes one of the files
======================  ==========================================================================
"""

from collections.abc import Iterator
from contextlib import contextmanager
import hmac
import json
import logging
import os
from pathlib import Path
import time

from .atomic_file import remove_leftovers, write_durably
from .file_lock import locked
from .latest_time import LatestTime, read_time
from .private_files import check_folder, make_folder, read_private
from ...core import base64url
from ...core.access.invite import Invite, new_id, new_secret, SECRET_BYTES
from ...core.access.issued_invites import IssuedInvite, IssuedInvites
from ...core.access.revocations import Revocations
from ...core.clock import Clock
from ...core.errors import ProtocolError, StoreError

logger = logging.getLogger(__name__)

# Hashed with the secret into the folder's id, of which so many bytes tell folders apart.
_FOLDER_LABEL, _FOLDER_ID_BYTES = b'rtc-bridge/1 key folder\0', 8


def default_directory() -> Path:
    """Return ``$ROS_HOME/rtc_bridge``, by default ``~/.ros/rtc_bridge``."""
    return Path(os.environ.get('ROS_HOME') or Path.home() / '.ros') / 'rtc_bridge'


class KeyStore:
    """
    The folder of one user. Several robots and processes may share it.

    :param wall: the system clock, seconds since 1970
    :raises StoreError: a file cannot be read or made, or others can change the folder or a file,
        or read the secret
    """

    def __init__(self, directory: Path, wall: Clock = time.time) -> None:
        self.directory = directory
        self._wall = wall
        self._lock = directory / 'lock'
        self._issued_file = directory / 'issued'
        self._revoked_file = directory / 'revoked.json'
        self._invites_file = directory / 'invites.json'
        self._robots_file = directory / 'robots.json'
        self._revocations = Revocations()
        # Time, inode and size of revoked.json when it was read.
        self._revoked_version: tuple[int, int, int] | None = None
        try:
            make_folder(directory)
            check_folder(directory)
            remove_leftovers(directory)
            self.secret = self._read_secret()
            self._read_revocations()
            self._time = LatestTime(directory / 'time', self._lock, wall)
        except OSError as error:
            raise StoreError(f'{error.filename}: {error.strerror}') from None

    @property
    def folder_id(self) -> str:
        """Return an id that names this folder to other processes. It reveals no secret."""
        return hmac.digest(self.secret, _FOLDER_LABEL, 'sha256')[:_FOLDER_ID_BYTES].hex()

    def latest_time(self) -> float:
        """Return the present time as :meth:`now` would, without keeping it."""
        return max(self._time.latest, self._wall())

    def now(self, wall: float) -> float:
        """Return the time in seconds since 1970, never less than a time returned before."""
        return self._time.now(wall)

    def issue(self, robot_id: str, role: str, name: str, ttl: int, *,
              bearer: bool = False) -> Invite:
        """
        Return a new invite, which no revocation so far covers, and note it without its key.

        :param ttl: seconds for which it is valid
        :param bearer: whether its text will be a bearer for WHEP players
        :raises StoreError: a file cannot be read or written
        """
        with self._changing():
            wall = self._wall()
            now = int(max(wall, self._time.latest))
            self._time.warn_if_ahead(wall)
            invite = Invite(robot_id, new_id(), role, name, now, now + ttl)
            if self._revocations.note_issued(invite, self._time.saved):
                self._write_revocations()
            if now > read_time(self._issued_file):
                write_durably(self._issued_file, f'{now}\n')
            issued = self.issued()
            issued.add(IssuedInvite(invite, bearer))
            write_durably(self._invites_file, issued.dump())
        return invite

    def issued(self) -> IssuedInvites:
        """
        Return the invites that were issued here, the oldest first.

        :raises StoreError: the file cannot be read
        """
        try:
            return IssuedInvites.parse(read_private(self._invites_file))
        except FileNotFoundError:
            return IssuedInvites()
        except (ValueError, TypeError, OSError) as error:
            raise StoreError(f'{self._invites_file} cannot be read: {error}; it is a list for '
                             'people only, and may be deleted') from None

    def revoke_id(self, invite_id: str) -> None:
        """
        Revoke one invite.

        :raises StoreError: a file cannot be read or written
        """
        with self._changing():
            self._revocations.revoke_id(invite_id, self._wall())
            self._write_revocations()

    def revoke_name(self, name: str) -> None:
        """
        Revoke all invites of a name that were issued so far.

        :raises StoreError: a file cannot be read or written
        """
        with self._changing():
            latest_past = max(self._time.latest, read_time(self._issued_file),
                              (self.directory / 'secret').stat().st_mtime)
            self._revocations.revoke_name(name, self._wall(), latest_past)
            self._write_revocations()

    def is_revoked(self, invite: Invite) -> bool:
        """Return whether any process has revoked an invite."""
        try:
            self._read_revocations()
        except (StoreError, OSError) as error:
            # The revocations that are known stay in force.
            logger.error('revocations are not up to date: %s', error)
        return self._revocations.is_revoked(invite, self.latest_time())

    def robots(self) -> dict[str, str]:
        """
        Return the page URLs of the robots that were started with this folder, by robot id.

        :raises StoreError: the file cannot be read
        """
        try:
            robots = json.loads(read_private(self._robots_file))
            return {str(name): str(page) for name, page in robots.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, OSError) as error:
            raise StoreError(f'{self._robots_file} cannot be read: {error}') from None

    def note_robot(self, robot_id: str, page: str) -> None:
        """
        Keep the URL of a robot's page, to which ``rtc-bridge invite`` makes invite URLs.

        :raises StoreError: a file cannot be read or written
        """
        if self.robots().get(robot_id) == page:
            return
        with locked(self._lock):
            write_durably(self._robots_file,
                          json.dumps({**self.robots(), robot_id: page}, indent=1) + '\n')

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock, with all changes of other processes read."""
        try:
            with locked(self._lock):
                self._read_revocations()
                self._time.reload()
                yield
        except OSError as error:
            raise StoreError(f'{error.filename}: {error.strerror}') from None

    def _read_secret(self) -> bytes:
        path = self.directory / 'secret'
        if not os.path.lexists(path):
            with locked(self._lock):
                # Another process may have made it meanwhile.
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

    def _read_revocations(self) -> None:
        """Read revoked.json if it has changed."""
        try:
            state = self._revoked_file.lstat()
        except FileNotFoundError:
            return
        # Files that replace each other quickly may have the same time, and reuse an inode.
        version = (state.st_mtime_ns, state.st_ino, state.st_size)
        if version == self._revoked_version:
            return
        try:
            self._revocations = Revocations.parse(read_private(self._revoked_file))
        except (ValueError, TypeError) as error:
            raise StoreError(f'{self._revoked_file} cannot be read: {error}') from None
        self._revoked_version = version

    def _write_revocations(self) -> None:
        write_durably(self._revoked_file, self._revocations.dump())
