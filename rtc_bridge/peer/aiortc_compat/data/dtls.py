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

"""
The certificate that a peer showed in its DTLS handshake.

Private parts used (aiortc 1.14 to 1.16): ``RTCDtlsTransport._ssl``, a pyOpenSSL connection, and
``certificate_digest`` of the module. Without them no invite can be proved: sessions that need a
proof are refused, and the log says why.
"""

from typing import Any

from aiortc import RTCDtlsTransport, rtcdtlstransport

from ..hooks import available

_HAS_DIGEST = available('the proof of invites',
                        (rtcdtlstransport, ['certificate_digest']))


def peer_fingerprint(transport: RTCDtlsTransport) -> bytes | None:
    """
    Return the SHA-256 of the certificate that the peer showed on this connection, 32 bytes.

    It is ``None`` before the handshake, or where this release of aiortc does not tell.
    """
    connection: Any = getattr(transport, '_ssl', None)
    if not _HAS_DIGEST or not hasattr(connection, 'get_peer_certificate'):
        return None
    certificate = connection.get_peer_certificate(as_cryptography=True)
    if certificate is None:
        return None
    return bytes.fromhex(
        rtcdtlstransport.certificate_digest(certificate, 'sha-256').replace(':', ''))
