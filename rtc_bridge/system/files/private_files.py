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
Files and folders that only this user and root may change.

The rules are those of OpenSSH (``StrictModes`` of sshd_config(5)). Like OpenSSH's they ignore
access control lists.
"""

import errno
import grp
import logging
import os
from pathlib import Path
import pwd
import shlex
import stat

from ...core.errors import StoreError

logger = logging.getLogger(__name__)

_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
# Permissions that expose a key of another program. A group that reads it is usual (Debian's
# ssl-cert), and no exposure.
_EXPOSED = stat.S_IROTH | _WRITABLE
_warned: set[Path] = set()


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _is_private_group(gid: int, uid: int) -> bool:
    """Return whether a user is alone in a group, as in the one that Debian gives each user."""
    try:
        members = set(grp.getgrgid(gid).gr_mem)
    except KeyError:
        return False
    members |= {user.pw_name for user in pwd.getpwall() if user.pw_gid == gid}
    return members <= {_name(uid)}


def _check_owner(path: Path, owner: int) -> None:
    user = os.geteuid()
    if owner not in (0, user):
        command = f'chown {shlex.quote(_name(user))} {shlex.quote(str(path))}'
        raise StoreError(f'{path} belongs to {_name(owner)}, who can change it, and not to '
                         f'{_name(user)}, who runs this: run it as {_name(owner)}, or: {command}')


def check_folder(folder: Path) -> None:
    """
    Check that other users can neither change a folder's contents nor replace the folder.

    The folder must belong to this user or to root, and nobody else may write in it. The same holds
    for the folders above it, with two exceptions: others may write where the sticky bit is set (as
    in ``/tmp``), and so may a group of which the owner is the only member (Debian's umask 002).

    :raises StoreError: the text names the path, what is wrong, and the command that repairs it
    :raises OSError: the folder cannot be read
    """
    real = folder.resolve(strict=True)
    state = real.stat()
    if not stat.S_ISDIR(state.st_mode):
        raise StoreError(f'{folder} is no folder')
    _check_owner(real, state.st_uid)
    if state.st_mode & _WRITABLE:
        raise StoreError(f'{real} may be written by others (mode {state.st_mode & 0o777:o}): '
                         f'chmod go-w {shlex.quote(str(real))}')
    # Also the folders above a symbolic link: an attacker who replaces the link needs no more.
    for parent in dict.fromkeys((*real.parents, *Path(os.path.abspath(folder)).parents)):
        _check_parent(parent)


def _check_parent(parent: Path) -> None:
    state = parent.stat()
    _check_owner(parent, state.st_uid)
    mode = state.st_mode & _WRITABLE
    if not mode or state.st_mode & stat.S_ISVTX:
        return
    if mode == stat.S_IWGRP and _is_private_group(state.st_gid, state.st_uid):
        return
    raise StoreError(f'{parent} may be written by others (mode {state.st_mode & 0o7777:o}), who '
                     f'could exchange what is in it: chmod go-w {shlex.quote(str(parent))}')


def read_private(path: Path, *, secret: bool = False) -> bytes:
    """
    Return the contents of a file that only this user and root can change.

    :param secret: whether nobody else may read it, either
    :raises StoreError: the text names the file, what is wrong, and the command that repairs it
    :raises OSError: the file is missing or cannot be read
    """
    try:
        # O_NONBLOCK: opening a named pipe would wait for its other end.
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        quoted = shlex.quote(str(path))
        raise StoreError(f'{path} is a symbolic link, which is not followed: '
                         f'cp --remove-destination "$(readlink -f {quoted})" {quoted}') from None
    try:
        state = os.fstat(number)
        if not stat.S_ISREG(state.st_mode):
            raise StoreError(f'{path} is no ordinary file')
        _check_owner(path, state.st_uid)
        if secret and state.st_mode & 0o077:
            raise StoreError(f'{path} may be read by others (mode {state.st_mode & 0o777:o}): '
                             f'chmod 600 {shlex.quote(str(path))}')
        if state.st_mode & _WRITABLE:
            raise StoreError(f'{path} may be written by others (mode {state.st_mode & 0o777:o}): '
                             f'chmod go-w {shlex.quote(str(path))}')
        with open(number, 'rb', closefd=False) as file:
            return file.read()
    finally:
        os.close(number)


def make_folder(folder: Path) -> None:
    """
    Create a folder for this user alone, and the folders above it, whatever the umask is.

    :raises OSError: a folder cannot be created
    """
    for parent in reversed(folder.parents):
        if not parent.exists():
            parent.mkdir(mode=0o755, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def warn_if_exposed(path: Path, parameter: str) -> None:
    """
    Warn, once for each file, of a secret that all users may read, or that others may change.

    This program did not create the file, and its owner may have reasons (a container's secrets
    often have mode 444), so the file is used all the same.

    :param parameter: the parameter that names the file
    """
    try:
        state = path.stat()
    except OSError:
        return  # Reading the file, which follows, reports this error.
    if stat.S_ISREG(state.st_mode) and state.st_mode & _EXPOSED and path not in _warned:
        _warned.add(path)
        logger.warning('%s, file of %s, may be %s by other users of this computer (mode %o): '
                       'chmod go-rwx %s', path, parameter,
                       'changed' if state.st_mode & _WRITABLE else 'read',
                       state.st_mode & 0o777, shlex.quote(str(path)))
