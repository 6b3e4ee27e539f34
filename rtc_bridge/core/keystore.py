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
``at``; ``time`` seconds since 1970; ``robots.json`` pages by robot id.
"""

import json
import logging
import os
from pathlib import Path
import threading
import time
from typing import Any

from .durable import write_durably
from .errors import ProtocolError, StoreError
from .invite import decode, encode, Invite, new_secret, SECRET_BYTES

logger = logging.getLogger(__name__)

# A clock that was set back to before this file was written is wrong.
_BUILT = os.stat(__file__).st_mtime
_KEEP_TIME_EVERY_S = 600.0
_DAY_S = 86400.0


def default_directory() -> Path:
    """Return ``$ROS_HOME/rtc_bridge``, by default ``~/.ros/rtc_bridge``."""
    return Path(os.environ.get('ROS_HOME') or Path.home() / '.ros') / 'rtc_bridge'


class KeyStore:
    """
    A folder of its own; several robots of one user may share it, and several processes.

    :raises StoreError: a file cannot be read or made, or others may read the secret
    """

    def __init__(self, directory: Path) -> None:
        """Read the secret, or make one."""
        self.directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.secret = self._read_secret()
            self._revoked_file = directory / 'revoked.json'
            self._time_file = directory / 'time'
            self._read_at: tuple[int, int] | None = None
            self._revoked: list[dict[str, Any]] = []
            self._refresh()
            self._kept = self._read_time()
        except OSError as error:
            raise StoreError(f'{error.filename}: {error.strerror}') from None
        self._latest = max(self._kept, _BUILT)
        self._told = False

    def revoke(self, **what: str) -> None:
        """
        Take invites back: one by its ``id``, or all so far of a ``name``.

        :raises StoreError: the file cannot be written
        """
        self._refresh()
        entries = [*self._revoked, {**what, 'at': int(time.time())}]
        write_durably(self._revoked_file, json.dumps(entries, indent=1) + '\n')

    def robots(self) -> dict[str, str]:
        """Return the robots that were started with this secret, with their pages' URLs."""
        try:
            robots = json.loads((self.directory / 'robots.json').read_text())
            return {str(name): str(page) for name, page in robots.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, OSError) as error:
            raise StoreError(f'{self.directory / "robots.json"} cannot be read: {error}') from None

    def note_robot(self, robot_id: str, page: str) -> None:
        """Keep where a robot's page is, for those who make links to it."""
        robots = self.robots()
        if robots.get(robot_id) != page:
            write_durably(self.directory / 'robots.json',
                          json.dumps({**robots, robot_id: page}, indent=1) + '\n')

    def is_revoked(self, invite: Invite) -> bool:
        """Tell whether an invite was taken back, by whichever process."""
        try:
            self._refresh()
        except (StoreError, OSError) as error:
            # Of those that are known none is forgotten.
            logger.error('revocations are not up to date: %s', error)
        return any(entry.get('id') == invite.invite_id
                   or entry.get('name') == invite.name and invite.iat <= entry['at']
                   for entry in self._revoked)

    def now(self, wall: float) -> float:
        """Return the time in seconds since 1970, never less than what was ever returned."""
        self._latest = max(self._latest, wall)
        if self._kept > wall + _DAY_S and not self._told:
            self._told = True
            logger.warning('the time kept in %s is %.0f days ahead of the clock, and invites '
                           'expire by it; if the clock is right, stop the robot and delete that '
                           'file', self._time_file, (self._kept - wall) / _DAY_S)
        if self._latest > self._kept + _KEEP_TIME_EVERY_S:
            self._kept = self._latest
            # A disk may take its time, and the robot is driven meanwhile.
            threading.Thread(target=self._keep, args=(self._latest,), name='keep-time').start()
        return self._latest

    def _keep(self, latest: float) -> None:
        try:
            write_durably(self._time_file, f'{latest:.0f}\n')
        except StoreError as error:
            logger.error('the time is not kept: %s', error)

    def _read_secret(self) -> bytes:
        path = self.directory / 'secret'
        try:
            # Linked into place, so that nobody ever reads half of one.
            fresh = self.directory / f'secret.{os.getpid()}'
            if not path.exists():
                write_durably(fresh, encode(new_secret()) + '\n')
                os.link(fresh, path)
        except FileExistsError:
            pass  # Another process was faster.
        finally:
            fresh.unlink(missing_ok=True)
        mode = path.stat().st_mode
        if mode & 0o077:
            raise StoreError(f'{path} may be read by others (mode {mode & 0o777:o}): '
                             f'chmod 600 {path}')
        try:
            secret = decode(path.read_text().strip())
        except (ProtocolError, UnicodeDecodeError):
            secret = b''
        if len(secret) != SECRET_BYTES:
            raise StoreError(f'{path} holds no secret; without it a new one is made, and all '
                             'invites so far end')
        return secret

    def _refresh(self) -> None:
        try:
            stat = self._revoked_file.stat()
        except FileNotFoundError:
            return
        if (stat.st_mtime_ns, stat.st_ino) == self._read_at:
            return
        try:
            entries = json.loads(self._revoked_file.read_text())
            if not all(isinstance(e, dict) and isinstance(e.get('at'), (int, float))
                       for e in entries):
                raise TypeError('not a list of revocations')
        except (ValueError, TypeError) as error:
            raise StoreError(f'{self._revoked_file} cannot be read: {error}') from None
        self._revoked, self._read_at = entries, (stat.st_mtime_ns, stat.st_ino)

    def _read_time(self) -> float:
        try:
            return float(self._time_file.read_text())
        except (FileNotFoundError, ValueError):
            # Half a number after a power loss is as none: the build date remains.
            return 0.0
