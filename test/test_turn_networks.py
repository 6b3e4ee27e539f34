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

"""Robot and viewer in networks that do not let them reach each other, and a real coturn."""

import shutil
import subprocess
import sys

from browsers import Chromium, PATIENCE
from networks import networks, PUBLIC  # noqa: F401
from processes import Process
import pytest

CHROMIUM = shutil.which('chromium') or shutil.which('google-chrome')
SECRET = 'not-used-anywhere-else'
UDP, TCP, TLS = (f'turn:{PUBLIC}:3478?transport=udp', f'turn:{PUBLIC}:3478?transport=tcp',
                 f'turns:{PUBLIC}:5349?transport=tcp')
DEAD = 'turn:198.51.100.2:3478?transport=udp'
KINDS = {UDP: 'udp', TCP: 'tcp', TLS: 'tls'}


class Site:
    """Relay and coturn on the public host; robots and viewers as they are started."""

    def __init__(self, networks, folder):  # noqa: F811
        """Prepare the certificate."""
        self._networks = networks
        self._folder = folder
        self._processes = []
        self._certificate, key = folder / 'turn.pem', folder / 'turn.key'
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
             '-nodes', '-subj', f'/CN={PUBLIC}', '-addext', f'subjectAltName=IP:{PUBLIC}',
             '-days', '2', '-keyout', key, '-out', self._certificate],
            check=True, capture_output=True)
        self.start('public', 'turnserver', '-c', self._config(key))
        self.relay = self.start('public', sys.executable, '-m', 'rtc_bridge.nodes.relay',
                                '--open', '--host', PUBLIC, '--port', '8080',
                                '--limits-heartbeat', '2')
        self.relay.wait_line('listens on', PATIENCE)
        self.url = f'http://{PUBLIC}:8080/robot'

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

    def start(self, place, *command):
        """Start a program somewhere."""
        process = Process([*self._networks.prefix(place), *command], env={
            'RTC_BRIDGE_TURN_SECRET': SECRET, 'SSL_CERT_FILE': str(self._certificate)})
        self._processes.append(process)
        return process

    def robot(self, *urls):
        """Start the robot; wait until it is registered."""
        robot = self.start('robot', sys.executable, 'test/plain_robot.py', self.url, *urls)
        robot.wait_line('state connected', PATIENCE)
        return robot

    def viewer(self, url):
        """Start a viewer and wait for its picture; return the candidates' types."""
        viewer = self.start('viewer', sys.executable, 'test/plain_viewer.py', self.url,
                            KINDS[url])
        return viewer.wait_line(r'picture \d+ (\w+) (\w+)', PATIENCE).groups()

    def close(self):
        """End all."""
        for process in reversed(self._processes):
            process.stop()


@pytest.fixture
def site(networks, tmp_path):  # noqa: F811
    """Run coturn and relay on the public host."""
    if shutil.which('turnserver') is None:
        pytest.skip('coturn is not installed')
    site = Site(networks, tmp_path)
    yield site
    site.close()


@pytest.mark.parametrize('url', KINDS, ids=KINDS.values())
def test_no_route_to_each_other(site, url):
    # A probe of a server that is dead, or has another secret, does not stop the rest.
    robot = site.robot(DEAD, url)
    assert robot.wait_line('probed (.*)')[1] == url
    assert site.viewer(url) in [('relay', 'relay'), ('host', 'relay'), ('relay', 'prflx')]


def test_networks_that_let_no_udp_through(site, networks):  # noqa: F811
    networks.block_udp(True)
    networks.forward('public', True)
    robot = site.robot(UDP, TCP, TLS)
    assert robot.wait_line('probed (.*)')[1] == f'{TCP} {TLS}'
    # Not even one end has UDP, so both have to go by TURN.
    assert site.viewer(TLS) == ('relay', 'relay')


@pytest.mark.skipif(CHROMIUM is None, reason='Chromium is not installed')
def test_symmetric_nat_and_a_browser(site, networks):  # noqa: F811
    # Packets would find their way, if only the ports were those that STUN tells.
    networks.forward('public', True)
    site.robot(f'stun:{PUBLIC}:3478', UDP, TCP)
    browser = Chromium(CHROMIUM, networks.prefix('viewer'))
    try:
        page = browser.show(site.url)
        page.wait_state('live')
        page.wait("window.rtcBridge.stats?.route === 'relay'")
        assert 'relay server' in page.evaluate("document.getElementById('path').textContent")
    finally:
        browser.close()
