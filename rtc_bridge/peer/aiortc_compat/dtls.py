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
"""The certificate that DTLS really saw."""

from aiortc import RTCDtlsTransport, rtcdtlstransport

HAS_PEER_CERTIFICATE = hasattr(rtcdtlstransport, 'certificate_digest')


def peer_fingerprint(transport: RTCDtlsTransport) -> bytes | None:
    """
    Return the SHA-256 of the certificate that the peer has shown, as its DTLS connection has it.

    It is ``None`` before the handshake, or where this release of aiortc does not tell.
    """
    connection = getattr(transport, '_ssl', None)
    if not HAS_PEER_CERTIFICATE or not hasattr(connection, 'get_peer_certificate'):
        return None
    certificate = connection.get_peer_certificate(as_cryptography=True)
    if certificate is None:
        return None
    return bytes.fromhex(
        rtcdtlstransport.certificate_digest(certificate, 'sha-256').replace(':', ''))
