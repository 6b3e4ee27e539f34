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

"""Files that survive a loss of power."""

import contextlib
import fcntl
import os
from pathlib import Path
import re
import secrets

from ..core.errors import StoreError

# A file on its way to replace another one: NAME.RANDOM.new.
_TEMPORARY = re.compile(r'(?P<name>.+)\.[0-9a-f]+\.new')
_ATTEMPTS = 10


def write_durably(path: Path, content: str | bytes) -> None:
    """
    Replace a file, mode 0600, and return when the disk has it: the old or the new, never a part.

    What a process that was killed has left of its own attempt is removed.

    :raises StoreError: the file cannot be written
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        remove_leftovers(path.parent, path.name)
        fresh, number = _create(path)
        try:
            with open(number, 'wb') as file:
                file.write(data)
                file.flush()
                os.fsync(number)
                fresh.replace(path)
            # The new name is an entry of the folder.
            _sync_folder(path.parent)
        except BaseException:
            # Remove the temporary file, most of all when the disk is full.
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise
    except OSError as error:
        raise StoreError(f'{path}: {error.strerror}') from None


def _create(path: Path) -> tuple[Path, int]:
    """Make a file beside another, locked as a sign that somebody writes it."""
    for _ in range(_ATTEMPTS):
        fresh = path.with_name(f'{path.name}.{secrets.token_hex(8)}.new')
        number = os.open(
            fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(number).st_ino == fresh.lstat().st_ino:
                return fresh, number
        except (BlockingIOError, FileNotFoundError):
            pass
        except OSError:
            # Without locks on this file system nobody removes it either.
            return fresh, number
        # Another process took it for a leftover before it was locked, and removes it.
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
    Remove temporary files that nobody writes any more: their processes were killed.

    :param name: of the file that they were to replace; empty: of any
    :raises OSError: the folder cannot be read
    """
    with os.scandir(folder) as entries:
        left = [folder / entry.name for entry in entries
                if (match := _TEMPORARY.fullmatch(entry.name))
                and name in ('', match['name']) and entry.is_file(follow_symlinks=False)]
    for path in left:
        # Without the right to do so they stay, and harm nobody: names are never used again.
        with contextlib.suppress(OSError):
            number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(number)
