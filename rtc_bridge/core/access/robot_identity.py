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
How a robot shows a relay that it is the one which registered before.

With each registration it leaves a random salt and the SHA-256 of a key, which is HMAC-SHA256 of
label, relay, robot and salt under the robot's secret. To take its own place again it is given the
salt back and reveals the key: good for that one registration, which ends thereby, and at that
relay. Nothing has to be kept but the secret, and what the relay keeps opens nothing.
"""

from dataclasses import dataclass
from hashlib import sha256
import hmac
import secrets

from .invite import decode, encode
from ..errors import ProtocolError
from ..protocol.strict_json import shorten

_LABEL = b'rtc-bridge/1 registration\0'
_SALT_BYTES = 16
MAX_SALT_BYTES = 32


@dataclass(frozen=True)
class Identity:
    """
    What a relay keeps of a registration: ``salt`` and ``digest`` of the key, base64url.

    :raises ProtocolError: not that
    """

    salt: str
    digest: str

    def __post_init__(self) -> None:
        """Check both."""
        if len(decode(self.digest)) != sha256().digest_size:
            raise ProtocolError(f'the digest of an identity must be 32 bytes, got '
                                f'{shorten(self.digest)}')
        if not 1 <= len(decode(self.salt)) <= MAX_SALT_BYTES:
            raise ProtocolError(f'the salt of an identity must be 1 to {MAX_SALT_BYTES} bytes, '
                                f'got {shorten(self.salt)}')

    def proven_by(self, key: str) -> bool:
        """Tell whether a key, base64url, is the one that belongs to this."""
        try:
            digest = encode(sha256(decode(key)).digest())
        except ProtocolError:
            return False
        return hmac.compare_digest(digest.encode(), self.digest.encode())


class Prover:
    """
    The robot's end.

    :param secret: the robot's own
    :param relay: the URL that is dialed; no other relay can use what this one is told
    """

    def __init__(self, secret: bytes, relay: str, robot_id: str) -> None:
        """Keep all."""
        self._secret = secret
        self._prefix = _LABEL + relay.encode() + b'\0' + robot_id.encode() + b'\0'

    def fresh(self) -> Identity:
        """Return what to leave with the next registration."""
        salt = encode(secrets.token_bytes(_SALT_BYTES))
        return Identity(salt, encode(sha256(decode(self.key(salt))).digest()))

    def key(self, salt: str) -> str:
        """
        Return the key of the registration with this salt.

        :raises ProtocolError: it is none
        """
        return encode(hmac.digest(self._secret, self._prefix + decode(salt), sha256))
