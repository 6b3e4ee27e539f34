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

"""The certificate that the robot signs itself: what is in it, and when it is made anew."""

from datetime import datetime, timedelta, timezone
import hashlib
import ipaddress
import socket
import ssl
import stat

from cryptography import x509
import pytest
from rtc_bridge.bridge.network.self_signed_certificate import ensure_certificate, fingerprint
from rtc_bridge.core.errors import StoreError

NOW = 1_800_000_000.0
DAY = 86400.0
# Of openssl req -x509 -newkey ed25519 -subj /CN=x: it has no subjectAltName.
WITHOUT_NAMES = """\
-----BEGIN CERTIFICATE-----
MIIBLjCB4aADAgECAhRvHmSVQdpeyo9pcIj2eMNlLIWOxTAFBgMrZXAwDDEKMAgG
A1UEAwwBeDAgFw0yNjExMjkwMjE3NTVaGA8yMTI2MTEwNTAyMTc1NVowDDEKMAgG
A1UEAwwBeDAqMAUGAytlcAMhAKS8FDsLgJPe7UVNaZl7b5j4N6dvY20rocky7G6k
Y4u8o1MwUTAdBgNVHQ4EFgQUKI+ymwxJy/nkgBkXopvsnPAkcsIwHwYDVR0jBBgw
FoAUKI+ymwxJy/nkgBkXopvsnPAkcsIwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
QQBoCsqk7QHILOF82kHD4v6gsPZZ4O7w3HiZeZpq07sK7kZXdmPyrVTZsTYTq0X3
fsJgMOK3PHhbBSooITSWfuQF
-----END CERTIFICATE-----
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / 'server.pem'


def read(file):
    return x509.load_pem_x509_certificate(file.read_bytes())


def names(file):
    """Return the DNS names and the addresses in a certificate."""
    found = read(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName), [
        str(address) for address in found.get_values_for_type(x509.IPAddress)]


def test_it_is_private_and_for_all_names_of_the_host(file):
    assert ensure_certificate(file, ['192.0.2.7', '2001:db8::7'], lambda: NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    dns, addresses = names(file)
    assert {socket.gethostname(), 'localhost'} <= set(dns)
    assert addresses == ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7']


def test_it_is_valid_from_now_for_as_long_as_browsers_accept(file):
    ensure_certificate(file, [], lambda: NOW)
    certificate = read(file)
    assert certificate.not_valid_before_utc < datetime.fromtimestamp(NOW, timezone.utc)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(398)


def test_the_fingerprint_is_that_of_the_certificate_alone(file):
    ensure_certificate(file, [], lambda: NOW)
    der = ssl.PEM_cert_to_DER_cert(
        '-----BEGIN CERT' + file.read_text().split('-----BEGIN CERT')[1])
    assert fingerprint(file).replace(':', '').lower() == hashlib.sha256(der).hexdigest()


def test_it_stays_until_a_month_before_its_end(file):
    ensure_certificate(file, ['192.0.2.7'], lambda: NOW)
    first = fingerprint(file)
    assert not ensure_certificate(file, ['192.0.2.7'], lambda: NOW + 366 * DAY)
    assert fingerprint(file) == first
    assert ensure_certificate(file, ['192.0.2.7'], lambda: NOW + 368 * DAY)
    assert fingerprint(file) != first
    assert read(file).not_valid_after_utc.timestamp() > NOW + 700 * DAY


def test_it_is_made_anew_when_the_clock_is_before_its_beginning(file):
    ensure_certificate(file, [], lambda: NOW + 368 * DAY)
    assert ensure_certificate(file, [], lambda: NOW)


def test_it_is_made_anew_for_a_new_ipv4_address_and_keeps_the_old_ones(file):
    ensure_certificate(file, ['192.0.2.7'], lambda: NOW)
    assert not ensure_certificate(file, ['192.0.2.7', '2001:db8::8'], lambda: NOW)
    assert ensure_certificate(file, ['198.51.100.8'], lambda: NOW)
    assert {'192.0.2.7', '198.51.100.8'} <= set(names(file)[1])
    # Back in the network before: viewers know this certificate already.
    assert not ensure_certificate(file, ['192.0.2.7'], lambda: NOW)


def test_the_number_of_names_is_bounded_and_the_newest_stay(file):
    for number in range(70):
        ensure_certificate(file, [f'10.0.0.{number}'], lambda: NOW)
    assert len(sum(names(file), [])) == 64 and '10.0.0.69' in names(file)[1]


def test_a_host_name_with_a_domain_has_no_second_name(file, monkeypatch):
    monkeypatch.setattr('socket.gethostname', lambda: 'bot.example.org')
    ensure_certificate(file, [])
    dns, addresses = names(file)
    assert dns == ['bot.example.org', 'localhost'] and list(map(ipaddress.ip_address, addresses))


def test_files_that_cannot_be_used_are_named_and_left_alone(file, tmp_path):
    ensure_certificate(file, [], lambda: NOW)
    file.chmod(0o644)
    with pytest.raises(StoreError, match='chmod 600'):
        ensure_certificate(file, [], lambda: NOW)
    file.write_text('nothing')
    file.chmod(0o600)
    with pytest.raises(StoreError, match='server.pem holds no certificate'):
        ensure_certificate(file, [], lambda: NOW)
    assert file.read_text() == 'nothing'
    with pytest.raises(StoreError, match='nowhere'):
        ensure_certificate(tmp_path / 'nowhere' / 'server.pem', [], lambda: NOW)


def test_a_certificate_without_names_is_not_that_of_a_server(file):
    file.write_text(WITHOUT_NAMES)
    file.chmod(0o600)
    with pytest.raises(StoreError, match='no certificate of a server'):
        ensure_certificate(file, [], lambda: NOW)
