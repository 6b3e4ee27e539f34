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

Each MAC covers the DTLS fingerprints of both ends as its sender sees them. A relay that puts its
own DTLS between the two has other fingerprints, so no proof fits both ends.
"""

from dataclasses import dataclass
import hashlib
import hmac
import secrets
import struct

NONCE_BYTES = MAC_BYTES = 32
_PAGE_LABEL, _ROBOT_LABEL = b'rtc-bridge/1 page', b'rtc-bridge/1 robot'


@dataclass(frozen=True)
class Transcript:
    """
    What both ends must agree on.

    The fingerprints are raw SHA-256 digests of the DTLS certificates (RFC 8122); ``payload`` is
    the invite's characters as sent.
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
    return _mac(key, _PAGE_LABEL, transcript)


def robot_mac(key: bytes, transcript: Transcript) -> bytes:
    """Return the robot's proof, 32 bytes."""
    return _mac(key, _ROBOT_LABEL, transcript)


def _mac(key: bytes, label: bytes, transcript: Transcript) -> bytes:
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for field in (label, transcript.robot_id.encode(), transcript.robot_nonce,
                  transcript.page_nonce, transcript.page_fingerprint,
                  transcript.robot_fingerprint, transcript.payload.encode()):
        # A length before each field, so that no two transcripts give the same bytes.
        mac.update(struct.pack('>I', len(field)) + field)
    return mac.digest()
