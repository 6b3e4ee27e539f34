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

"""Why a relay cannot be dialed: real servers, certificates and proxies that are wrong."""

import asyncio
import contextlib
import datetime
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.signaling.dial_reasons import dial_reason, environment_proxy
from rtc_bridge.signaling.dialing import dial
from rtc_bridge.signaling.reconnecting import ConnectionLost
from rtc_bridge.system.tls_trust import trust_file, trust_remedy
from support.patience import PATIENCE

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
NO_HTTP = b'SSH-2.0-OpenSSH_9.6\r\n'
PAGE = b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<html/>'


def answer(status, text='', **headers):
    lines = ''.join(f'{name}: {value}\r\n' for name, value in headers.items())
    return (f'HTTP/1.1 {status} Some\r\nContent-Length: {len(text)}\r\n{lines}\r\n{text}').encode()


class Authority:
    """A private authority, and the certificates that it makes."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = self._named('An authority')
        made = self._sign(self._name, self._key, 'a.example', -DAY, 9 * DAY, ca=True)
        self.file = folder / 'authority.pem'
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    @staticmethod
    def _named(name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def _sign(self, subject, key, host, begins, ends, *, ca=False, own=False):
        identifier = x509.SubjectKeyIdentifier.from_public_key(
            (key if own else self._key).public_key())
        return (x509.CertificateBuilder().subject_name(subject)
                .issuer_name(subject if own else self._name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(NOW + begins).not_valid_after(NOW + ends)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
                .add_extension(x509.BasicConstraints(ca, None), True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                    identifier), False)
                .sign(key if own else self._key, hashes.SHA256()))

    def server(self, host='localhost', begins=-DAY, ends=DAY, own=False):
        """Return the TLS context of a server, and the file with its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(self._named(host), key, host, begins, ends, own=own)
        file = self._folder / 'server.pem'
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context, file


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('certificates'))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ('http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'wss_proxy', 'ws_proxy'):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextlib.asynccontextmanager
async def serving(reply, context=None):
    """Give the port of a server on localhost that answers to whatever begins."""
    async def handle(reader, writer):
        with contextlib.suppress(OSError):
            await reader.read(65_536)
            writer.write(reply)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, 'localhost', 0, family=socket.AF_INET, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def why(url, **options):
    """Return why a URL cannot be dialed."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionLost) as lost:
            await dial(url, {}, 5.0, **options)
    text = str(lost.value)
    assert '\n' not in text and 'secret-room' not in text, text
    return text


@pytest.mark.asyncio
async def test_each_flaw_of_a_certificate_has_its_reason(authority):
    trusted = trust_file(str(authority.file), 'relay_ca_file')
    for options, trust, reason in (
            ({}, None, 'authority that is not known here: parameter relay_ca_file has to name'),
            ({'own': True}, None, 'is self-signed, and not trusted here: parameter relay_ca_file'),
            ({'begins': -2 * DAY, 'ends': -DAY}, trusted, 'has expired by this computer'),
            ({'begins': DAY, 'ends': 2 * DAY}, trusted, 'is not valid yet by this computer'),
            ({'host': 'relay.example.org'}, trusted, 'is for other names than localhost'),
            ({}, trusted, 'HTTP 200')):
        context, file = authority.server(**options)
        async with serving(PAGE, context) as port:
            text = await why(f'wss://localhost:{port}/secret-room', trust=trust)
            assert reason in text
            if 'clock' in text:
                assert 'timedatectl' in text and str(NOW.year) in text
            if options.get('own'):
                # The server's own certificate does as well as that of an authority.
                trust = trust_file(str(file), 'relay_ca_file')
                assert 'HTTP 200' in await why(f'wss://localhost:{port}/', trust=trust)


@pytest.mark.asyncio
async def test_each_wrong_answer_has_its_reason(authority):
    context, _ = authority.server()
    for reply, reasons in (
            (PAGE, ['HTTP 200', 'not a relay', 'relay_url', 'prefix']),
            (answer(401, 'Unauthorized'), ['HTTP 401 Unauthorized', 'relay_token_file']),
            (answer(403, 'Not you'), ['HTTP 403 Not you', 'refuses this robot']),
            (answer(404, '<html>\n</html>'), ['HTTP 404', 'no relay is at this path']),
            (answer(400), ['HTTP 400', 'Upgrade']), (answer(426), ['HTTP 426', 'Upgrade']),
            (answer(421), ['host name', 'hosts']), (answer(429), ['too many requests']),
            (answer(500), ["the relay's log"]), (answer(502), ['HTTP 502', 'does the relay run?']),
            (answer(503), ['does the relay run?']), (answer(504), ['does the relay run?']),
            (answer(418, 'A teapot'), ['HTTP 418 A teapot']),
            (b'HTTP/1.0 404 Not Found\r\n\r\n', ['HTTP/1.0', 'not a relay']),
            (answer(302, Location='https://[/'), ['invalid']),
            (answer(400, 'The plain HTTP request was sent to HTTPS port'), ['begin with https']),
            (NO_HTTP, ['does not answer in HTTP']), (b'', ['does not answer in HTTP', 'https'])):
        async with serving(reply) as port:
            text = await why(f'ws://localhost:{port}/secret-room')
            assert all(reason in text for reason in reasons), text
    async with serving(PAGE, context) as port:
        assert 'does not answer in HTTP' in await why(f'ws://localhost:{port}/')
    async with serving(answer(400)) as port:
        text = await why(f'wss://localhost:{port}/')
        assert 'does not speak TLS' in text and 'http for https' in text


@pytest.mark.asyncio
async def test_ways_that_lead_nowhere_have_their_reasons():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
        text = await why(f'ws://127.0.0.1:{port}/')
        assert text.startswith('Connection refused: nothing listens')
        # A name with two addresses, each of which refuses.
        assert 'refused' in await why(f'ws://localhost:{port}/')
    assert 'the name relay.invalid is not known' in dial_reason(
        socket.gaierror(socket.EAI_NONAME, 'Name or service not known'), 'wss://relay.invalid/x')
    assert 'no DNS server answers for relay.invalid' in dial_reason(
        socket.gaierror(socket.EAI_AGAIN, 'Temporary failure'), 'wss://relay.invalid/x')
    assert dial_reason(OSError(
        "Multiple exceptions: [Errno 101] Connect call failed ('::1'), [Errno 111] Connect"),
        'wss://h/').startswith('Connection refused: nothing listens')
    assert 'no answer in time' in dial_reason(TimeoutError(), 'wss://h/')
    assert 'connected to a network' in dial_reason(OSError(101, 'x'), 'wss://h/')


@pytest.mark.asyncio
async def test_a_proxy_that_refuses_is_named_and_not_the_relay(monkeypatch):
    url = 'wss://relay.example.org/secret-room'
    for reply, reasons in ((answer(403), ['HTTP 403', 'does not allow']),
                           (answer(407), ['asks for a login', 'USER:PASSWORD@']),
                           (answer(502), ['does not reach the relay']),
                           (NO_HTTP, [''])):
        async with serving(reply) as port:
            monkeypatch.setenv('https_proxy', f'http://me:hidden@localhost:{port}')
            text = await why(url)
            assert text.startswith(f'the proxy http://localhost:{port} (environment variable '
                                   'https_proxy)'), text
            assert all(reason in text for reason in reasons) and 'hidden' not in text
            assert 'add relay.example.org to no_proxy' in text
    # Now nothing listens there.
    text = await why(url)
    assert 'cannot be reached, Connection refused' in text and f'localhost:{port}' in text
    monkeypatch.setenv('no_proxy', 'relay.example.org')
    assert environment_proxy(url) is None
    monkeypatch.delenv('no_proxy')
    monkeypatch.setenv('https_proxy', 'nonsense://me:hidden@h/')
    text = await why(url)
    assert 'invalid URL' in text and 'hidden' not in text


@pytest.mark.parametrize('content, reason', [
    (None, 'cannot be read: No such file'), (b'', 'is no PEM file'),
    (b'\x30\x82\x01', 'openssl x509 -inform der'),
    (b'-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n', 'has no certificate'),
    (b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'that cannot be read'),
])
def test_a_file_of_authorities_is_checked_at_the_start(tmp_path, content, reason):
    file = tmp_path / 'ca.pem'
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ParameterError, match='parameter relay_ca_file is .*ca.pem') as refused:
        trust_file(str(file), 'relay_ca_file')
    assert reason in str(refused.value)
    with pytest.raises(ParameterError, match='Is a directory'):
        trust_file(str(tmp_path), 'relay_ca_file')


def test_what_the_environment_trusts_is_told():
    assert 'which does not exist' in trust_remedy('x', {'SSL_CERT_FILE': '/nowhere/ca.pem'})
