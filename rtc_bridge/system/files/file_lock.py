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

"""A lock that threads and processes share, for files that are read, changed and written."""

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import fcntl
import os
from pathlib import Path
import shlex
import time

from ...core.clock import boot_time
from ...core.errors import StoreError

# Seconds to wait. The holder writes one or two small files, which takes a slow disk tenths of one.
LOCK_TIMEOUT_S = 5.0
_POLL_S = 0.01


@contextmanager
def locked(path: Path, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """
    Hold a lock (``flock(2)``) on a file, which is created if missing, and stays.

    The calling thread sleeps while another one holds the lock, and must not hold it already. The
    lock ends with its process, even if that is killed.

    :raises StoreError: the file cannot be used, or another process holds the lock for too long
    """
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f'{path}: {error.strerror}') from None
    try:
        end = boot_time() + timeout_s
        while not _try_lock(number, path):
            if boot_time() >= end:
                raise StoreError(f'{path} was held by another process for {timeout_s:g} s; which '
                                 f'one, says: fuser -v {shlex.quote(str(path))}')
            time.sleep(_POLL_S)
        yield
    finally:
        # Closing the last descriptor releases the lock, and there is only this one.
        os.close(number)


def _try_lock(number: int, path: Path) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EINTR):
            return False
        raise StoreError(f'{path} cannot be locked: {error.strerror}') from None
    return True
