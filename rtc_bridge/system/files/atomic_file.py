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

"""Files that are replaced as a whole, and survive a loss of power."""

import contextlib
import fcntl
import os
from pathlib import Path
import re
import secrets

from ...core.errors import StoreError

# The temporary file beside NAME, before it replaces NAME: NAME.RANDOM.new.
_TEMPORARY = re.compile(r'(?P<name>.+)\.[0-9a-f]+\.new')
# Attempts to lock a new temporary file before another process takes it for a leftover.
_ATTEMPTS = 10


def write_durably(path: Path, content: str | bytes) -> None:
    """
    Replace a file, mode 0600, and return when the disk has it. A reader never sees a part of it.

    Temporary files of processes that were killed are removed.

    :raises StoreError: the file cannot be written
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        remove_leftovers(path.parent, path.name)
        temporary, number = _create_temporary(path)
        try:
            with open(number, 'wb') as file:
                file.write(data)
                file.flush()
                os.fsync(number)
                temporary.replace(path)
            # The new name is in the folder, so the folder has to reach the disk, too.
            _sync_folder(path.parent)
        except BaseException:
            # Remove the temporary file, most of all when the disk is full.
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise StoreError(f'{path}: {error.strerror}') from None


def _create_temporary(path: Path) -> tuple[Path, int]:
    """Return a new, locked temporary file. The lock shows that its writer still runs."""
    for _ in range(_ATTEMPTS):
        temporary = path.with_name(f'{path.name}.{secrets.token_hex(8)}.new')
        number = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(number).st_ino == temporary.lstat().st_ino:
                return temporary, number
        except (BlockingIOError, FileNotFoundError):
            pass
        except OSError:
            # This file system has no locks, so remove_leftovers() removes nothing either.
            return temporary, number
        # Another process took the file for a leftover before it was locked.
        os.close(number)
    raise StoreError(f'{path}: a temporary file beside it was removed {_ATTEMPTS} times')


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def remove_leftovers(folder: Path, name: str = '') -> None:
    """
    Remove the temporary files of processes that were killed.

    :param name: of the file that they were to replace; empty for any
    :raises OSError: the folder cannot be read
    """
    with os.scandir(folder) as entries:
        leftovers = [folder / entry.name for entry in entries
                     if (match := _TEMPORARY.fullmatch(entry.name))
                     and name in ('', match['name']) and entry.is_file(follow_symlinks=False)]
    for path in leftovers:
        # A file that cannot be removed is harmless: its name is never used again.
        with contextlib.suppress(OSError):
            number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(number)
