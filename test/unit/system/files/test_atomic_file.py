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

"""Files that are replaced as a whole."""

import os
import signal
import subprocess
import sys
import time

import pytest
from rtc_bridge.core.errors import StoreError
from rtc_bridge.system.files.atomic_file import remove_leftovers, write_durably
from support.browsers import PATIENCE, until
from support.failing_disk import FailingDisk


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'state.json'


@pytest.fixture
def disk(path, monkeypatch):
    return FailingDisk(path, monkeypatch)


def test_contents_reach_the_disk_before_the_name_does(path, disk):
    write_durably(path, 'old')
    disk.asked.clear()
    write_durably(path, 'new')
    assert disk.asked == [('new', 'old'), (str(path.parent), 'new')]
    assert os.listdir(path.parent) == [path.name] and path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('part, left', [('file', 'old'), ('folder', 'new')])
def test_a_failed_write_leaves_nothing_behind(path, disk, part, left):
    write_durably(path, 'old')
    disk.full = (part,)
    with pytest.raises(StoreError, match='state.json: No space left'):
        write_durably(path, 'new')
    assert os.listdir(path.parent) == [path.name] and path.read_text() == left


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match='none/state.json: No such file'):
        write_durably(tmp_path / 'none' / 'state.json', 'new')


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    path = tmp_path / 'state.json'
    for name in (f'state.json.{os.getpid()}.new', 'state.json.0123456789abcdef.new'):
        (tmp_path / name).write_text('half')
    (tmp_path / 'state.json.abc.new').symlink_to(tmp_path / 'victim')
    (tmp_path / 'other.json.abc.new').write_text('of another file')
    (tmp_path / 'state.json.backup').write_text('of a person')
    write_durably(path, b'\xff')
    assert path.read_bytes() == b'\xff' and not (tmp_path / 'victim').exists()
    assert sorted(os.listdir(tmp_path)) == [
        'other.json.abc.new', 'state.json', 'state.json.abc.new', 'state.json.backup']
    remove_leftovers(tmp_path)
    assert 'other.json.abc.new' not in os.listdir(tmp_path)


def test_the_file_of_a_running_writer_stays(tmp_path):
    """Another process is stopped in the middle of its own write."""
    path = tmp_path / 'state.json'
    code = ('import os, sys, time; from pathlib import Path;'
            'from rtc_bridge.system.files.atomic_file import write_durably\n'
            'os.fsync = lambda number: (print("writing", flush=True), sys.stdin.readline())\n'
            'write_durably(Path(sys.argv[1]), "theirs")')
    other = subprocess.Popen([sys.executable, '-c', code, str(path)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b'writing\n'
        write_durably(path, 'ours')
        assert path.read_text() == 'ours' and len(os.listdir(tmp_path)) == 2
        other.stdin.write(b'\n\n')
        other.stdin.close()
        assert other.wait(PATIENCE) == 0
        assert path.read_text() == 'theirs' and os.listdir(tmp_path) == ['state.json']
    finally:
        other.kill()


def test_writers_killed_at_any_time_leave_a_whole_file(tmp_path):
    path = tmp_path / 'state.json'
    code = ('import sys; from pathlib import Path\n'
            'from rtc_bridge.system.files.atomic_file import write_durably\n'
            'print("x", flush=True)\n'
            'while True: write_durably(Path(sys.argv[1]), "whole" * 1000)')
    for number in range(6):
        process = subprocess.Popen([sys.executable, '-c', code, str(path)],
                                   stdout=subprocess.PIPE)
        process.stdout.readline()
        until(path.exists, 'a first write')
        time.sleep(0.003 * number)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        assert path.read_text() == 'whole' * 1000
        path.unlink()
    write_durably(path, 'last')
    assert os.listdir(tmp_path) == ['state.json']
