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

import pytest
from rtc_bridge.core.errors import StoreError
from rtc_bridge.system.atomic_file import write_durably
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
