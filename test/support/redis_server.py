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

"""A Redis server of the test's own."""

import signal

from support.needs import need_program
from support.processes import free_port, Process


class RedisServer:
    """Debian's ``redis-server`` on a free port, with a password and nothing on disk."""

    PASSWORD = 'password-of-the-relays'

    def __init__(self):
        """Start it, or skip the test."""
        self._program = need_program('redis-server')
        self._port = free_port()
        self.url = f'redis://:{self.PASSWORD}@127.0.0.1:{self._port}/0'
        self.start()

    def start(self):
        """Start it, empty."""
        self._process = Process([
            self._program, '--port', str(self._port), '--bind', '127.0.0.1', '--save', '',
            '--appendonly', 'no', '--requirepass', self.PASSWORD])
        self._process.wait_line('Ready to accept connections')

    def kill(self):
        """Kill it."""
        self._process.send(signal.SIGKILL)
        self._process.wait()

    def stop(self):
        """Stop it with SIGSTOP: connections stay, nothing is answered."""
        self._process.send(signal.SIGSTOP)

    def go_on(self):
        """Let it go on."""
        self._process.send(signal.SIGCONT)

    def close(self):
        """End it."""
        self._process.__exit__()
