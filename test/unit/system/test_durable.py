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

"""What the disk is asked for before anybody is told that it has a file."""

import errno
import os
import stat

import pytest
from rtc_bridge.core.driving.command_gate import CommandGate
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import ZERO
from rtc_bridge.core.errors import StoreError
from rtc_bridge.core.settings.robot_settings import TeleopSettings
from rtc_bridge.system.atomic_file import write_durably
from rtc_bridge.system.stop_file import StopFile


class Disk:
    """Stands before os.fsync: notes what a loss of power would leave, and can be full."""

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


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'state.json'


@pytest.fixture
def disk(path, monkeypatch):
    return Disk(path, monkeypatch)


def test_the_file_is_on_the_disk_before_it_has_its_name_and_then_the_name_is(path, disk):
    write_durably(path, 'old')
    disk.asked.clear()
    write_durably(path, 'new')
    assert disk.asked == [('new', 'old'), (str(path.parent), 'new')]
    assert os.listdir(path.parent) == [path.name] and path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('part, left', [('file', 'old'), ('folder', 'new')])
def test_what_cannot_be_written_leaves_nothing_behind(path, disk, part, left):
    write_durably(path, 'old')
    disk.full = (part,)
    with pytest.raises(StoreError, match='state.json: No space left'):
        write_durably(path, 'new')
    assert os.listdir(path.parent) == [path.name] and path.read_text() == left


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(StoreError, match='none/state.json: No such file'):
        write_durably(tmp_path / 'none' / 'state.json', 'new')


@pytest.fixture
def controller(path, clock):
    stop = EmergencyStop(StopFile(path), clock=clock)
    sent = []
    controller = TeleopController(CommandGate(TeleopSettings(), Lease(clock=clock), clock=clock,
                                              conditions=[stop.reason]),
                                  sent.append, emergency_stop=stop, clock=clock)
    controller.sent = sent
    return controller


@pytest.mark.parametrize('part', ['file', 'folder'])
def test_a_full_disk_stops_and_does_not_confirm(path, disk, clock, controller, part):
    disk.full = (part,)
    assert not controller.engage_emergency_stop('Ada')
    assert controller.emergency_stop.engaged and controller.sent == [ZERO]
    disk.full = ()
    # Pages repeat their wish; the disk is asked again, once a second.
    assert not controller.engage_emergency_stop('Ada')
    clock.now += 1.0
    assert controller.engage_emergency_stop('Ada')
    assert EmergencyStop(StopFile(path)).id == controller.emergency_stop.id
    # What the disk has is not written again.
    disk.asked.clear()
    clock.now += 1.0
    assert controller.engage_emergency_stop('Ada') and disk.asked == []


@pytest.mark.parametrize('part', ['file', 'folder'])
def test_a_release_that_the_disk_does_not_take_is_none(path, disk, clock, controller, part):
    assert controller.engage_emergency_stop('Ada')
    disk.full = (part,)
    with pytest.raises(StoreError):
        controller.release_emergency_stop(controller.emergency_stop.id, 'Ada')
    assert controller.emergency_stop.engaged
    # The disk may have the release by now: the next stop is confirmed when it has that.
    clock.now += 1.0
    assert not controller.engage_emergency_stop('Ada')
    disk.full = ()
    clock.now += 1.0
    assert controller.engage_emergency_stop('Ada')
    assert EmergencyStop(StopFile(path)).id == controller.emergency_stop.id
