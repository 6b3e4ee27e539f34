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

"""A certificate that the robot makes for itself, so that browsers have a secure context."""

from datetime import datetime, timedelta, timezone
import ipaddress
import os
from pathlib import Path
import socket
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..core.clock import Clock
from ..core.errors import StoreError
from ..system.atomic_file import write_durably
from ..system.private_files import read_private

# Apple's systems take no server's certificate that holds longer than 825 days, others 398.
_VALID = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)
# Clocks of robot and viewer may differ.
_SLACK = timedelta(days=1)
_MAX_NAMES = 64


def _names(addresses: list[str]) -> list[str]:
    """Return what viewers may call this host."""
    host = socket.gethostname()
    names = [host] if '.' in host else [host, f'{host}.local']
    return [*names, 'localhost', '127.0.0.1', '::1', *addresses]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def fingerprint(file: Path) -> str:
    """Return the SHA-256 fingerprint of a certificate in PEM, as browsers show it."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(':').upper()


def keep(file: Path, addresses: list[str], wall: Clock = time.time) -> bool:
    """
    Make a certificate with its key in one file, mode 0600, unless a good one is there.

    It is made anew a month before its end, and when this host has another name or IPv4 address.
    (Those of IPv6 change by themselves.) Names that it had before are kept.

    :param addresses: of this host, besides loopback
    :return: whether it is a new one
    :raises StoreError: the file cannot be used or written
    """
    names = _names(addresses)
    now = datetime.fromtimestamp(wall(), timezone.utc)
    try:
        if os.path.lexists(file):
            old = _read(file)
            had = _named(old)
            if old.not_valid_before_utc <= now < old.not_valid_after_utc - _RENEW_BEFORE and all(
                    name in had for name in names if name.count(':') < 2):
                return False
            names += had
        write_durably(file, _make(list(dict.fromkeys(names))[:_MAX_NAMES], now))
    except OSError as error:
        raise StoreError(f'{file}: {error.strerror}') from None
    return True


def _read(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(read_private(file, secret=True))
    except (ValueError, x509.ExtensionNotFound):
        raise StoreError(f'{file} holds no certificate; without it a new one is made') from None


def _make(names: list[str], now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK).not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256()))
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM)
