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

"""Relay, coturn, robots and viewers in networks that do not let them reach each other."""

import subprocess
import sys

import pytest
from support.browsers import PATIENCE, until
from support.chromium import Chromium
from support.needs import need_program
from support.networks import networks, PUBLIC  # noqa: F401
from support.processes import Process

SECRET = 'not-used-anywhere-else'
UDP, TCP, TLS = (f'turn:{PUBLIC}:3478?transport=udp', f'turn:{PUBLIC}:3478?transport=tcp',
                 f'turns:{PUBLIC}:5349?transport=tcp')
LISTENING = {('udp', f'{PUBLIC}:3478'), ('tcp', f'{PUBLIC}:3478'), ('tcp', f'{PUBLIC}:5349')}
KINDS = {UDP: 'udp', TCP: 'tcp', TLS: 'tls'}


class Site:
    """
    Relay and coturn on the public host; robots and viewers as they are started.

    :param heartbeat: of the relay, in seconds
    """

    def __init__(self, networks, folder, heartbeat=2.0):  # noqa: F811
        """Prepare the certificate, start both."""
        self._heartbeat = heartbeat
        self._networks = networks
        self._folder = folder
        self._processes = []
        self._certificate, key = folder / 'turn.pem', folder / 'turn.key'
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
             '-nodes', '-subj', f'/CN={PUBLIC}', '-addext', f'subjectAltName=IP:{PUBLIC}',
             '-days', '2', '-keyout', key, '-out', self._certificate],
            check=True, capture_output=True)
        turn = self.start('public', 'turnserver', '-c', self._config(key))
        try:
            until(lambda: self._listening() >= LISTENING, lambda: (self._listening(), turn.text))
            self.url = f'http://{PUBLIC}:8080/robot'
            self.start_relay()
        except BaseException:
            self.close()
            raise

    def _listening(self):
        """Return the protocols, addresses and ports at which the public host listens."""
        lines = subprocess.run([*self.prefix('public'), 'ss', '-Hlntu'], check=True,
                               capture_output=True, text=True).stdout.splitlines()
        return {(words[0], words[4]) for words in map(str.split, lines)}

    def _config(self, key):
        file = self._folder / 'turnserver.conf'
        file.write_text('\n'.join([
            f'listening-ip={PUBLIC}', f'relay-ip={PUBLIC}', 'realm=test', 'fingerprint',
            'no-stdout-log', 'use-auth-secret', f'static-auth-secret={SECRET}', 'no-cli',
            'no-dtls', f'cert={self._certificate}', f'pkey={key}',
            f'userdb={self._folder / "turndb"}', f'pidfile={self._folder / "pid"}',
            f'log-file={self._folder / "log"}', 'simple-log', 'proc-user=root',
            'proc-group=root', '']))
        return str(file)

    def start(self, place, *command, secret=SECRET, **environment):
        """Start a program somewhere."""
        process = Process([*self._networks.prefix(place), *command], env={
            'RTC_BRIDGE_TURN_SECRET': secret, 'SSL_CERT_FILE': str(self._certificate),
            **environment})
        self._processes.append(process)
        return process

    def start_relay(self):
        """Start the relay, maybe again."""
        self.relay = self.start('public', sys.executable, '-m', 'rtc_bridge.nodes.relay',
                                '--open', '--host', PUBLIC, '--port', '8080',
                                '--limits-heartbeat', str(self._heartbeat))
        self.relay.wait_line('listens on', PATIENCE)

    def prefix(self, place):
        """Return what a command is to be started with somewhere."""
        return self._networks.prefix(place)

    def robot(self, *urls, secret=SECRET, **environment):
        """Start the robot; wait until it is registered."""
        robot = self.start('robot', sys.executable, 'test/support/plain_robot.py', self.url, *urls,
                           secret=secret, **environment)
        robot.wait_line('state connected', PATIENCE)
        return robot

    def viewer(self, url):
        """Start a viewer and wait for its picture; return the candidates' types."""
        viewer = self.start('viewer', sys.executable, 'test/support/plain_viewer.py', self.url,
                            KINDS[url])
        return viewer.wait_line(r'picture \d+ (\w+) (\w+)', PATIENCE).groups()

    def browser(self, path):
        """Start a Chromium where viewers are."""
        return Chromium(path, self._networks.prefix('viewer'))

    def close(self):
        """End all."""
        for process in reversed(self._processes):
            process.stop()


@pytest.fixture
def site(networks, tmp_path):  # noqa: F811
    """Run coturn and relay on the public host."""
    need_program('turnserver')
    site = Site(networks, tmp_path)
    yield site
    site.close()
