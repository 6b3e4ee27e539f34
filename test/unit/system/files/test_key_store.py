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
"""What a robot remembers for its invites, in files."""

import json
import os
import stat
import time

import pytest
from rtc_bridge.core.access.invite import Invite
from rtc_bridge.core.errors import StoreError
from rtc_bridge.system.files.key_store import default_directory, KeyStore

HOUR, YEARS = 3600, 10 ** 9


class Clocked:
    """A folder that programs use, each with its own wrong clock."""

    def __init__(self, folder):
        self.folder, self.now = folder, time.time()

    def store(self, off=0):
        return KeyStore(self.folder, lambda: self.now + off)

    def issue(self, off=0, name='Ada'):
        return self.store(off).issue('bot', 'drive', name, YEARS)

    def ended(self, invite, off=0):
        return self.store(off).is_revoked(invite)


@pytest.fixture
def clocked(tmp_path):
    return Clocked(tmp_path / 'keys')


OFFSETS = [-YEARS, -HOUR, 0, HOUR, YEARS]


@pytest.mark.parametrize('used', OFFSETS)
@pytest.mark.parametrize('revoked', OFFSETS)
@pytest.mark.parametrize('made', OFFSETS)
def test_revoking_a_name_covers_earlier_invites_at_any_clock(clocked, made, revoked, used):
    """Wherever the clock stood when a link was made, taken back, made anew, and used."""
    old, other = clocked.issue(made), clocked.issue(made, 'Bob')
    clocked.store(revoked).revoke_name('Ada')
    assert clocked.ended(old, used) and not clocked.ended(other, used)
    fresh = [clocked.issue(off) for off in OFFSETS]
    assert not any(clocked.ended(new, used) for new in fresh)
    assert clocked.ended(old, used)
    # Those end with the next revocation, with which nothing of the first one is lost.
    clocked.store(-HOUR).revoke_name('Bob')
    assert not any(clocked.ended(new, used) for new in fresh) and clocked.ended(other, used)
    clocked.store(revoked).revoke_name('Ada')
    assert all(clocked.ended(new, used) for new in (old, *fresh))


@pytest.mark.parametrize('ahead', [1, HOUR, YEARS])
def test_revoking_a_name_covers_invites_issued_elsewhere_with_a_clock_ahead(clocked, ahead):
    """As by a copy of the secret; a name's revocation is for links from there, too."""
    now = int(clocked.now)
    made = Invite('bot', 'x', 'drive', 'Ada', now + ahead, now + YEARS)
    clocked.store().revoke_name('Ada')
    assert clocked.ended(made)
    # And one that was made afterwards by a right clock holds.
    assert not clocked.ended(Invite('bot', 'y', 'drive', 'Ada', now + 5, now + HOUR), off=10)


@pytest.mark.parametrize('back', [HOUR, YEARS])
def test_a_clock_that_was_set_back_revokes_invites_issued_elsewhere(clocked, back):
    now = int(clocked.now)
    clocked.store()
    made = Invite('bot', 'x', 'drive', 'Ada', now, now + YEARS)
    clocked.store(-back).revoke_name('Ada')
    assert all(clocked.ended(made, off) for off in (-back, 0, back))
    assert not clocked.ended(clocked.issue(), off=0)


def test_exempt_invites_are_forgotten_once_they_have_expired(clocked):
    store = clocked.store()
    store.revoke_name('Ada')
    short = store.issue('bot', 'view', 'Ada', 60)
    # The robot has seen a later time, and keeps it: that link is over for good.
    (clocked.folder / 'time').write_text(f'{clocked.now + HOUR:.0f}')
    late = clocked.issue(HOUR)
    (entry,) = json.loads((clocked.folder / 'revoked.json').read_text())
    assert list(entry['since']) == [late.invite_id] != [short.invite_id]


def test_invites_are_issued_by_the_latest_time_seen(clocked, caplog):
    clocked.store()
    (clocked.folder / 'time').write_text(f'{clocked.now + 3 * 86400:.0f}')
    invite = clocked.store().issue('bot', 'view', '', 60)
    assert invite.iat >= clocked.now + 3 * 86400 - 1 and invite.exp == invite.iat + 60
    assert 'is 3 days ahead of the clock' in caplog.text


@pytest.mark.parametrize('entry', [
    '{}', '{"id": "x", "at": "now"}', '{"name": "x", "at": 1, "since": []}',
    '{"name": "x", "at": 1, "since": {"a": "b"}}', '[]', '1'])
def test_malformed_revocations_are_an_error(clocked, entry):
    clocked.store()
    (clocked.folder / 'revoked.json').write_text(f'[{entry}]')
    with pytest.raises(StoreError, match='revoked.json cannot be read'):
        clocked.store()


def test_the_secret_is_made_once_for_the_owner_only(tmp_path):
    store = KeyStore(tmp_path / 'a' / 'b')
    file = store.directory / 'secret'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KeyStore(store.directory).secret == store.secret
    assert KeyStore(tmp_path / 'c').secret != store.secret
    assert sorted(os.listdir(store.directory)) == ['lock', 'secret']


def test_files_that_cannot_be_used_are_named(tmp_path):
    store = KeyStore(tmp_path)
    secret = tmp_path / 'secret'
    secret.chmod(0o640)
    with pytest.raises(StoreError, match='chmod 600'):
        KeyStore(tmp_path)
    secret.chmod(0o600)
    secret.write_text('abc')
    with pytest.raises(StoreError, match='holds no secret'):
        KeyStore(tmp_path)
    secret.unlink()
    (tmp_path / 'revoked.json').write_text('[{"id": "x"}]')
    with pytest.raises(StoreError, match='revoked.json'):
        KeyStore(tmp_path)
    (tmp_path / 'occupied').write_text('')
    with pytest.raises(StoreError, match='occupied'):
        KeyStore(tmp_path / 'occupied')
    # While running, what is known remains.
    assert not store.is_revoked(Invite('bot', 'x', 'view', '', 0, 1))


def test_the_default_folder_is_below_ros_home(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    assert default_directory() == tmp_path / 'rtc_bridge'
    monkeypatch.delenv('ROS_HOME')
    monkeypatch.setenv('HOME', '/home/somebody')
    assert str(default_directory()) == '/home/somebody/.ros/rtc_bridge'


def test_each_folder_has_an_id_of_its_own(tmp_path):
    one, other = tmp_path / 'one', tmp_path / 'other'
    assert KeyStore(one).folder_id == KeyStore(one).folder_id != KeyStore(other).folder_id
