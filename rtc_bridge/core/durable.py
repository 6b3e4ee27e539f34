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
import os
from pathlib import Path

from .errors import StoreError


def write_durably(path: Path, text: str) -> None:
    """
    Replace a file, mode 0600, and return when the disk has it: the old or the new, never a part.

    :raises StoreError: the file cannot be written
    """
    fresh = path.with_name(f'{path.name}.{os.getpid()}.new')
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        # The new name is an entry of the folder.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        # On a full disk of all things nothing is to lie about.
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise StoreError(f'{path}: {error.strerror}') from None
