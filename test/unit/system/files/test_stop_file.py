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

"""The file of the emergency stop."""

import os

import pytest
from rtc_bridge.core.driving.command_gate import CommandGate
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import ZERO
from rtc_bridge.core.errors import StoreError
from rtc_bridge.core.settings.driving_settings import TeleopSettings
from rtc_bridge.system.files.stop_file import StopFile
from support.failing_disk import FailingDisk


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'emergency_stop.robot.json'


def test_a_stop_is_kept_in_a_private_file(path):
    stop = EmergencyStop(StopFile(path))
    stop.engage('Ada')
    assert stop.store() and os.stat(path).st_mode & 0o777 == 0o600
    again = EmergencyStop(StopFile(path))
    assert (again.id, again.by, again.engaged) == (stop.id, 'Ada', True)
    assert again.release(stop.id, 'Grace') and not EmergencyStop(StopFile(path)).engaged


@pytest.mark.parametrize('text', ['', '{', '\0' * 40])
def test_a_file_that_cannot_be_read_is_a_stop(path, text):
    path.write_text(text)
    assert EmergencyStop(StopFile(path)).engaged


def test_a_folder_in_place_of_the_file_is_a_stop(path):
    path.mkdir()
    stop = EmergencyStop(StopFile(path))
    assert stop.engaged and not stop.store()
    with pytest.raises(StoreError, match='emergency_stop.robot.json'):
        stop.release(stop.id, 'Ada')
    assert stop.engaged


def test_a_host_with_a_new_name_finds_the_file_of_its_old_one(tmp_path):
    old, new = (tmp_path / f'emergency_stop.{name}.json' for name in ('old', 'new'))
    stop = EmergencyStop(StopFile(old))
    assert not EmergencyStop(StopFile(new, renamed=True)).engaged
    stop.engage('Ada')
    stop.store()
    assert not EmergencyStop(StopFile(new)).engaged
    assert EmergencyStop(StopFile(new, renamed=True)).engaged


@pytest.fixture
def disk(path, monkeypatch):
    return FailingDisk(path, monkeypatch)


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
def test_a_full_disk_stops_the_robot_without_confirmation(path, disk, clock, controller, part):
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
def test_a_release_that_the_disk_refuses_releases_nothing(path, disk, clock, controller, part):
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


def test_a_stop_file_that_others_can_change_counts_as_a_stop(tmp_path, clock):
    path = tmp_path / 'emergency_stop.bot.json'
    stop = EmergencyStop(StopFile(path), clock=clock)
    stop.engage('Ada')
    assert stop.store() and stop.release(stop.id, 'Ada')
    assert not EmergencyStop(StopFile(path), clock=clock).engaged
    path.chmod(0o666)
    assert EmergencyStop(StopFile(path), clock=clock).engaged
    path.unlink()
    path.symlink_to(tmp_path / 'elsewhere')
    assert EmergencyStop(StopFile(path), clock=clock).engaged
