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

"""How a robot proves to a relay that it registered before."""

import pytest
from rtc_bridge.core.access.robot_identity import IdentityProver, RobotIdentity
from rtc_bridge.core.errors import ProtocolError

SECRET, OTHER = b's' * 32, b'o' * 32
URL = 'wss://relay.example.org/r1'


def test_a_key_belongs_to_secret_relay_robot_and_salt():
    prover = IdentityProver(SECRET, URL, 'r1')
    identity, other = prover.new_identity(), prover.new_identity()
    assert identity.salt != other.salt and identity.digest != other.digest
    # The robot keeps nothing: after a restart it has the same keys.
    assert identity.proven_by(IdentityProver(SECRET, URL, 'r1').key(identity.salt))
    for key in (prover.key(other.salt), IdentityProver(OTHER, URL, 'r1').key(identity.salt),
                IdentityProver(SECRET, URL + 'x', 'r1').key(identity.salt),
                IdentityProver(SECRET, URL, 'r2').key(identity.salt), identity.digest, '',
                '\ud800', 'ä'):
        assert not identity.proven_by(key)


@pytest.mark.parametrize('salt, digest', [
    ('', 'A' * 43), ('AAAA', 'A' * 42), ('AAAA', '\ud800'), ('\ud800', 'A' * 43),
    ('A' * 44, 'A' * 43)])
def test_malformed_identities(salt, digest):
    with pytest.raises(ProtocolError):
        RobotIdentity(salt, digest)


@pytest.mark.parametrize('salt', ['', '\ud800', 'a b'])
def test_malformed_salts(salt):
    with pytest.raises(ProtocolError, match='base64url'):
        IdentityProver(SECRET, URL, 'r1').key(salt)
