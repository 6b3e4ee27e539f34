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

"""The robot's own server over TLS: with a certificate that it makes, or with files."""

from datetime import datetime, timedelta, timezone
import hashlib
import ipaddress
import socket
import ssl
import stat

from cryptography import x509
import pytest
from rtc_bridge.bridge.certificate import fingerprint, keep
from rtc_bridge.bridge.own_server import Certificate
from rtc_bridge.core.errors import ParameterError, REFUSED, StoreError
from rtc_bridge.core.settings.robot_settings import ServerSettings
from rtc_bridge.signaling.network_changes import reachable
from support.browsers import PATIENCE, until
from support.processes import free_port, node
from support.stack import ColourCamera, Robot, start

NOW = 1_800_000_000.0
DAY = 86400.0


def read(file):
    return x509.load_pem_x509_certificate(file.read_bytes())


def names(file):
    found = read(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName), [
        str(address) for address in found.get_values_for_type(x509.IPAddress)]


def test_a_certificate_of_its_own(tmp_path):
    file = tmp_path / 'server.pem'
    assert keep(file, ['192.0.2.7', '2001:db8::7'], lambda: NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    dns, addresses = names(file)
    assert {socket.gethostname(), 'localhost'} <= set(dns)
    assert addresses == ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7']
    certificate = read(file)
    now = datetime.fromtimestamp(NOW, timezone.utc)
    assert certificate.not_valid_before_utc < now
    # What browsers and Apple's systems take at most.
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(398)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(
        '-----BEGIN CERT' + file.read_text().split('-----BEGIN CERT')[1])).hexdigest()
    assert fingerprint(file).replace(':', '').lower() == digest


def test_it_stays_until_a_month_before_its_end(tmp_path):
    file = tmp_path / 'server.pem'
    keep(file, ['192.0.2.7'], lambda: NOW)
    first = fingerprint(file)
    assert not keep(file, ['192.0.2.7'], lambda: NOW + 366 * DAY)
    assert fingerprint(file) == first
    assert keep(file, ['192.0.2.7'], lambda: NOW + 368 * DAY)
    assert fingerprint(file) != first
    assert read(file).not_valid_after_utc.timestamp() > NOW + 700 * DAY
    # A clock that was set back to before it.
    assert keep(file, ['192.0.2.7'], lambda: NOW)


def test_it_follows_the_addresses(tmp_path):
    file = tmp_path / 'server.pem'
    keep(file, ['192.0.2.7'], lambda: NOW)
    # Those of IPv6 come and go by themselves.
    assert not keep(file, ['192.0.2.7', '2001:db8::8'], lambda: NOW)
    assert keep(file, ['198.51.100.8'], lambda: NOW)
    assert {'192.0.2.7', '198.51.100.8'} <= set(names(file)[1])
    # Back in the network before: the one that viewers know still holds.
    assert not keep(file, ['192.0.2.7'], lambda: NOW)
    for number in range(70):
        keep(file, [f'10.0.0.{number}'], lambda: NOW)
    assert len(sum(names(file), [])) == 64 and '10.0.0.69' in names(file)[1]


def test_files_that_cannot_be_used_are_named(tmp_path):
    file = tmp_path / 'server.pem'
    keep(file, [], lambda: NOW)
    file.chmod(0o644)
    with pytest.raises(StoreError, match='chmod 600'):
        keep(file, [], lambda: NOW)
    file.write_text('nothing')
    file.chmod(0o600)
    with pytest.raises(StoreError, match='server.pem holds no certificate'):
        keep(file, [], lambda: NOW)
    assert file.read_text() == 'nothing'
    with pytest.raises(StoreError, match='nowhere'):
        keep(tmp_path / 'nowhere' / 'server.pem', [], lambda: NOW)


def test_names_that_are_addresses_are_addresses(tmp_path, monkeypatch):
    monkeypatch.setattr('socket.gethostname', lambda: 'bot.example.org')
    keep(tmp_path / 'x', [], lambda: NOW)
    dns, addresses = names(tmp_path / 'x')
    assert dns == ['bot.example.org', 'localhost'] and list(map(ipaddress.ip_address, addresses))


@pytest.mark.parametrize('changes, fault', [
    ({'tls': 'files'}, "server.certificate is ''"),
    ({'tls': 'self', 'certificate': 'x.pem'}, "server.certificate is 'x.pem'"),
    ({'tls': 'self', 'key': 'x.key'}, "server.key is 'x.key'"),
    ({'tls': 'files', 'certificate': '/dev/null'}, '/dev/null'),
    ({'tls': 'files', 'certificate': '/nowhere/x.pem'}, '/nowhere/x.pem'),
])
def test_parameters_that_do_not_fit_are_named(tmp_path, changes, fault):
    with pytest.raises(ParameterError, match='parameter server') as refused:
        Certificate(ServerSettings(**changes), tmp_path)
    assert fault in str(refused.value)


def test_a_renewed_file_is_taken_a_broken_one_is_not(tmp_path):
    file = tmp_path / 'site.pem'
    keep(file, [])
    given = Certificate(ServerSettings(tls='files', certificate=str(file)), tmp_path)
    context, first = given.context, given.fingerprint
    assert not given.refresh()
    file.write_text('half a ')
    with pytest.raises(ssl.SSLError):
        given.refresh()
    file.unlink()
    keep(file, [])
    assert given.refresh() and given.context is context and given.fingerprint != first
    assert not given.refresh()


def test_a_broken_certificate_stops_the_start(tmp_path):
    (tmp_path / 'x.pem').write_text('nothing')
    with start(node('bridge', **{
            'server.tls': 'files', 'server.certificate': str(tmp_path / 'x.pem'),
            'server.port': free_port()})) as process:
        assert process.wait(PATIENCE) == REFUSED
    (line,) = process.lines
    assert line.startswith('bridge: parameter server.certificate') and 'x.pem' in line


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot with a certificate of its own, at an address that is not loopback."""
    host = reachable('0.0.0.0')
    if host == '127.0.0.1':
        pytest.skip('this host has no address')
    robot = Robot(relay=False, host=host, **{
        'server.tls': 'self', 'access.anonymous': 'none',
        'access.directory': str(tmp_path_factory.mktemp('keys')),
        'access.require_synchronized_clock': False})
    camera = ColourCamera(robot.probe, 'front/image_raw', (255, 0, 0))
    yield robot
    camera.close()
    robot.close()


def test_the_fingerprint_on_the_console_is_the_server_s(robot):
    shown = robot.bridge.wait_line('fingerprint: ([0-9A-F:]{95})$')[1]
    served = ssl.get_server_certificate((robot.own_url.split('/')[2].split(':')[0], robot.port))
    der = ssl.PEM_cert_to_DER_cert(served)
    assert shown.replace(':', '').lower() == hashlib.sha256(der).hexdigest()


def test_gamepads_are_there_through_https(robot, chromium):
    link = robot.bridge.wait_line(r'link to drive.*: (https://\S+)', PATIENCE)[1]
    page = chromium.page(ignore_https_errors=True)
    page.load(link)
    page.wait_state('live')
    assert page.evaluate('location.protocol + isSecureContext') == 'https:true'
    assert page.evaluate('"getGamepads" in navigator && "mediaDevices" in navigator')
    assert page.evaluate('rtcBridge.hello.role') == 'drive'
    assert page.errors == []
    page.close()


def test_and_are_not_through_http(chromium):
    """Or there would be no need for all this."""
    robot = Robot(relay=False, host=reachable('0.0.0.0'), guard=None)
    try:
        page = chromium.show(robot.url)
        until(lambda: page.evaluate('!!rtcBridge.hello'), 'hello')
        assert page.evaluate('isSecureContext || "mediaDevices" in navigator') is False
        page.close()
    finally:
        robot.close()
