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

"""`rtc-bridge forward` between networks that only a TURN server connects: ssh to the robot."""

import json
import os
import subprocess
import sys

from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from support.needs import need_program
from support.networks import networks  # noqa: F401
from support.patience import PATIENCE
from support.sites import site, UDP  # noqa: F401

PORT = 2222


def start_sshd(site, folder):  # noqa: F811
    """Let the robot's computer take this user's key, on loopback alone."""
    for name in ('host', 'user'):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', folder / name],
                       check=True)
    # Where Debian's sshd gives up its rights.
    os.makedirs('/run/sshd', exist_ok=True)
    config = folder / 'sshd_config'
    config.write_text('\n'.join([
        f'Port {PORT}', 'ListenAddress 127.0.0.1', f'HostKey {folder / "host"}', 'UsePAM no',
        f'AuthorizedKeysFile {folder / "user.pub"}', 'StrictModes no', 'PidFile none',
        'PermitRootLogin yes', '']))
    sshd = site.start('robot', need_program('sshd'), '-D', '-e', '-f', str(config))
    sshd.wait_line('Server listening', PATIENCE)


def test_ssh_by_turn(site, tmp_path):  # noqa: F811
    start_sshd(site, tmp_path)
    keys = tmp_path / 'keys'
    keys.mkdir(mode=0o700)
    secret = KeyStore(keys).secret
    site.robot(UDP, KEYS=str(keys), SERVICES=json.dumps({'ssh': f'tcp://127.0.0.1:{PORT}'}))
    link = tmp_path / 'link'
    link.write_text(f'{site.url}#' + invite_text(
        secret, Invite('robot', 'ada', 'supervise', 'Ada', 0, 9_999_999_999)))
    proxy = f'{sys.executable} -m rtc_bridge.nodes.forward @{link} ssh -'
    result = subprocess.run(
        [*site.prefix('viewer'), need_program('ssh'), '-F', 'none', '-i', tmp_path / 'user',
         '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o',
         f'UserKnownHostsFile={os.devnull}', '-o', f'ProxyCommand={proxy}', 'root@robot',
         'echo $((6 * 7)); cat'],
        input=b'x' * 200_000, capture_output=True, timeout=2 * PATIENCE)
    assert (result.returncode, result.stdout) == (0, b'42\n' + b'x' * 200_000), result.stderr
