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
How a robot proves to a relay that it is the robot that registered before.

With each registration the robot leaves a random salt and the SHA-256 of a key. The key is
HMAC-SHA256, under the robot's secret, of a label, the relay's URL, the robot's name and the salt.
To replace its earlier registration it is given the salt back and reveals the key, which is good
for that one registration at that relay. The robot stores nothing but its secret; what the relay
stores proves nothing elsewhere.
"""

from dataclasses import dataclass
from hashlib import sha256
import hmac
import secrets

from .. import base64url
from ..errors import ProtocolError
from ..protocol.strict_json import shorten

_LABEL = b'rtc-bridge/1 registration\0'
_SALT_BYTES = 16
# Of a salt that a robot may leave.
MAX_SALT_BYTES = 32


@dataclass(frozen=True)
class RobotIdentity:
    """
    What a relay stores of a registration: ``salt``, and ``digest`` of the key, both base64url.

    :raises ProtocolError: one of them has another form or length
    """

    salt: str
    digest: str

    def __post_init__(self) -> None:
        """Check form and length."""
        if len(base64url.decode(self.digest)) != sha256().digest_size:
            raise ProtocolError(f'the digest of an identity must be 32 bytes, got '
                                f'{shorten(self.digest)}')
        if not 1 <= len(base64url.decode(self.salt)) <= MAX_SALT_BYTES:
            raise ProtocolError(f'the salt of an identity must be 1 to {MAX_SALT_BYTES} bytes, '
                                f'got {shorten(self.salt)}')

    def proven_by(self, key: str) -> bool:
        """Return whether a key (base64url) is the one that this identity was made with."""
        try:
            digest = base64url.encode(sha256(base64url.decode(key)).digest())
        except ProtocolError:
            return False
        return hmac.compare_digest(digest.encode(), self.digest.encode())


class IdentityProver:
    """
    The robot's end.

    :param secret: the robot's own
    :param relay_url: the URL that the robot connects to; no other relay can use what it learns
    """

    def __init__(self, secret: bytes, relay_url: str, robot_id: str) -> None:
        self._secret = secret
        self._prefix = _LABEL + relay_url.encode() + b'\0' + robot_id.encode() + b'\0'

    def new_identity(self) -> RobotIdentity:
        """Return the identity to leave with the next registration."""
        salt = base64url.encode(secrets.token_bytes(_SALT_BYTES))
        return RobotIdentity(salt, base64url.encode(sha256(self._key(salt)).digest()))

    def key(self, salt: str) -> str:
        """
        Return the key of the registration with this salt, base64url.

        :raises ProtocolError: the salt is not base64url
        """
        return base64url.encode(self._key(salt))

    def _key(self, salt: str) -> bytes:
        return hmac.digest(self._secret, self._prefix + base64url.decode(salt), sha256)
