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

"""The relay's admission: who may come in, how many, how fast, and what an operator sees."""

import asyncio
from asyncio.sslproto import SSLProtocol
from contextlib import contextmanager
import datetime
import gc
import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from urllib.parse import urlsplit

from aiohttp import ClientSession, WSServerHandshakeError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http.server import tls_context
from rtc_bridge.signaling.relay_client import RelayClient
from support.patience import PATIENCE
from support.relay_server import closed, get, make_offer, relay, send
from test_relay import LocalRobot

SHARED, OWN = 'shared-token-123456', 'own-token-of-r1-123'
WHEP = {'Content-Type': 'application/sdp'}


# Settings


# Tokens


# Crowds


# Robots that come

@pytest.mark.asyncio
async def test_robots_need_their_token():
    tokens = RegistrationTokens([f'r1:{OWN}', f'*:{SHARED}'])
    async with relay(robots=tokens) as r:
        for path, token in (('/r1', None), ('/r1', 'wrong'), ('/r2', OWN)):
            headers = {'Authorization': f'Bearer {token}'} if token else {}
            ws = await r.http.ws_connect(path, protocols=['rtc-bridge.v1'], headers=headers)
            await send(ws, type='register', robot_id='x')
            error = await get(ws, 'error')
            assert error['code'] == 'denied' and 'token' in error['message']
            await closed(ws)
            with pytest.raises(WSServerHandshakeError) as refused:
                await r.http.ws_connect(path, headers=headers)
            assert refused.value.status == 403
        robot = LocalRobot()
        client = RelayClient(r.url.replace('http', 'ws') + '/r1', 'r1', robot, token=OWN)
        running = asyncio.create_task(client.run())
        page = await r.page('/r1')
        while (await get(page))['type'] != 'ready':
            pass
        # RTCBot's library takes a URL and nothing else; aiohttp sends its password.
        async with ClientSession() as http:
            url = r.url.replace('//', f'//robot:{SHARED}@') + '/r3'
            async with http.ws_connect(url):
                assert {r.registry.get(name).protocol for name in ('r1', 'r3')} == {'v1', 'rtcbot'}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.asyncio
async def test_a_refused_robot_is_logged_with_the_reason_and_never_came(caplog):
    caplog.set_level('INFO')
    async with relay(robots=RegistrationTokens([f'r1:{OWN}', f'r2:{SHARED}'])) as r:
        told = []
        for token in (None, 'a-wrong-token-123', SHARED, OWN, OWN):
            headers = {'Authorization': f'Bearer {token}'} if token else {}
            ws = await r.http.ws_connect('/r1', protocols=['rtc-bridge.v1'], headers=headers)
            await send(ws, type='register', robot_id='r1')
            told.append((await get(ws)).get('message', ''))
        assert [bool(re.search(words, text)) for words, text in zip((
            'showed none', 'no token of this relay', 'for another name', '^$',
            'Already have'), told)] == [True] * 5, told
    lines = [text for text in map(logging.LogRecord.getMessage, caplog.records)
             if re.match('a robot (came|was refused)', text)]
    assert [re.sub(r' name="r1" source="127.0.0.1" ', ' ', text) for text in lines] == [
        'a robot was refused reason="no token" count=1',
        'a robot was refused reason="unknown token" count=1',
        'a robot was refused reason="token of another robot" count=1 token_of="r2"',
        'a robot came protocol="v1"',
        'a robot was refused reason="another robot has the name" count=1']


@pytest.mark.asyncio
@pytest.mark.parametrize('shown', [b'Basic \xff', b'Basic =', b'Basic /w==', b'Bearer \xff',
                                   b'Bearer \xc3\xbf', b'\xff'])
@pytest.mark.parametrize('path', ['/', '/r1', '/whep/r1'])
async def test_what_is_no_token_is_as_none(path, shown):
    async with relay(robots=RegistrationTokens([f'*:{SHARED}'])) as r:
        reader, writer = await asyncio.open_connection(*r.url.removeprefix('http://').split(':'))
        writer.write(f'GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'.encode()
                     + b'Authorization: ' + shown + b'\r\n\r\n')
        expected = 404 if path.startswith('/whep') else 200
        assert (await reader.read()).startswith(f'HTTP/1.1 {expected}'.encode())
        writer.close()


@pytest.mark.asyncio
async def test_only_so_many_robots():
    async with relay(**{'limits.robots': 1}) as r:
        first = await r.robot('/r1')
        ws = await r.v1('/r2', {'type': 'register', 'robot_id': 'r2'})
        assert 'room' in (await get(ws, 'error'))['message']
        await first.close()
        await closed(ws)


@pytest.mark.asyncio
async def test_a_robot_that_complains_fills_no_log(caplog):
    async with relay() as r:
        robot = await r.robot('/r1')
        try:
            for _ in range(100):
                await send(robot, type='error', code='x' * 100_000, message='\n' + 'y' * 100_000)
        except ConnectionError:
            pass
        assert await closed(robot) is not None
        async with r.http.get('/metrics') as response:
            assert 'refused_total{reason="messages"} 1.0' in await response.text()
    lines = [record.getMessage() for record in caplog.records if 'reports' in record.getMessage()]
    assert len(lines) == 2 and max(map(len, lines)) < 400
    assert 'count=1 ' in lines[0] and 'count=10 ' in lines[1]


# Viewers

@pytest.mark.parametrize('limit', ['viewers_per_robot', 'viewers_per_address'])
@pytest.mark.asyncio
async def test_only_so_many_viewers(limit):
    registry, robot = Registry(), LocalRobot()
    registry.add('r', robot)
    robot.go.set()
    async with relay(registry, **{limit: 2}) as r:
        assert [(await r.post('/r'))[0] for _ in range(3)] == [200, 200, 503]
        async with r.http.post('/whep/r', data='v=0', headers=WHEP) as response:
            assert response.status == 503 and response.headers['Retry-After']
            assert response.headers['Access-Control-Allow-Origin'] == '*'
        # When one is over, as the robot tells, there is a place again.
        robot.on_end.pop(robot.calls[0][1].session)()
        assert [(await r.post('/r'))[0] for _ in range(2)] == [200, 503]
        pages = [await r.page('/r') for _ in range(3)]
        assert [(await get(page))['type'] for page in pages] == ['ready', 'ready', 'error']
        await closed(pages[2])
        await pages[0].close()
        async with asyncio.timeout(PATIENCE):
            while (await get(await r.page('/r')))['type'] != 'ready':
                pass


@pytest.mark.parametrize('viewers_per_robot, share', [(24, 6), (2, 2), (8, 4)])
@pytest.mark.asyncio
async def test_one_address_takes_a_share_of_a_robots_places(viewers_per_robot, share):
    registry, robots = Registry(), {name: LocalRobot() for name in ('r', 'q')}
    for name, robot in robots.items():
        registry.add(name, robot)
        robot.go.set()

    pages = []

    def at(source):
        return {'X-Forwarded-For': source}

    async with relay(registry, viewers_per_robot=viewers_per_robot,
                     trusted_proxies=['127.0.0.1']) as r:
        async def post(source, name='r'):
            body = '{"sdp":"s=o","type":"offer"}'
            async with r.http.post(f'/{name}', data=body, headers=at(source)) as response:
                return response.status

        async def look(source):
            pages.append(await r.http.ws_connect(
                '/r', protocols=['rtc-bridge.v1'], headers=at(source)))
            await send(pages[-1], type='watch')
            return (await get(pages[-1]))['type']

        for n in range(share):
            assert await post(f'2001:db8::{n}') == 200
            assert await look(f'2001:db8::{n}') == 'ready'
        assert (await post('2001:db8::ffff'), await look('2001:db8::ffff')) == (503, 'error')
        others = 200 if share < viewers_per_robot else 503
        assert (await post('10.0.0.1'), await post('2001:db8::1', 'q')) == (others, 200)
        # A place that is free again is so in each way.
        robots['r'].on_end.pop(robots['r'].calls[0][1].session)()
        assert [await post('2001:db8::1') for _ in range(2)] == [200, 503]


@pytest.mark.asyncio
async def test_viewers_of_a_tunnel_on_this_host_are_not_one():
    registry, robot = Registry(), LocalRobot()
    registry.add('r', robot)
    robot.go.set()
    async with relay(registry, viewers_per_robot=8) as r:
        assert [(await r.post('/r'))[0] for _ in range(9)] == [200] * 8 + [503]


@pytest.mark.parametrize('proxies, headers, source, is_direct', [
    ([], {}, '127.0.0.1', True),
    ([], {'X-Forwarded-For': '10.0.0.1'}, '127.0.0.1', False),
    ([], {'Via': '1.1 proxy'}, '127.0.0.1', False),
    (['127.0.0.1'], {'X-Forwarded-For': '10.0.0.1'}, '10.0.0.1', True),
    # The trusted proxy tells of another one, which is not trusted.
    (['127.0.0.1'], {'X-Forwarded-For': '10.0.0.1, 10.0.0.2'}, '10.0.0.2', False),
    (['127.0.0.1', '10.0.0.2'], {'X-Forwarded-For': '10.0.0.1, 10.0.0.2'}, '10.0.0.1', True),
])
@pytest.mark.asyncio
async def test_a_robot_learns_whether_an_address_is_the_viewers_own(proxies, headers, source,
                                                                    is_direct):
    registry, robot = Registry(), LocalRobot()
    registry.add('r', robot)
    robot.go.set()
    async with relay(registry, trusted_proxies=proxies) as r:
        for path, body in (('/r', '{"sdp":"s=o","type":"offer"}'), ('/whep/r', 'v=0')):
            async with r.http.post(path, data=body, headers={**WHEP, **headers}) as response:
                assert response.status < 300
        page = await r.http.ws_connect('/r', protocols=['rtc-bridge.v1'], headers=headers)
        await send(page, type='watch')
        await make_offer(page)
        await get(page, 'answer')
    offers = [offer for _, offer in robot.calls if hasattr(offer, 'is_direct')]
    assert [(offer.source, offer.is_direct) for offer in offers] == [(source, is_direct)] * 3


@pytest.mark.parametrize('path', ['/connect', '/whep/r'])
@pytest.mark.asyncio
async def test_a_packed_body_is_not_taken(path):
    registry, robot = Registry(), LocalRobot()
    registry.add('r', robot)
    async with relay(registry) as r:
        async with r.http.post(path, data=b'[' * 100_000, headers={
                **WHEP, 'Content-Encoding': 'gzip'}) as response:
            assert response.status == 415
            assert response.headers['Access-Control-Allow-Origin'] == '*'


@pytest.mark.asyncio
async def test_too_many_offers_and_requests():
    registry, robot = Registry(), LocalRobot()
    registry.add('r', robot)
    robot.go.set()
    async with relay(registry, offers_per_minute=4) as r:
        answers = [await r.post('/r') for _ in range(3)]
        assert [answer[0] for answer in answers] == [200, 200, 429]
        assert answers[2][2]['Access-Control-Allow-Origin'] == '*'
    tokens = RegistrationTokens([f'*:{SHARED}'], open_names=True)
    async with relay(registry, requests_per_minute=6, robots=tokens) as r:
        for expected in (200, 200, 200, 429):
            async with r.http.get('/') as response:
                assert response.status == expected
        assert response.headers['Retry-After']
        # A site's robots come at once when its network does.
        robots = [await r.http.ws_connect(f'/s{n}', headers={'Authorization': f'Bearer {SHARED}'})
                  for n in range(10)]
        assert r.registry.count == 11
        await asyncio.gather(*(ws.close() for ws in robots))


@pytest.mark.asyncio
async def test_who_sends_too_much_is_sent_away():
    async with relay(messages_per_second=5) as r:
        page, quiet = await r.page('/r1'), await r.page('/r1')
        for _ in range(40):
            await send(page, type='renew')
        assert await closed(page) == 1000
        robot = await r.robot('/r1')
        assert (await get(quiet, 'error'))['code'] == 'no-robot'
        await get(quiet, 'ready')
        for _ in range(40):
            await send(robot, type='nonsense')
        await closed(robot)
        assert (await get(quiet, 'error'))['code'] == 'robot-gone'
        stock = await r.rtcbot('/r2')
        for _ in range(40):
            await stock.send_str('{}')
        await closed(stock)


# Connections

async def connect(r):
    parts = urlsplit(r.url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def cut(reader):
    """Wait until the relay has ended a connection."""
    async with asyncio.timeout(PATIENCE):
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass


@pytest.mark.parametrize('sent', [
    b'', b'GET / HTTP/1.1\r\nX: ',
    b'POST /r HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n'])
@pytest.mark.asyncio
async def test_slow_requests_are_cut(sent):
    registry = Registry()
    registry.add('r', LocalRobot())
    async with relay(registry, header_timeout=1.5, request_timeout=1.5) as r:
        reader, writer = await connect(r)
        writer.write(sent)
        await cut(reader)
        writer.close()
        async with r.http.get('/healthz') as response:
            assert response.status == 200


@pytest.mark.asyncio
async def test_who_takes_nothing_is_cut():
    async with relay(stall_timeout=0.3, heartbeat=300.0, messages_per_second=100_000) as r:
        robot = await r.robot('/r1')
        reader, writer = await connect(r)
        writer.write(b'GET /r1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
                     b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     b'Sec-WebSocket-Protocol: rtc-bridge.v1\r\n'
                     b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
        assert b' 101 ' in await reader.readline()

        def frame(text):
            return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()

        # Each is answered, and no answer is read: asyncio's own reader stops at 128 kB.
        writer.write(frame('{"type":"watch"}'))
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    writer.write(frame('{"type":"renew"}') * 100)
                    await writer.drain()
        writer.close()
        # Nobody else noticed.
        page = await r.page('/r1')
        await get(page, 'ready')
        assert not robot.closed


@pytest.mark.asyncio
async def test_only_so_many_connections():
    tokens = RegistrationTokens([f'*:{SHARED}'], open_names=True)
    async with relay(connections_per_address=3, robots=tokens) as r:
        held = [await connect(r) for _ in range(3)]
        reader, writer = await connect(r)
        await cut(reader)
        writer.close()
        held.pop()[1].close()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    # Robots with a token do not count, so there is room for all of them.
                    robots = [await r.http.ws_connect(
                        f'/r{n}', headers={'Authorization': f'Bearer {SHARED}'}) for n in range(5)]
                    break
                except OSError:
                    pass
        for _, writer in held:
            writer.close()
        assert not any(ws.closed for ws in robots)


# Behind a proxy, and with TLS

@pytest.mark.parametrize('trusted, source', [(['127.0.0.1'], '5.6.7.8'), ([], '127.0.0.1')])
@pytest.mark.asyncio
async def test_only_a_proxy_is_believed(trusted, source, caplog):
    headers = {'X-Forwarded-For': '6.6.6.6, 5.6.7.8'}
    async with relay(trusted_proxies=trusted) as r:
        robot = await r.robot('/r1')
        page = await r.http.ws_connect('/r1', protocols=['rtc-bridge.v1'], headers=headers)
        await send(page, type='watch')
        await make_offer(page, source='9.9.9.9')
        assert (await get(robot, 'offer'))['source'] == source
        for path, kind in (('/r1', 'text/plain'), ('/whep/r1', 'application/sdp')):
            body = '{"sdp":"s=o","type":"offer"}' if path == '/r1' else 'v=0'
            posting = asyncio.create_task(r.http.post(path, data=body, headers={
                **headers, 'Content-Type': kind}))
            assert (await get(robot, 'offer'))['source'] == source
            posting.cancel()
        # Only who is there for it reads the metrics: by default this host.
        async with r.http.get('/metrics', headers=headers) as response:
            assert response.status == (403 if trusted else 200)
    # Who forgot to list a proxy is told, once.
    assert caplog.text.count('not listed in trusted_proxies') == (0 if trusted else 1)


def make_certificate(path, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256()))
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))


@pytest.mark.asyncio
async def test_a_connection_with_tls_takes_little_memory(tmp_path):
    file = tmp_path / 'relay.pem'
    make_certificate(file, 'relay')
    async with relay(context=tls_context(str(file), '')) as r:
        # Far more than fits.
        robot = await r.http.ws_connect('/r', protocols=['rtc-bridge.v1'], ssl=False)
        await send(robot, type='register', robot_id='r', ignored='x' * 200_000)
        await get(robot, 'registered')
        buffers = [len(one._ssl_buffer) for one in gc.get_objects()
                   if isinstance(one, SSLProtocol)]
        assert buffers and max(buffers) <= 32 * 1024


def served_name(port):
    """Return whose certificate a server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(('127.0.0.1', port)) as plain:
        with context.wrap_socket(plain) as wrapped:
            certificate = x509.load_der_x509_certificate(wrapped.getpeercert(True))
    return certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value


def start(*args, **environment):
    return subprocess.Popen(
        [sys.executable, '-m', 'rtc_bridge.nodes.relay', '--host', '127.0.0.1', '--port', '0',
         *args], stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})


@contextmanager
def running(*args):
    """Run a relay; check that it ends in order."""
    process = start(*args)
    try:
        yield process
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def line(process, pattern):
    """Return the match of the next line that has a pattern."""
    for text in process.stderr:
        if match := re.search(pattern, text):
            return match
    pytest.fail(f'no line with {pattern}')


def test_tls_by_files_that_may_change(tmp_path):
    file = tmp_path / 'relay.pem'
    make_certificate(file, 'first')
    with running('--open', '--certificate', str(file)) as process:
        port = int(line(process, r'listens on https://127\.0\.0\.1:(\d+)')[1])
        assert served_name(port) == 'first'
        file.write_text('nonsense')
        process.send_signal(signal.SIGHUP)
        line(process, 'the new certificate cannot be used')
        assert served_name(port) == 'first'
        make_certificate(file, 'second')
        process.send_signal(signal.SIGHUP)
        line(process, 'read again')
        assert served_name(port) == 'second'


def test_tokens_that_may_change(tmp_path):
    file = tmp_path / 'tokens'
    file.write_text(f'r1:{OWN}\n')

    async def register(port, token):
        async with ClientSession() as http:
            ws = await http.ws_connect(f'http://127.0.0.1:{port}/r1', protocols=['rtc-bridge.v1'],
                                       headers={'Authorization': f'Bearer {token}'})
            await send(ws, type='register', robot_id='r1')
            return (await get(ws))['type']

    with running('--tokens-file', str(file)) as process:
        port = int(line(process, r'listens on http://127\.0\.0\.1:(\d+)')[1])
        assert asyncio.run(register(port, OWN)) == 'registered'
        file.write_text(f'r1:{SHARED}\nr2 {OWN}\n')
        process.send_signal(signal.SIGHUP)
        reason = line(process, 'those before stay in use: (.*)')[1]
        assert reason.startswith(f'{file}, line 2: ') and OWN not in reason
        assert asyncio.run(register(port, OWN)) == 'registered'
        file.write_text(f'r1:{SHARED}\n')
        process.send_signal(signal.SIGHUP)
        line(process, 'the tokens were read again: 1')
        assert asyncio.run(register(port, OWN)) == 'error'
        assert asyncio.run(register(port, SHARED)) == 'registered'


def test_a_certificate_that_is_none(tmp_path):
    process = start('--open', '--certificate', str(tmp_path / 'none.pem'))
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and 'certificate' in errors and 'Traceback' not in errors


# What is said

@pytest.mark.asyncio
async def test_headers_of_the_page_and_of_errors():
    async with relay() as r:
        for path in ('/', '/room'):
            async with r.http.get(path) as response:
                policy = response.headers['Content-Security-Policy']
                assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
                assert 'unsafe' not in policy
        for method, path in (('GET', '/'), ('GET', '/none/at/all'), ('POST', '/room'),
                             ('GET', '/static/none'), ('OPTIONS', '/room')):
            async with r.http.request(method, path) as response:
                assert response.headers['X-Content-Type-Options'] == 'nosniff'
                assert response.headers['Referrer-Policy'] == 'no-referrer'
                cors = response.headers.get('Access-Control-Allow-Origin')
                assert (cors == '*') == (method != 'GET'), (method, path)


@pytest.mark.asyncio
async def test_metrics():
    registry, robot = Registry(), LocalRobot()
    registry.add('local', robot)
    robot.go.set()
    async with relay(registry) as r:
        far = await r.robot('/secret-room')
        await r.post('/local')
        await r.post('/local', '{"sdp":"s=refuse me","type":"offer"}')
        page = await r.page('/secret-room')
        await make_offer(page)
        offer = await get(far, 'offer')
        await send(far, type='answer', session=offer['session'], sdp='s=a')
        await get(page, 'answer')
        async with r.http.get('/metrics') as response:
            assert response.headers['Content-Type'].startswith('text/plain; version=0.0.4')
            text = await response.text()
    values = dict(row.rsplit(' ', 1) for row in text.splitlines() if not row.startswith('#'))
    for name, value in (
            ('robots', 2), ('pages', 1), ('sessions', 2), ('answer_seconds_count', 2),
            ('offers_total{protocol="rtcbot",result="answered"}', 1),
            ('offers_total{protocol="rtcbot",result="no-codec"}', 1),
            ('offers_total{protocol="v1",result="answered"}', 1),
            ('forwarding_seconds_count{message="offer"}', 1),
            ('forwarding_seconds_count{message="answer"}', 1)):
        assert float(values[f'rtc_bridge_relay_{name}']) == value, name
    assert float(values['rtc_bridge_relay_connections']) >= 3
    assert float(values['process_resident_memory_bytes']) > 1e6
    assert 'secret-room' not in text


def test_logs_tell_no_secrets():
    """Names are secrets where whoever knows one may take it."""
    process = start('--open', '--log-format', 'json', '--log-level', 'debug',
                    RTC_BRIDGE_RELAY_TOKENS=f'r1:{OWN}')
    try:
        url = next(event for event in (json.loads(line)['event'] for line in process.stderr)
                   if 'listens' in event).rpartition(' ')[2]

        async def talk():
            async with ClientSession(url) as http:
                robot = await http.ws_connect('/secret-room', protocols=['rtc-bridge.v1'])
                await send(robot, type='register', robot_id='secret-room')
                await get(robot, 'registered')
                headers = {**WHEP, 'Authorization': 'Bearer secret-bearer'}
                posting = asyncio.create_task(http.post(
                    '/whep/secret-room', data='v=0 secret-sdp', headers=headers))
                offer = await get(robot, 'offer')
                await send(robot, type='answer', session=offer['session'], sdp='v=0')
                assert (await posting).status == 201
                with pytest.raises(WSServerHandshakeError):
                    await http.ws_connect('/r1', headers={
                        'Authorization': 'Bearer secret-but-wrong-token'})
                return offer['session']
        session = asyncio.run(talk())
        process.terminate()
        lines = [json.loads(text) for text in process.stderr]
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    text = json.dumps(lines)
    assert 'secret' not in text and OWN not in text and session not in text
    events = {entry['event']: entry for entry in lines}
    assert {'time', 'level', 'source', 'name'} <= events['a robot came'].keys()
    assert events['a robot came']['name'] == events['a robot went']['name']
    assert events['an offer came']['result'] == 'answered'
    assert events['an offer came']['protocol'] == 'whep'
    assert events['a robot was refused']['level'] == 'warning'
