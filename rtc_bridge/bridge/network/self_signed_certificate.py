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

"""A certificate that the robot signs itself, so that browsers have a secure context."""

from datetime import datetime, timedelta, timezone
import ipaddress
import logging
import os
from pathlib import Path
import socket
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ...core.clock import Clock
from ...core.errors import StoreError
from ...system.files.atomic_file import write_durably
from ...system.files.private_files import read_private

_logger = logging.getLogger(__name__)

# Browsers accept server certificates that are valid for at most 398 days (CA/Browser Forum,
# Baseline Requirements, 6.3.2), Apple's systems at most 825 days.
_VALIDITY = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)
# A viewer's clock may be behind the robot's.
_BACKDATE = timedelta(days=1)
# Names of earlier networks are kept up to this number in all.
_MAX_NAMES = 64
# Characters of a common name (RFC 5280, appendix A.1, ub-common-name).
_MAX_COMMON_NAME = 64


def ensure_certificate(file: Path, addresses: list[str], wall: Clock = time.time) -> bool:
    """
    Make a certificate with its key in one file, mode 0600, unless a good one is there.

    It is made anew 30 days before its end, and when this host has a name or an IPv4 address that
    is not in it. (IPv6 addresses change without a change of network.) Names in the old one are
    kept, so that it stays good in the network before.

    :param addresses: of this host, besides loopback
    :param wall: system time in seconds since 1970
    :return: whether a new one was made
    :raises StoreError: the file cannot be used or written
    """
    names = _host_names(addresses)
    now = datetime.fromtimestamp(wall(), timezone.utc)
    try:
        reason = 'there is none'
        if os.path.lexists(file):
            old, old_names = _read(file)
            reason = _renewal_reason(old, old_names, names, now)
            if not reason:
                return False
            names += old_names
        _logger.debug('new certificate %s: %s', file, reason)
        write_durably(file, _make(list(dict.fromkeys(names))[:_MAX_NAMES], now))
    except OSError as error:
        raise StoreError(f'{file}: {error.strerror}') from None
    return True


def fingerprint(file: Path) -> str:
    """Return the SHA-256 fingerprint of a certificate in PEM, in the form that browsers show."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(':').upper()


def _host_names(addresses: list[str]) -> list[str]:
    """Return the names and addresses under which viewers may reach this host."""
    host = socket.gethostname()
    names = [host] if '.' in host else [host, f'{host}.local']
    return [*names, 'localhost', '127.0.0.1', '::1', *addresses]


def _renewal_reason(old: x509.Certificate, old_names: list[str], names: list[str],
                    now: datetime) -> str:
    """Return why a certificate is to be made anew; empty if it is good."""
    if not old.not_valid_before_utc <= now < old.not_valid_after_utc - _RENEW_BEFORE:
        return f'the old one is valid from {old.not_valid_before_utc} to {old.not_valid_after_utc}'
    # Two colons: an IPv6 address.
    missing = [name for name in names if name not in old_names and name.count(':') < 2]
    return f'the old one is not for {", ".join(missing)}' if missing else ''


def _read(file: Path) -> tuple[x509.Certificate, list[str]]:
    """
    Return the certificate in a file, with its names and addresses.

    :raises StoreError: the file holds something else; it is not overwritten
    """
    try:
        certificate = x509.load_pem_x509_certificate(read_private(file, secret=True))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        raise StoreError(f'{file} holds no certificate of a server; if you delete it, a new one '
                         'is made') from None
    return certificate, [str(name.value) for name in names]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _make(names: list[str], now: datetime) -> bytes:
    """Return a new key and a certificate for these names, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_MAX_COMMON_NAME])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE).not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256()))
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM)
