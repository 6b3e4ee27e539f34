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

"""Whose files the robot's secrets are, and what several processes write into one of them."""

import contextlib
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import pytest
from rtc_bridge.bridge.self_signed_certificate import ensure_certificate
from rtc_bridge.core.driving.emergency_stop import EmergencyStop
from rtc_bridge.core.errors import REFUSED, StoreError
from rtc_bridge.signaling.relay_url import read_token
from rtc_bridge.system import private_files
from rtc_bridge.system.atomic_file import remove_leftovers, write_durably
from rtc_bridge.system.file_lock import locked
from rtc_bridge.system.key_store import KeyStore
from rtc_bridge.system.private_files import check_folder, read_private, warn_if_exposed
from rtc_bridge.system.secret_files import read_words
from rtc_bridge.system.stop_file import StopFile
from support.browsers import PATIENCE, until
from support.processes import free_port, node, Process

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


# Several processes


def test_nothing_is_lost_that_processes_write_at_once(tmp_path):
    """12 processes take links back, while 12 threads note robots."""
    store = KeyStore(tmp_path)
    store.note_robot('bot', 'https://host/bot')
    wanted = {f'id{number}' for number in range(12)}
    processes = [subprocess.Popen(invite(tmp_path, '--revoke', name)) for name in wanted]
    names = {f'bot{number}' for number in range(12)}
    threads = [threading.Thread(target=KeyStore(tmp_path).note_robot, args=(name, 'page'))
               for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(PATIENCE) for process in processes] == [0] * 12
    assert {entry['id'] for entry in json.loads((tmp_path / 'revoked.json').read_text())} == wanted
    assert set(store.robots()) == names | {'bot'}
    assert sorted(os.listdir(tmp_path)) == ['lock', 'revoked.json', 'robots.json', 'secret']


def test_processes_that_start_at_once_have_one_secret(tmp_path):
    folder = tmp_path / 'keys'
    code = ('import sys; from pathlib import Path;'
            'from rtc_bridge.system.key_store import KeyStore;'
            'print(KeyStore(Path(sys.argv[1])).secret.hex())')
    processes = [subprocess.Popen([sys.executable, '-c', code, str(folder)],
                                  stdout=subprocess.PIPE, text=True) for _ in range(8)]
    secrets = {process.communicate(timeout=PATIENCE)[0] for process in processes}
    assert secrets == {KeyStore(folder).secret.hex() + '\n'}
    assert sorted(os.listdir(folder)) == ['lock', 'secret']


def test_two_bridges_that_start_at_once_share_a_folder(tmp_path):
    folder = tmp_path / 'keys'
    with contextlib.ExitStack() as stack:
        bridges = [stack.enter_context(Process(node('bridge', **{
            'robot_id': name, 'server.port': free_port(), 'access.directory': str(folder)})))
            for name in ('one', 'two')]
        links = [bridge.wait_line(r'link to drive.*: (http\S+)#v1', PATIENCE)[1]
                 for bridge in bridges]
        assert KeyStore(folder).robots() == {'one': links[0], 'two': links[1]}
        # What others could change stops the start, not a robot that runs.
        folder.chmod(0o777)
        with Process(node('bridge', **{
                'robot_id': 'three', 'server.port': 0, 'access.directory': str(folder)})) as late:
            assert late.wait(PATIENCE) == REFUSED
            assert f'may be written by others (mode 777): chmod go-w {folder}' in late.text
        assert all(bridge.stop() == 0 for bridge in bridges)


def test_a_lock_that_another_process_holds_is_an_error_after_a_while(tmp_path):
    lock = tmp_path / 'lock'
    code = ('import sys, time; from pathlib import Path;'
            'from rtc_bridge.system.file_lock import locked\n'
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


def test_a_lock_keeps_threads_apart_and_is_not_followed(tmp_path):
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


# Temporary files


def test_what_a_killed_process_left_is_removed_and_blocks_nothing(tmp_path):
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


def test_a_writer_at_work_is_left_alone(tmp_path):
    """Another process is stopped in the middle of its own write."""
    path = tmp_path / 'state.json'
    code = ('import os, sys, time; from pathlib import Path;'
            'from rtc_bridge.system.atomic_file import write_durably\n'
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


def test_writers_that_are_killed_at_any_time_harm_nobody(tmp_path):
    path = tmp_path / 'state.json'
    code = ('import sys; from pathlib import Path; from rtc_bridge.system.atomic_file import '
            'write_durably\nprint("x", flush=True)\n'
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


# Whose they are


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


def test_a_stop_that_others_can_lift_counts_as_one(tmp_path, clock):
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


def test_a_certificate_s_key_is_the_owner_s(tmp_path):
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
    assert read_words(str(file), '')
    assert len(caplog.records) == 2
    warn_if_exposed(Path('/none'), 'x')


def test_what_is_private_is_read(tmp_path):
    (tmp_path / 'file').write_bytes(b'\xff')
    assert read_private(tmp_path / 'file') == b'\xff'
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / 'none')
    with pytest.raises(StoreError, match='no ordinary file'):
        read_private(tmp_path)


def test_a_folder_has_one_id_for_all_processes_and_no_other_folder_has_it(tmp_path):
    one, other = tmp_path / 'one', tmp_path / 'other'
    assert KeyStore(one).folder_id == KeyStore(one).folder_id != KeyStore(other).folder_id
