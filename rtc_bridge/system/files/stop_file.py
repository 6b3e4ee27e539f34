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

"""The file that keeps an emergency stop over a restart and a loss of power."""

from collections.abc import Callable
from pathlib import Path

from .atomic_file import write_durably
from .private_files import read_private


class StopFile:
    """
    The store of an :class:`~rtc_bridge.core.driving.emergency_stop.EmergencyStop`.

    :param path: ``emergency_stop.ROBOT.json`` in the robot's key folder
    :param renamed: whether the robot may have had another name, whose file it then takes over
    :param write: replaces a file's text; raises :class:`StoreError`
    """

    def __init__(self, path: Path, *, renamed: bool = False,
                 write: Callable[[Path, str], None] = write_durably) -> None:
        self._path = path
        self._renamed = renamed
        self._write = write

    def __str__(self) -> str:
        """Return the path."""
        return str(self._path)

    def read(self) -> bytes:
        """Return the contents of the file; raises as :class:`StopStore` says."""
        return read_private(self._path)

    def write(self, text: str) -> None:
        """Replace the contents of the file; raises :class:`StoreError`."""
        self._write(self._path, text)

    def earlier(self) -> list['StopFile']:
        """Return the files of other names, if the robot may have had one of these names."""
        if not self._renamed:
            return []
        return [StopFile(path) for path in sorted(self._path.parent.glob('emergency_stop.*.json'))]
