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

"""Broken set-ups, each of which has to be named with its cause; those of the graph are apart."""

import asyncio
import datetime
import os
import socket
import stat
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.errors import DependencyError, ParameterError
from rtc_bridge.core.settings.robot_settings import IceSettings, RobotSettings, ServerSettings
from rtc_bridge.doctor import libraries
from rtc_bridge.doctor.certificate import check_certificate, check_server_certificate
from rtc_bridge.doctor.encoders import check_encoders, encoder_checks
from rtc_bridge.doctor.host import (
    check_clock, check_key_folder, check_port, check_rights, check_shared_memory,
)
from rtc_bridge.doctor.ice_servers import check_ice_servers
from rtc_bridge.doctor.parameters import read_parameters, start_ros
from rtc_bridge.doctor.relay import check_relay
from rtc_bridge.doctor.relay_host import check_relay_host
from rtc_bridge.system.files.key_store import KeyStore
from support.processes import free_port
from support.relay_server import relay

OWN, OTHER = 'own-token-of-r1-123', 'own-token-of-r2-123'


def write_certificate(folder, name, days, hosts=('robot.lan',)):
    """Write NAME.pem and NAME.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)
        .sign(key, hashes.SHA256()))
    file, key_file = folder / f'{name}.pem', folder / f'{name}.key'
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return file, key_file


def test_certificates(tmp_path):
    good, key = write_certificate(tmp_path, 'good', 100)
    old, old_key = write_certificate(tmp_path, 'old', -3)
    (tmp_path / 'text').write_text('no certificate')
    for file, key_file, host, state, words in (
            (good, key, 'robot.lan', 'ok', 'days left'),
            (good, key, 'other.lan', 'fail', 'it is for robot.lan, and links lead to other.lan'),
            (old, old_key, '', 'fail', 'it expired 3 days ago'),
            (good, old_key, '', 'fail', f'the key in {old_key} belongs to another certificate'),
            (good, good, '', 'fail', 'cannot be used'),
            (tmp_path / 'text', key, '', 'fail', 'holds no certificate'),
            (tmp_path / 'none', key, '', 'fail', 'none cannot be read: No such file')):
        check = check_certificate(file, key_file, host)
        assert (check.state, words in check.text) == (state, True), check
    settings = ServerSettings(tls='files', certificate=str(old), key=str(old_key))
    assert check_server_certificate(settings, tmp_path, '')[0].state == 'fail'
    for tls, state in (('off', 'skipped'), ('self', 'ok'), ('files', 'fail')):
        assert check_server_certificate(ServerSettings(tls=tls), tmp_path, '')[0].state == state


def test_key_folders(tmp_path):
    folder = tmp_path / 'keys'
    assert check_key_folder(folder).state == 'ok' and not folder.exists()
    KeyStore(folder)
    assert check_key_folder(folder).state == 'ok'
    (folder / 'secret').chmod(0o644)
    check = check_key_folder(folder)
    assert check.state == 'fail' and 'may be read by others' in check.text
    assert check.remedy.startswith('chmod 600 ')
    (folder / 'secret').chmod(0o600)
    folder.chmod(0o777)
    assert check_key_folder(folder).remedy.startswith('chmod go-w ')
    folder.chmod(0o700)
    (folder / 'file').write_text('')
    assert 'is no folder' in check_key_folder(folder / 'file').text


def test_a_time_that_is_ahead_of_the_clock(tmp_path):
    (tmp_path / 'time').write_text('9' * 11)
    check = check_clock(tmp_path, True)
    assert check.state == 'fail' and 'days behind' in check.text


def test_a_port_that_is_taken():
    port = free_port()
    assert check_port('127.0.0.1', port).state == 'ok'
    assert check_port('127.0.0.1', 0).state == 'skipped'
    with socket.create_server(('127.0.0.1', port)):
        check = check_port('127.0.0.1', port)
    assert check.state == 'fail' and 'in use' in check.text and 'server.port' in check.remedy
    assert check_port('192.0.2.1', port).state == 'fail'


@pytest.mark.asyncio
async def test_a_port_that_a_relay_has_is_not_free_for_a_bridge():
    async with relay() as r:
        port = int(r.url.rpartition(':')[2])
        check = await asyncio.to_thread(check_port, '127.0.0.1', port, 'port', 'relay')
        assert check.state == 'ok' and 'rtc_bridge' in check.text
        check = await asyncio.to_thread(check_port, '127.0.0.1', port)
    assert check.state == 'fail' and 'by a relay of rtc_bridge' in check.text


def test_shared_memory_and_rights(tmp_path):
    assert check_shared_memory(tmp_path / 'none').state == 'fail'
    assert check_shared_memory(tmp_path).state in ('ok', 'warn')
    assert [check.name for check in check_rights()] == ['real time', 'priority']


@pytest.mark.asyncio
async def test_relays(tmp_path, monkeypatch):
    monkeypatch.delenv('RTC_BRIDGE_RELAY_TOKEN', raising=False)
    token = tmp_path / 'token'
    async with relay(robots=RegistrationTokens([f'r1:{OWN}', f'r2:{OTHER}'])) as r:
        async def check(text, name='r1', url=r.url):
            token.write_text(text)
            token.chmod(stat.S_IRUSR | stat.S_IWUSR)
            (found,) = await check_relay(RobotSettings(
                relay_url=url, relay_token_file=str(token) if text else ''), name, '1.0')
            return found.state, f'{found.text} {found.remedy}'

        assert 'showed none' in (await check(''))[1]
        assert 'no token of this relay' in (await check('a-wrong-token-123'))[1]
        state, text = await check(OTHER)
        assert state == 'fail' and 'for another name' in text and 'relay_token_file' in text
        assert (await check(OWN))[0] == 'ok'
        holder = await r.http.ws_connect('/r1', protocols=['rtc-bridge.v1'],
                                         headers={'Authorization': f'Bearer {OWN}'})
        await holder.send_str('{"type": "register", "robot_id": "r1"}')
        assert 'registered' in (await holder.receive()).data
        state, text = await check(OWN)
        assert state == 'ok' and 'the name is taken' in text and not holder.closed
        state, text = await check(OWN, url=f'http://127.0.0.1:{free_port()}')
        assert state == 'fail' and 'refuse' in text, text


@pytest.mark.asyncio
async def test_ice_servers(monkeypatch):
    monkeypatch.delenv('RTC_BRIDGE_TURN_SECRET', raising=False)
    assert [check.state for check in await check_ice_servers(IceSettings())] == ['skipped']
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.1', 0))
        url = f'stun:127.0.0.1:{silent.getsockname()[1]}'
        (check,) = await check_ice_servers(IceSettings(servers=(url,)))
    assert check.state == 'fail' and url in check.name and 'no answer' in check.text


def test_encoders():
    found = {check.name: check for check in encoder_checks('auto', {
        'h264_nvenc': 'its driver crashed (SIGSEGV)', 'h264_vaapi': 'no device', 'libx264': ''})}
    assert found['encoder h264_nvenc'].state == 'warn'
    assert 'SIGSEGV' in found['encoder h264_nvenc'].text
    assert found['encoder h264_vaapi'].state == 'skipped'
    assert found['encoder libx264'].text == 'works, and is used'
    named = encoder_checks('h264_rkmpp', {'h264_rkmpp': 'PyAV was built without it',
                                          'libx264': ''})
    assert named[0].state == 'fail' and 'libx264 is used' in named[0].text
    (unknown,) = asyncio.run(check_encoders('h264_fast'))
    assert unknown.state == 'fail' and 'libx264' in unknown.text


def test_libraries(monkeypatch, tmp_path):
    def old(program):
        raise DependencyError('aiortc 1.6.0 is too old, at least 1.14 is needed: pip install x')
    assert libraries.check_versions('relay').state == 'ok'
    monkeypatch.setattr(libraries, 'check', old)
    check = libraries.check_versions('bridge')
    assert (check.state, check.remedy) == ('fail', 'pip install x')
    assert check.text.startswith('aiortc 1.6.0 is too old')
    assert libraries.check_sourced(tmp_path).state == 'skipped'
    (tmp_path / 'jazzy').mkdir()
    (tmp_path / 'jazzy' / 'setup.bash').write_text('')
    assert libraries.check_sourced(tmp_path).remedy.startswith(f'source {tmp_path}/jazzy/setup')
    # A native library that cannot be loaded.
    (tmp_path / 'cv_bridge.py').write_text("raise ImportError('libGL.so.1: cannot open')")
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{os.environ["PYTHONPATH"]}')
    (check,) = asyncio.run(libraries.check_imports(['cv_bridge', 'json']))
    assert check.name == 'library cv_bridge' and 'libGL' in check.text and 'libgl1' in check.remedy


@pytest.mark.parametrize('text, words', [
    ('bridge:\n  ros__parameters:\n    robot_id: x\n', 'bridge'),
    ('/**:\n  ros__parameters:\n    relay_url: ftp://x\n', 'relay_url'),
    ('/**:\n  ros__parameters:\n    cameras: {front: {rotate: 45}, names: [front]}\n', 'rotate'),
    ('/**:\n  ros__parameters:\n    server:\n      port: 70000\n', 'server.port is 70000'),
    ('/**:\n  ros__parameters:\n    telop:\n      max_linear_x: 1.0\n', 'teleop.max_linear_x'),
    ('/**:\n  ros__parameters:\n    robot_id: two words\n', "'two words'"),
    ('rtc_bridge:\n  ros__parameters:\n    robot_id: x\n', '1 given'),
    # Parameters of what a list names.
    ('/**:\n  ros__parameters:\n    services: {names: [ssh], ssh: {url: "tcp://127.0.0.1:22"}}\n'
     '    telemetry: {topics: [wifi], wifi: {unit: dBm}}\n'
     '    actions: {services: [dock], dock: {icon: dock}}\n', '6 given'),
    ('/**:\n  ros__parameters:\n    actions: {services: [dock], dock: {icon: tree}}\n', "'tree'"),
    ('/**:\n  ros__parameters:\n    obstacles: {topics: [scan x=1m]}\n', "'scan x=1m', allowed"),
    ('/**:\n  ros__parameters:\n    obstacles: {red: 2.0}\n', 'at most obstacles.amber'),
    ('/**:\n  ros__parameters:\n    obstacles: {collision_monitor_topic: a b}\n', "'a b', allow"),
])
def test_parameter_files(lonely, tmp_path, monkeypatch, text, words):
    file = tmp_path / 'robot.yaml'
    file.write_text(text)
    monkeypatch.setattr(sys, 'argv', ['doctor', '--ros-args', '--params-file', str(file)])
    node = start_ros(sys.argv[1:])
    try:
        _, check = read_parameters(node.context)
    finally:
        node.destroy_node()
        node.context.try_shutdown()
    assert words in check.text and check.state == ('ok' if 'given' in words else 'fail')


def test_parameter_files_that_are_none(tmp_path):
    for text in ('a: [', 'x: 1'):
        (tmp_path / 'robot.yaml').write_text(text)
        with pytest.raises(ParameterError, match='robot.yaml'):
            start_ros(['--ros-args', '--params-file', str(tmp_path / 'robot.yaml')])


def test_the_host_of_a_relay(tmp_path):
    tokens, config = tmp_path / 'tokens', tmp_path / 'relay.toml'
    old, key = write_certificate(tmp_path, 'old', -3)
    tokens.write_text(f'r1:{OWN}\nr2 {OTHER}\n')
    config.write_text(f"host = '127.0.0.1'\nport = {free_port()}\ntokens_file = '{tokens}'\n"
                      f"certificate = '{old}'\nkey = '{key}'\n")
    found = {check.name.split()[0]: check for check in check_relay_host(config)}
    assert found['tokens'].state == 'fail' and f'{tokens}, line 2' in found['tokens'].text
    assert found['certificate'].state == 'fail' and 'expired' in found['certificate'].text
    assert found['port'].state == 'ok' and found['settings'].state == 'ok'
    config.write_text('prot = 1')
    found = {check.name: check for check in check_relay_host(config)}
    assert found['settings'].state == 'fail' and 'prot' in found['settings'].text
