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

"""The lock that threads and processes share."""

import subprocess
import sys
import threading

import pytest
from rtc_bridge.core.errors import StoreError
from rtc_bridge.system.files.file_lock import locked
from support.browsers import PATIENCE


def test_a_lock_held_by_another_process_is_an_error_after_a_while(tmp_path):
    lock = tmp_path / 'lock'
    code = ('import sys, time; from pathlib import Path;'
            'from rtc_bridge.system.files.file_lock import locked\n'
            'with locked(Path(sys.argv[1])):\n'
            '    print("held", flush=True); time.sleep(600)')
    holder = subprocess.Popen([sys.executable, '-c', code, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b'held\n'
        with pytest.raises(StoreError, match=f'{lock} was held by another .*: fuser -v {lock}'):
            with locked(lock, 0.05):
                pass
        # It ends with its process, however that ends.
        holder.kill()
        with locked(lock, PATIENCE):
            pass
    finally:
        holder.kill()
        holder.wait(PATIENCE)


def test_a_lock_excludes_threads_and_follows_no_link(tmp_path):
    with locked(tmp_path / 'lock'):
        held = []
        thread = threading.Thread(target=lambda: held.append(_try(tmp_path / 'lock')))
        thread.start()
        thread.join()
        assert held == [False]
    assert _try(tmp_path / 'lock')
    (tmp_path / 'link').symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(StoreError, match='link'):
        with locked(tmp_path / 'link'):
            pass
    assert not (tmp_path / 'elsewhere').exists()


def _try(path):
    try:
        with locked(path, 0.05):
            return True
    except StoreError:
        return False
