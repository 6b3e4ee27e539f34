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

"""Several processes write into one key folder."""

import contextlib
import json
import os
import subprocess
import sys
import threading

from rtc_bridge.core.errors import REFUSED
from rtc_bridge.system.files.key_store import KeyStore
from support.browsers import PATIENCE
from support.processes import free_port, node, Process


def invite(folder, *options):
    """Return the command that makes a link or takes it back."""
    return [sys.executable, '-m', 'rtc_bridge.cli', 'invite', '--directory', str(folder), *options]


def test_concurrent_writes_lose_nothing(tmp_path):
    """12 processes take links back, while 12 threads note robots."""
    store = KeyStore(tmp_path)
    store.note_robot('bot', 'https://host/bot')
    wanted = {f'id{number}' for number in range(12)}
    processes = [subprocess.Popen(invite(tmp_path, '--force', '--revoke', name))
                 for name in wanted]
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


def test_processes_that_start_at_once_share_one_secret(tmp_path):
    folder = tmp_path / 'keys'
    code = ('import sys; from pathlib import Path;'
            'from rtc_bridge.system.files.key_store import KeyStore;'
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
            'robot_id': name, 'server.port': free_port(), 'access.directory': str(folder),
            'teleop.guard': False})))
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
