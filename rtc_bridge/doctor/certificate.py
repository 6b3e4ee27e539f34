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

"""The certificate of the robot's own server, or of a relay."""

from pathlib import Path
import ssl
import time
from urllib.parse import urlsplit

from cryptography import x509

from ..core.checks.result import Check
from ..core.checks.server_rules import Certificate, certificate_check
from ..core.settings.robot_settings import ServerSettings


def check_certificate(file: Path, key: Path, host: str, *, renewed: bool = False) -> Check:
    """
    Look at a certificate and its key, in PEM.

    :param key: the same as ``file`` if that has both
    :param host: the name or address by which links lead to it, '' if that is not known
    :param renewed: the bridge makes a new one by itself
    """
    return certificate_check(read_certificate(file, key), host, time.time(), renewed=renewed)


def check_server_certificate(settings: ServerSettings, folder: Path,
                             page_url: str) -> list[Check]:
    """
    Look at the certificate of the robot's own server, as ``server.*`` has it.

    :param folder: the key folder
    :param page_url: the parameter
    """
    if not settings.port or settings.tls == 'off':
        return [Check('certificate', 'skipped', 'server.tls is off: http')]
    if settings.tls == 'self':
        file = folder / 'server.pem'
        if not file.exists():
            return [Check('certificate', 'ok', 'the bridge makes one at its start')]
        return [check_certificate(file, file, '', renewed=True)]
    if not settings.certificate:
        return [Check('certificate', 'fail', 'server.tls is files, and server.certificate is '
                      'empty', "Name the file, or set server.tls to 'self'")]
    file = Path(settings.certificate).expanduser()
    key = Path(settings.key).expanduser() if settings.key else file
    return [check_certificate(file, key, urlsplit(page_url).hostname or '')]


def read_certificate(file: Path, key: Path) -> Certificate:
    """Return what files say of a certificate, and whether its key fits."""
    for path in dict.fromkeys((file, key)):
        try:
            path.open('rb').close()
        except OSError as error:
            return Certificate(str(file), f'{path} cannot be read: {error.strerror}')
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError:
        return Certificate(str(file), f'{file} holds no certificate in PEM')
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file, key)
    except ssl.SSLError as error:
        # The last one: the key is of another kind, such as RSA for EC.
        is_other = (error.reason or '') in (
            'KEY_VALUES_MISMATCH', 'KEY_TYPE_MISMATCH', 'NO_CERTIFICATE_ASSIGNED')
        return Certificate(str(file), f'the key in {key} ' + (
            'belongs to another certificate' if is_other else
            f'cannot be used ({error.reason or error})'))
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(name.value).lower() for name in found)
    except x509.ExtensionNotFound:
        names = ()
    return Certificate(str(file), '', certificate.not_valid_before_utc.timestamp(),
                       certificate.not_valid_after_utc.timestamp(), names)
