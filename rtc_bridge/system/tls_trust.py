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

"""Which authorities' certificates are trusted: those of the system, and those of a file."""

from collections.abc import Mapping
import os
from pathlib import Path
import ssl

from ..core.errors import ParameterError
from ..core.protocol.strict_json import shorten

_VARIABLE = 'SSL_CERT_FILE'


def trust_file(file: str, parameter: str) -> ssl.SSLContext:
    """
    Return a client's TLS context that trusts the certificates in a file besides the system's.

    :param file: PEM, with the certificates of authorities, or a server's self-signed one
    :param parameter: the parameter that names the file
    :raises ParameterError: the file cannot be read, or has no certificate
    """
    context = ssl.create_default_context()
    path = Path(file).expanduser()
    named = f'parameter {parameter} is {shorten(file, 200)}, which'
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ParameterError(f'{named} cannot be read: {error.strerror}') from None
    if b'-----BEGIN CERTIFICATE-----' not in content:
        what = ('is no PEM file with a certificate' if b'-----BEGIN' not in content else
                'has no certificate')
        raise ParameterError(
            f'{named} {what}: it has to hold one or more blocks that begin with '
            '-----BEGIN CERTIFICATE-----; a file in DER becomes one by: openssl x509 -inform der '
            '-in FILE -out FILE.pem')
    try:
        context.load_verify_locations(cadata=content.decode('ascii', 'ignore'))
    except ssl.SSLError as error:
        raise ParameterError(f'{named} has a certificate that cannot be read: '
                             f'{error.reason or error}') from None
    return context


def trust_remedy(parameter: str = '', environment: Mapping[str, str] = os.environ) -> str:
    """
    Return what to do where a server's certificate is from an authority that is not known here.

    :param parameter: that names a file of authorities for this server, if there is one
    """
    file = environment.get(_VARIABLE, '')
    if file and not os.path.exists(file):
        return (f'the environment variable {_VARIABLE} names {shorten(file, 200)}, which does not '
                'exist')
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not (paths.capath and any(os.scandir(paths.capath))):
        return ('this computer has no list of public authorities (on Debian and Ubuntu: apt '
                'install ca-certificates)')
    place = f'parameter {parameter}' if parameter else f'the environment variable {_VARIABLE}'
    return (f"{place} has to name a file with that authority's certificate (PEM), or with the "
            "server's own if that is self-signed")
