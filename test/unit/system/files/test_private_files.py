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

"""Owners and permissions of the files with the robot's secrets."""

import os
from pathlib import Path
import subprocess
import sys

import pytest
from rtc_bridge.bridge.network.self_signed_certificate import ensure_certificate
from rtc_bridge.core.errors import REFUSED, StoreError
from rtc_bridge.signaling.relay_url import read_token
from rtc_bridge.system.files import private_files
from rtc_bridge.system.files.atomic_file import write_durably
from rtc_bridge.system.files.key_store import KeyStore
from rtc_bridge.system.files.private_files import check_folder, read_private, warn_if_exposed
from rtc_bridge.system.files.secret_files import read_words
from support.browsers import PATIENCE

OTHER = 12345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason='only root can give files away')


def invite(folder, *options):
    """Return the command that makes a link or takes it back."""
    return [sys.executable, '-m', 'rtc_bridge.cli', 'invite', '--directory', str(folder), *options]


def refused(folder, *options):
    """Run the command; return why it was refused."""
    done = subprocess.run(invite(folder, *options), capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == REFUSED and 'Traceback' not in done.stderr, done.stderr
    return done.stderr


@pytest.mark.parametrize('mode', [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_is_refused(tmp_path, mode):
    folder = tmp_path / 'the keys'
    KeyStore(folder)
    folder.chmod(mode)
    with pytest.raises(StoreError) as fault:
        KeyStore(folder)
    assert f'{folder} may be written by others (mode {mode & 0o777:o}): ' in str(fault.value)
    command = str(fault.value).partition('): ')[2]
    assert command == f"chmod go-w '{folder}'"
    assert command in refused(folder, '--revoke', 'x')
    # The command mends it.
    subprocess.run(['sh', '-c', command], check=True)
    KeyStore(folder)


def test_a_folder_above_it_that_others_may_write_is_refused(tmp_path):
    folder = tmp_path / 'open' / 'ros' / 'keys'
    KeyStore(folder)
    above = tmp_path / 'open'
    above.chmod(0o777)
    with pytest.raises(StoreError, match=f'{above} may be written by others .*chmod go-w {above}'):
        KeyStore(folder)
    # As in /tmp: there nobody can move what is another's.
    above.chmod(0o1777)
    KeyStore(folder)
    # A link does not hide the way.
    above.chmod(0o777)
    (tmp_path / 'link').symlink_to(folder)
    with pytest.raises(StoreError, match='may be written by others'):
        KeyStore(tmp_path / 'link')
    (above / 'back').symlink_to(tmp_path / 'good')
    KeyStore(tmp_path / 'good')
    with pytest.raises(StoreError, match='may be written by others'):
        KeyStore(above / 'back')


def test_a_group_of_one_s_own_may_write_above_it(tmp_path, monkeypatch):
    """Ubuntu's umask for users is 002, and ~/.ros is made with it."""
    folder = tmp_path / 'ros' / 'keys'
    KeyStore(folder)
    folder.parent.chmod(0o775)
    for alone in (True, False):
        monkeypatch.setattr(private_files, '_is_private_group', lambda *_, alone=alone: alone)
        if alone:
            check_folder(folder)
        else:
            with pytest.raises(StoreError, match='chmod go-w'):
                check_folder(folder)


def test_folders_are_made_for_the_owner_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        KeyStore(tmp_path / 'a' / 'b' / 'keys')
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (
        tmp_path / 'a', tmp_path / 'a' / 'b', tmp_path / 'a' / 'b' / 'keys')] == [
            0o755, 0o755, 0o700]
    KeyStore(tmp_path / 'a' / 'b' / 'keys')


@as_root
def test_a_folder_or_secret_of_others_is_refused(tmp_path):
    for what in ('keys', 'keys/secret', 'keys/revoked.json', '.'):
        folder = tmp_path / 'keys'
        KeyStore(folder).revoke_id('x')
        path = (tmp_path / what).resolve()
        os.chown(path, OTHER, -1)
        with pytest.raises(StoreError) as fault:
            KeyStore(folder)
        assert f'{path} belongs to {OTHER}, ' in str(fault.value)
        assert f'run it as {OTHER}, or: chown root {path}' in str(fault.value)
        os.chown(path, 0, -1)


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o620, 0o602])
def test_a_secret_that_others_may_read_or_write_is_refused(tmp_path, mode):
    KeyStore(tmp_path)
    (tmp_path / 'secret').chmod(mode)
    with pytest.raises(StoreError, match=f'read by others .*: chmod 600 {tmp_path}/secret'):
        KeyStore(tmp_path)


@pytest.mark.parametrize('name', ['secret', 'revoked.json', 'time', 'robots.json', 'issued'])
def test_no_file_is_followed_elsewhere_or_waited_for(tmp_path, name):
    store = KeyStore(tmp_path / 'keys')
    store.revoke_id('x')
    store.note_robot('bot', 'page')
    store.issue('bot', 'view', '', 60)
    write_durably(store.directory / 'time', '1\n')
    file = store.directory / name

    def use():
        KeyStore(store.directory).issue('bot', 'view', '', 60)
        store.robots()

    use()
    file.rename(tmp_path / 'elsewhere')
    file.symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(StoreError, match=f'{file} is a symbolic link') as fault:
        use()
    subprocess.run(['sh', '-c', str(fault.value).partition('followed: ')[2]], check=True)
    use()
    file.unlink()
    os.mkfifo(file, 0o600)
    with pytest.raises(StoreError, match=f'{file} is no ordinary file'):
        use()
    file.unlink()
    file.write_text('[]')
    file.chmod(0o666)
    with pytest.raises(StoreError, match=f'{file} may be .* by others'):
        use()


def test_a_dangling_link_is_not_written_through(tmp_path):
    keys = tmp_path / 'keys'
    keys.mkdir(mode=0o700)
    (keys / 'secret').symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(StoreError, match='symbolic link'):
        KeyStore(keys)
    assert not (tmp_path / 'elsewhere').exists()


def test_the_key_of_a_certificate_is_private(tmp_path):
    file = tmp_path / 'server.pem'
    assert ensure_certificate(file, [])
    assert not ensure_certificate(file, [])
    file.chmod(0o644)
    with pytest.raises(StoreError, match='chmod 600'):
        ensure_certificate(file, [])
    file.chmod(0o600)
    file.rename(tmp_path / 'elsewhere')
    file.symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(StoreError, match='symbolic link'):
        ensure_certificate(file, [])


def test_a_token_that_everybody_may_read_is_used_with_a_warning(tmp_path, caplog):
    file = tmp_path / 'token'
    file.write_text('a-token-of-some-length')
    for mode, words in ((0o600, None), (0o440, None), (0o644, 'may be read by other users'),
                        (0o660, 'may be changed by other users')):
        caplog.clear()
        file.chmod(mode)
        private_files._warned.clear()
        for _ in range(2):
            assert read_token(str(file)) == 'a-token-of-some-length'
        texts = [record.getMessage() for record in caplog.records]
        assert len(texts) == (words is not None)
        for text in texts:
            assert words in text and f'chmod go-rwx {file}' in text
            assert 'relay_token_file' in text and 'a-token' not in text
    file.write_text('*:a-token-of-some-length')
    private_files._warned.clear()
    assert read_words(str(file), '')[0]
    assert len(caplog.records) == 2
    warn_if_exposed(Path('/none'), 'x')


def test_a_private_file_is_read(tmp_path):
    (tmp_path / 'file').write_bytes(b'\xff')
    assert read_private(tmp_path / 'file') == b'\xff'
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / 'none')
    with pytest.raises(StoreError, match='no ordinary file'):
        read_private(tmp_path)
