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

"""A disk that may be full."""

import errno
import os
import stat


class FailingDisk:
    """Replaces os.fsync: records what a loss of power would leave, and can be full."""

    def __init__(self, path, monkeypatch):
        self.path, self.asked, self.full = path, [], ()
        self._fsync = os.fsync
        monkeypatch.setattr(os, 'fsync', self.fsync)

    def fsync(self, number):
        folder = stat.S_ISDIR(os.fstat(number).st_mode)
        what = os.readlink(f'/proc/self/fd/{number}')
        if folder:
            assert what == str(self.path.parent)
        else:
            with open(what) as file:
                what = file.read()
        self.asked.append((what, self.path.read_text() if self.path.exists() else None))
        if ('folder' if folder else 'file') in self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fsync(number)
