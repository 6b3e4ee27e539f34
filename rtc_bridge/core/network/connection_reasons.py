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

"""Why a connection to a server could not be made, in one line with the remedy."""

import errno
import os
import re
import socket
import ssl
import time

from ..clock import Clock

# What to do where no authority vouches for a server: the caller says it better if it can.
TRUST = 'the environment variable SSL_CERT_FILE may name a file with the authorities to trust'

# OpenSSL's X509_V_ERR_... (x509_vfy.h): what is wrong, and what to do.
_CERTIFICATES = {
    9: "its certificate is not valid yet by this computer's clock ({today} UTC): set the clock "
       '(timedatectl)',
    10: "its certificate has expired by this computer's clock ({today} UTC): renew the "
        'certificate at the server, or set the clock (timedatectl)',
    18: 'its certificate is self-signed, and not trusted here: {trust}',
    19: 'its certificate is from a private authority that is not trusted here: {trust}',
    20: 'its certificate is from an authority that is not known here: {trust}; for a public '
        'authority, let the server send its full chain',
    62: 'its certificate is for other names than {host}: use a name of the certificate in the '
        'URL, or make a certificate for this name',
    64: 'its certificate is not for the address {host}: use a name of the certificate in the '
        'URL, or make a certificate for this address',
}
# The chain is incomplete: that of the server, or the authorities here.
_CERTIFICATES |= {2: _CERTIFICATES[20], 21: _CERTIFICATES[20]}

# Parts of OpenSSL's names for what goes wrong in a handshake (sslerr.h), the first that fits.
_HANDSHAKES = (
    (('WRONG_VERSION_NUMBER', 'HTTP_REQUEST', 'RECORD_LAYER_FAILURE', 'PACKET_LENGTH_TOO_LONG',
      'UNKNOWN_PROTOCOL', 'HTTPS_PROXY_REQUEST'),
     'the port does not speak TLS: either the URL is one without TLS (http for https, turn for '
     'turns), or the port is another one'),
    (('PROTOCOL_VERSION', 'UNSUPPORTED_PROTOCOL', 'WRONG_SSL_VERSION'),
     'it speaks no TLS version that this computer accepts (TLS 1.2 and 1.3)'),
    (('UNRECOGNIZED_NAME',),
     'the server has no certificate for the name {host}: is the host in the URL right?'),
    (('CERTIFICATE_REQUIRED', 'ALERT_BAD_CERTIFICATE', 'ALERT_UNKNOWN_CA'),
     'the server asks for a certificate of this computer, which has none'),
    (('TOO_SMALL', 'TOO_WEAK', 'WEAK'), 'its key or certificate is too weak for OpenSSL here'),
    (('HANDSHAKE_FAILURE', 'NO_SHARED_CIPHER'),
     'server and this computer have no cipher in common'),
    (('UNEXPECTED_EOF', 'EOF occurred'),
     'the connection is closed during the TLS handshake, by the server or a firewall'),
)

# What to do about errors of the network.
_NETWORK = {
    errno.ECONNREFUSED: 'nothing listens on this port there, or a firewall refuses it',
    errno.ECONNRESET: 'the server or a firewall closes the connection',
    errno.ENETUNREACH: 'this computer has no route there; is it connected to a network?',
    errno.EHOSTUNREACH: 'this computer does not reach that host; is it switched on?',
    errno.EADDRNOTAVAIL: 'this computer has no address of this kind (IPv4 or IPv6)',
}
_SILENT = 'no answer in time: the host is off, or a firewall drops the packets'
# asyncio's text where a name has several addresses and each fails in its own way.
_ERRNO = re.compile(r'\[Errno (\d+)\]')


def connection_reason(error: BaseException, host: str = '', trust: str = TRUST,
                      wall: Clock = time.time) -> str:
    """
    Return in one line why a connection could not be made, and what to do.

    :param host: the name or address that was to be reached, for errors that are about it
    :param trust: what to do where no authority vouches for the server's certificate
    :param wall: seconds since 1970
    """
    words = {'host': host or 'this host', 'trust': trust,
             # The day alone: with the time of day each try would have a reason of its own.
             'today': time.strftime('%Y-%m-%d', time.gmtime(wall()))}
    if isinstance(error, ssl.SSLCertVerificationError):
        text = _CERTIFICATES.get(error.verify_code)
        if text is None:
            text = f'its certificate is not accepted: {error.verify_message}'
        return text.format_map(words) if error.verify_code in _CERTIFICATES else text
    if isinstance(error, ssl.SSLError):
        name = f'{error.reason} {error}'
        for parts, text in _HANDSHAKES:
            if any(part in name for part in parts):
                return text.format_map(words)
        return f'TLS fails: {_first_line(error)}'
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return f'no DNS server answers for {words["host"]}: is there a network?'
        return f'the name {words["host"]} is not known: check it, and the DNS of this computer'
    if isinstance(error, TimeoutError):
        return _SILENT
    if isinstance(error, OSError):
        numbers = {error.errno} if error.errno else set(map(int, _ERRNO.findall(str(error))))
        # Of several addresses of a name: the one that was reached tells most.
        for number in (errno.ECONNREFUSED, *sorted(numbers - {None})):
            if number in numbers and number > 0:
                if number == errno.ETIMEDOUT:
                    return _SILENT
                remedy = _NETWORK.get(number)
                return os.strerror(number) + (f': {remedy}' if remedy else '')
    return _first_line(error)


def _first_line(error: BaseException) -> str:
    return str(error).split('\n')[0] or type(error).__name__
