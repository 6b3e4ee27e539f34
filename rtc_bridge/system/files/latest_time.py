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

"""The latest wall-clock time that this robot has seen, kept over restarts in a file."""

import logging
import os
from pathlib import Path
import time

from .atomic_file import write_durably
from .file_lock import locked
from .private_files import read_private
from ...core.clock import Clock
from ...core.errors import StoreError
from ...core.supervision import start_thread

logger = logging.getLogger(__name__)

# Seconds since 1970: a clock that shows a time before the installation of this file is wrong.
INSTALLED_AT = os.stat(__file__).st_mtime
# Seconds: a clock that was set back by less after a restart revives expired invites for so long.
_SAVE_EVERY_S = 600.0
_DAY_S = 86400.0


class LatestTime:
    """
    A wall clock that never goes back, so that setting the clock back revives no expired invite.

    ``latest`` is the latest time seen, and ``saved`` the one in the file, in seconds since 1970.
    The file is written in a thread of its own: a disk may be slow, and the event loop, which
    calls :meth:`now`, must not wait while the robot is driven.

    :param file: with the latest time as text
    :param lock: the file whose lock protects ``file``
    :param wall: the system clock
    :raises OSError: the file cannot be read
    :raises StoreError: others can change the file
    """

    def __init__(self, file: Path, lock: Path, wall: Clock = time.time) -> None:
        self._file = file
        self._lock = lock
        self._wall = wall
        self._warned = False
        self.saved = read_time(file)
        self.latest = max(self.saved, INSTALLED_AT)

    def now(self, wall: float) -> float:
        """
        Return the time, never less than a time returned before; save it now and then.

        :param wall: what the system clock shows
        """
        self.latest = max(self.latest, wall)
        self.warn_if_ahead(wall)
        if self.latest > self.saved + _SAVE_EVERY_S:
            self.saved = self.latest
            start_thread('save-time', self._save, self.latest, daemon=False)
        return self.latest

    def reload(self) -> None:
        """
        Take over a later time that another process saved; called while the lock is held.

        :raises OSError: the file cannot be read
        :raises StoreError: others can change the file
        """
        self.saved = max(self.saved, read_time(self._file))
        self.latest = max(self.latest, self.saved)

    def warn_if_ahead(self, wall: float) -> None:
        """Warn once if the saved time is far ahead of the system clock."""
        if self.saved > wall + _DAY_S and not self._warned:
            self._warned = True
            logger.warning('the time kept in %s is %.0f days ahead of the clock, and invites '
                           'expire by it; if the clock is right, stop the robot and delete that '
                           'file', self._file, (self.saved - wall) / _DAY_S)

    def _save(self, latest: float) -> None:
        try:
            with locked(self._lock):
                # Another robot with the same folder may have saved a later time.
                if latest > read_time(self._file):
                    write_durably(self._file, f'{latest:.0f}\n')
        except (StoreError, OSError) as error:
            logger.error('the time is not kept: %s', error)


def read_time(file: Path) -> float:
    """
    Return the seconds since 1970 in a file, 0 if it is missing or has half a number.

    :raises OSError: the file cannot be read
    :raises StoreError: others can change the file
    """
    try:
        return float(read_private(file))
    except (FileNotFoundError, ValueError):
        return 0.0
