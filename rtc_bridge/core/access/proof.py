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
Mutual proof: both ends of a session show that they know an invite's key.

Each MAC covers the DTLS fingerprints of both ends as its writer sees them, so that a relay which
puts itself between the two gets no proof that fits.
"""

from dataclasses import dataclass
import hashlib
import hmac
import secrets
import struct

NONCE_BYTES = MAC_BYTES = 32
_PAGE, _ROBOT = b'rtc-bridge/1 page', b'rtc-bridge/1 robot'


@dataclass(frozen=True)
class Transcript:
    """
    What both ends must agree on.

    ``page_fingerprint`` and ``robot_fingerprint`` are raw SHA-256 digests of the certificates
    (RFC 8122), ``payload`` the invite's characters as sent.
    """

    robot_id: str
    robot_nonce: bytes
    page_nonce: bytes
    page_fingerprint: bytes
    robot_fingerprint: bytes
    payload: str


def new_nonce() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(NONCE_BYTES)


def page_mac(key: bytes, transcript: Transcript) -> bytes:
    """Return the page's proof, 32 bytes."""
    return _mac(key, _PAGE, transcript)


def robot_mac(key: bytes, transcript: Transcript) -> bytes:
    """Return the robot's proof, 32 bytes."""
    return _mac(key, _ROBOT, transcript)


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


def _mac(key: bytes, label: bytes, t: Transcript) -> bytes:
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for field in (label, t.robot_id.encode(), t.robot_nonce, t.page_nonce, t.page_fingerprint,
                  t.robot_fingerprint, t.payload.encode()):
        # Lengths first, so that no two transcripts run together to the same bytes.
        mac.update(struct.pack('>I', len(field)) + field)
    return mac.digest()
