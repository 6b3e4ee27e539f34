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

"""A robot and its relays, each a process, of a checkout that is attacked."""

import contextlib
from pathlib import Path
import re
import shutil
import tempfile

from testbed import free_port, node, Process

ROBOT = 'attacked'
START_TIMEOUT_S = 60.0
REDIS_PASSWORD = 'attacks'


class Stack:
    """
    A robot and its relays.

    :param kind: ``relay``, ``relays`` (two that share a Redis) or ``hostile`` (none of ours)
    :param code: the checkout whose programs run
    """

    def __init__(self, kind: str, code: Path) -> None:
        """Start all, and wait until the robot can be reached."""
        self.kind, self.code = kind, code
        self.folder = tempfile.mkdtemp(prefix='rtc_bridge_attacks_')
        self.processes: list[Process] = []
        self.relays: list[Process] = []
        self.port, self.listen = free_port(), free_port()
        urls = {'relay': self._relay, 'relays': self._two_relays,
                'hostile': lambda: [f'http://127.0.0.1:{self.listen}']}[kind]()
        self.url = f'http://127.0.0.1:{self.port}'
        self.relay_url = urls[-1]
        self.guard = self._start('cmd_vel_guard')
        self._start('sim_robot', camera='sim', width=320, height=240)
        secret = Path(self.folder, 'turn')
        secret.write_text('attacks-attacks-attacks-attacks')
        self.bridge = self._start(
            'bridge', robot_id=ROBOT, relay_url=urls[0],
            **{'server.host': '127.0.0.1', 'server.port': self.port,
               'ice.servers': ['turn:127.0.0.1:9?transport=udp'],
               'ice.secret_file': str(secret),
               'access.directory': self.folder, 'access.require_synchronized_clock': False})
        self.fragment = self.bridge.wait_line(r'link to drive.*#(\S+)', START_TIMEOUT_S)[1]
        if kind != 'hostile':
            self.bridge.wait_line('connected to relay', START_TIMEOUT_S)

    def _start(self, module: str, *more: str, **parameters) -> Process:
        process = Process([*node(module, **parameters), *more], cwd=str(self.code), env={
            'PYTHONPATH': str(self.code),
            'FASTRTPS_DEFAULT_PROFILES_FILE': str(self.code / 'config' / 'fastdds_shm.xml')})
        self.processes.append(process)
        return process

    def _relay(self, *more: str) -> list[str]:
        relay = self._start('relay', '--host', '127.0.0.1', '--port', '0', '--open', *more)
        self.relays.append(relay)
        return [relay.wait_line(r'listens on (http://\S+)', START_TIMEOUT_S)[1]]

    def _two_relays(self) -> list[str]:
        port = free_port()
        redis = Process([shutil.which('redis-server') or 'redis-server', '--port', str(port),
                         '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no',
                         '--requirepass', REDIS_PASSWORD])
        self.processes.append(redis)
        redis.wait_line('Ready to accept connections')
        url = f'redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0'
        return self._relay('--redis', url) + self._relay('--redis', url)

    @property
    def measured(self) -> list[Process]:
        """Return the processes whose memory counts."""
        return [self.bridge, *self.relays]

    @property
    def well(self) -> bool:
        """Tell whether all programs run."""
        return all(process.running for process in self.processes)

    def close(self) -> None:
        """End all."""
        for process in self.processes:
            process.send(15)
            process.send(18)
        for process in self.processes:
            with contextlib.suppress(AssertionError):
                process.wait(10)
            process.send(9)
        shutil.rmtree(self.folder, ignore_errors=True)


def memory_mb(pid: int, name: str) -> float:
    """Return a value of a process in /proc/PID/status, in MB; 0 if the process is gone."""
    with contextlib.suppress(OSError, AttributeError):
        text = Path(f'/proc/{pid}/status').read_text()
        return int(re.search(rf'^{name}:\s+(\d+)', text, re.M)[1]) / 1024
    return 0.0


def forget_peak(pid: int) -> float:
    """Return the memory of a process in MB, and let its peak begin anew (proc(5))."""
    with contextlib.suppress(OSError):
        Path(f'/proc/{pid}/clear_refs').write_text('5')
    return memory_mb(pid, 'VmRSS')
